//! The kernel does not look at the argument.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    allow preadv(pos_h == 0), fcntl(cmd == F_GETFD, arg == 0), exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::ignored_argument)]
    allow preadv(pos_h == 0), exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
