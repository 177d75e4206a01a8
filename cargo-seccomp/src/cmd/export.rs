//! `export`

use anyhow::{Result, bail};

use crate::exit::Exit;
use crate::output::Output;

/// Turn a policy into a policy of another tool.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _output: &Output) -> Result<Exit> {
    bail!("not built yet")
}
