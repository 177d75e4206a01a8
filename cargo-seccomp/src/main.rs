//! `cargo seccomp`: see the crate's library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_seccomp::main(std::env::args_os())
}
