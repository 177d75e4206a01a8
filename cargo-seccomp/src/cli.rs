//! The command line.

use anyhow::{Result, bail, ensure};
use clap::{ColorChoice, CommandFactory as _, Parser, Subcommand};

use crate::cmd;
use crate::cmd::exec::Warnings;
use crate::exit::Exit;
use crate::output::{MessageFormat, Output};

/// Learn, explain, check, compare and convert seccomp policies.
#[derive(Parser)]
#[command(
    name = "cargo seccomp",
    bin_name = "cargo seccomp",
    version,
    arg_required_else_help = true
)]
#[command(
    after_help = "Exit codes: 0 done, 1 something was found (a difference, a missing rule), 2 it could not be done.\n\
`run` and `exec` give the exit code of the program."
)]
pub(crate) struct Cli {
    /// The form of the output: text for people, or a JSON object per line.
    #[arg(long, global = true, value_enum, default_value = "human", value_name = "FORMAT")]
    message_format: MessageFormat,

    /// When to use colors.
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    color: ColorChoice,

    /// Explain an error or a warning of policies: its code, such as E0402, or its name.
    #[arg(long, value_name = "CODE")]
    explain: Option<String>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Learn(cmd::learn::LearnArgs),
    Run(cmd::run::RunArgs),
    Exec(cmd::exec::ExecArgs),
    List(cmd::list::ListArgs),
    Show(cmd::show::ShowArgs),
    Explain(cmd::explain::ExplainArgs),
    Check(cmd::check::CheckArgs),
    Diff(cmd::diff::DiffArgs),
    Import(cmd::import::ImportArgs),
    Export(cmd::export::ExportArgs),
    Decompile(cmd::decompile::DecompileArgs),
    Fmt(cmd::fmt::FmtArgs),
    Lint(cmd::lint::LintArgs),
    Completions(cmd::completions::CompletionsArgs),
    #[command(name = crate::trace::CHILD, hide = true)]
    Traced(cmd::traced::TracedArgs),
    #[command(name = crate::policy_file::EXEC_TRACED, hide = true)]
    ExecTraced(cmd::exec::ExecArgs),
}

impl Cli {
    /// Sets the colors, and returns the form of the output.
    pub(crate) fn output(&self) -> Output {
        match self.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        Output::new(self.message_format)
    }

    /// Runs the subcommand.
    ///
    /// # Errors
    ///
    /// The reason why it could not be done.
    pub(crate) fn run(self, output: &Output) -> Result<Exit> {
        if let Some(code) = self.explain {
            ensure!(
                self.command.is_none(),
                "--explain goes without a subcommand: `cargo seccomp --explain {code}`"
            );
            return cmd::explain_code::run(&code, output);
        }
        match self.command {
            Some(Command::Learn(args)) => cmd::learn::run(args, output),
            Some(Command::Run(args)) => cmd::run::run(args, output),
            Some(Command::Exec(args)) => cmd::exec::run(args, Warnings::Shown, output),
            Some(Command::List(args)) => cmd::list::run(args, output),
            Some(Command::Show(args)) => cmd::show::run(args, output),
            Some(Command::Explain(args)) => cmd::explain::run(args, output),
            Some(Command::Check(args)) => cmd::check::run(args, output),
            Some(Command::Diff(args)) => cmd::diff::run(args, output),
            Some(Command::Import(args)) => cmd::import::run(args, output),
            Some(Command::Export(args)) => cmd::export::run(args, output),
            Some(Command::Decompile(args)) => cmd::decompile::run(args, output),
            Some(Command::Fmt(args)) => cmd::fmt::run(args, output),
            Some(Command::Lint(args)) => cmd::lint::run(args, output),
            Some(Command::Completions(args)) => {
                cmd::completions::run(args, &Self::command(), output)
            }
            Some(Command::Traced(args)) => cmd::traced::run(args, output),
            Some(Command::ExecTraced(args)) => cmd::exec::run(args, Warnings::Known, output),
            None => bail!("a subcommand is missing; `cargo seccomp --help` lists them"),
        }
    }
}
