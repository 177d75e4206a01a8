//! What is denied can be had with other bits beside it.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    errno(EPERM) socket(type == SOCK_RAW), unshare(flags == CLONE_NEWUSER);
    allow socket, unshare, exit, exit_group, rt_sigreturn;
    default kill
};

const SAME_TO_THE_KERNEL: Policy = seccomp_policy! {
    errno(EPERM) socket(type == SOCK_RAW | SOCK_CLOEXEC), setns(nstype & CLONE_NEWUSER != 0);
    errno(EPERM) openat(flags & O_ACCMODE == O_WRONLY);
    allow socket, setns, openat, exit, exit_group, rt_sigreturn;
    default kill
};

const RIGHT: Policy = seccomp_policy! {
    errno(EPERM) socket(type & !(SOCK_CLOEXEC | SOCK_NONBLOCK) == SOCK_RAW), unshare(flags & CLONE_NEWUSER != 0);
    allow socket, unshare, exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::exact_denial)]
    errno(EPERM) socket(type == SOCK_RAW);
    allow socket, exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
