//! Several filters: the kernel takes the most severe action, in whatever order they were installed.

use seccomp_ir::bpf::{CONVERTED_LEN_PER_EARLIER_FILTER, MAX_CONVERTED_LEN, converted_len};
use seccomp_runtime::__private::policy;
use seccomp_runtime::{Action, InstallError, Policy, SockFilter, seccomp_policy};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, Outcome, child};
use seccomp_tests::hand;

/// Installs `first`, then `second`, then makes the probe and writes its result down.
fn stacked(first: Policy, second: Policy) -> Outcome {
    child(|notes| {
        if first.install().is_err() || second.install().is_err() {
            return 1;
        }
        notes.put(0, call::bare_probe());
        0
    })
}

/// Every action, from the most to the least severe, with a policy that gives the probe this action.
/// Without a tracer and a supervisor, trace and notify are `ENOSYS`, which is also the result of
/// the probe if it is allowed. So their order beside log and allow does not show.
const BY_SEVERITY: [(Action, Policy); 8] = [
    (Action::KillProcess, seccomp_policy! { kill_process syscall(1000); default allow }),
    (Action::KillThread, seccomp_policy! { kill_thread syscall(1000); default allow }),
    (Action::Trap(5), seccomp_policy! { trap(5) syscall(1000); default allow }),
    (Action::Errno(7), seccomp_policy! { errno(7) syscall(1000); default allow }),
    (Action::Notify, seccomp_policy! { notify syscall(1000); default allow }),
    (Action::Trace(9), seccomp_policy! { trace(9) syscall(1000); default allow }),
    (Action::Log, seccomp_policy! { log syscall(1000); default allow }),
    (Action::Allow, seccomp_policy! { allow syscall(1000); default allow }),
];

/// How a child ends if the probe has this action, and what the probe returns.
fn seen(action: Action) -> (End, Option<i64>) {
    match action {
        // The child has one thread, so kill_thread ends it; it has no handler for the trap.
        Action::KillProcess | Action::KillThread | Action::Trap(_) => (End::SIGSYS, None),
        Action::Errno(errno) => (End::Exited(0), Some(-i64::from(errno))),
        Action::Notify | Action::Trace(_) | Action::Log | Action::Allow => {
            (End::Exited(0), Some(ENOSYS))
        }
    }
}

#[test]
fn of_two_actions_the_kernel_takes_the_more_severe_in_either_order() {
    for (i, (severe, first)) in BY_SEVERITY.into_iter().enumerate() {
        for (mild, second) in &BY_SEVERITY[i..] {
            for (first, second) in [(first, *second), (*second, first)] {
                let outcome = stacked(first, second);
                let (end, result) = seen(severe);
                assert_eq!(outcome.end, end, "{severe} and {mild}");
                if let Some(result) = result {
                    assert_eq!(outcome.notes.get(0), result, "{severe} and {mild}");
                }
            }
        }
    }
}

#[test]
fn a_second_filter_narrows_the_first_and_never_widens_it() {
    const NO_CLOSE: Policy = seccomp_policy! { errno(7) close; default allow };
    const NO_PROBE: Policy = seccomp_policy! { errno(8) syscall(1000); allow close; default allow };
    let outcome = child(|notes| {
        if NO_CLOSE.install().is_err() || NO_PROBE.install().is_err() {
            return 1;
        }
        notes.put(0, call::close_nothing());
        notes.put(1, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [-7, -8]));
}

#[test]
fn of_two_equal_actions_the_newer_filter_gives_the_number() {
    const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };
    const EIGHT: Policy = seccomp_policy! { errno(8) syscall(1000); default allow };
    for (first, second, result) in [(SEVEN, EIGHT, -8), (EIGHT, SEVEN, -7)] {
        let outcome = stacked(first, second);
        assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), result));
    }
}

#[test]
fn a_policy_that_denies_seccomp_cannot_be_followed_by_another() {
    const LAST: Policy = seccomp_policy! { errno(EPERM) seccomp; default allow };
    let outcome = child(|notes| {
        if LAST.install().is_err() {
            return 1;
        }
        notes.put(0, i64::from(LAST.install().is_err()));
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 1));
}

#[test]
fn filters_that_are_too_long_together_are_refused_and_the_others_stay() {
    const LONG: Policy = policy(&hand::long::<4096>());
    const PROBED: Policy = policy(&hand::act_on_probe(hand::ERRNO | 7));
    let outcome = child(|notes| {
        if PROBED.install().is_err() {
            return 1;
        }
        for installed in 0..9 {
            match LONG.install() {
                Ok(()) => {}
                Err(InstallError::NoRoom) => {
                    notes.put(0, installed);
                    notes.put(1, call::bare_probe());
                    return 0;
                }
                Err(_) => return 2,
            }
        }
        3
    });
    // The kernel counts the instructions that it makes of each filter, and a few for each earlier
    // filter.
    let one_more = converted_len(LONG.filter()) + CONVERTED_LEN_PER_EARLIER_FILTER;
    let first = converted_len(PROBED.filter());
    let room = (MAX_CONVERTED_LEN - first) / one_more;
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [room as i64, -7]));
}

#[test]
fn the_action_is_the_same_however_many_filters_have_it() {
    const FILTER: &[SockFilter] = &hand::act_on_probe(hand::ERRNO | 7);
    let outcome = child(|notes| {
        for _ in 0..200 {
            if policy(FILTER).install_on_thread().is_err() {
                return 1;
            }
        }
        notes.put(0, call::bare_probe());
        notes.put(1, call::close_nothing());
        0
    });
    let ebadf = -i64::from(libc::EBADF);
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [-7, ebadf]));
}
