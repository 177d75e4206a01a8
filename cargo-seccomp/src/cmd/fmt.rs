//! `fmt`

use anyhow::{Result, bail};

use crate::exit::Exit;
use crate::output::Output;

/// Write policies in canonical format.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _output: &Output) -> Result<Exit> {
    bail!("not built yet")
}
