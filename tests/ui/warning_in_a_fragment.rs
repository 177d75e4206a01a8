//! Of a fragment only what is its own is said, where it is defined and once; of a file at the include.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_fragment, seccomp_policy};

seccomp_fragment! {
    TRACER { allow ptrace; errno(EPERM) open; allow openat }
}

const INCLUDES: Policy = seccomp_policy! {
    include TRACER;
    include "ui/powerful.policy";
    allow exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
