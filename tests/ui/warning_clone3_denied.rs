//! `clone` is allowed, and programs do not get that far.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const BY_DEFAULT: Policy = seccomp_policy! {
    allow exit, exit_group, rt_sigreturn, clone;
    default kill
};

const BY_A_RULE: Policy = seccomp_policy! {
    errno(EPERM) clone3;
    allow exit, exit_group, rt_sigreturn, clone;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::clone3_denied)]
    errno(EPERM) clone3;
    allow exit, exit_group, rt_sigreturn, clone;
    default kill
};

const RIGHT: Policy = seccomp_policy! {
    errno(ENOSYS) clone3;
    allow exit, exit_group, rt_sigreturn, clone;
    default kill
};

fn main() {}
