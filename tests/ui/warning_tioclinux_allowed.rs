//! There are two ways to type into a terminal.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const ONE: Policy = seccomp_policy! {
    errno(EPERM) ioctl(cmd == TIOCSTI);
    allow ioctl, exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::tioclinux_allowed)]
    errno(EPERM) ioctl(cmd == TIOCSTI);
    allow ioctl, exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
