//! A denied group leaves calls that do the job of its own.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    errno(EPERM) @debug, @resources;
    errno(EPERM) mprotect(prot & PROT_EXEC != 0);
    #[allow(seccomp::default_allow)]
    default allow
};

const RIGHT: Policy = seccomp_policy! {
    errno(EPERM) @debug, process_vm_readv, process_vm_writev, @mount, @clock;
    #[allow(seccomp::default_allow)]
    default allow
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::sibling_allowed)]
    errno(EPERM) @debug;
    #[allow(seccomp::default_allow)]
    default allow
};

fn main() {}
