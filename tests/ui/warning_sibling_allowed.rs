//! A call is denied and the job that it does is not.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const BY_DEFAULT: Policy = seccomp_policy! {
    errno(EACCES) open, openat;
    #[allow(seccomp::default_allow)]
    default allow
};

const BY_A_RULE: Policy = seccomp_policy! {
    errno(EPERM) kill(sig == SIGKILL);
    allow exit, exit_group, rt_sigreturn, kill, tgkill;
    default errno(ENOSYS)
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::sibling_allowed)]
    errno(EPERM) kill(sig == SIGKILL);
    allow exit, exit_group, rt_sigreturn, kill, tgkill;
    default errno(ENOSYS)
};

fn main() {}
