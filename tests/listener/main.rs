//! Supervisors on the running kernel.
//!
//! Each target is a forked child (see `seccomp_tests::child` for what it may do); the test is its supervisor. All of them
//! together take about a second.

// Policies that let a test go on say `default allow`: that is warned of as something deprecated.
#![expect(deprecated)]

mod answers;
mod descriptors;
mod ends;
mod handing_over;
mod installing;
mod memory;
mod older;
mod reactor;
mod signals;
