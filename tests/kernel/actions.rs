//! The kernel carries out every action.

use seccomp_runtime::__private::policy;
use seccomp_runtime::{Abi, Policy, seccomp_policy};
use seccomp_tests::call::{self, ENOSYS, PROBE};
use seccomp_tests::child::{End, Notes, Outcome, child};
use seccomp_tests::{hand, signal, tracer};

/// Makes getppid(2), which cannot fail without a policy, under `policy`, and writes the result
/// down.
fn ask_parent(policy: Policy) -> Outcome {
    child(|notes| {
        if policy.install().is_err() {
            return 1;
        }
        notes.put(0, call::getppid());
        0
    })
}

#[track_caller]
fn gets(policy: Policy, result: i64) {
    let outcome = ask_parent(policy);
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), result));
}

fn own_pid() -> i64 {
    std::process::id().into()
}

#[test]
fn allow_makes_the_call() {
    const P: Policy = seccomp_policy! { allow getppid; default allow };
    gets(P, own_pid());
}

#[test]
fn log_makes_the_call() {
    const P: Policy = seccomp_policy! { log getppid; default allow };
    gets(P, own_pid());
}

#[test]
fn errno_answers_with_its_number_and_does_not_make_the_call() {
    const P: Policy = seccomp_policy! { errno(EPERM) getppid; default allow };
    gets(P, -i64::from(libc::EPERM));
}

#[test]
fn errno_0_pretends_success() {
    const P: Policy = seccomp_policy! { errno(0) getppid; default allow };
    gets(P, 0);
}

#[test]
fn errno_4095_is_the_highest_and_the_kernel_lowers_what_is_above() {
    const HIGHEST: Policy = seccomp_policy! { errno(4095) syscall(1000); default allow };
    const ABOVE: Policy = policy(&hand::act_on_probe(hand::ERRNO | 0xffff));
    for policy in [HIGHEST, ABOVE] {
        let outcome = child(|notes| {
            if policy.install().is_err() {
                return 1;
            }
            notes.put(0, call::bare_probe());
            0
        });
        assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), -4095));
    }
}

#[test]
fn trace_without_a_tracer_answers_enosys() {
    const P: Policy = seccomp_policy! { trace(9) getppid; default allow };
    gets(P, ENOSYS);
}

#[test]
fn notify_without_a_listener_answers_enosys() {
    const P: Policy = seccomp_policy! { notify getppid; default allow };
    gets(P, ENOSYS);
}

#[test]
fn trace_shows_its_number_to_the_tracer_which_lets_the_call_go_on() {
    const P: Policy = seccomp_policy! { trace(0xbeef) getppid; default allow };
    const GO: usize = 1;
    let child = seccomp_tests::child::start(|notes| {
        notes.wait(GO);
        if P.install().is_err() {
            return 1;
        }
        notes.put(0, call::getppid());
        0
    });
    let pid = child.pid;
    let notes = child.notes;
    tracer::seize(pid);
    notes.put(GO, 1);
    assert_eq!(tracer::seccomp_event(pid), 0xbeef);
    tracer::go_on(pid);
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), own_pid()));
}

#[test]
fn kill_ends_the_process_before_the_call() {
    const P: Policy = seccomp_policy! { kill getppid; default allow };
    let outcome = ask_parent(P);
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::SIGSYS, Notes::NOTHING));
}

#[test]
fn kill_thread_of_the_only_thread_ends_the_process() {
    const P: Policy = seccomp_policy! { kill_thread getppid; default allow };
    let outcome = ask_parent(P);
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::SIGSYS, Notes::NOTHING));
}

#[test]
fn kill_cannot_be_caught() {
    const P: Policy = seccomp_policy! { kill getppid; default allow };
    let outcome = child(|notes| {
        signal::note_sigsys(notes);
        if P.install().is_err() {
            return 1;
        }
        call::getppid();
        0
    });
    assert_eq!(outcome.end, End::SIGSYS);
    assert_eq!(outcome.notes.get(signal::ERRNO), Notes::NOTHING, "the handler did not run");
}

#[test]
fn a_return_value_that_is_no_action_kills_the_process() {
    for value in [0x0001_0000, 0x1234_0000, 0x2000_0000, 0x7ffd_0000, 0x8001_0000, 0xffff_ffff] {
        let filter: &'static [_] = Vec::from(hand::act_on_probe(value)).leak();
        let outcome = child(|_| {
            if policy(filter).install().is_err() {
                return 1;
            }
            call::bare_probe();
            0
        });
        assert_eq!(outcome.end, End::SIGSYS, "{value:#x}");
    }
}

#[test]
fn trap_brings_a_signal_with_the_number_of_the_policy_and_of_the_call() {
    const P: Policy = seccomp_policy! { trap(0xcafe) syscall(1000); default allow };
    let outcome = child(|notes| {
        signal::note_sigsys(notes);
        if P.install().is_err() {
            return 1;
        }
        call::bare_probe();
        0
    });
    assert_eq!(outcome.end, End::Exited(0), "the handler came back");
    assert_eq!(outcome.notes.get(signal::ERRNO), 0xcafe);
    assert_eq!(outcome.notes.get(signal::CODE), signal::SYS_SECCOMP);
    assert_eq!(outcome.notes.get(signal::CALL), PROBE.into());
    assert_eq!(outcome.notes.get(signal::ARCH), Abi::NATIVE.audit_arch().into());
    assert!(outcome.notes.get(signal::ADDRESS) > 0);
}

#[test]
fn trap_without_a_handler_or_ignored_or_blocked_ends_the_process() {
    const P: Policy = seccomp_policy! { trap syscall(1000); default allow };
    let prepare: [fn(); 3] = [|| (), signal::ignore_sigsys, signal::block_sigsys];
    for prepare in prepare {
        let outcome = child(|_| {
            prepare();
            if P.install().is_err() {
                return 1;
            }
            call::bare_probe();
            0
        });
        assert_eq!(outcome.end, End::SIGSYS);
    }
}

#[test]
fn the_default_decides_calls_that_no_rule_names() {
    const P: Policy = seccomp_policy! { allow exit_group; default errno(7) };
    let outcome = child(|notes| {
        if P.install().is_err() {
            return 1;
        }
        notes.put(0, call::getppid());
        notes.put(1, call::bare_probe());
        notes.put(2, call::close_nothing());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [-7, -7, -7]));
}

#[test]
fn unknown_decides_calls_with_numbers_above_the_tables() {
    const P: Policy = seccomp_policy! { allow exit_group; unknown errno(ENOSYS); default errno(7) };
    let outcome = child(|notes| {
        if P.install().is_err() {
            return 1;
        }
        notes.put(0, call::getppid());
        notes.put(1, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [-7, ENOSYS]));
}
