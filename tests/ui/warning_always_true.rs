//! A condition that holds of every call.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const ONE: Policy = seccomp_policy! {
    allow read(count >= 0), exit, exit_group, rt_sigreturn;
    default kill
};

const IN_PART: Policy = seccomp_policy! {
    allow write(fd >= 0, count <= 100), ioctl(cmd == TCGETS || cmd & 0xff00 == 0x54);
    allow exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::always_true)]
    allow read(count >= 0), exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
