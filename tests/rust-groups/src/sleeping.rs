//! Sleeps, and waits with a timeout.

use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::filter::{Filter, done};
use crate::stopped::stop_once_asleep;

/// Long enough for another process to see that this one sleeps.
const LONG: Duration = Duration::from_millis(200);

/// `thread::sleep`.
pub(crate) fn sleep(filter: &Filter) -> ExitCode {
    filter.install();
    thread::sleep(Duration::from_millis(1));
    done(true)
}

/// The same, stopped and continued meanwhile.
pub(crate) fn sleep_stopped(filter: &Filter) -> ExitCode {
    stop_once_asleep();
    filter.install();
    thread::sleep(LONG);
    done(true)
}

/// The clocks of std.
pub(crate) fn clocks(filter: &Filter) -> ExitCode {
    filter.install();
    let start = Instant::now();
    done(SystemTime::now() > SystemTime::UNIX_EPOCH && start.elapsed() < LONG * 1000)
}

/// A wait for a message with a timeout, stopped and continued meanwhile.
pub(crate) fn wait_stopped(filter: &Filter) -> ExitCode {
    let (sender, receiver) = mpsc::channel::<u8>();
    stop_once_asleep();
    filter.install();
    let received = receiver.recv_timeout(LONG);
    let late = received == Err(RecvTimeoutError::Timeout);
    std::mem::forget(sender);
    done(late)
}
