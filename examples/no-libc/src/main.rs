//! A static program without std and without a C library, with a policy that reports what it denies.
//!
//! ```text
//! examples/no-libc/build
//! target/no-libc/x86_64-unknown-linux-gnu/freestanding/no-libc
//! target/no-libc/x86_64-unknown-linux-gnu/freestanding/no-libc socket
//! ```
//!
//! The first run writes a line and exits. The second run has an argument, so it makes a call that its policy denies, and reports
//! the call before the kernel ends it. `README.md` shows both, and says how to build the program for other architectures.
#![no_std]
#![no_main]

mod call;
mod entry;
mod memory;

use seccomp_runtime::{Policy, sandboxed, seccomp_policy};

/// What this program may do after it has installed its policy. A feature decides how many names the program carries for its
/// reports; a program of your own needs one of the three lines.
const POLICY: Policy = seccomp_policy! {
    #[cfg(not(any(feature = "calls", feature = "numbers")))] report;
    #[cfg(all(feature = "calls", not(feature = "numbers")))] report calls;
    #[cfg(feature = "numbers")] report numbers;
    allow write(fd == 1), rt_sigreturn, exit_group;
    default kill
};

/// Runs with the number of words on the command line; the first word is the program. Returns the exit status, which is 1 if
/// the kernel made the call that the policy denies.
#[sandboxed(POLICY)]
fn main(words: usize) -> u8 {
    call::write(1, b"under the policy\n");
    if words > 1 {
        call::open_socket();
        return 1;
    }
    0
}
