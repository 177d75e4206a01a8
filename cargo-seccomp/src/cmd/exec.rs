//! `exec`

use anyhow::{Result, bail};

use crate::exit::Exit;
use crate::output::Output;

/// Compile a policy file and run a command under it.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _output: &Output) -> Result<Exit> {
    bail!("not built yet")
}
