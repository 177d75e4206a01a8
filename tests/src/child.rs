//! Runs a closure in a forked child, and returns how that child ended.
//!
//! A filter cannot be removed, so code that installs one runs in a process of its own. That is a
//! fork of the test harness and not another program, for two reasons: a test is one piece of text,
//! and the child starts with one thread and without filters of other threads.
//!
//! The harness has several threads, so the child may do only what is safe between fork and exec
//! (signal-safety(7)): system calls, and memory of its own. It therefore neither allocates nor
//! prints nor asserts. It writes numbers down in [`Notes`], a page shared with the parent, and the
//! parent asserts. `SIGALRM` ends a child that hangs.
#![allow(unsafe_code)] // fork(2) and shared memory: see above.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::{AsRawFd, FromRawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, Ordering};

/// The time that a child may take, in seconds.
const TIME_LIMIT_S: u32 = 20;

/// The exit status of a child whose closure panicked.
const PANICKED: i32 = 101;

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It exited with this status.
    Exited(i32),
    /// This signal killed it.
    Killed(i32),
}

impl End {
    /// A filter killed all threads at once.
    pub const SIGSYS: Self = Self::Killed(libc::SIGSYS);
}

/// The results of a child.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What it wrote down.
    pub notes: &'static Notes,
    /// What it wrote to standard output and standard error.
    pub output: String,
}

/// Numbers on a page that parent and child share. Each is [`Notes::NOTHING`] until it is written.
#[derive(Debug)]
#[repr(transparent)]
pub struct Notes([AtomicI64; Notes::LEN]);

impl Notes {
    /// The number of notes on a page.
    pub const LEN: usize = 64;
    /// The value of a note that was not written: no errno, no result and no status.
    pub const NOTHING: i64 = i64::MIN;

    /// A page of notes, shared with children. It is never unmapped; tests have few.
    #[must_use]
    pub fn new() -> &'static Self {
        // SAFETY: a new anonymous mapping (mmap(2), Linux man-pages 6.03) aliases nothing.
        let page = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size_of::<Self>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(page, libc::MAP_FAILED, "no memory for notes");
        // SAFETY: the mapping is as large as `Self`, page-aligned, zeroed, which is a value of
        // atomics, never unmapped, and accessed only through these atomics, by both processes.
        let notes = unsafe { &*page.cast::<Self>() };
        for note in &notes.0 {
            note.store(Self::NOTHING, Ordering::SeqCst);
        }
        notes
    }

    /// Writes a number down.
    pub fn put(&self, index: usize, value: i64) {
        self.0[index].store(value, Ordering::SeqCst);
    }

    /// Reads a number.
    #[must_use]
    pub fn get(&self, index: usize) -> i64 {
        self.0[index].load(Ordering::SeqCst)
    }

    /// Waits until a number has been written. Its only system call is sched_yield(2).
    pub fn wait(&self, index: usize) -> i64 {
        while self.get(index) == Self::NOTHING {
            crate::call::sched_yield();
        }
        self.get(index)
    }

    /// The first `N` numbers.
    #[must_use]
    pub fn first<const N: usize>(&self) -> [i64; N] {
        std::array::from_fn(|index| self.get(index))
    }
}

/// Runs `body` in a child, which exits with the status that `body` returns.
///
/// # Panics
///
/// If no child can be made.
#[must_use]
pub fn child(body: impl FnOnce(&'static Notes) -> i32) -> Outcome {
    start(body).wait()
}

/// A running child.
#[derive(Debug)]
pub struct Running {
    /// Its process id.
    pub pid: libc::pid_t,
    /// The notes that it writes.
    pub notes: &'static Notes,
    output: File,
}

/// Starts a child that runs `body` and exits with the status that `body` returns.
///
/// # Panics
///
/// If no child can be made.
#[must_use]
pub fn start(body: impl FnOnce(&'static Notes) -> i32) -> Running {
    let notes = Notes::new();
    let output = memory_file();
    // SAFETY: the child does only what signal-safety(7) allows: the module says so to whoever
    // writes a `body`. `run` never returns into the harness.
    match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        0 => run(body, notes, &output),
        pid => Running { pid, notes, output },
    }
}

impl Running {
    /// Waits for the end of the child.
    ///
    /// # Panics
    ///
    /// If the child cannot be waited for.
    #[must_use]
    pub fn wait(self) -> Outcome {
        let end = wait(self.pid);
        Outcome { end, notes: self.notes, output: self.read_output() }
    }

    /// The output of the child, after a wait for its end.
    ///
    /// # Panics
    ///
    /// If the output is not text.
    #[must_use]
    pub fn read_output(mut self) -> String {
        let mut output = String::new();
        self.output.rewind().expect("a memory file has a beginning");
        self.output.read_to_string(&mut output).expect("children write text");
        output
    }
}

/// Waits for a child of this process to end.
///
/// # Panics
///
/// If `pid` is not a child of this process.
pub fn wait(pid: libc::pid_t) -> End {
    let mut status = 0;
    loop {
        // SAFETY: waitpid(2) (Linux man-pages 6.03) writes one `int`, to `status`.
        if unsafe { libc::waitpid(pid, &raw mut status, 0) } == pid {
            break;
        }
        let error = std::io::Error::last_os_error();
        assert_eq!(error.kind(), std::io::ErrorKind::Interrupted, "waitpid {pid}: {error}");
    }
    if libc::WIFEXITED(status) {
        End::Exited(libc::WEXITSTATUS(status))
    } else {
        End::Killed(libc::WTERMSIG(status))
    }
}

fn run(body: impl FnOnce(&'static Notes) -> i32, notes: &'static Notes, output: &File) -> ! {
    let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: alarm(2) takes a number.
    unsafe { libc::alarm(TIME_LIMIT_S) };
    // SAFETY: setrlimit(2) reads one `struct rlimit`, which `no_core` is.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core) };
    for fd in [1, 2] {
        // SAFETY: dup2(2) replaces a descriptor that nothing in this process owns: the harness's
        // own threads stayed behind.
        unsafe { libc::dup2(output.as_raw_fd(), fd) };
    }
    let status = catch_unwind(AssertUnwindSafe(|| body(notes))).unwrap_or(PANICKED);
    crate::call::exit_group(status)
}

/// A file without a name, for a child's output.
fn memory_file() -> File {
    // SAFETY: memfd_create(2) reads a string with its end, which the literal is.
    let fd = unsafe { libc::memfd_create(c"output".as_ptr(), libc::MFD_CLOEXEC) };
    assert_ne!(fd, -1, "memfd_create: {}", std::io::Error::last_os_error());
    // SAFETY: the descriptor is new, so no other code owns it.
    unsafe { File::from_raw_fd(fd) }
}
