//! `import`

use anyhow::{Result, bail};

use crate::exit::Exit;
use crate::output::Output;

/// Turn a policy of another tool into a policy of this language.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _output: &Output) -> Result<Exit> {
    bail!("not built yet")
}
