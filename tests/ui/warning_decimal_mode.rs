//! Permissions of a file in decimal.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    errno(EPERM) chmod(mode & 6000 != 0);
    allow mkdirat(mode == 755), exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::decimal_mode)]
    allow fchmod(mode == 755), exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
