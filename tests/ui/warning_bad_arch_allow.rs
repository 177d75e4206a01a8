//! Calls through another ABI meet no rule.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const ONE: Policy = seccomp_policy! {
    allow exit, exit_group, rt_sigreturn;
    bad_arch allow;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    allow exit, exit_group, rt_sigreturn;
    #[allow(seccomp::bad_arch_allow)]
    bad_arch allow;
    default kill
};

fn main() {}
