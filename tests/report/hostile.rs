//! Denied calls under bad conditions: standard error is closed or full, there is no stack, memory is shared with
//! another process, many threads call at once. The process always ends, by the signal of a kill.
#![allow(unsafe_code)] // Pipes, stacks, signals, and system calls that a filter denies.

use std::ffi::c_void;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use seccomp_runtime::{Policy, seccomp_policy};
use seccomp_tests::child::{End, child, start, wait};
use seccomp_tests::{call, thread};

/// Everything is allowed except this call.
const P: Policy = seccomp_policy! { report; kill getppid; default allow };

/// A line of every report about this call.
const DENIES: &str = " denies getppid() at 0x";

/// A pipe: its end for reading and its end for writing.
fn pipe() -> (File, OwnedFd) {
    let mut ends = [0; 2];
    // SAFETY: pipe2(2) writes two descriptors, to `ends`.
    assert_eq!(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }, 0);
    // SAFETY: the kernel has just made these descriptors, which nothing else owns.
    let [out, into] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
    (out.into(), into)
}

/// Writes to a pipe until it is full.
fn fill(into: &OwnedFd) {
    let fd = into.as_raw_fd();
    let bytes = [b'.'; 4096];
    // SAFETY: fcntl(2) takes numbers here.
    unsafe { libc::fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK) };
    for length in [bytes.len(), 1] {
        // SAFETY: write(2) reads as many bytes as `bytes` has, or one.
        while unsafe { libc::write(fd, bytes.as_ptr().cast(), length) } > 0 {}
    }
    // SAFETY: as above.
    unsafe { libc::fcntl(fd, libc::F_SETFL, 0) };
}

/// Makes `other` standard error, installs the policy, and makes the call that the policy denies.
fn denied_with_standard_error(other: i32) -> i32 {
    // SAFETY: dup2(2) takes numbers, and standard error has no owner that would close it.
    unsafe { libc::dup2(other, 2) };
    if P.install().is_err() {
        return 1;
    }
    call::getppid();
    2
}

#[test]
fn without_standard_error_the_process_ends_too() {
    let outcome = child(|_| {
        // Standard output is another descriptor and makes no difference here.
        call::close(1);
        call::close(2);
        if P.install().is_err() {
            return 1;
        }
        call::getppid();
        2
    });
    assert_eq!((outcome.end, &*outcome.output), (End::SIGSYS, ""));
}

#[test]
fn a_device_that_takes_nothing_does_not_keep_the_process_alive() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let outcome = child(|_| denied_with_standard_error(full.as_raw_fd()));
    assert_eq!((outcome.end, &*outcome.output), (End::SIGSYS, ""));
}

#[test]
fn a_pipe_that_nobody_reads_any_more_does_not_keep_the_process_alive() {
    let (out, into) = pipe();
    drop(out);
    let outcome = child(|_| denied_with_standard_error(into.as_raw_fd()));
    assert_eq!((outcome.end, &*outcome.output), (End::SIGSYS, ""));
}

/// The report waits, like every write(2) to such a pipe, until another process reads. The kernel does not make
/// the denied call.
#[test]
fn a_pipe_that_is_full_holds_the_report_until_it_is_read() {
    let (mut out, into) = pipe();
    fill(&into);
    let running = start(|_| {
        // The child has a copy of this end too.
        call::close(out.as_raw_fd() as u64);
        denied_with_standard_error(into.as_raw_fd())
    });
    drop(into);
    let mut read = Vec::new();
    out.read_to_end(&mut read).unwrap();
    assert_eq!(running.wait().end, End::SIGSYS);
    let said = String::from_utf8(read).unwrap();
    let said = said.trim_start_matches('.');
    assert!(said.starts_with("seccomp: ") && said.contains(DENIES), "{said}");
    assert_eq!(said.lines().count(), 3, "{said}");
}

#[test]
fn a_full_pipe_whose_reader_leaves_ends_the_wait() {
    let (out, into) = pipe();
    fill(&into);
    let running = start(|notes| {
        // The child has a copy of this end too.
        call::close(out.as_raw_fd() as u64);
        notes.put(0, 1);
        denied_with_standard_error(into.as_raw_fd())
    });
    drop(into);
    running.notes.wait(0);
    drop(out);
    assert_eq!(running.wait().end, End::SIGSYS);
}

