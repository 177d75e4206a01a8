//! Why a policy gives a call its answer: the part that decides, and why the rules before it do not.
//!
//! Arguments may be unknown, because the audit log does not have them, and values of rustc may be unknown too. Then
//! several parts may decide, and all of them are named.

use seccomp_bpf::abi::{Abi, ArgumentIndex};
use seccomp_bpf::action::Action;
use seccomp_ir::DecodedCall;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Decider, Operator, Origin, PolicyAction, PolicyQuery, Value,
    Width,
};
use seccomp_ir::report::{Denier, SourceLine};
use seccomp_ir::tree::{ItemKind, KeywordItem};
use seccomp_syntax::CompiledText;
use serde::Serialize;

use crate::condition_holds::{add_compared, holds};

/// A part of a policy that decides a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Deciding {
    /// The rule, with only this call as its target, or the item: `default kill`.
    pub(crate) said: String,
    /// Its line in the text of the policy; `None` for an item that the text leaves out, such as `bad_arch kill`.
    pub(crate) line: Option<Line>,
    /// Whether the kernel makes the call.
    pub(crate) permits: bool,
    /// What the kernel does.
    #[serde(skip)]
    pub(crate) action: PolicyAction,
    /// Whether it is a rule. Otherwise it is `default`, `unknown` or `bad_arch`.
    pub(crate) is_rule: bool,
}

/// A line of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    /// The name of the text.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
}

/// A rule for the same call that does not decide it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Passed {
    /// The rule, with only this call as its target.
    pub(crate) said: String,
    /// Its line.
    pub(crate) line: Option<Line>,
    /// The arguments for which its condition does not hold: `family is AF_UNIX`. Empty if that depends on values that
    /// are not known.
    pub(crate) because: Vec<String>,
}

/// What a policy does with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reasons {
    /// The parts that decide; several if not all arguments or values are known. Never empty.
    pub(crate) deciding: Vec<Deciding>,
    /// The rules for this call before the first part that decides, in order.
    pub(crate) passed: Vec<Passed>,
}

impl Reasons {
    /// Whether the kernel may not make the call.
    pub(crate) fn may_deny(&self) -> bool {
        self.deciding.iter().any(|part| !part.permits)
    }
}

/// What the policy does with the call `decoded` of `arch`. A register that is not known is `None`.
pub(crate) fn reasons(
    policy: &CompiledText,
    arch: u32,
    decoded: &DecodedCall,
    registers: [Option<u64>; 6],
) -> Reasons {
    let nr = decoded.nr;
    let parts = &policy.compiled.policy.abis;
    let Some(part) = parts.iter().find(|part| part.abi.has_call(arch, nr)) else {
        let bad_arch = policy.compiled.policy.bad_arch;
        return Reasons {
            deciding: vec![keyword(policy, Word::BadArch, bad_arch)],
            passed: Vec::new(),
        };
    };
    let known = Condition::All(
        ArgumentIndex::ALL.into_iter().zip(registers).filter_map(is_value).collect(),
    );
    let query = PolicyQuery::default();
    let deciders = query.exactly(part, nr, &known);
    // The policy is too large to be compared, so every rule for the call may decide.
    let deciders = deciders.unwrap_or_else(|| every_rule(part, nr));
    let first = deciders.iter().find_map(|decider| decider.rule);
    let mut passed = Vec::new();
    for rule in part.rules.iter().filter(|rule| rule.numbers.binary_search(&nr).is_ok()) {
        if Some(rule.origin) == first {
            break;
        }
        let (said, line) = rule_said(policy, rule.origin);
        let because = to_blame(&rule.condition, registers);
        let because = because.into_iter().filter_map(|index| value_said(decoded, index));
        passed.push(Passed { said, line, because: because.collect() });
    }
    let deciding = deciders.into_iter().map(|decider| match decider.rule {
        Some(origin) => rule_deciding(policy, origin, decider.action),
        None => keyword(policy, fallback(part, nr), decider.action),
    });
    Reasons { deciding: deciding.collect(), passed }
}

/// The part that the data of a trap stands for, in a policy with `report`. `None` if it has no such data.
pub(crate) fn named_by(policy: &CompiledText, data: u16) -> Option<Deciding> {
    let report = policy.compiled.report.as_ref()?;
    let denial = report.denials.iter().find(|denial| denial.data == data)?;
    let trap = PolicyAction::Action(Action::Trap(data));
    Some(match denial.by {
        Denier::Rule(origin) => rule_deciding(policy, origin, trap),
        Denier::Unknown => keyword(policy, Word::Unknown, trap),
        Denier::Default => keyword(policy, Word::Default, trap),
        Denier::BadArch => keyword(policy, Word::BadArch, trap),
    })
}

