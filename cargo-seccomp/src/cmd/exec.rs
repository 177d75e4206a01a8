//! `exec`: a policy file, and a program under it.

use std::env;
use std::ffi::{CString, OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::{Operation, SockFilter};
use seccomp_ir::table;
use seccomp_load::{Abi, Call, Errno, InsteadOfKill, Launch, LoadedPolicy};

use crate::exit::Exit;
use crate::output::Output;
use crate::policy_file::{PolicyValues, load, number};

/// Compile a policy file and run a command under it.
///
/// The command takes the place of this process, with the policy in force. The policy decides about every call of the
/// command, from the loader of shared libraries on. Only the start of the command needs no rule. The file cannot have
/// fragments or values that rustc evaluates. A `$name` gets its value from --set.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo seccomp exec --policy worker.policy -- ./worker --threads 4
  cargo seccomp exec --policy logger.policy --set log=3 --set self=pid -- ./logger 3>log.txt
  cargo seccomp exec --policy worker.policy --instead-of-kill log -- ./worker
  cargo seccomp exec --policy worker.policy --write-bpf worker.bpf   for `bwrap --seccomp`

Exit codes: those of the command; 126 if it cannot be executed, 127 if there is none, 2 if the policy has an error.
A command that the policy kills ends by SIGSYS, which a shell shows as 159.")]
pub(crate) struct ExecArgs {
    /// The policy, a text in the language of `seccomp_policy!`. Included files are looked for beside it.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,

    #[command(flatten)]
    values: PolicyValues,

    /// The action instead of a kill: log (make the call and log it), errno=NAME (fail it), trap=NUMBER (send SIGSYS).
    #[arg(long, value_name = "ANSWER", value_parser = instead_of_kill)]
    instead_of_kill: Option<InsteadOfKill>,

    /// Log each call that the policy does not allow, where the kernel's settings permit it.
    #[arg(long)]
    log: bool,

    /// Write the filter as an array of `struct sock_filter` for this machine, without the rule that lets the command start;
    /// `-` is standard output.
    #[arg(long, value_name = "FILE")]
    write_bpf: Option<PathBuf>,

    /// The command and its arguments.
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "write_bpf")]
    command: Vec<OsString>,
}

fn instead_of_kill(text: &str) -> Result<InsteadOfKill, String> {
    match text.split_once('=') {
        None if text == "log" => Ok(InsteadOfKill::Log),
        Some(("errno", name)) => {
            let errno = number(name, std::process::id())?;
            let errno = i32::try_from(errno).ok().and_then(Errno::from_raw_os_error);
            errno
                .map(InsteadOfKill::Errno)
                .ok_or_else(|| format!("{name} is not an errno: they are 1 to 4095"))
        }
        Some(("trap", data)) => {
            let data = number(data, std::process::id())?;
            data.try_into()
                .map(InsteadOfKill::Trap)
                .map_err(|_| format!("{data} does not fit 16 bits"))
        }
        _ => Err("write log, errno=NAME or trap=NUMBER".to_owned()),
    }
}

/// What to do with the warnings of the policy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Warnings {
    Shown,
    /// Hide them: `run` has shown them, and `learn` writes the rules that they ask for.
    Known,
}

pub(crate) fn run(args: ExecArgs, of_policy: Warnings, output: &Output) -> Result<Exit> {
    let Some((policy, warnings)) = load(&args.policy, &args.values, std::process::id(), output)?
    else {
        return Ok(Exit::Failed);
    };
    if of_policy == Warnings::Shown {
        output.report(policy.warnings());
    }
    for warning in warnings {
        output.warn(warning);
    }
    if let Some(path) = &args.write_bpf {
        write_bpf(&policy, path)?;
        if args.command.is_empty() && !may_execute(&policy) {
            output.warn(
                "the policy denies execve: a launcher that installs this filter, such as bwrap, cannot start its program \
                 then; write `allow execve;`, or let `exec` start the program",
            );
        }
    }
    let Some(name) = args.command.first() else { return Ok(Exit::Fine) };
    for message in unanswered(policy.filter()) {
        output.warn(message);
    }
    let path = match find(name) {
        Ok(path) => path,
        Err((code, why)) => {
            output.failed(&anyhow!("{}: {why}", name.to_string_lossy()));
            return Ok(Exit::Program(code));
        }
    };
    let launch = prepare(&path, &args.command)?;
    let policy = match launch.under(&policy) {
        Ok(policy) => policy,
        Err(report) => {
            output.report(&report);
            bail!("the policy has no room for the rule that lets the command start");
        }
    };
    let mut installer = policy.installer();
    if args.log {
        installer = installer.log();
    }
    if let Some(instead) = args.instead_of_kill {
        if instead == InsteadOfKill::Log {
            output.warn(
                "with --instead-of-kill log, every call that the policy would kill for is made",
            );
        }
        installer = installer.instead_of_kill(instead);
    }
    let said = format!("error: {}: ", path.display());
    let error = launch.execute(installer, &said);
    Err(anyhow::Error::new(error).context("the policy is not installed, and the command not run"))
}

