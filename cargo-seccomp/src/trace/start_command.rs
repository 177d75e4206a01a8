//! Starts a command so that the tracer has it from its first instruction.
//!
//! The tool starts itself as the child. The child stops, and the tracer seizes it and lets it go on. Then the child
//! installs a filter that makes the kernel report every later install to the tracer, and executes the command.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};
use seccomp_install::Errno;
use seccomp_install::tracer::{self, Options};
use seccomp_load::{LoadedPolicy, Loader};

/// The hidden subcommand of the child.
pub(crate) const CHILD: &str = "__traced";

/// The policy that reports to the tracer each call that installs a filter, through every ABI of the machine, and each
/// ptrace(2), because a process can have only one tracer.
const TRACING: &str = r#"
    #[cfg(target_arch = "x86_64")] arch x86_64, x32, x86;
    #[cfg(target_arch = "aarch64")] arch aarch64, arm;
    trace(0) seccomp(op == SECCOMP_SET_MODE_FILTER);
    trace(0) prctl(option == PR_SET_SECCOMP, arg2 == 2);
    trace(0) ptrace;
    #[allow(seccomp::bad_arch_allow)]
    bad_arch allow;
    #[allow(seccomp::default_allow)]
    default allow;
"#;

/// The filter of [`TRACING`]. The tool compiles it at run time, so that its own build does not wait for the macros.
fn tracing() -> Result<LoadedPolicy> {
    let policy = Loader::text("the policy of the tracer", TRACING);
    let loaded = policy.cfg_value("target_arch", std::env::consts::ARCH).load();
    loaded.map_err(|report| anyhow!("{report}"))
}

/// Starts `command` and returns its process, seized and stopped. `options` are the options of this tool with which the
/// child reports why the command cannot be executed.
///
/// # Errors
///
/// If the tool cannot be started, or is not allowed to trace.
pub(super) fn start_command(command: &[OsString], options: &[&str]) -> Result<Child> {
    let own = std::env::current_exe().context("cannot find the program of this tool")?;
    let mut child = Command::new(own);
    child.args(options).arg(CHILD).arg("--").args(command);
    let child = child.spawn().context("cannot start this tool once more")?;
    let stopped = || -> Result<()> {
        let pid = Pid::from_child(&child);
        let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED)?
            .context("waitpid(2) returned without a process")?;
        if !status.stopped() {
            bail!("the process that would have become the program has ended ({status:?})");
        }
        let options = Options::MARK_SYSCALLS
            .and(Options::DESCENDANTS)
            .and(Options::ENDS)
            .and(Options::SECCOMP)
            .and(Options::KILL_AT_END);
        tracer::seize(child.id(), options).map_err(|errno| refused(child.id(), errno))?;
        Ok(kill_process(pid, Signal::CONT)?)
    };
    match stopped() {
        Ok(()) => Ok(child),
        Err(error) => {
            let mut child = child;
            let _ = child.kill();
            let _ = child.wait();
            Err(error)
        }
    }
}

/// The child's part: waits for the tracer, and executes the command. Returns only if it could not, with the reason and
/// the exit code that env(1) has for it.
pub(crate) fn become_traced(command: &[OsString]) -> (u8, anyhow::Error) {
    const CANNOT: u8 = 2;
    if let Err(error) = kill_process(getpid(), Signal::STOP) {
        return (CANNOT, anyhow!(error).context("cannot stop"));
    }
    if tracer_of("self").is_none() {
        return (CANNOT, anyhow!("`{CHILD}` is for `cargo seccomp` itself, which traces it"));
    }
    // For this thread, which is the only thread.
    if let Err(error) = tracing().and_then(|policy| Ok(policy.install_on_thread()?)) {
        return (CANNOT, error.context("cannot install the filter for the tracer"));
    }
    let Some((program, arguments)) = command.split_first() else {
        return (CANNOT, anyhow!("there is no command"));
    };
    let error = Command::new(program).args(arguments).exec();
    let code = if error.kind() == ErrorKind::NotFound { 127 } else { 126 };
    (code, anyhow!(error).context(format!("cannot execute `{}`", program.display())))
}

/// The process that traces another one.
fn tracer_of(process: &str) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"))?;
    tracer.trim().parse().ok().filter(|tracer| *tracer != 0)
}

/// The error of a tracer that is not allowed to trace.
fn refused(child: u32, errno: Errno) -> anyhow::Error {
    let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    let why = if let Some(tracer) = tracer_of(&child.to_string()) {
        format!(
            "process {tracer} already traces what this tool starts, and a process has one tracer: start the tool outside of it \
             (`strace -f` and debuggers that follow children are such)"
        )
    } else {
        match scope.trim() {
            "3" => "/proc/sys/kernel/yama/ptrace_scope is 3, which forbids all tracing until the next boot: boot with another value"
                .to_owned(),
            "2" => "/proc/sys/kernel/yama/ptrace_scope is 2, which needs CAP_SYS_PTRACE: write 1 there, or run the tool as root"
                .to_owned(),
            _ => "in a container, its profile must allow ptrace(2): `--cap-add SYS_PTRACE`, or `--security-opt seccomp=unconfined`; \
                  elsewhere a security module forbids it"
                .to_owned(),
        }
    };
    anyhow!(errno).context(format!("this tool must trace the program, and ptrace(2) fails: {why}"))
}

#[cfg(test)]
mod tests {
    use seccomp_bpf::abi::{Abi, Call};
    use seccomp_bpf::action::Action;
    use seccomp_ir::table;

    use super::*;

    #[test]
    fn the_tracer_hears_of_filters_and_of_ptrace_through_every_abi_and_of_nothing_else() {
        let policy = tracing().unwrap();
        assert!(policy.warnings().diagnostics.is_empty(), "{}", policy.warnings());
        assert!(policy.abis().contains(&Abi::NATIVE));
        for abi in policy.abis() {
            let decide = |name, arguments| {
                policy.decide(&Call::new(*abi, table::number(*abi, name).unwrap(), arguments))
            };
            // SECCOMP_SET_MODE_FILTER, PR_SET_SECCOMP with SECCOMP_MODE_FILTER: seccomp(2), prctl(2).
            assert_eq!(decide("seccomp", [1, 0, 0, 0, 0, 0]), Action::Trace(0));
            assert_eq!(decide("prctl", [22, 2, 0, 0, 0, 0]), Action::Trace(0));
            assert_eq!(decide("ptrace", [0; 6]), Action::Trace(0));
            assert_eq!(decide("seccomp", [2, 0, 0, 0, 0, 0]), Action::Allow);
            assert_eq!(decide("prctl", [38, 1, 0, 0, 0, 0]), Action::Allow);
            assert_eq!(decide("read", [0; 6]), Action::Allow);
        }
    }
}
