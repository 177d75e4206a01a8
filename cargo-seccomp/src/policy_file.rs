//! A policy in a file that a command line names, for a command that the tool starts under it.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use seccomp_bpf::abi::Abi;
use seccomp_ir::table::{self, Constant, ConstantLookup};
use seccomp_load::{LoadedPolicy, Loader};

use crate::elf::ProgramPolicy;
use crate::output::Output;
use crate::text_file;

/// The hidden subcommand that is [`exec`](crate::cmd::exec) for a command that the tool traces.
pub(crate) const EXEC_TRACED: &str = "__exec";

/// The values and options that the command line gives to a policy.
#[derive(clap::Args)]
pub(crate) struct PolicyValues {
    /// The value of `$NAME` in the policy: a number (10, -1, 0x3f), a constant of Linux (O_RDONLY), or `pid`, the process id
    /// that the command will have.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment, requires = "policy")]
    set: Vec<(String, String)>,

    /// Make `#[cfg(NAME)]` or `#[cfg(NAME = "VALUE")]` true: --cfg quiet, --cfg feature=net.
    #[arg(long, value_name = "NAME[=VALUE]", requires = "policy")]
    cfg: Vec<String>,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            Ok((name.trim_start_matches('$').to_owned(), value.to_owned()))
        }
        _ => Err("write the name of a value, `=`, and a number: fd=3".to_owned()),
    }
}

/// A number, a constant of Linux on this machine, or `pid`, which is `process`.
///
/// # Errors
///
/// The text is something else; the message says what.
pub(crate) fn number(text: &str, process: u32) -> Result<i128, String> {
    if text == "pid" {
        return Ok(process.into());
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.starts_with(|first: char| first.is_ascii_digit()) {
        // The language refuses such a number too.
        let octal = digits.trim_start_matches('0');
        if digits.len() > octal.len() && octal.starts_with(|next: char| next.is_ascii_digit()) {
            return Err(format!(
                "{text} is octal in C and decimal in Rust: write 0o{octal} or {octal}"
            ));
        }
        let clean = digits.replace('_', "");
        let parsed = match clean.get(..2) {
            Some("0x") => u64::from_str_radix(&clean[2..], 16),
            Some("0o") => u64::from_str_radix(&clean[2..], 8),
            Some("0b") => u64::from_str_radix(&clean[2..], 2),
            _ => clean.parse(),
        };
        let number = parsed.map_err(|_| format!("{text} is not a number of at most 64 bits"))?;
        return Ok(if negative { -i128::from(number) } else { number.into() });
    }
    match table::constant(Abi::NATIVE, text) {
        ConstantLookup::Value(Constant { value, negative: true }) => Ok(value.cast_signed().into()),
        ConstantLookup::Value(Constant { value, negative: false }) => Ok(value.into()),
        ConstantLookup::NotOnThisAbi(_) => {
            Err(format!("Linux has no constant {text} on {}", Abi::NATIVE.name()))
        }
        ConstantLookup::Unknown => {
            Err(format!("{text} is not a number, not a constant of Linux, and not `pid`"))
        }
    }
}

/// The policy in the file at `path`, and warnings about its values. If it has errors, they are reported and the result
/// is `None`. `process` is the value `pid`.
///
/// # Errors
///
/// The file cannot be read, or a value is not a number.
pub(crate) fn load(
    path: &Path,
    values: &PolicyValues,
    process: u32,
    output: &Output,
) -> Result<Option<(LoadedPolicy, Vec<String>)>> {
    let text = text_file::read(path)?;
    let beside = path.parent().unwrap_or(Path::new("")).to_owned();
    let files = move |name: &str| {
        text_file::read(&beside.join(name))
            .map_err(|why| format!("it is looked for beside the policy: {why:#}"))
    };
    let mut loader = Loader::text(path.to_string_lossy(), text).files(&files);
    let mut given = BTreeMap::new();
    for (name, value) in &values.set {
        let number =
            number(value, process).map_err(|why| anyhow!("--set {name}={value}: {why}"))?;
        if given.insert(name, value).is_some() {
            bail!("--set {name}: it is set twice");
        }
        loader = loader.value(name, number);
    }
    for option in &values.cfg {
        loader = match option.split_once('=') {
            Some((name, value)) => loader.cfg_value(name.trim(), value.trim().trim_matches('"')),
            None => loader.cfg(option),
        };
    }
    match loader.load() {
        Ok(policy) => {
            let unused = given.iter().filter(|(name, _)| !policy.used_values().contains(name));
            let warnings = unused
                .map(|(name, value)| format!("--set {name}={value}: the policy has no `${name}`"))
                .collect();
            Ok(Some((policy, warnings)))
        }
        Err(report) => {
            output.report(&report);
            Ok(None)
        }
    }
}

/// A command to trace, and perhaps the file with the policy under which it starts.
#[derive(clap::Args)]
pub(crate) struct TracedCommand {
    /// Start the command under the policy of this file, as `exec` does.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    #[command(flatten)]
    values: PolicyValues,

    /// The command: a program, and its arguments.
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CMD"
    )]
    command: Vec<OsString>,
}

