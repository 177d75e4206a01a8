//! Policies on the running kernel.
//!
//! Each test forks a child, puts it under a policy, and looks at what the kernel does. Where a
//! test is named for a promise that the kernel makes to whoever installs a filter, the promise is
//! one that the kernel tests too (`tools/testing/selftests/seccomp/seccomp_bpf.c`, Linux 6.12).

// Policies that let a test go on say `default allow`: that is warned of as something deprecated.
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
