//! `fmt`: policies in canonical format.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use seccomp_bpf::abi::Abi;
use seccomp_syntax::PolicyText;
use seccomp_syntax::report::Report;
use serde::Serialize;
use similar::TextDiff;

use crate::exit::Exit;
use crate::output::Output;
use crate::sources::{self, FileKind, Rewritten};
use crate::text_file;

/// Write policies in canonical format.
///
/// It formats policy files, and in Rust sources the text in `seccomp_policy!` and `seccomp_fragment!`. Everything else
/// in a source stays as it is. A policy with an error stays too, and the error is reported.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo seccomp fmt                          all files of the package: *.rs and *.policy
  cargo seccomp fmt src/main.rs net.policy   these files
  cargo seccomp fmt --check                  change nothing; exit with 1 and show what would change
  cargo seccomp fmt - < net.policy           from standard input to standard output

Exit codes: 0 formatted, 1 something would change (--check), 2 a file or a policy cannot be read.")]
pub(crate) struct FmtArgs {
    /// Files and folders. A folder means all *.rs and *.policy in it and below. `-` is standard input. The default is
    /// the package around the current folder.
    paths: Vec<PathBuf>,

    /// Change nothing: exit with 1 and show the differences if something would change.
    #[arg(long)]
    check: bool,
}

/// A file that was read, as JSON.
#[derive(Serialize)]
struct Formatted<'a> {
    file: &'a str,
    changed: bool,
    written: bool,
    diff: String,
}

pub(crate) fn run(args: FmtArgs, output: &Output) -> Result<Exit> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        ensure!(
            args.paths.len() == 1,
            "`-` is the only input: name files in a command of their own"
        );
        return standard_input(args.check, output);
    }
    let mut exit = Exit::Fine;
    let files = sources::collect(&args.paths, &mut |error| {
        output.failed(&error);
        exit = Exit::Failed;
    })?;
    for file in files {
        match format_file(&file.path, file.kind, args.check, output) {
            Ok(Exit::Fine) => {}
            Ok(Exit::Found) if exit == Exit::Fine => exit = Exit::Found,
            Ok(other) => exit = if exit == Exit::Failed { exit } else { other },
            Err(error) => {
                output.failed(&error);
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

fn format_file(path: &Path, kind: FileKind, check: bool, output: &Output) -> Result<Exit> {
    let old = sources::read_text(path)?;
    let name = path.display().to_string();
    let Rewritten { text, errors, .. } = rewritten(&name, &old, kind)?;
    report(&errors, output);
    let changed = text != old;
    if changed || output.is_json() {
        let diff = if changed && check { diff(&name, &old, &text) } else { String::new() };
        let written = changed && !check;
        if written {
            std::fs::write(path, &text).with_context(|| format!("{name} cannot be written"))?;
        }
        output.result(
            &diff,
            "format",
            Formatted { file: &name, changed, written, diff: diff.clone() },
        );
    }
    Ok(if !errors.is_empty() {
        Exit::Failed
    } else if changed && check {
        Exit::Found
    } else {
        Exit::Fine
    })
}

fn rewritten(name: &str, old: &str, kind: FileKind) -> Result<Rewritten> {
    match kind {
        FileKind::Rust => sources::formatted(name, old)
            .map_err(|error| anyhow::anyhow!("{name}:{}:{}: {error}", error.line, error.column)),
        FileKind::Policy => Ok(sources::formatted_policy(name, old)),
    }
}

/// Formats standard input: a policy, or otherwise a source with policies.
fn standard_input(check: bool, output: &Output) -> Result<Exit> {
    let old = text_file::read_from(std::io::stdin()).context("cannot read standard input")?;
    let is_policy = PolicyText::new("", &old, Abi::X86_64).tree().is_ok();
    let is_source = !is_policy && sources::find_macros(&old).is_ok_and(|found| !found.is_empty());
    let kind = if is_source { FileKind::Rust } else { FileKind::Policy };
    let name = "<standard input>";
    let Rewritten { text, errors, .. } = rewritten(name, &old, kind)?;
    report(&errors, output);
    if !errors.is_empty() {
        return Ok(Exit::Failed);
    }
    let changed = text != old;
    let diff = if check { diff(name, &old, &text) } else { String::new() };
    let shown = if check { &diff } else { &text };
    output.result(
        shown,
        "format",
        Formatted { file: name, changed, written: false, diff: diff.clone() },
    );
    Ok(if changed && check { Exit::Found } else { Exit::Fine })
}

fn report(errors: &[Report], output: &Output) {
    for error in errors {
        output.report(error);
    }
}

/// The lines that would change, in the form of `diff -u`.
fn diff(name: &str, old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new).unified_diff().header(name, name).to_string()
}