impl TracedCommand {
    /// The command line to trace, and the policy of the file. If the policy has errors, they are reported and the
    /// result is `None`. With `warn`, its warnings are reported too.
    ///
    /// # Errors
    ///
    /// See [`under_policy`].
    pub(crate) fn prepare(
        self,
        warn: bool,
        output: &Output,
    ) -> Result<Option<(Vec<OsString>, Option<ProgramPolicy>)>> {
        let Some(path) = &self.policy else { return Ok(Some((self.command, None))) };
        let under = under_policy(path, &self.values, &self.command, warn, output)?;
        Ok(under.map(|under| (under.command, Some(under.policy))))
    }
}

/// A command under a policy: the command line of this tool that starts the command under it, and the policy, in the
/// form of a note.
struct CommandUnderPolicy {
    /// `cargo-seccomp __exec --policy … -- …`
    command: Vec<OsString>,
    /// The policy without its filter, which also has the rule for the execution of the command.
    policy: ProgramPolicy,
}

/// Puts `command` under the policy in the file at `path`. If the policy has errors, they are reported and the result is
/// `None`.
///
/// # Errors
///
/// The file cannot be read, a value is not a number, or the file of this program is not there any more.
fn under_policy(
    path: &Path,
    values: &PolicyValues,
    command: &[OsString],
    warn: bool,
    output: &Output,
) -> Result<Option<CommandUnderPolicy>> {
    // No process has the id 0: a policy with `pid` is compiled again for the command.
    let Some((policy, _)) = load(path, values, 0, output)? else { return Ok(None) };
    if warn {
        output.report(policy.warnings());
    }
    let tool = env::current_exe().context("cannot find this program")?;
    let mut words = vec![tool.into_os_string()];
    words.extend(output.options().map(OsString::from));
    words.extend([EXEC_TRACED.into(), "--policy".into(), path.into()]);
    for (name, value) in &values.set {
        words.extend(["--set".into(), format!("{name}={value}").into()]);
    }
    for option in &values.cfg {
        words.extend(["--cfg".into(), option.into()]);
    }
    words.push("--".into());
    words.extend(command.iter().cloned());
    let policy = ProgramPolicy {
        from: path.to_string_lossy().into_owned(),
        build_id: None,
        number: 1,
        file: path.to_string_lossy().into_owned(),
        line: 1,
        column: 1,
        abi: Abi::NATIVE.name().to_owned(),
        text: policy.text().to_owned(),
        filter: Vec::new(),
        relocations: Vec::new(),
        endian: Abi::NATIVE.endian(),
    };
    Ok(Some(CommandUnderPolicy { command: words, policy }))
}
