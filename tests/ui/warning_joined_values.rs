//! Values that exclude each other are joined as if they were bits.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    allow socket(family == AF_INET | AF_INET6), write(fd == STDOUT_FILENO | STDERR_FILENO);
    allow exit, exit_group, rt_sigreturn;
    default kill
};

const RIGHT: Policy = seccomp_policy! {
    allow socket(family in {AF_INET, AF_INET6}, type == SOCK_STREAM | SOCK_CLOEXEC);
    allow exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::joined_values)]
    allow socket(family == AF_INET | AF_INET6), exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
