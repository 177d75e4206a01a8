//! `list`

use anyhow::{Result, bail};

use crate::exit::Exit;
use crate::output::Output;

/// List the policies in programs, processes and core files.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _output: &Output) -> Result<Exit> {
    bail!("not built yet")
}
