//! `completions`: a script that completes the command line in a shell.

use anyhow::Result;
use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::output::Output;

/// Print a script that completes the command line in a shell.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  cargo-seccomp completions bash > ~/.local/share/bash-completion/completions/cargo-seccomp"
)]
pub(crate) struct Args {
    /// The shell.
    shell: clap_complete::Shell,
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cargo-seccomp", &mut script);
    let script = String::from_utf8(script)?;
    output.result(&script, "completions", serde_json::json!({ "script": script }));
    Ok(Exit::Fine)
}
