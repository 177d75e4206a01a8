//! Names that no warning has, and attributes that are none of a policy.

use seccomp_runtime::{Policy, seccomp_policy};

const ONE: Policy = seccomp_policy! {
    #[allow(seccomp::powerfull_call)]
    allow ptrace;
    #[allow(dead_code)]
    allow read;
    #[deny(seccomp::no_exit)]
    default kill
};

fn main() {}