/// Warnings about actions that need another process. The command begins in this process and has no such other one, so
/// the kernel fails the calls with `ENOSYS` (`__seccomp_filter` in `kernel/seccomp.c`, Linux 6.12).
fn unanswered(filter: &[SockFilter]) -> Vec<String> {
    let answers = filter.iter().filter_map(|instruction| match instruction.operation() {
        Some(Operation::ReturnConstant(value)) => Some(Action::from_return_value(value)),
        _ => None,
    });
    let (mut notify, mut trace) = (false, false);
    for action in answers {
        match action {
            Action::Notify => notify = true,
            Action::Trace(_) => trace = true,
            Action::KillProcess
            | Action::KillThread
            | Action::Trap(_)
            | Action::Errno(_)
            | Action::Log
            | Action::Allow => {}
        }
    }
    let mut messages = Vec::new();
    if notify {
        messages.push(
            "the policy has the action `notify`, and `exec` has no supervisor: such a call fails with ENOSYS. A program with a supervisor \
             installs the policy itself, with `install_with_listener`"
                .to_owned(),
        );
    }
    if trace {
        messages.push(
            "the policy has the action `trace`: such a call fails with ENOSYS, unless a tracer is attached that asks for it"
                .to_owned(),
        );
    }
    messages
}

/// Whether the policy allows execve(2) with addresses that it does not name.
fn may_execute(policy: &LoadedPolicy) -> bool {
    let any = 0x10_0000;
    table::number(Abi::NATIVE, "execve")
        .is_some_and(|execve| policy.allows(&Call::new(Abi::NATIVE, execve, [any; 6])))
}

fn write_bpf(policy: &LoadedPolicy, path: &Path) -> Result<()> {
    let written = if path == Path::new("-") {
        let mut stdout = std::io::stdout().lock();
        policy.write_bpf(&mut stdout).and_then(|()| stdout.flush())
    } else {
        fs::File::create(path).and_then(|file| policy.write_bpf(file))
    };
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// The file of a command, as execvp(3) finds it; or the exit code of a shell, and the reason why there is none.
fn find(name: &OsStr) -> Result<PathBuf, (u8, String)> {
    if name.as_bytes().contains(&b'/') {
        return is_executable(Path::new(name)).map(|()| name.into());
    }
    // The default of execvp(3), glibc 2.24 and newer.
    let folders = env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let mut denied = None;
    for folder in env::split_paths(&folders) {
        let path = folder.join(name);
        match is_executable(&path) {
            Ok(()) => return Ok(path),
            Err((126, why)) => denied = Some((126, format!("{}: {why}", path.display()))),
            Err(_) => {}
        }
    }
    Err(denied.unwrap_or((127, "there is no such command in PATH".to_owned())))
}

fn is_executable(path: &Path) -> Result<(), (u8, String)> {
    match fs::metadata(path) {
        Ok(file) if file.is_file() && file.permissions().mode() & 0o111 != 0 => Ok(()),
        Ok(file) if file.is_dir() => Err((126, "it is a folder".to_owned())),
        Ok(_) => Err((126, "no permission to execute it".to_owned())),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Err((127, why.to_string())),
        Err(why) => Err((126, why.to_string())),
    }
}

fn prepare(path: &Path, command: &[OsString]) -> Result<Launch> {
    // The operating system gave all of these as strings that end with NUL.
    let string = |text: OsString| CString::new(text.into_vec()).context("a NUL in the command");
    let mut arguments = Vec::new();
    for argument in command {
        arguments.push(string(argument.clone())?);
    }
    let mut environment = Vec::new();
    for (mut variable, value) in env::vars_os() {
        variable.push("=");
        variable.push(value);
        environment.push(string(variable)?);
    }
    let path = string(path.as_os_str().to_owned())?;
    Launch::new(&path, arguments, environment).context("cannot prepare the command")
}
