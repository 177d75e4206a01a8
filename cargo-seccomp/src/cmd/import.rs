//! `import`: a policy of another tool in this language.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use seccomp_bpf::abi::Abi;
use seccomp_load::formats::{self, Dialect, Format, Options};

use crate::exit::Exit;
use crate::foreign_policy::{kernel_version, read_beside, running_kernel};
use crate::output::Output;
use crate::text_file;

/// Turn a policy of another tool into a policy of this language.
///
/// The result compiles, and its filter is proven to mean what the file means. What the language cannot say is an error
/// with its place.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
cargo seccomp import profile.json -o container.policy\n  \
cargo seccomp import --from oci profile.json --cap CAP_SYS_ADMIN --kernel 6.1 --abi x86_64\n  \
cargo seccomp import /lib/systemd/system/systemd-logind.service\n  \
cargo seccomp import --from minijail --dialect minijail0 cat.policy --arch aarch64")]
pub(crate) struct ImportArgs {
    /// The file: an OCI or Docker profile, a minijail or kafel policy, a systemd unit, seccompiler's JSON.
    file: PathBuf,

    /// The format, if the file does not show which it is.
    #[arg(long, value_name = "FORMAT", value_parser = ["oci", "minijail", "kafel", "systemd", "seccompiler"])]
    from: Option<String>,

    /// Where to write the policy, instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The ABI of the program, such as aarch64. The default is the ABI of this machine.
    #[arg(long, value_name = "ABI")]
    arch: Option<Abi>,

    /// Serve this ABI instead of those in the file. May be given several times; the first is the ABI of the program.
    #[arg(long, value_name = "ABI", conflicts_with = "arch")]
    abi: Vec<Abi>,

    /// OCI: a capability of the container, such as CAP_SYS_ADMIN. May be given several times.
    #[arg(long, value_name = "CAPABILITY")]
    cap: Vec<String>,

    /// OCI: the version of the kernel, such as 6.1. The default is the kernel of this machine.
    #[arg(long, value_name = "VERSION", value_parser = kernel_version)]
    kernel: Option<(u64, u64)>,

    /// Close `socketcall` and `ipc`, through which a policy on x86 can be side-stepped. The policy is then narrower than
    /// the file.
    #[arg(long)]
    close_multiplexers: bool,

    /// seccompiler: the filter of the file, if it has several.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,

    /// minijail: the reader that the file is for. The two readers disagree about `expression; return errno`.
    #[arg(long, value_enum, value_name = "READER")]
    dialect: Option<Reader>,

    /// minijail: the action for calls that the file does not name, unless the file says it (default kill_thread).
    #[arg(long, value_enum, value_name = "ACTION")]
    default: Option<DefaultAction>,
}

/// minijail's readers.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Reader {
    /// `minijail0 -S`
    Minijail0,
    /// `compile_seccomp_policy.py`
    Compiler,
}

impl From<Reader> for Dialect {
    fn from(reader: Reader) -> Self {
        match reader {
            Reader::Minijail0 => Self::Minijail0,
            Reader::Compiler => Self::Compiler,
        }
    }
}

/// The actions that minijail has for calls without a rule.
#[derive(Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum DefaultAction {
    Kill,
    KillProcess,
    KillThread,
    Trap,
    Log,
}

impl From<DefaultAction> for seccomp_bpf::action::Action {
    fn from(action: DefaultAction) -> Self {
        match action {
            DefaultAction::Kill | DefaultAction::KillProcess => Self::KillProcess,
            DefaultAction::KillThread => Self::KillThread,
            DefaultAction::Trap => Self::Trap(0),
            DefaultAction::Log => Self::Log,
        }
    }
}

pub(crate) fn run(args: ImportArgs, output: &Output) -> Result<Exit> {
    let name = args.file.display().to_string();
    let text = text_file::read(&args.file)?;
    let format = match &args.from {
        Some(format) => format.parse().map_err(|why: String| anyhow!(why))?,
        None => Format::guess(&name, &text).ok_or_else(|| {
            anyhow!("{name} does not show which format it has; say it with `--from`")
        })?,
    };
    let target = args.abi.first().copied().or(args.arch).unwrap_or(Abi::NATIVE);
    let options = Options {
        abis: (!args.abi.is_empty()).then(|| args.abi.clone()),
        capabilities: args.cap,
        kernel: args.kernel.or_else(running_kernel),
        close_multiplexers: args.close_multiplexers,
        filter: args.filter,
        dialect: args.dialect.map(Dialect::from),
        default: args.default.map(Into::into),
        files: &read_beside,
        ..Options::new(target)
    };
    let imported = match formats::import(format, &name, &text, &options) {
        Ok(imported) => imported,
        Err(problems) => {
            say_problems(&name, &problems, output);
            return Ok(Exit::Failed);
        }
    };
    for remark in &imported.remarks {
        output.warn(remark);
    }
    match &args.output {
        Some(file) => {
            fs::write(file, &imported.text)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        None => output.result(
            &imported.text,
            "imported",
            serde_json::json!({ "from": format.name(), "policy": imported.text }),
        ),
    }
    Ok(Exit::Fine)
}

/// Reports why the policy `name` cannot be read or written in a format: every problem, and how many more there are.
pub(super) fn say_problems(name: &str, problems: &formats::Problems, output: &Output) {
    for problem in &problems.problems {
        output.failed(&anyhow!("{problem}"));
    }
    if problems.more > 0 {
        output.failed(&anyhow!("{name}: there are {} more errors", problems.more));
    }
}
