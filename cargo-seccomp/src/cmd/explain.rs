//! `explain`: which rule decides a call, and why.

use std::fs::File;
use std::io::BufReader;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use seccomp_bpf::abi::Abi;

use crate::dump::Dump;
use crate::elf::Selector;
use crate::exit::Exit;
use crate::explain::audit_line::is_audit_line;
use crate::explain::{Explanation, explain_core, explain_line, explain_log, explain_text};
use crate::input_policy::{InputPolicy, input_policies};
use crate::output::Output;
use crate::process_filters::policies_in_force;
use crate::text_file;

/// Explain what a policy does with a call: from a core file, a line of the audit log, or a call as text.
///
/// The answer names the policy and the rule or item that decides, and says why the rules before it do not and what to
/// write to allow the call. A core also gives the arguments and the stack. The audit log has no arguments, so several
/// rules may be possible.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo seccomp explain core                                   the core of a process that was killed
  cargo seccomp explain core.4711 --exe target/release/server  its program is elsewhere now
  dmesg | cargo seccomp explain -                              all lines of the log about filters
  cargo seccomp explain 'type=SECCOMP … exe=\"/usr/bin/x\" … arch=c000003e syscall=41 … code=0x80000000'
  cargo seccomp explain 'socket(AF_UNIX, SOCK_STREAM, 0)' --policy target/release/server
  cargo seccomp explain 'openat(flags = O_RDWR)' --policy server.policy
  cargo seccomp explain 'socket(family = AF_UNIX)' --pid 4711  what is in force in a process, as root")]
pub(crate) struct ExplainArgs {
    /// A core file, a file with lines of the audit log, `-` for such lines from standard input, one such line, or a
    /// call, as strace or a policy writes it: `socket(AF_UNIX, SOCK_STREAM, 0)`, `socket(family = AF_UNIX)`.
    #[arg(value_name = "CORE|LOG|LINE|CALL")]
    what: String,

    /// The policies to ask: of a program, of a process, or a text. The default is the program that the core or the log
    /// names.
    #[arg(long, alias = "in", value_name = "FILE[:POLICY]")]
    policy: Option<Selector>,

    /// Ask the policies in force in this process about a call as text. This needs root (CAP_SYS_ADMIN). Filters without
    /// a note are decompiled.
    #[arg(long, value_name = "PID", conflicts_with_all = ["policy", "exe", "threads"])]
    pid: Option<u32>,

    /// The program of the core, if it is not where the core says.
    #[arg(long, value_name = "PATH")]
    exe: Option<PathBuf>,

    /// Show the stacks of all threads of the core, and not only of the thread that made the call.
    #[arg(long)]
    threads: bool,

    /// The ABI of a call as text, and of the program that a policy text is for. The default is the ABI of this machine.
    #[arg(long, value_name = "ABI")]
    arch: Option<Abi>,
}

pub(crate) fn run(args: ExplainArgs, output: &Output) -> Result<Exit> {
    let asked = match (&args.policy, args.pid) {
        (Some(selector), _) => Some(input_policies(selector, args.arch)?),
        (None, Some(process)) => {
            Some(policies_in_force(process, args.arch.unwrap_or(Abi::NATIVE))?)
        }
        (None, None) => None,
    };
    for remark in asked.iter().flatten().flat_map(|policy| &policy.remarks) {
        output.warn(remark);
    }
    let (explanations, wrong) = explanations(&args, asked.as_deref())?;
    for (index, explanation) in explanations.iter().enumerate() {
        let head = if index > 0 { "\n" } else { "" };
        let text = format!("{head}{explanation}").replace(is_command, "\u{fffd}");
        output.result(text, "explanation", explanation);
    }
    for message in &wrong {
        output.failed(&anyhow::anyhow!("{message}"));
    }
    Ok(if wrong.is_empty() { Exit::Fine } else { Exit::Failed })
}

/// Whether a terminal obeys the character. The names in a core and in a log are chosen by the program.
fn is_command(character: char) -> bool {
    character.is_control() && character != '\n'
}

fn explanations(
    args: &ExplainArgs,
    asked: Option<&[InputPolicy]>,
) -> Result<(Vec<Explanation>, Vec<String>)> {
    let path = Path::new(&args.what);
    if args.pid.is_some() && (args.what == "-" || path.exists() || is_audit_line(&args.what)) {
        bail!(
            "--pid asks about a call as text: a core and the log are about a process that has ended"
        );
    }
    if args.exe.is_some() && !path.exists() {
        bail!("--exe names the program of a core, and there is no core {}", args.what);
    }
    let one = |explanation| (vec![explanation], Vec::new());
    if args.what == "-" {
        return explain_log(std::io::stdin().lock(), "standard input", asked);
    }
    if path.exists() {
        if Dump::is_one(path) {
            return explain_core(path, args.exe.as_deref(), asked, args.threads).map(one);
        }
        // The bytes that a pipe has given are gone.
        if path.metadata().is_ok_and(|file| file.file_type().is_fifo()) {
            let log =
                text_file::open(path).with_context(|| format!("cannot read {}", args.what))?;
            return explain_log(BufReader::new(log), &args.what, asked);
        }
        let start = first_bytes(path)?;
        if start.starts_with(b"\x7fELF") {
            bail!("{} is a program, not a core; `show` shows its policies", args.what);
        }
        if start.contains(&0) {
            // It may be a compressed or a damaged core: the reader of cores says which.
            return explain_core(path, args.exe.as_deref(), asked, args.threads).map(one);
        }
        let log = File::open(path).with_context(|| format!("cannot read {}", args.what))?;
        return explain_log(BufReader::new(log), &args.what, asked);
    }
    if is_audit_line(&args.what) {
        return explain_line(&args.what, asked).map(one);
    }
    if !args.what.contains('(') {
        bail!(
            "{:?} is not a file, not a line of the audit log, and not a call, which has parentheses: `getpid()`",
            args.what
        );
    }
    let in_force = args.pid.is_some();
    explain_text(&args.what, args.arch, asked.unwrap_or_default(), in_force).map(one)
}

/// The first bytes of a file.
fn first_bytes(path: &Path) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let name = path.display();
    if path.is_dir() {
        bail!("cannot read {name}: it is a directory");
    }
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
    file.take(64).read_to_end(&mut bytes).with_context(|| format!("cannot read {name}"))?;
    Ok(bytes)
}
