//! Any of several bits is enough to be allowed.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    allow ioctl(cmd & 0x6400 != 0), mmap(prot & (PROT_READ | PROT_WRITE) != 0);
    allow exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::any_of_bits)]
    allow ioctl(cmd & 0x6400 != 0), exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
