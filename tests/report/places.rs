//! The places where a program makes a denied call: in any thread, process and handler, and with any settings of its
//! signals.
#![allow(unsafe_code)] // Handlers, stacks, and system calls that a filter denies.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};

use seccomp_runtime::{Policy, seccomp_policy};
use seccomp_tests::child::{End, Outcome, child, wait};
use seccomp_tests::{call, signal, thread};

/// Threads and handlers may do everything except this call.
const P: Policy = seccomp_policy! { report; kill getppid; default allow };
const LINE: u32 = line!() - 1;

/// The beginning of the report about getppid, which the policy denies.
fn beginning() -> String {
    format!("seccomp: {}:{LINE} denies getppid() at 0x", file!())
}

#[track_caller]
fn is_reported(outcome: &Outcome) {
    assert_eq!(outcome.end, End::SIGSYS, "{}", outcome.output);
    assert!(outcome.output.starts_with(&beginning()), "{}", outcome.output);
    assert_eq!(outcome.output.lines().count(), 3, "{}", outcome.output);
}

fn install() -> bool {
    P.install().is_ok()
}

#[test]
fn in_the_main_thread() {
    is_reported(&child(|_| {
        if !install() {
            return 1;
        }
        call::getppid();
        2
    }));
}

#[test]
fn in_another_thread() {
    is_reported(&child(|notes| {
        if !install() {
            return 1;
        }
        let thread = thread::spawn(notes, |_| {
            call::getppid();
        });
        if thread.is_none() { 2 } else { notes.wait(9) as i32 }
    }));
}

#[test]
fn in_a_thread_that_alone_has_the_policy_and_the_others_do_not_live_on() {
    is_reported(&child(|notes| {
        let thread = thread::spawn(notes, |notes| {
            if P.install_on_thread().is_err() {
                call::exit_group(1);
            }
            notes.put(0, 1);
            call::getppid();
        });
        if thread.is_none() {
            return 2;
        }
        notes.wait(9) as i32
    }));
}

#[test]
fn in_many_threads_at_once_every_report_is_whole() {
    let outcome = child(|notes| {
        static READY: AtomicU32 = AtomicU32::new(0);
        if !install() {
            return 1;
        }
        for _ in 0..8 {
            let thread = thread::spawn(notes, |_| {
                READY.fetch_add(1, Ordering::SeqCst);
                while READY.load(Ordering::SeqCst) < 8 {}
                call::getppid();
            });
            if thread.is_none() {
                return 2;
            }
        }
        notes.wait(9) as i32
    });
    assert_eq!(outcome.end, End::SIGSYS);
    let lines: Vec<&str> = outcome.output.lines().collect();
    assert!(!lines.is_empty());
    for report in lines.chunks(3) {
        assert!(report[0].starts_with(&beginning()), "{report:?}");
        assert!(report[2].starts_with("  to allow it: allow getppid; above "), "{report:?}");
    }
}

#[test]
fn in_a_forked_child_whose_parent_goes_on() {
    const FORKING: Policy = seccomp_policy! {
        report;
        errno(EPERM) getppid;
        kill getpgid;
        default allow
    };
    let outcome = child(|_| {
        if FORKING.install().is_err() {
            return 1;
        }
        let forked = call::fork();
        if forked == 0 {
            // SAFETY: the filter denies the call.
            unsafe { libc::getpgid(0) };
            return 2;
        }
        if wait(forked as i32) == End::SIGSYS { 7 } else { 3 }
    });
    assert_eq!(outcome.end, End::Exited(7), "{}", outcome.output);
    assert!(outcome.output.contains(" denies getpgid(pid=0) at 0x"), "{}", outcome.output);
}

/// Sets `handler` for SIGUSR1, on the alternate stack or not.
fn on_user_signal(handler: extern "C" fn(i32), on_alternate_stack: bool) {
    // SAFETY: `struct sigaction` is numbers and an optional function: zero is a value of each.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as libc::sighandler_t;
    action.sa_flags = if on_alternate_stack { libc::SA_ONSTACK } else { 0 };
    // SAFETY: sigaction(2) reads one `struct sigaction`; the handler has the signature of one without SA_SIGINFO.
    unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
}

extern "C" fn ask(_: i32) {
    call::getppid();
}

fn signal_oneself(stack: Option<&'static mut [u8]>) -> i32 {
    let on_alternate_stack = stack.is_some();
    if let Some(stack) = stack {
        let stack = libc::stack_t {
            ss_sp: stack.as_mut_ptr().cast::<c_void>(),
            ss_flags: 0,
            ss_size: stack.len(),
        };
        // SAFETY: sigaltstack(2) reads one `stack_t`, of a stack that nothing else uses.
        if unsafe { libc::sigaltstack(&raw const stack, std::ptr::null_mut()) } != 0 {
            return 3;
        }
    }
    on_user_signal(ask, on_alternate_stack);
    if !install() {
        return 1;
    }
    // SAFETY: raise(3) sends a signal to this thread.
    unsafe { libc::raise(libc::SIGUSR1) };
    2
}

