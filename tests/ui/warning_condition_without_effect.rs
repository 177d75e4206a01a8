//! A later rule allows what a condition seems to hold back.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    allow write(fd in {1, 2}), read(fd == 0);
    allow @basic-io, exit, exit_group, rt_sigreturn;
    default kill
};

const RIGHT: Policy = seccomp_policy! {
    allow dup3(oldfd in {1, 2});
    errno(EBADF) dup, dup2, dup3;
    allow @basic-io, exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::condition_without_effect)]
    allow write(fd in {1, 2});
    allow @basic-io, exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
