//! The threads that a policy restricts: all of a process, or one.

use std::sync::atomic::{AtomicI64, Ordering};

use seccomp_runtime::{InstallError, Policy, enter_strict_mode, seccomp_policy};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, Notes, child};
use seccomp_tests::thread::spawn;

const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };
const NO_CLOSE: Policy = seccomp_policy! { errno(8) close; default allow };

const EBADF: i64 = -(libc::EBADF as i64);

// Notes by which the first thread and the other thread communicate.
const GO: usize = 10;
const THREAD_ID: usize = 11;
const READY: usize = 12;
const THREAD_PROBE: usize = 13;
const THREAD_CLOSE: usize = 14;
const THREAD_NO_NEW_PRIVS: usize = 15;

/// Waits until it may go on, then writes down the results of its calls.
fn report(notes: &'static Notes) {
    notes.put(THREAD_ID, call::gettid());
    notes.put(READY, 1);
    notes.wait(GO);
    notes.put(THREAD_PROBE, call::bare_probe());
    notes.put(THREAD_CLOSE, call::close_nothing());
    notes.put(THREAD_NO_NEW_PRIVS, call::no_new_privs());
}

fn diverge_and_report(notes: &'static Notes) {
    if NO_CLOSE.install_on_thread().is_ok() {
        report(notes);
    }
}

#[test]
fn a_policy_restricts_a_thread_that_runs_and_takes_its_privileges_too() {
    let outcome = child(|notes| {
        let Some(thread) = spawn(notes, report) else { return 1 };
        notes.wait(READY);
        if SEVEN.install().is_err() {
            return 2;
        }
        notes.put(GO, 1);
        thread.join();
        notes.put(0, call::bare_probe());
        0
    });
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!((outcome.notes.get(0), outcome.notes.get(THREAD_PROBE)), (-7, -7));
    assert_eq!(outcome.notes.get(THREAD_CLOSE), EBADF);
    assert_eq!(outcome.notes.get(THREAD_NO_NEW_PRIVS), 1);
}

#[test]
fn a_policy_for_one_thread_leaves_the_others_alone() {
    let outcome = child(|notes| {
        let Some(thread) = spawn(notes, report) else { return 1 };
        notes.wait(READY);
        if SEVEN.install_on_thread().is_err() {
            return 2;
        }
        notes.put(GO, 1);
        thread.join();
        notes.put(0, call::bare_probe());
        0
    });
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!((outcome.notes.get(0), outcome.notes.get(THREAD_PROBE)), (-7, ENOSYS));
    assert_eq!(outcome.notes.get(THREAD_NO_NEW_PRIVS), 0);
}

#[test]
fn a_thread_inherits_the_policy_of_the_one_that_starts_it() {
    let outcome = child(|notes| {
        if SEVEN.install_on_thread().is_err() {
            return 1;
        }
        let Some(thread) = spawn(notes, report) else { return 2 };
        notes.put(GO, 1);
        thread.join();
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(THREAD_PROBE)), (End::Exited(0), -7));
}

#[test]
fn threads_with_a_common_policy_take_another_together() {
    let outcome = child(|notes| {
        if NO_CLOSE.install().is_err() {
            return 1;
        }
        let Some(thread) = spawn(notes, report) else { return 2 };
        notes.wait(READY);
        if SEVEN.install().is_err() {
            return 3;
        }
        notes.put(GO, 1);
        thread.join();
        0
    });
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!((outcome.notes.get(THREAD_PROBE), outcome.notes.get(THREAD_CLOSE)), (-7, -8));
}

#[test]
fn a_thread_without_a_policy_takes_all_that_the_installing_thread_has() {
    let outcome = child(|notes| {
        let Some(thread) = spawn(notes, report) else { return 1 };
        notes.wait(READY);
        if NO_CLOSE.install_on_thread().is_err() || SEVEN.install().is_err() {
            return 2;
        }
        notes.put(GO, 1);
        thread.join();
        0
    });
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!((outcome.notes.get(THREAD_PROBE), outcome.notes.get(THREAD_CLOSE)), (-7, -8));
}

