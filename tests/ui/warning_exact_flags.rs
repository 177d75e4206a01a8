//! Libraries add bits to what is allowed.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    allow openat(flags == O_RDONLY), socket(family == AF_UNIX, type == SOCK_STREAM);
    allow exit, exit_group, rt_sigreturn;
    default kill
};

const RIGHT: Policy = seccomp_policy! {
    allow openat(flags & !(O_CLOEXEC | O_LARGEFILE) == O_RDONLY), socket(type == SOCK_STREAM | SOCK_CLOEXEC);
    allow exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::exact_flags)]
    allow openat(flags == O_RDONLY), exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
