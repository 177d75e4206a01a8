//! A constant of another argument.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const THREE: Policy = seccomp_policy! {
    allow socket(type == AF_INET), mmap(flags & PROT_EXEC == 0), clone(flags & CLONE_NEWTIME == 0);
    errno(ENOSYS) clone3;
    allow exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::foreign_constant)]
    allow socket(type == AF_INET), exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