/// The child is like one of vfork(2): the parent waits for it, and both have the same memory and the
/// same handlers.
#[test]
fn a_child_that_shares_the_memory_reports_and_its_parent_goes_on() {
    extern "C" fn ask(_: *mut c_void) -> i32 {
        call::getppid();
        1
    }
    let mut stack = vec![0_u128; 4096];
    let outcome = child(|notes| {
        if P.install().is_err() {
            return 1;
        }
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        let top = stack.as_mut_ptr_range().end.cast();
        // SAFETY: the new process runs `ask` on a stack of its own, of 64 KiB, while this one waits.
        let pid = unsafe { libc::clone(ask, top, flags, std::ptr::null_mut()) };
        notes.put(0, i64::from(wait(pid) == End::SIGSYS));
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 1));
    assert!(outcome.output.contains(DENIES), "{}", outcome.output);
    assert_eq!(outcome.output.lines().count(), 3, "{}", outcome.output);
}

/// glibc gives the child default handlers.
#[test]
fn a_program_that_cannot_be_executed_is_a_kill_without_a_report() {
    const NO_EXECUTION: Policy = seccomp_policy! { report; kill execve; default allow };
    let outcome = child(|notes| {
        let mut command = Command::new("/bin/true");
        if NO_EXECUTION.install().is_err() {
            return 1;
        }
        let Ok(status) = command.status() else { return 2 };
        notes.put(0, status.signal().unwrap_or(0).into());
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), libc::SIGSYS.into()));
}

/// The kernel cannot write the frame of the signal, so it ends the process by another signal, and does not make the
/// call.
#[cfg(target_arch = "x86_64")]
#[test]
fn without_a_stack_the_process_ends_by_another_signal() {
    let outcome = child(|_| {
        // std has a handler for it, on a stack of its own.
        // SAFETY: signal(2) takes numbers here.
        unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
        if P.install().is_err() {
            return 1;
        }
        // SAFETY: a filter denies this call (getppid), so the kernel ends the process here.
        unsafe {
            std::arch::asm!("mov rsp, 16", "mov eax, 110", "syscall", "ud2", options(noreturn));
        }
    });
    assert_eq!((outcome.end, &*outcome.output), (End::Killed(libc::SIGSEGV), ""));
}

/// The number of threads that make a denied call at once.
const THREADS: u32 = 32;

#[test]
fn of_32_threads_that_are_denied_a_call_at_once_none_lives_on() {
    for _ in 0..10 {
        let outcome = child(|notes| {
            static READY: AtomicU32 = AtomicU32::new(0);
            if P.install().is_err() {
                return 1;
            }
            for _ in 0..THREADS {
                let thread = thread::spawn(notes, |notes| {
                    READY.fetch_add(1, Ordering::SeqCst);
                    while READY.load(Ordering::SeqCst) < THREADS {
                        call::sched_yield();
                    }
                    call::getppid();
                    notes.put(0, 1);
                });
                if thread.is_none() {
                    return 2;
                }
            }
            notes.wait(9) as i32
        });
        assert_eq!(outcome.end, End::SIGSYS, "{}", outcome.output);
        assert_ne!(outcome.notes.get(0), 1, "a thread lived on");
        let lines: Vec<&str> = outcome.output.lines().collect();
        assert!(!lines.is_empty());
        for report in lines.chunks(3) {
            assert!(report[0].starts_with("seccomp: ") && report[0].contains(DENIES), "{report:?}");
            assert!(report[2].starts_with("  to allow it: allow getppid; above "), "{report:?}");
        }
    }
}

/// A handler of a timer makes a denied call while the program makes others: the signal mask of the report keeps them
/// apart.
#[test]
fn a_handler_does_not_interrupt_a_report() {
    extern "C" fn ask(_: i32) {
        call::getppid();
    }
    for microseconds in [1, 20, 50, 100, 200, 400] {
        let outcome = child(|_| {
            // SAFETY: `struct sigaction` is numbers and an optional function: zero is a value of each.
            let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
            action.sa_sigaction = ask as *const () as libc::sighandler_t;
            // SAFETY: sigaction(2) reads one structure; the handler has the signature of one without SA_SIGINFO.
            unsafe { libc::sigaction(libc::SIGVTALRM, &raw const action, std::ptr::null_mut()) };
            if P.install().is_err() {
                return 1;
            }
            let time = libc::timeval { tv_sec: 0, tv_usec: microseconds };
            let timer = libc::itimerval { it_interval: time, it_value: time };
            // SAFETY: setitimer(2) reads one structure.
            unsafe {
                libc::setitimer(libc::ITIMER_VIRTUAL, &raw const timer, std::ptr::null_mut())
            };
            for _ in 0..microseconds {
                std::hint::spin_loop();
            }
            call::getppid();
            2
        });
        assert_eq!(outcome.end, End::SIGSYS, "{}", outcome.output);
        assert!(outcome.output.starts_with("seccomp: ") && outcome.output.contains(DENIES));
        assert_eq!(outcome.output.lines().count(), 3, "{}", outcome.output);
    }
}
