//! The stops and ends of traced threads: waitpid(2).

use rustix::process::{Pid, WaitOptions, WaitStatus, wait, waitpid};
use seccomp_install::Errno;
use seccomp_install::tracer::Event;

/// Something that happened to a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Happened {
    /// The id of the thread.
    pub(super) thread: u32,
    /// What it was.
    pub(super) what: What,
}

/// What can happen to a traced thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum What {
    /// It is gone. For the first thread of a process this is the end of the process.
    Ended(Ended),
    /// It is stopped with an event, and for a stop by job control with its signal.
    Event(Event, u8),
    /// It is stopped at a system call.
    Syscall,
    /// It is stopped before it receives a signal.
    Signal(u8),
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    /// With an exit status.
    Exit(u8),
    /// By a signal.
    Signal(u8),
}

impl Ended {
    /// The status as a shell gives it: 128 plus its number for a signal.
    pub(crate) fn status(self) -> u8 {
        match self {
            Self::Exit(status) => status,
            Self::Signal(signal) => signal.saturating_add(128),
        }
    }

    /// The end in the wait status of a thread that has ended.
    fn of(status: i32) -> Self {
        // `WTERMSIG` and `WEXITSTATUS`: `bits/waitstatus.h` of glibc 2.36.
        match status & 0x7f {
            0 => Self::Exit((status >> 8) as u8),
            signal => Self::Signal(signal as u8),
        }
    }
}

/// Waits for whatever happens next to any traced thread. `None` if no thread is left.
///
/// # Errors
///
/// The errors of waitpid(2). With these arguments there are only `EINTR` and `ECHILD`.
pub(super) fn next() -> Result<Option<Happened>, Errno> {
    until_something(|| wait(CHILDREN))
}

/// Waits for whatever happens next to one traced thread. `None` if it is gone.
///
/// # Errors
///
/// See [`next`].
pub(super) fn next_of(thread: u32) -> Result<Option<Happened>, Errno> {
    let pid = i32::try_from(thread).ok().and_then(Pid::from_raw);
    until_something(|| waitpid(pid, CHILDREN))
}

/// `__WALL` (`include/uapi/linux/wait.h`): children of every kind, which threads are.
const CHILDREN: WaitOptions = WaitOptions::from_bits_retain(0x4000_0000);

type Waited = rustix::io::Result<Option<(Pid, WaitStatus)>>;

fn until_something(wait: impl Fn() -> Waited) -> Result<Option<Happened>, Errno> {
    loop {
        // The type `Signal` of rustix or nix does not have every real-time signal, so the status is read here.
        match wait() {
            Ok(Some((thread, status))) => {
                let thread = thread.as_raw_nonzero().get() as u32;
                return Ok(Some(Happened { thread, what: what(status.as_raw()) }));
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CHILD) => return Ok(None),
            Err(error) => {
                return Err(Errno::from_raw_os_error(error.raw_os_error()).unwrap_or(Errno::EINVAL));
            }
        }
    }
}

fn what(status: i32) -> What {
    const STOPPED: i32 = 0x7f;
    /// `SIGTRAP`, with the mark of [`seccomp_install::tracer::Options::MARK_SYSCALLS`].
    const AT_SYSCALL: u8 = 5 | 0x80;
    if status & 0xff != STOPPED {
        return What::Ended(Ended::of(status));
    }
    let signal = (status >> 8) as u8;
    match Event::of(status) {
        Some(event) => What::Event(event, signal),
        None if signal == AT_SYSCALL => What::Syscall,
        None => What::Signal(signal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_waitpid_is_understood_even_that_of_a_real_time_signal() {
        for (status, expected) in [
            (0x0000, What::Ended(Ended::Exit(0))),
            (0x9f00, What::Ended(Ended::Exit(159))),
            (0x009f, What::Ended(Ended::Signal(31))),
            (0x0009, What::Ended(Ended::Signal(9))),
            (0x137f, What::Signal(19)),
            (0x217f, What::Signal(33)),
            (0x857f, What::Syscall),
            (0x0007_057f, What::Event(Event::Seccomp, 5)),
            (0x0003_057f, What::Event(Event::Started, 5)),
            (0x0080_137f, What::Event(Event::Stopped, 19)),
        ] {
            assert_eq!(what(status), expected, "{status:#x}");
        }
        assert_eq!(Ended::Signal(31).status(), 159);
    }
}
