//! libseccomp, through the `libseccomp` crate.

use std::io::Read as _;

use libseccomp::error::SeccompError;
use libseccomp::{
    ScmpAction, ScmpArch, ScmpArgCompare, ScmpCompareOp, ScmpFilterContext, ScmpSyscall,
    ScmpVersion,
};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::SockFilter;

use super::Compiler;
use crate::workload::{Operator, Test, Workload};

/// How libseccomp is told to optimize.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// `SCMP_FLTATR_CTL_OPTIMIZE`.
    pub level: u32,
    /// Whether it is told which calls are frequent.
    pub priorities: bool,
}

impl Setting {
    pub(super) fn of(compiler: Compiler) -> Self {
        Self {
            level: if compiler == Compiler::LibseccompTree { 2 } else { 1 },
            priorities: compiler == Compiler::LibseccompPriorities,
        }
    }
}

/// The version that is linked.
#[must_use]
pub fn version() -> String {
    ScmpVersion::current().map_or_else(|error| error.to_string(), |version| version.to_string())
}

/// The filter of `workload`, ready to be loaded.
///
/// # Errors
///
/// What libseccomp says.
pub fn context(workload: &Workload, setting: Setting) -> Result<ScmpFilterContext, SeccompError> {
    let mut context = ScmpFilterContext::new(action(workload.default))?;
    context.set_act_badarch(action(workload.bad_arch))?;
    context.set_ctl_optimize(setting.level)?;
    // A new filter serves the ABI of this process; asking for it again is not an error here.
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

/// 255 for what is made most often, down to 1.
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
    ScmpArgCompare::new(test.argument.into(), operator, test.value)
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

pub(super) fn filter(workload: &Workload, setting: Setting) -> Result<Vec<SockFilter>, String> {
    let context = context(workload, setting).map_err(|error| format!("refused: {error}"))?;
    let bytes = export(&context).map_err(|error| format!("not exported: {error}"))?;
    Ok(bytes.chunks_exact(8).map(instruction).collect())
}

/// A program is at most 32 KiB, which is less than a pipe holds.
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
