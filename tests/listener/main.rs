//! Supervisors on the running kernel.
//!
//! Each target is a forked child (see `seccomp_tests::child` for what it may do); the test is its supervisor. All of them
//! together take about a second.

// Policies under which a test goes on have `default allow`, and its warning is a deprecation.
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
