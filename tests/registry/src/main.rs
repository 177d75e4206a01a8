//! Prints the policies of this program: for each its place, its rules and its filter, in Rust's notation.

use seccomp_runtime::{Policy, policies, seccomp_fragment, seccomp_policy};

seccomp_fragment! {
    /// This is not a policy, so it is not in the registry.
    FRAGMENT { allow munlockall; }
}

/// A policy that is used and recognised by its filter.
const USED: Policy = seccomp_policy! {
    allow read(fd == 3), rt_sigreturn, exit_group;
    include FRAGMENT;
    default errno(4001)
};

/// A policy that nothing uses.
const _: Policy = seccomp_policy! {
    allow rt_sigreturn, exit_group;
    default errno(4002)
};

/// A policy with a filter for each `FD`.
fn generic<const FD: i32>() -> Policy {
    seccomp_policy! {
        allow read(fd == { FD }), rt_sigreturn, exit_group;
        default errno(4003)
    }
}

fn main() {
    assert_ne!(generic::<5>(), generic::<6>());
    let used = policies().iter().filter(|policy| policy.filter() == Some(USED.filter()));
    assert_eq!(used.count(), 1, "the policy that is used");
    for policy in policies() {
        let place = (policy.file(), policy.line(), policy.column());
        println!("{place:?} {:?} {:?}", policy.text(), policy.filter());
    }
}
