//! `run`: runs a command under its policies, and reports each denied call.

use anyhow::Result;

use crate::exit::Exit;
use crate::output::Output;
use crate::policy_file::TracedCommand;
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
    #[command(flatten)]
    traced: TracedCommand,
}

pub(crate) fn run(args: RunArgs, output: &Output) -> Result<Exit> {
    let Some((command, policy)) = args.traced.prepare(true, output)? else {
        return Ok(Exit::Failed);
    };
    let ended = recording::watch(&command, policy, *output)?;
    Ok(Exit::Program(ended.status()))
}
