//! A program under the policy cannot end.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const ONE: Policy = seccomp_policy! {
    allow read, write, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    allow read, write, rt_sigreturn;
    #[allow(seccomp::no_exit)]
    default kill
};

fn main() {}
