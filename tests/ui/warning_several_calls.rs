//! Each ABI has its own numbers.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    arch x86_64, x86;
    allow syscall(7), exit, exit_group, rt_sigreturn, sigreturn?;
    errno(EPERM) syscall(101);
    default kill
};

const MEANT: Policy = seccomp_policy! {
    arch x86_64, x86;
    #[arch(x86_64)] allow syscall(7);
    #[allow(seccomp::several_calls)]
    allow syscall(102), exit, exit_group, rt_sigreturn, sigreturn?;
    default kill
};

fn main() {}
