//! A program that reports which of its calls its policy denies: `docs/denied.md` explains the lines.
//!
//! ```text
//! cargo run --example denied
//! ```

use std::os::unix::net::UnixDatagram;

use seccomp_runtime::{Policy, sandboxed, seccomp_policy};

/// Only sockets of IPv4 and IPv6 may be opened.
const CLIENT: Policy = seccomp_policy! {
    #[cfg(debug_assertions)] report;
    allow socket(family in {AF_INET, AF_INET6});
    allow @rust-exit, rt_sigreturn;
    default kill
};

#[sandboxed(CLIENT)]
fn main() {
    let _ = UnixDatagram::unbound();
}
