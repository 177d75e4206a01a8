//! `run`

use anyhow::{Result, bail};

use crate::exit::Exit;
use crate::output::Output;

/// Run a command and report each denied call with its stack.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _output: &Output) -> Result<Exit> {
    bail!("not built yet")
}
