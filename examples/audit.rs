//! A program whose policy is not finished. Its command line chooses what happens to a call that the policy kills for.
//!
//! ```text
//! cargo run --example audit -- kill     # as the policy says
//! cargo run --example audit -- log      # makes the call, and writes a line to the audit log of the kernel
//! cargo run --example audit -- errno    # refuses the call with EPERM, and the program goes on
//! ```
//!
//! With `log` the policy stops no call that it would kill for. Use that to find out what a program does, and never for
//! a program that must be restricted.

use std::net::UdpSocket;
use std::process::ExitCode;

use seccomp_runtime::{Errno, InstallError, InsteadOfKill, Policy, seccomp_policy};

/// A policy whose author forgot the sockets.
const POLICY: Policy = seccomp_policy! {
    allow write(fd == 1), @rust-exit, @rust-panic;
    default kill
};

fn main() -> ExitCode {
    let mode = std::env::args().nth(1).unwrap_or_default();
    if let Err(error) = install(&mode) {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    println!(
        "a socket: {}",
        if UdpSocket::bind("127.0.0.1:0").is_ok() { "works" } else { "refused" }
    );
    ExitCode::SUCCESS
}

fn install(mode: &str) -> Result<(), InstallError> {
    let installer = POLICY.installer();
    match mode {
        "log" => installer.instead_of_kill(InsteadOfKill::Log).install(),
        "errno" => installer.instead_of_kill(InsteadOfKill::Errno(Errno::EPERM)).install(),
        _ => installer.install(),
    }
}
