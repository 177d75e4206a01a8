//! Calls that reach around the policy, by name and in a group.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const NAMED: Policy = seccomp_policy! {
    allow exit, exit_group, rt_sigreturn;
    allow process_vm_writev, ptrace, seccomp;
    default kill
};

const IN_A_GROUP: Policy = seccomp_policy! {
    allow @system-service;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::powerful_call)]
    allow @system-service, ptrace, seccomp;
    default kill
};

fn main() {}
