//! Starts, joins, names and detaches threads.

use std::cell::RefCell;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::filter::{Filter, done};
use crate::watched::Watched;

/// The first thread that the process starts, which ends after `main` has begun to wait for it.
pub(crate) fn join(filter: &Filter) -> ExitCode {
    let main = Watched::this_thread();
    filter.install();
    let thread = thread::spawn(|| {
        main.wait_until_asleep();
        7
    });
    done(thread.join().is_ok_and(|value| value == 7))
}

/// A thread with a name.
pub(crate) fn name(filter: &Filter) -> ExitCode {
    filter.install();
    let thread = thread::Builder::new().name("worker".to_owned());
    let own_name = || thread::current().name().map(str::to_owned);
    let thread = thread.spawn(own_name).expect("a thread");
    done(thread.join().is_ok_and(|name| name.as_deref() == Some("worker")))
}

/// Many threads at once, which allocate, wait for one lock and send over one channel.
pub(crate) fn crowd(filter: &Filter) -> ExitCode {
    const THREADS: usize = 24;
    filter.install();
    let (sender, receiver) = mpsc::channel();
    let total = Mutex::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let sender = sender.clone();
            let total = &total;
            scope.spawn(move || {
                for _ in 0..100 {
                    sender.send(vec![1_u8; 5000].len()).ok();
                    *total.lock().expect("nobody panics") += 1;
                }
            });
        }
        drop(sender);
        let received: usize = receiver.iter().sum();
        assert_eq!(received, THREADS * 100 * 5000);
    });
    done(total.into_inner().is_ok_and(|total| total == THREADS * 100))
}

/// A scope, which waits for its threads by itself.
pub(crate) fn scope(filter: &Filter) -> ExitCode {
    let main = Watched::this_thread();
    filter.install();
    let mut value = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            main.wait_until_asleep();
            value = 7;
        });
    });
    done(value == 7)
}

/// Drops values that are local to a thread.
pub(crate) fn thread_local(filter: &Filter) -> ExitCode {
    static DROPPED: AtomicU32 = AtomicU32::new(0);
    struct CountDrop(Box<u32>);
    impl Drop for CountDrop {
        fn drop(&mut self) {
            DROPPED.fetch_add(*self.0, Ordering::SeqCst);
        }
    }
    thread_local!(static LOCAL: RefCell<Option<CountDrop>> = const { RefCell::new(None) });
    filter.install();
    let thread = thread::spawn(|| LOCAL.set(Some(CountDrop(Box::new(7)))));
    done(thread.join().is_ok() && DROPPED.load(Ordering::SeqCst) == 7)
}

/// A thread that no other thread joins, and that ends before the process.
pub(crate) fn detach(filter: &Filter) -> ExitCode {
    static RAN: AtomicBool = AtomicBool::new(false);
    filter.install();
    drop(thread::spawn(|| RAN.store(true, Ordering::SeqCst)));
    while !RAN.load(Ordering::SeqCst) {
        std::hint::spin_loop();
    }
    // The end of the thread cannot be waited for, so the program gives it time. It reads the clock
    // without a call.
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(20) {
        std::hint::spin_loop();
    }
    done(true)
}
