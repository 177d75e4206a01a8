//! A policy that the build script compiled from a file: see `build.rs` and `policies/`.
//!
//! ```text
//! cargo run --package seccomp-examples-built
//! ```

use seccomp_runtime::{InstallError, Policy, PolicyWith, call};

/// The file descriptor for the worker's log; the policy names it.
const LOG: i32 = libc::STDERR_FILENO;

const WORKER: Policy = include!(concat!(env!("OUT_DIR"), "/worker.policy.rs"));

const _: () = assert!(WORKER.allows(&call!(write(self::LOG))));

/// The policy of a writer to the descriptor `output`, which is known only when the program runs: the file names it `$output`.
fn writer(output: i32) -> PolicyWith<1> {
    include!(concat!(env!("OUT_DIR"), "/writer.policy.rs"))
}

fn main() -> Result<(), InstallError> {
    for (asked, call) in [
        ("read(0)", call!(read(0))),
        ("read(3)", call!(read(3))),
        ("socket(AF_INET, SOCK_STREAM)", call!(socket(AF_INET, SOCK_STREAM))),
        ("socket(AF_UNIX, SOCK_STREAM)", call!(socket(AF_UNIX, SOCK_STREAM))),
    ] {
        println!("{asked:<30} {}", WORKER.decide(&call));
    }
    let writer = writer(LOG + 5);
    println!("{:<30} {}", "a writer to 7: write(7)", writer.decide(&call!(write(7))));
    println!("{:<30} {}", "a writer to 7: write(8)", writer.decide(&call!(write(8))));
    WORKER.install()?;
    println!("under its policy");
    Ok(())
}
