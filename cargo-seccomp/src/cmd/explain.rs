//! `explain`

use anyhow::{Result, bail};

use crate::exit::Exit;
use crate::output::Output;

/// Explain what a policy does with a call: from a core file, a line of the audit log, or a call as text.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _output: &Output) -> Result<Exit> {
    bail!("not built yet")
}
