//! Names that no warning has, and attributes that are none of a policy.

use seccomp_runtime::{Policy, seccomp_fragment, seccomp_policy};

const ONE: Policy = seccomp_policy! {
    #[allow(seccomp::powerfull_call)]
    allow ptrace;
    #[allow(dead_code)]
    allow read;
    #[deny(seccomp::no_exit)]
    default kill
};

const INCLUDING: Policy = seccomp_policy! {
    #[allow(seccomp::siblings_allowed)]
    include READ;
    #[allow(dead_code)]
    include READ;
    #[deny(seccomp::no_exit)]
    include READ;
    allow exit, exit_group, rt_sigreturn;
    default kill
};

seccomp_fragment! {
    READ { allow read, write }
}

fn main() {}
