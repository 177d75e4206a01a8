//! `lint`: errors and warnings of policies, without a build.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use seccomp_ir::diagnostic::Severity;
use serde::Serialize;

use crate::exit::Exit;
use crate::lint::{self, Checked, FeatureArgs, Packages, Target};
use crate::output::Output;
use crate::sources::{self, SourceFile};

/// Report errors and warnings of policies, without a build.
///
/// It checks policy files, and in Rust sources the text in `seccomp_policy!` and `seccomp_fragment!`. It reports
/// nothing about things that only rustc knows, such as the rules of a fragment or the value of a constant.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo seccomp lint                                  all files of the package: *.rs and *.policy
  cargo seccomp lint src/main.rs net.policy           these files
  cargo seccomp lint --fix                            also make the replacements that are safe
  cargo seccomp lint --target aarch64-unknown-linux-gnu --features net
  cargo seccomp lint --format cargo                   as cargo check does for editors
  cargo seccomp --explain E0200                       explain a code

Exit codes: 0 nothing to report, 1 errors or warnings, 2 a file cannot be read.")]
pub(crate) struct LintArgs {
    /// Files and folders. A folder means all *.rs and *.policy in it and below. The default is the package around the
    /// current folder.
    paths: Vec<PathBuf>,

    /// The target of the program, as for cargo. The default is the host.
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,

    /// The ABI of the program, as `arch` names it. The default is the ABI of the target.
    #[arg(long, value_name = "ABI")]
    arch: Option<String>,

    /// An option that holds in `#[cfg(…)]`, as for rustc: `name` or `name="value"`.
    #[arg(long, value_name = "OPTION")]
    cfg: Vec<String>,

    #[command(flatten)]
    features: FeatureArgs,

    /// The form of the diagnostics: `cargo` is that of `cargo check --message-format json`, which editors read.
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    format: Format,

    /// Apply the replacements that the diagnostics offer to the files, then report what is left.
    #[arg(long)]
    fix: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// As `--message-format` says.
    Text,
    /// A line of JSON per diagnostic, as cargo writes it.
    Cargo,
}

/// The summary, as JSON.
#[derive(Default, Serialize)]
struct LintSummary {
    files: usize,
    policies: usize,
    left_out: usize,
    errors: usize,
    warnings: usize,
    fixed: usize,
}

pub(crate) fn run(args: LintArgs, output: &Output) -> Result<Exit> {
    let target = Target::new(args.target.as_deref(), args.arch.as_deref(), &args.cfg)?;
    let packages = Packages::new(&args.features);
    let mut summary = LintSummary::default();
    let mut failed = false;
    let files = sources::collect(&args.paths, &mut |error| {
        output.failed(&error);
        failed = true;
    })?;
    for file in files {
        let target = packages.target_of(&file, &target);
        match lint_file(&file, &target, args.fix, &mut summary) {
            Ok((checked, text)) => show(&file.path, checked, text, args.format, output),
            Err(error) => {
                output.failed(&error);
                failed = true;
            }
        }
    }
    if args.format == Format::Text {
        output.result(summary.text(), "lint", &summary);
    }
    let found = summary.errors + summary.warnings > 0;
    Ok(match (failed, found) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Found,
        (false, false) => Exit::Fine,
    })
}

fn lint_file(
    file: &SourceFile,
    target: &Target,
    fix: bool,
    summary: &mut LintSummary,
) -> Result<(Checked, String)> {
    let SourceFile { path, kind } = file;
    let shown = path.display();
    let mut text = sources::read_text(path)?;
    if fix {
        let (fixed, count) = lint::fixed(path, *kind, &text, target);
        if count > 0 {
            std::fs::write(path, &fixed).with_context(|| format!("{shown} cannot be written"))?;
            text = fixed;
            summary.fixed += count;
        }
    }
    let checked = lint::check_file(path, *kind, &text, target)
        .map_err(|error| anyhow::anyhow!("{shown}:{}:{}: {error}", error.line, error.column))?;
    summary.files += usize::from(checked.policies > 0);
    summary.policies += checked.policies;
    summary.left_out += checked.left_out;
    for said in checked.reports.iter().flat_map(|report| &report.diagnostics) {
        match said.code.severity() {
            Severity::Error => summary.errors += 1,
            Severity::Warning => summary.warnings += 1,
        }
    }
    Ok((checked, text))
}

fn show(path: &Path, checked: Checked, text: String, format: Format, output: &Output) {
    checked.for_each(text, |report| match format {
        Format::Text => output.report(report),
        Format::Cargo => {
            let mut stdout = std::io::stdout().lock();
            for line in lint::cargo_messages(path, report) {
                let _ = writeln!(stdout, "{line}");
            }
        }
    });
}

impl LintSummary {
    fn text(&self) -> String {
        let number = |count: usize, one: &str, more: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {more}"),
        };
        let mut text = format!(
            "{} in {}: {}, {}",
            number(self.policies, "policy", "policies"),
            number(self.files, "file", "files"),
            number(self.errors, "error", "errors"),
            number(self.warnings, "warning", "warnings"),
        );
        if self.fixed > 0 {
            text += &format!("; {} fixed", self.fixed);
        }
        if self.left_out > 0 {
            text += &format!(
                "; {} not checked, because rustc does not see it as it is written",
                self.left_out
            );
        }
        text + "\n"
    }
}
