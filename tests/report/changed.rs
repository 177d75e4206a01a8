//! `report` changes only two things in a policy: the kills, and write(2) to standard error.

use seccomp_runtime::{Action, Call, Policy, call};

use super::policies::{P, PLAIN};

#[test]
fn the_actions_are_the_same_but_for_kills_and_for_the_write_of_the_report() {
    const CALLS: &[Call] = &[
        call!(socket(AF_INET)),
        call!(socket(AF_ALG)),
        call!(openat(AT_FDCWD, 0, O_CREAT)),
        call!(openat(AT_FDCWD, 0, O_RDONLY)),
        call!(openat(3, 0, O_RDONLY)),
        call!(write(7)),
        call!(write(1)),
        call!(getsid()),
        call!(getpgid()),
        call!(exit_group()),
        call!(reboot()),
        Call { nr: 5000, ..call!(reboot()) },
        Call { arch: 1, ..call!(reboot()) },
    ];
    let mut data = Vec::new();
    for call in CALLS {
        match (PLAIN.decide(call), P.decide(call)) {
            (Action::KillProcess | Action::KillThread, Action::Trap(trapped)) => data.push(trapped),
            (plain, reported) => assert_eq!(plain, reported, "{call:?}"),
        }
    }
    assert_eq!(PLAIN.decide(&call!(getpgid())), Action::Trap(1));
    assert!(data.iter().all(|data| *data > 1), "the policy has trap(1) itself: {data:?}");
    // default (four calls), the rule for openat, the one for getsid, unknown, bad_arch.
    data.sort_unstable();
    data.dedup();
    assert_eq!(data.len(), 5, "{data:?}");
    assert!(P.allows(&call!(write(2))) && PLAIN.denies(&call!(write(2))));
}

#[test]
fn a_policy_is_equal_to_itself_and_not_to_another() {
    const ALSO: Policy = P;
    assert!(P == ALSO && P != PLAIN);
    assert!(!format!("{P:?}").is_empty());
}
