//! The kernel uses more of an argument than the rule compares.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    allow write(count as u32 <= 100), read(a2 as i32 == 3), exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::narrow_cast)]
    allow write(count as u32 <= 100), exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
