//! The answers of the policies of a program to a call.

use anyhow::Result;
use seccomp_bpf::action::Action;
use seccomp_ir::policy::PolicyAction;
use seccomp_syntax::CompiledText;

use super::{Answer, ExplainedCall};
use crate::decision::{Deciding, Passed, Reasons, cure, named_by, reasons};
use crate::input_policy::InputPolicy;

/// The known facts about the kernel's answer to the call.
#[derive(Clone, Copy, Debug)]
pub(super) enum KnownAnswer {
    /// No facts: the question is what each policy answers.
    Nothing,
    /// The call ended the process, with these 16 bits of data of the action.
    Killed(u16),
    /// The call got this action; its data is not known.
    Action(Action),
}

impl KnownAnswer {
    /// Whether the answer can come from this part of a policy.
    fn fits(self, part: &Deciding) -> bool {
        let PolicyAction::Action(action) = part.action else {
            // The errno is a value of rustc.
            return match self {
                Self::Nothing => true,
                Self::Killed(_) => false,
                Self::Action(known) => matches!(known, Action::Errno(_)),
            };
        };
        match self {
            Self::Nothing => true,
            Self::Killed(data) => match action {
                Action::Trap(own) => own == data,
                Action::KillProcess | Action::KillThread => data == 0,
                Action::Errno(_)
                | Action::Notify
                | Action::Trace(_)
                | Action::Log
                | Action::Allow => false,
            },
            Self::Action(known) => without_data(known) == without_data(action),
        }
    }
}

fn without_data(action: Action) -> Action {
    match action {
        Action::Trap(_) => Action::Trap(0),
        Action::Errno(_) => Action::Errno(0),
        Action::Trace(_) => Action::Trace(0),
        Action::KillProcess | Action::KillThread | Action::Notify | Action::Log | Action::Allow => {
            action
        }
    }
}

/// The policies that can have given the known answer, the number of the other policies, and messages about what could
/// not be read.
#[derive(Debug, Default)]
pub(super) struct PolicyAnswers {
    pub(super) answers: Vec<Answer>,
    pub(super) others: usize,
    pub(super) unread: Vec<String>,
}

/// The answers of `policies` to `call`.
pub(super) fn policy_answers(
    policies: &[InputPolicy],
    call: &ExplainedCall,
    known: KnownAnswer,
) -> PolicyAnswers {
    let mut all = PolicyAnswers::default();
    let mut named = Vec::new();
    for policy in policies {
        let compiled = match policy.compile() {
            Ok(compiled) => compiled,
            Err(error) => {
                all.unread.push(format!("{error:#}"));
                continue;
            }
        };
        let Some(mut found) = reasons_of(&compiled, call) else {
            all.others += 1;
            continue;
        };
        let by_data = match known {
            KnownAnswer::Killed(data) => named_by(&compiled, data),
            KnownAnswer::Nothing | KnownAnswer::Action(_) => None,
        };
        keep_fitting(&mut found, known);
        if found.deciding.is_empty() {
            all.others += 1;
            continue;
        }
        let is_named = by_data.is_some_and(|part| found.deciding.contains(&part));
        if policy.note.is_some() {
            forget_file(&mut found);
        }
        let answer = answer(policy, &compiled, call, found);
        if is_named { named.push(answer) } else { all.answers.push(answer) }
    }
    // The data of a report names the part that denied the call.
    if !named.is_empty() {
        all.others += all.answers.len();
        all.answers = named;
    }
    all
}

/// Keeps the parts that can have given the known answer. An earlier rule with another answer did not match.
fn keep_fitting(reasons: &mut Reasons, known: KnownAnswer) {
    let first = reasons.deciding.iter().position(|part| known.fits(part)).unwrap_or(0);
    for rule in reasons.deciding.drain(..first) {
        let Deciding { said, line, .. } = rule;
        reasons.passed.push(Passed { said, line, because: Vec::new() });
    }
    reasons.deciding.retain(|part| known.fits(part));
}

/// Removes the name of the file from each line, because the text of a note is in no file.
fn forget_file(reasons: &mut Reasons) {
    let deciding = reasons.deciding.iter_mut().map(|part| &mut part.line);
    let passed = reasons.passed.iter_mut().map(|rule| &mut rule.line);
    for line in deciding.chain(passed).flatten() {
        line.file.clear();
    }
}

fn reasons_of(compiled: &CompiledText, call: &ExplainedCall) -> Option<Reasons> {
    let decoded = call.decoded.as_ref()?;
    Some(reasons(compiled, call.arch, decoded, call.registers))
}

fn answer(
    policy: &InputPolicy,
    compiled: &CompiledText,
    call: &ExplainedCall,
    reasons: Reasons,
) -> Answer {
    let decoded = call.decoded.as_ref().filter(|_| reasons.may_deny());
    let to_allow = decoded.map(|decoded| cure(compiled, decoded, &reasons));
    Answer {
        policy: policy.to_string(),
        deciding: reasons.deciding,
        passed: reasons.passed,
        to_allow,
    }
}

/// The policies that the selector names. If they cannot be read, it adds a remark.
pub(super) fn or_remark(
    policies: Result<Vec<InputPolicy>>,
    remarks: &mut Vec<String>,
) -> Vec<InputPolicy> {
    policies.unwrap_or_else(|error| {
        remarks.push(format!("no policy is known: {error:#}"));
        Vec::new()
    })
}
