//! `__traced`: the child of the tracer, before it executes the command.

use std::ffi::OsString;

use anyhow::Result;

use crate::exit::Exit;
use crate::output::Output;
use crate::trace;

#[derive(clap::Args)]
pub(crate) struct TracedArgs {
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

pub(crate) fn run(args: TracedArgs, output: &Output) -> Result<Exit> {
    let (code, error) = trace::become_traced(&args.command);
    output.failed(&error);
    Ok(Exit::Program(code))
}
