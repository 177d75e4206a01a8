//! `completions`: a script that completes the command line in a shell.

use anyhow::Result;
use clap::Command;

use crate::exit::Exit;
use crate::output::Output;

/// Print a script that completes the command line in a shell.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  cargo-seccomp completions bash > ~/.local/share/bash-completion/completions/cargo-seccomp"
)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Writes the script for `command`, the whole command line. clap would complete hidden subcommands, too.
pub(crate) fn run(args: CompletionsArgs, command: &Command, output: &Output) -> Result<Exit> {
    let shown = command.get_subcommands().filter(|one| !one.is_hide_set()).cloned();
    let mut command = Command::new("cargo-seccomp")
        .version(env!("CARGO_PKG_VERSION"))
        .args(command.get_arguments().cloned())
        .subcommands(shown);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "cargo-seccomp", &mut script);
    let script = String::from_utf8(script)?;
    output.result(&script, "completions", serde_json::json!({ "script": script }));
    Ok(Exit::Fine)
}
