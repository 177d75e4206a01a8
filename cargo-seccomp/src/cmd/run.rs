//! `run`

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use crate::exit::Exit;
use crate::output::Output;
use crate::policy_file::{PolicyValues, under_policy};
use crate::recording;

/// Run a command and report each denied call with its stack.
///
/// The program gets every answer that it would get without this tool, and ends in the same way.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo seccomp run -- target/debug/server --port 8080\n  \
    cargo seccomp run -- cargo test\n  \
    cargo seccomp run --policy nginx.policy -- nginx                 as `exec` starts it\n  \
    cargo seccomp run --message-format json -- ./server 2>/dev/null\n\n\
The reports go to standard error. The exit code is that of the command: 159 if a policy killed it.")]
pub(crate) struct RunArgs {
    /// Start the command under the policy of this file, as `exec` does.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    #[command(flatten)]
    values: PolicyValues,

    /// The command: a program, and its arguments.
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CMD"
    )]
    command: Vec<OsString>,
}

pub(crate) fn run(args: RunArgs, output: &Output) -> Result<Exit> {
    let (command, policy) = match &args.policy {
        None => (args.command, None),
        Some(path) => match under_policy(path, &args.values, &args.command, output)? {
            Some(under) => (under.command, Some(under.policy)),
            None => return Ok(Exit::Failed),
        },
    };
    let ended = recording::watch(&command, policy, *output)?;
    Ok(Exit::Program(ended.status()))
}
