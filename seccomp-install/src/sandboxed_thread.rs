//! A thread under a policy, and how it ended.
//!
//! The standard library does not notice that a filter has killed a thread: with `kill_thread`, `JoinHandle::join`
//! panics (with glibc) or waits for ever (musl), `is_finished` stays false, and `thread::scope` waits for ever. So the
//! thread leaves its result in memory, and the waiting thread asks the kernel now and then whether this one still
//! exists.
//!
//! The thread makes no system call for this once it is under the policy, and its stack is never freed if it was killed:
//! other threads may hold references into it, because no destructor ran.

use std::any::Any;
use std::boxed::Box;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::String;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use crate::assembled::Assembled;
use crate::errno::Errno;
use crate::install_error::InstallError;
use crate::installer::Installer;
use crate::policy::Policy;
use crate::policy_with::PolicyWith;

/// How a thread without a result ended.
#[non_exhaustive]
#[derive(Debug)]
pub enum ThreadEnd {
    /// The policy could not be installed, so the function did not run.
    NotInstalled(InstallError),
    /// The function panicked with this value.
    Panicked(Box<dyn Any + Send + 'static>),
    /// The thread ended within the function: the policy has the action `kill_thread` for a system call that it made.
    /// (Code that ends its thread itself, by exit(2) or pthread_exit(3), looks the same.) No destructor ran, and locks
    /// that it held stay locked.
    Killed,
}

impl fmt::Display for ThreadEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled(error) => write!(f, "the thread did not run, because {error}"),
            Self::Panicked(with) => {
                let text = with.downcast_ref::<&str>().copied();
                let text = text.or_else(|| with.downcast_ref::<String>().map(String::as_str));
                match text {
                    Some(text) => write!(f, "the thread panicked: {text}"),
                    None => f.write_str("the thread panicked"),
                }
            }
            Self::Killed => f.write_str(
                "the thread was killed: it made a system call for which its policy has the action kill_thread",
            ),
        }
    }
}

impl std::error::Error for ThreadEnd {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotInstalled(error) => Some(error),
            Self::Panicked(_) | Self::Killed => None,
        }
    }
}

/// The policies that [`sandboxed_thread`] can install: a [`Policy`], a [`PolicyWith`] or an [`Installer`] of a policy.
pub trait ThreadPolicy: sealed::SealedThreadPolicy + Send + 'static {
    /// Installs it on the calling thread.
    #[doc(hidden)]
    fn __install_on_thread(&self) -> Result<(), InstallError>;
}

mod sealed {
    /// Prevents other crates from implementing `ThreadPolicy`.
    pub trait SealedThreadPolicy {}
}

impl sealed::SealedThreadPolicy for Policy {}
impl ThreadPolicy for Policy {
    fn __install_on_thread(&self) -> Result<(), InstallError> {
        self.install_on_thread()
    }
}

impl<const VALUES: usize> sealed::SealedThreadPolicy for PolicyWith<VALUES> {}
impl<const VALUES: usize> ThreadPolicy for PolicyWith<VALUES> {
    fn __install_on_thread(&self) -> Result<(), InstallError> {
        self.install_on_thread()
    }
}

impl sealed::SealedThreadPolicy for Installer {}
impl ThreadPolicy for Installer {
    fn __install_on_thread(&self) -> Result<(), InstallError> {
        self.this_thread_only().install()
    }
}

impl sealed::SealedThreadPolicy for Installer<Assembled<'static>> {}
impl ThreadPolicy for Installer<Assembled<'static>> {
    fn __install_on_thread(&self) -> Result<(), InstallError> {
        self.this_thread_only().install()
    }
}

/// The result that a thread leaves behind. Two threads never hold the lock at once: one stores it, and the other takes
/// it afterwards.
type ThreadResult<T> = OnceLock<Mutex<Option<Result<T, ThreadEnd>>>>;

/// A thread under a policy, from [`sandboxed_thread`]. It goes on if this value is dropped.
#[derive(Debug)]
pub struct SandboxedThread<T> {
    left: Arc<ThreadResult<T>>,
    /// A file of the thread in /proc. It cannot be read any more once the thread has ended.
    thread: File,
}

/// Starts a thread, installs a policy on it, and runs `body` there. [`SandboxedThread::join`] gives the value or says how
/// the thread ended.
///
/// The policy applies only to this thread and to the threads that it starts, whatever the installer says. It must allow
/// what a thread needs to end, which is in the group `@rust-thread`. A policy for one thread is no protection from an
/// attacker who controls the thread, because threads share memory.
///
/// A call with the action `kill` ends the whole process. A call with the action `kill_thread` ends only the thread. Its
/// locks stay locked and its memory stays allocated. That can be a lock of the allocator, if the allocator made the
/// call. So `kill_thread` is for calls that the function itself makes.
///
/// # Errors
///
/// The thread cannot be started, or there is no /proc to see its end. An error of the install comes from
/// [`SandboxedThread::join`].
pub fn sandboxed_thread<T, F>(policy: impl ThreadPolicy, body: F) -> io::Result<SandboxedThread<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let left = Arc::new(ThreadResult::new());
    let leave = left.clone();
    let (to_starter, from_thread) = mpsc::sync_channel(1);
    // Not joined: see above.
    drop(thread::Builder::new().spawn(move || {
        let thread = File::open("/proc/thread-self/comm");
        let is_there = thread.is_ok();
        if to_starter.send(thread).is_err() || !is_there {
            return;
        }
        drop(to_starter);
        let result = match policy.__install_on_thread() {
            Ok(()) => catch_unwind(AssertUnwindSafe(body)).map_err(ThreadEnd::Panicked),
            Err(error) => Err(ThreadEnd::NotInstalled(error)),
        };
        // No other thread stores here, so storing wakes none, which would be a system call.
        let _ = leave.set(Mutex::new(Some(result)));
    })?);
    let thread = from_thread.recv().map_err(io::Error::other)??;
    Ok(SandboxedThread { left, thread })
}

impl<T> SandboxedThread<T> {
    /// Waits until the function has returned or the thread has ended.
    ///
    /// It checks after ever longer pauses, of at most 10 milliseconds, because the policy may not permit the thread to
    /// wake this one.
    ///
    /// # Errors
    ///
    /// How the thread ended, if the function did not return.
    pub fn join(self) -> Result<T, ThreadEnd> {
        let mut pause = Duration::from_micros(20);
        while !self.is_finished() {
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(10));
        }
        let left = self.left.get().and_then(|left| left.lock().ok()?.take());
        left.unwrap_or(Err(ThreadEnd::Killed))
    }

    /// Whether the function has returned or the thread has ended, so that [`Self::join`] would not wait.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.left.get().is_some() || self.has_ended()
    }

    /// Whether the thread has ended. The open file belongs to this thread, even if another one has its id now
    /// (`comm_show` and `get_proc_task`, fs/proc/base.c, Linux 6.12).
    fn has_ended(&self) -> bool {
        let read = self.thread.read_at(&mut [0], 0).map_err(|error| error.raw_os_error());
        read == Err(Some(Errno::ESRCH.raw_os_error()))
    }
}
