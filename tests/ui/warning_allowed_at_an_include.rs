//! `#[allow]` at an `include` is for what it brings, also through what that includes, and for nothing else.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_fragment, seccomp_policy};

seccomp_fragment! {
    OPENER { errno(EPERM) open; allow openat }
    OUTER { allow getpid; include crate::OPENER }
}

const SILENT: Policy = seccomp_policy! {
    #[allow(seccomp::sibling_allowed)]
    include OUTER;
    #[allow(seccomp::no_exit, seccomp::powerful_call)]
    include "ui/powerful.policy";
    allow exit, exit_group, rt_sigreturn;
    default kill
};

const NOT_ALL: Policy = seccomp_policy! {
    #[cfg(all())]
    #[allow(seccomp::powerful_call)]
    include OPENER;
    #[allow(seccomp::sibling_allowed)]
    include "ui/powerful.policy";
    allow exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {
    let _ = [SILENT, NOT_ALL];
}
