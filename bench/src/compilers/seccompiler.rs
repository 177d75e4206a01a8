//! The crate seccompiler, used as its documentation shows.
//!
//! It has one action for all rules of a filter and one for everything else. The bench leaves out
//! rules with another action, and the report says so.

use std::collections::BTreeMap;

use seccomp_ir::action::Action;
use seccomp_ir::bpf::SockFilter;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::Made;
use crate::workload::{Operator, Test, Workload};

/// Its filter for `workload`.
///
/// # Errors
///
/// The error of the crate.
pub fn filter(workload: &Workload) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for rule in workload.rules.iter().filter(|rule| rule.action == Action::Allow) {
        let of_number = rules.entry(rule.number.into()).or_default();
        for tests in rule.alternatives() {
            // To seccompiler, a number without rules is allowed whatever its arguments.
            if !tests.is_empty() {
                let conditions = tests.iter().map(condition).collect::<Result<_, _>>()?;
                of_number.push(SeccompRule::new(conditions)?);
            }
        }
    }
    let (default, matched) = (action(workload.default), SeccompAction::Allow);
    SeccompFilter::new(rules, default, matched, TargetArch::x86_64)?.try_into()
}

fn condition(test: &Test) -> Result<SeccompCondition, seccompiler::BackendError> {
    let length = if test.bits == 32 { SeccompCmpArgLen::Dword } else { SeccompCmpArgLen::Qword };
    let operator = match (test.operator, test.mask) {
        (Operator::Equal, Some(mask)) => SeccompCmpOp::MaskedEq(mask),
        (Operator::Equal, None) => SeccompCmpOp::Eq,
        (Operator::NotEqual, _) => SeccompCmpOp::Ne,
        (Operator::Less, _) => SeccompCmpOp::Lt,
        (Operator::Greater, _) => SeccompCmpOp::Gt,
    };
    SeccompCondition::new(test.argument as u8, length, operator, test.value)
}

fn action(action: Action) -> SeccompAction {
    match action {
        Action::KillProcess => SeccompAction::KillProcess,
        Action::KillThread => SeccompAction::KillThread,
        Action::Trap(_) => SeccompAction::Trap,
        Action::Errno(errno) => SeccompAction::Errno(errno.into()),
        Action::Trace(data) => SeccompAction::Trace(data.into()),
        Action::Log => SeccompAction::Log,
        Action::Allow => SeccompAction::Allow,
        Action::Notify => unreachable!("no workload notifies"),
    }
}

pub(super) fn made(workload: &Workload) -> Result<Made, String> {
    let filter = filter(workload).map_err(|error| format!("refused: {error}"))?;
    let filter = filter.iter().map(|i| SockFilter { code: i.code, jt: i.jt, jf: i.jf, k: i.k });
    let left_out = workload.rules.iter().filter(|rule| rule.action != Action::Allow);
    Ok(Made { filter: filter.collect(), left_out: left_out.map(|rule| rule.number).collect() })
}
