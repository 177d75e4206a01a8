//! `show`

use anyhow::{Result, bail};

use crate::exit::Exit;
use crate::output::Output;

/// Show a policy of a program: its rules, its filter, its graph.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _output: &Output) -> Result<Exit> {
    bail!("not built yet")
}