/// The condition that a register has this value.
fn is_value((argument, register): (ArgumentIndex, Option<u64>)) -> Option<Condition> {
    let value = Value::Known(register?);
    Some(Condition::Compare(Comparison {
        argument,
        width: Width::W64,
        signed: false,
        mask: None,
        operator: Operator::Equal,
        value,
    }))
}

fn every_rule(part: &AbiPolicy, nr: u32) -> Vec<Decider> {
    let rules = part.rules.iter().filter(|rule| rule.numbers.binary_search(&nr).is_ok());
    let rules = rules.map(|rule| Decider { rule: Some(rule.origin), action: rule.action });
    rules.chain([Decider { rule: None, action: part.unmatched(nr) }]).collect()
}

/// An item that decides the calls that no rule matches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Default,
    Unknown,
    BadArch,
}

fn fallback(part: &AbiPolicy, nr: u32) -> Word {
    match &part.unknown {
        Some(unknown) if unknown.known.binary_search(&nr).is_err() => Word::Unknown,
        Some(_) | None => Word::Default,
    }
}

fn keyword(policy: &CompiledText, word: Word, action: PolicyAction) -> Deciding {
    let written = policy.tree.items.iter().find_map(|item| match (&item.kind, word) {
        (ItemKind::Default(item), Word::Default)
        | (ItemKind::Unknown(item), Word::Unknown)
        | (ItemKind::BadArch(item), Word::BadArch) => Some(item),
        (
            ItemKind::Default(_)
            | ItemKind::Unknown(_)
            | ItemKind::BadArch(_)
            | ItemKind::Rule(_)
            | ItemKind::Arch(_)
            | ItemKind::Include(_)
            | ItemKind::Report(_),
            _,
        ) => None,
    });
    Deciding {
        // Only `bad_arch` may be left out, and it kills then.
        said: written.map_or_else(|| "bad_arch kill".to_owned(), KeywordItem::quote),
        line: written.and_then(|item| policy.place(item.keyword.span)).map(line),
        permits: action.permits(),
        action,
        is_rule: false,
    }
}

fn rule_deciding(policy: &CompiledText, origin: Origin, action: PolicyAction) -> Deciding {
    let (said, line) = rule_said(policy, origin);
    Deciding { said, line, permits: action.permits(), action, is_rule: true }
}

fn rule_said(policy: &CompiledText, origin: Origin) -> (String, Option<Line>) {
    let source = &policy.compiled.origins[origin.0 as usize];
    let place = policy.place(source.span);
    (source.quote(&policy.tree), place.filter(|place| place.line > 0).map(line))
}

fn line(place: &SourceLine) -> Line {
    Line { file: place.file.clone(), line: place.line }
}

/// `family is AF_UNIX`
fn value_said(decoded: &DecodedCall, index: ArgumentIndex) -> Option<String> {
    let argument = decoded.argument(index)?;
    let text = argument.chosen.as_ref().unwrap_or(&argument.text);
    Some(match argument.name {
        "" => format!("a{index} is {text}"),
        name => format!("{name} is {text}"),
    })
}

/// The arguments for which a condition does not hold, in order; none if it depends on a value that is not known.
fn to_blame(condition: &Condition, registers: [Option<u64>; 6]) -> Vec<ArgumentIndex> {
    let mut arguments = Vec::new();
    if holds(condition, registers) == Some(false) {
        add_to_blame(condition, registers, &mut arguments);
    }
    arguments.sort_unstable();
    arguments.dedup();
    arguments
}

fn add_to_blame(condition: &Condition, registers: [Option<u64>; 6], to: &mut Vec<ArgumentIndex>) {
    match condition {
        Condition::Always => {}
        Condition::Compare(comparison) => to.push(comparison.argument),
        // One part that does not hold is a sufficient reason.
        Condition::All(parts) => {
            if let Some(part) = parts.iter().find(|part| holds(part, registers) == Some(false)) {
                add_to_blame(part, registers, to);
            }
        }
        Condition::Any(parts) => {
            for part in parts {
                add_to_blame(part, registers, to);
            }
        }
        Condition::Not(inner) => add_compared(inner, to),
    }
}

/// The rule that makes the policy allow the call, and its place.
pub(crate) fn cure(policy: &CompiledText, decoded: &DecodedCall, reasons: &Reasons) -> String {
    let mut text = format!("allow {};", decoded.target());
    let served: Vec<Abi> = policy.compiled.policy.abis.iter().map(|part| part.abi).collect();
    if !served.contains(&decoded.abi) {
        let mut names: Vec<_> = served.iter().map(|abi| abi.name()).collect();
        names.push(decoded.abi.name());
        return format!("arch {}; #[arch({})] {text}", names.join(", "), decoded.abi);
    }
    if let Some(rule) = reasons.deciding.iter().find(|part| part.is_rule && !part.permits) {
        text += &format!("  (above `{}`)", rule.said);
    }
    text
}

#[cfg(test)]
mod tests;