#[test]
fn a_thread_with_a_policy_of_its_own_is_named_and_no_thread_gets_the_new_policy() {
    let outcome = child(|notes| {
        let Some(thread) = spawn(notes, diverge_and_report) else { return 1 };
        notes.wait(READY);
        match SEVEN.install() {
            Err(InstallError::ThreadCannotFollow { thread }) => notes.put(0, thread.into()),
            _ => return 2,
        }
        notes.put(1, call::bare_probe());
        notes.put(GO, 1);
        thread.join();
        0
    });
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!(outcome.notes.get(0), outcome.notes.get(THREAD_ID));
    assert_eq!((outcome.notes.get(1), outcome.notes.get(THREAD_PROBE)), (ENOSYS, ENOSYS));
    assert_eq!(outcome.notes.get(THREAD_CLOSE), -8);
}

#[test]
fn a_program_that_ends_because_of_a_thread_with_a_policy_of_its_own_names_the_thread() {
    let outcome = child(|notes| {
        let Some(_thread) = spawn(notes, diverge_and_report) else { return 100 };
        notes.wait(READY);
        SEVEN.install_or_exit("main");
        101
    });
    let thread = outcome.notes.get(THREAD_ID);
    assert_eq!(outcome.end, End::Exited(1));
    assert_eq!(
        outcome.output,
        format!("seccomp: `main` is not run: another filter is on thread {thread}\n")
    );
}

#[test]
fn once_the_thread_with_a_policy_of_its_own_has_ended_the_others_follow() {
    let outcome = child(|notes| {
        notes.put(GO, 1);
        let Some(thread) = spawn(notes, diverge_and_report) else { return 1 };
        thread.join();
        // The kernel wakes the joining thread a little before the other thread is gone.
        while let Err(error) = SEVEN.install() {
            if !matches!(error, InstallError::ThreadCannotFollow { .. }) {
                return 2;
            }
            call::sched_yield();
        }
        notes.put(0, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), -7));
}

#[test]
fn a_thread_in_strict_mode_cannot_follow_and_is_named() {
    static GONE: AtomicI64 = AtomicI64::new(0);
    let outcome = child(|notes| {
        let Some(_thread) = spawn(notes, |notes| {
            notes.put(THREAD_ID, call::gettid());
            if enter_strict_mode().is_ok() {
                notes.put(READY, 1);
            }
            // This uses only memory: a system call would end this thread.
            while GONE.load(Ordering::SeqCst) == 0 {
                std::hint::spin_loop();
            }
        }) else {
            return 1;
        };
        notes.wait(READY);
        match SEVEN.install() {
            Err(InstallError::ThreadCannotFollow { thread }) => notes.put(0, thread.into()),
            _ => return 2,
        }
        0
    });
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!(outcome.notes.get(0), outcome.notes.get(THREAD_ID));
}

#[test]
fn killing_a_thread_leaves_the_others_running() {
    const KILL_THREAD: Policy = seccomp_policy! { kill_thread syscall(1000); default allow };
    let outcome = child(|notes| {
        if KILL_THREAD.install().is_err() {
            return 1;
        }
        notes.put(GO, 1);
        let Some(thread) = spawn(notes, report) else { return 2 };
        thread.join();
        notes.put(0, call::close_nothing());
        42
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(42), EBADF));
    assert_eq!(outcome.notes.get(READY), 1, "the thread ran");
    assert_eq!(outcome.notes.get(THREAD_PROBE), Notes::NOTHING, "and did not survive the probe");
}

#[test]
fn killing_the_process_from_any_thread_ends_all() {
    const KILL: Policy = seccomp_policy! { kill syscall(1000); default allow };
    let outcome = child(|notes| {
        if KILL.install().is_err() {
            return 1;
        }
        notes.put(GO, 1);
        let Some(_thread) = spawn(notes, report) else { return 2 };
        loop {
            call::sched_yield();
        }
    });
    assert_eq!(outcome.end, End::SIGSYS);
}
