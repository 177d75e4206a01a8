//! Masks that are not sets of bits but values of a list.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    allow socket(type & SOCK_STREAM == SOCK_STREAM), openat(flags & O_WRONLY == 0);
    allow exit, exit_group, rt_sigreturn;
    default kill
};

const PARTS_OF_FLAGS: Policy = seccomp_policy! {
    allow mknodat(mode & S_IFREG != 0), kill(sig & (SIGTERM | SIGHUP) != 0), futex(op & FUTEX_PRIVATE_FLAG == FUTEX_WAIT);
    allow exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::value_as_mask)]
    allow socket(type & SOCK_STREAM == SOCK_STREAM), exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
