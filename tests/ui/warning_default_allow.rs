//! Calls that the author did not think of are allowed.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const ONE: Policy = seccomp_policy! {
    errno(EPERM) @mount;
    default allow
};

const LOGGED: Policy = seccomp_policy! {
    allow read;
    default log
};

const MEANT: Policy = seccomp_policy! {
    errno(EPERM) @mount;
    #[allow(seccomp::default_allow)]
    default allow
};

fn main() {}
