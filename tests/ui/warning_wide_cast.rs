//! The kernel does not look at the upper half.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const ONE: Policy = seccomp_policy! {
    allow socket(family as u64 == AF_UNIX), exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::wide_cast)]
    allow socket(family as u64 == AF_UNIX), exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
