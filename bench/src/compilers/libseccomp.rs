//! libseccomp, through the `libseccomp` crate.

use std::io::{Read as _, Write as _};
use std::process::Command;

use libseccomp::error::SeccompError;
use libseccomp::{
    ScmpAction, ScmpArch, ScmpArgCompare, ScmpCompareOp, ScmpFilterContext, ScmpSyscall,
    ScmpVersion,
};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::SockFilter;

use super::{NEWEST, Release, Search};
use crate::workload::{Operator, Test, Workload};

/// The settings of libseccomp's optimization.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// `SCMP_FLTATR_CTL_OPTIMIZE`.
    pub level: u32,
    /// Whether libseccomp learns which calls are frequent.
    pub priorities: bool,
}

impl From<Search> for Setting {
    fn from(search: Search) -> Self {
        Self {
            level: if search == Search::Tree { 2 } else { 1 },
            priorities: search == Search::Priorities,
        }
    }
}

/// The version that this process uses.
#[must_use]
pub fn version() -> String {
    ScmpVersion::current().map_or_else(|error| error.to_string(), |version| version.to_string())
}

/// The newest version, if there is one.
///
/// # Errors
///
/// The reason why there is none, in a sentence for the report.
pub fn newest_version() -> Result<String, String> {
    Ok(String::from_utf8_lossy(&with_newest(&["version"])?).trim().to_owned())
}

/// What `compile_libseccomp` prints with the newest libseccomp. A process has only one libseccomp.
fn with_newest(arguments: &[&str]) -> Result<Vec<u8>, String> {
    let Ok(folder) = std::env::var(NEWEST) else {
        return Err(format!("not measured: {NEWEST} is not set"));
    };
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = program.with_file_name("compile_libseccomp");
    let output = Command::new(program).args(arguments).env("LD_LIBRARY_PATH", folder).output();
    let output = output.map_err(|error| format!("compile_libseccomp: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// The whole of `compile_libseccomp`: prints the version, or the filter of a workload with the default action of
/// this return value.
///
/// # Errors
///
/// The error of libseccomp, or the usage if the arguments are wrong.
pub fn main(arguments: &[String]) -> Result<(), String> {
    const USAGE: &str =
        "usage: compile_libseccomp version | WORKLOAD chain|priorities|tree DEFAULT";
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let bytes = match arguments[..] {
        ["version"] => version().into_bytes(),
        [workload, search, default] => {
            let default = default.parse().map_err(|_| USAGE)?;
            let search = [Search::Chain, Search::Priorities, Search::Tree]
                .into_iter()
                .find(|known| known.name() == search)
                .ok_or(USAGE)?;
            let workload = Workload::named(workload).ok_or("no such workload")?;
            bytes(&workload.with_default(Action::from_return_value(default)), search)?
        }
        _ => return Err(USAGE.to_owned()),
    };
    std::io::stdout().write_all(&bytes).map_err(|error| error.to_string())
}

impl Search {
    const fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Priorities => "priorities",
            Self::Tree => "tree",
        }
    }
}

/// The filter of `workload`, ready to be loaded.
///
/// # Errors
///
/// The error of libseccomp.
pub fn context(workload: &Workload, setting: Setting) -> Result<ScmpFilterContext, SeccompError> {
    let mut context = ScmpFilterContext::new(action(workload.default))?;
    context.set_act_badarch(action(workload.bad_arch))?;
    context.set_ctl_optimize(setting.level)?;
    // A new filter already serves the ABI of this process; to ask for it again is no error here.
    context.add_arch(ScmpArch::X8664)?;
    for rule in workload.rules {
        let call = ScmpSyscall::from(rule.number as i32);
        for tests in rule.alternatives() {
            let tests: Vec<_> = tests.iter().map(compare).collect();
            context.add_rule_conditional(action(rule.action), call, &tests)?;
        }
        if setting.priorities {
            context.set_syscall_priority(call, priority(rule.frequency))?;
        }
    }
    Ok(context)
}

/// 255 for the most frequent call, down to 1.
fn priority(frequency: f64) -> u8 {
    (frequency * 255.0 / 14.0).round().clamp(1.0, 255.0) as u8
}

fn compare(test: &Test) -> ScmpArgCompare {
    let width = u64::MAX >> (64 - test.bits);
    let operator = match (test.operator, test.mask) {
        (Operator::Equal, None) if test.bits == 64 => ScmpCompareOp::Equal,
        (Operator::Equal, mask) => ScmpCompareOp::MaskedEqual(mask.unwrap_or(width) & width),
        (Operator::NotEqual, _) => ScmpCompareOp::NotEqual,
        (Operator::Less, _) => ScmpCompareOp::Less,
        (Operator::Greater, _) => ScmpCompareOp::Greater,
    };
    ScmpArgCompare::new(test.argument as u32, operator, test.value)
}

fn action(action: Action) -> ScmpAction {
    match action {
        Action::KillProcess => ScmpAction::KillProcess,
        Action::KillThread => ScmpAction::KillThread,
        Action::Trap(_) => ScmpAction::Trap,
        Action::Errno(errno) => ScmpAction::Errno(errno.into()),
        Action::Notify => ScmpAction::Notify,
        Action::Trace(data) => ScmpAction::Trace(data),
        Action::Log => ScmpAction::Log,
        Action::Allow => ScmpAction::Allow,
    }
}

pub(super) fn filter(
    workload: &Workload,
    release: Release,
    search: Search,
) -> Result<Vec<SockFilter>, String> {
    let bytes = match release {
        Release::Installed => bytes(workload, search)?,
        Release::Newest => {
            let default = workload.default.to_return_value().to_string();
            with_newest(&[workload.name, search.name(), &default])?
        }
    };
    Ok(bytes.chunks_exact(8).map(instruction).collect())
}

fn bytes(workload: &Workload, search: Search) -> Result<Vec<u8>, String> {
    let context = context(workload, search.into()).map_err(|error| format!("refused: {error}"))?;
    export(&context).map_err(|error| format!("not exported: {error}"))
}

/// A filter has at most 32 KiB, which is less than a pipe holds.
fn export(context: &ScmpFilterContext) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let (mut reader, writer) = std::io::pipe()?;
    context.export_bpf(&writer)?;
    drop(writer);
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn instruction(bytes: &[u8]) -> SockFilter {
    SockFilter {
        code: u16::from_ne_bytes([bytes[0], bytes[1]]),
        jt: bytes[2],
        jf: bytes[3],
        k: u32::from_ne_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
    }
}
