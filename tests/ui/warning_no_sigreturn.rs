//! A program under the policy cannot return from a signal handler.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const ONE: Policy = seccomp_policy! {
    allow read, write, exit_group;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    allow read, write, exit_group;
    #[allow(seccomp::no_sigreturn)]
    default kill
};

fn main() {}
