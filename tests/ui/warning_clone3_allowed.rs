//! `clone` is filtered, and `clone3` does the same without being filtered.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const ONE: Policy = seccomp_policy! {
    allow clone(flags & CLONE_NEWUSER == 0);
    allow clone3, exit, exit_group, rt_sigreturn;
    default kill
};

const GROUP: Policy = seccomp_policy! {
    allow @rust-thread, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::clone3_allowed)]
    allow clone(flags & CLONE_NEWUSER == 0);
    allow clone3, exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
