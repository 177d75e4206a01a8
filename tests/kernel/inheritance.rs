//! A policy outlives fork, exec and interrupted calls.

use std::ffi::CString;
use std::time::Duration;

use seccomp_runtime::{Policy, seccomp_policy};
use seccomp_tests::call;
use seccomp_tests::child::{End, child, start, wait};

const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };

#[test]
fn a_forked_child_is_under_the_policy() {
    let outcome = child(|notes| {
        if SEVEN.install().is_err() {
            return 1;
        }
        let pid = call::fork();
        if pid == 0 {
            call::exit_group(-call::bare_probe() as i32);
        }
        notes.put(0, i64::from(wait(pid as libc::pid_t) == End::Exited(7)));
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 1));
}

#[test]
fn a_forked_child_can_add_a_policy_and_its_parent_does_not_get_it() {
    const NO_CLOSE: Policy = seccomp_policy! { errno(8) close; default allow };
    let outcome = child(|notes| {
        if SEVEN.install().is_err() {
            return 1;
        }
        let pid = call::fork();
        if pid == 0 {
            let installed = NO_CLOSE.install().is_ok();
            let both = call::bare_probe() == -7 && call::close_nothing() == -8;
            call::exit_group(i32::from(!(installed && both)));
        }
        notes.put(0, i64::from(wait(pid as libc::pid_t) == End::Exited(0)));
        notes.put(1, call::close_nothing());
        0
    });
    let ebadf = -i64::from(libc::EBADF);
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, ebadf]));
}

#[test]
fn an_executed_program_is_under_the_policy_and_gains_no_privileges() {
    let program = CString::new(env!("CARGO_BIN_EXE_probe")).unwrap();
    for (argument, status) in [(c"probe", 7), (c"privileges", 1)] {
        let outcome = child(|_| {
            if SEVEN.install().is_err() {
                return 100;
            }
            call::exec(&program, argument);
            101
        });
        assert_eq!(outcome.end, End::Exited(status), "{argument:?}: {}", outcome.output);
    }
}

#[test]
fn a_policy_for_one_thread_goes_with_it_through_exec() {
    let program = CString::new(env!("CARGO_BIN_EXE_probe")).unwrap();
    let outcome = child(|_| {
        if SEVEN.install_on_thread().is_err() {
            return 100;
        }
        call::exec(&program, c"probe");
        101
    });
    assert_eq!(outcome.end, End::Exited(7), "{}", outcome.output);
}

/// The result of a sleep that is stopped and continued under `policy`.
fn interrupted_sleep(policy: Policy) -> i64 {
    const BEGUN: usize = 1;
    let child = start(|notes| {
        if policy.install().is_err() {
            return 1;
        }
        notes.put(BEGUN, 1);
        notes.put(0, call::sleep_ms(400));
        0
    });
    child.notes.wait(BEGUN);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(call::kill(child.pid, libc::SIGSTOP), 0);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(call::kill(child.pid, libc::SIGCONT), 0);
    let outcome = child.wait();
    assert_eq!(outcome.end, End::Exited(0));
    outcome.notes.get(0)
}

#[test]
fn a_call_that_a_signal_interrupts_goes_on_as_restart_syscall() {
    const ALLOWED: Policy = seccomp_policy! { allow restart_syscall; default allow };
    const DENIED: Policy = seccomp_policy! { errno(7) restart_syscall; default allow };
    assert_eq!(interrupted_sleep(ALLOWED), 0);
    assert_eq!(interrupted_sleep(DENIED), -7, "so a policy that has sleeps must allow it");
}
