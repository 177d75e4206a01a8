//! A policy that the build script compiled from a file: see `build.rs` and `policies/`.
//!
//! ```text
//! cargo run --package seccomp-examples-built
//! ```

use seccomp_runtime::{InstallError, Policy, call};

/// The file descriptor for the worker's log; the policy names it.
const LOG: i32 = libc::STDERR_FILENO;

const WORKER: Policy = include!(concat!(env!("OUT_DIR"), "/worker.policy.rs"));

const _: () = assert!(WORKER.allows(&call!(write(self::LOG))));

fn main() -> Result<(), InstallError> {
    for (asked, call) in [
        ("read(0)", call!(read(0))),
        ("read(3)", call!(read(3))),
        ("socket(AF_INET, SOCK_STREAM)", call!(socket(AF_INET, SOCK_STREAM))),
        ("socket(AF_UNIX, SOCK_STREAM)", call!(socket(AF_UNIX, SOCK_STREAM))),
    ] {
        println!("{asked:<30} {}", WORKER.decide(&call));
    }
    WORKER.install()?;
    println!("under its policy");
    Ok(())
}