#[track_caller]
fn is_reported_in_a_handler(outcome: &Outcome) {
    assert_eq!(outcome.end, End::SIGSYS, "{}", outcome.output);
    assert!(outcome.output.contains(" denies getppid() at 0x"), "{}", outcome.output);
}

#[test]
fn in_a_signal_handler() {
    is_reported_in_a_handler(&child(|_| signal_oneself(None)));
}

/// The stack has room for two frames of signals and 4 KiB, as the page about denied calls says, and some
/// more for a build without optimisation.
#[test]
fn in_a_signal_handler_on_an_alternate_stack() {
    // SAFETY: getauxval(3) takes a number.
    let frame = unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) };
    let size = 2 * usize::try_from(frame).unwrap().max(2048) + 4096;
    let stack: &'static mut [u8] = vec![0; size].leak();
    is_reported_in_a_handler(&child(|_| signal_oneself(Some(stack))));
}

/// The report does not run on the alternate stack, so its size does not matter.
#[test]
fn in_a_thread_with_an_alternate_stack_of_4_kib() {
    let stack: &'static mut [u8] = vec![0xa5; 4096].leak();
    let at = stack.as_ptr().expose_provenance();
    is_reported(&child(|_| {
        let stack = libc::stack_t {
            ss_sp: std::ptr::with_exposed_provenance_mut(at),
            ss_flags: 0,
            ss_size: 4096,
        };
        // SAFETY: sigaltstack(2) reads one `stack_t`, of a stack that nothing else uses.
        if unsafe { libc::sigaltstack(&raw const stack, std::ptr::null_mut()) } != 0 || !install() {
            return 1;
        }
        call::getppid();
        2
    }));
}

#[test]
fn with_sigsys_blocked_the_kernel_ends_the_process_without_a_report() {
    let outcome = child(|_| {
        signal::block_sigsys();
        if !install() {
            return 1;
        }
        call::getppid();
        2
    });
    assert_eq!((outcome.end, &*outcome.output), (End::SIGSYS, ""));
}

#[test]
fn with_sigsys_ignored_afterwards_the_kernel_ends_the_process_without_a_report() {
    let outcome = child(|_| {
        if !install() {
            return 1;
        }
        signal::ignore_sigsys();
        call::getppid();
        2
    });
    assert_eq!((outcome.end, &*outcome.output), (End::SIGSYS, ""));
}

#[test]
fn with_sigsys_ignored_before_there_is_a_report() {
    is_reported(&child(|_| {
        signal::ignore_sigsys();
        if !install() {
            return 1;
        }
        call::getppid();
        2
    }));
}

/// A destructor that runs while a panic unwinds makes the call.
#[test]
fn while_a_panic_unwinds() {
    struct Asks;
    impl Drop for Asks {
        fn drop(&mut self) {
            call::getppid();
        }
    }
    let outcome = child(|_| {
        if !install() {
            return 1;
        }
        let caught = std::panic::catch_unwind(|| {
            let _asks = Asks;
            // The panic has no message, because the hook would allocate.
            std::panic::resume_unwind(Box::new(()));
        });
        2 + i32::from(caught.is_err())
    });
    is_reported_in_a_handler(&outcome);
}

/// A program that this one executes has the filter and no handler.
#[test]
fn an_executed_program_is_ended_without_a_report() {
    const EXECUTING: Policy = seccomp_policy! { report; kill brk; default allow };
    let outcome = child(|_| {
        if EXECUTING.install().is_err() {
            return 1;
        }
        call::exec(c"/bin/true", c"true");
        2
    });
    assert_eq!((outcome.end, &*outcome.output), (End::SIGSYS, ""));
}

/// The report is about the newest policy that denies the call.
#[test]
fn under_two_policies_the_report_is_about_the_one_that_denies() {
    const OUTER: Policy = seccomp_policy! { report; kill getppid; default allow };
    let outer_line = line!() - 1;
    const INNER: Policy = seccomp_policy! { report; kill getpgid; default allow };
    let inner_line = line!() - 1;
    for (denied, line) in [("getppid", outer_line), ("getpgid", inner_line)] {
        let outcome = child(|_| {
            if OUTER.install().is_err() || INNER.install().is_err() {
                return 1;
            }
            if denied == "getpgid" {
                // SAFETY: the filter denies the call.
                unsafe { libc::getpgid(0) };
            }
            call::getppid();
            2
        });
        assert_eq!(outcome.end, End::SIGSYS);
        let expected = format!("seccomp: {}:{line} denies {denied}(", file!());
        assert!(outcome.output.starts_with(&expected), "{}", outcome.output);
    }
}
