//! `decompile`

use anyhow::{Result, bail};

use crate::exit::Exit;
use crate::output::Output;

/// Turn any seccomp filter into a policy that is proven equal to it.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _output: &Output) -> Result<Exit> {
    bail!("not built yet")
}
