//! Policies on the running kernel.
//!
//! Each test forks a child, puts it under a policy, and checks what the kernel does. If the name of
//! a test is a promise of the kernel, the kernel's own tests check that promise too
//! (`tools/testing/selftests/seccomp/seccomp_bpf.c`, Linux 6.12).

// Policies under which a test goes on have `default allow`, and its warning is a deprecation.
#![expect(deprecated)]

mod abi;
mod actions;
mod arguments;
mod errors;
mod faked;
mod inheritance;
mod installing;
mod instead;
mod privileges;
mod repeated;
mod run_time;
mod sandboxed;
#[cfg(target_arch = "x86_64")]
mod skipped;
mod stacking;
mod strict;
mod threads;
mod used;
