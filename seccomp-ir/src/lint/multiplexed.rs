//! Calls that older ABIs also make through `socketcall` or `ipc`, whose arguments are in memory where
//! no filter can look: a rule about `socket` there says nothing about `socketcall`. What such a rule
//! keeps from being made must not be made through the other call, or the policy is refused.
//!
//! Only the answers count: what the filter says to the call, and what it says to the other call when
//! that leads to it. How the rule is written, and which errno it gives, does not matter.

use crate::abi::Abi;
use crate::action::Action;
use crate::diagnostic::{Diagnostic, Mistake};
use crate::errors::Errors;
use crate::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, PolicyAction, Rule, Value, Width,
};
use crate::table::{self, Multiplexed};

use super::{LintContext, decides};
use crate::lists::add;
use crate::tree::Span;

/// What becomes of a call, from the least to the most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Made {
    /// It is not made.
    Never,
    /// A tracer or a supervisor decides.
    IfOthersSaySo,
    /// It is made and leaves a line in the log.
    Logged,
    /// It is made.
    Always,
}

/// What becomes of a call that is answered so. With an errno left to rustc it is not made, whatever
/// that is.
fn made(action: PolicyAction) -> Made {
    if action.forbids() {
        Made::Never
    } else if !action.permits() {
        Made::IfOthersSaySo
    } else if action == PolicyAction::Action(Action::Allow) {
        Made::Always
    } else {
        Made::Logged
    }
}

/// What is wrong with a rule on a call to which another call leads.
struct SideStep {
    name: &'static str,
    /// The other call.
    by: &'static str,
    /// The numbers by which the other call leads there, but for those that are no more open.
    numbers: Vec<u32>,
    /// What becomes of the call by the other way; `None` if the conditions on both are too large to be
    /// compared.
    through: Option<Made>,
    /// The rule that makes it so.
    open: Option<Origin>,
}

pub(super) fn check(subject: &LintContext<'_>, errors: &mut Errors) {
    for part in subject.parts() {
        // An ABI may have a call only through the other one. It has no rule about it then, and what is
        // meant is what the policy says where the call has a name.
        for named in subject.parts() {
            for rule in &named.rules {
                if !restricts(rule) {
                    continue;
                }
                // One error for each rule: a group may have many such calls.
                for &number in &rule.numbers {
                    if let Some(finding) = compare(subject, part, named, rule, number) {
                        let span = subject.place(rule.origin).span;
                        let mut mistake = side_stepped(span, part.abi, &finding);
                        if let Some(open) = finding.open {
                            let text = format!("`{}` is answered here", finding.by);
                            mistake = mistake.label(subject.place(open).span, text);
                        }
                        errors.add(mistake);
                        break;
                    }
                }
            }
        }
    }
}

/// Holds what the filter says to call `number` of the ABI of `named`, of which `rule` may decide some,
/// against what it says on the ABI of `part` to the call that leads to it.
fn compare(
    subject: &LintContext<'_>,
    part: &AbiPolicy,
    named: &AbiPolicy,
    rule: &Rule,
    number: u32,
) -> Option<SideStep> {
    let name = table::name(named.abi, number)?;
    let ways = table::multiplexed(part.abi, name);
    let by = ways.first()?.by;
    let other = table::number(part.abi, by)?;
    // By its name it is looked at once: on the ABI itself, or else on the first that has the name.
    let mut first = table::number(part.abi, name).map(|_| part.abi);
    for part in subject.parts() {
        first = first.or(table::number(part.abi, name).map(|_| part.abi));
    }
    if first != Some(named.abi) {
        return None;
    }
    let too_large = SideStep { name, by, numbers: vec![ways[0].number], through: None, open: None };
    let Some(direct) = subject.answers.exactly(named, number, &Condition::Always) else {
        return Some(too_large);
    };
    if !decides(rule.origin, &direct) {
        return None;
    }
    let mut least = made(direct.first()?.action);
    for decider in direct.iter() {
        least = least.min(made(decider.action));
    }
    let (numbers, through) = (Vec::new(), Some(least));
    let mut finding = SideStep { name, by, numbers, through, open: None };
    for way in ways {
        let Some(through) = subject.answers.exactly(part, other, &leads_to(way)) else {
            return Some(too_large);
        };
        let mut most = made(through.first()?.action);
        for decider in through.iter() {
            most = most.max(made(decider.action));
        }
        if most > least {
            if finding.through < Some(most) {
                let opens = through.iter().find(|decider| made(decider.action) == most);
                finding.open = opens.and_then(|decider| decider.rule);
            }
            finding.numbers.push(way.number);
            finding.through = finding.through.max(Some(most));
        }
    }
    if finding.numbers.is_empty() { None } else { Some(finding) }
}

/// Whether a rule says more than that every such call is made.
fn restricts(rule: &Rule) -> bool {
    made(rule.action) < Made::Always || !matches!(rule.condition, Condition::Always)
}

fn side_stepped(span: Span, abi: Abi, finding: &SideStep) -> Diagnostic {
    let SideStep { name, by, numbers, through, .. } = finding;
    let has_number = table::number(abi, name).is_some();
    let abi = abi.name();
    let (call, since) = if *by == "ipc" { ("call & 0xffff", "5.1") } else { ("call", "4.3") };
    let numbers = match &numbers[..] {
        [number] => format!("== {number}"),
        numbers => {
            let mut list = String::new();
            for number in numbers {
                add(&mut list, &number.to_string(), ", ");
            }
            format!("in {{{list}}}")
        }
    };
    let (verb, what) = match through {
        Some(Made::IfOthersSaySo) => ("leaves to others", "this rule would be side-stepped"),
        Some(_) => ("allows", "this rule would be side-stepped"),
        None => ("may allow", "whether this rule is side-stepped is too much to find out"),
    };
    // A call that the ABI has no number for is made there in no other way.
    let (also, libraries) = if has_number {
        ("also ", format!(" (C libraries that rely on Linux {since} make `{name}` directly)"))
    } else {
        ("", String::new())
    };
    let message = format!(
        "on {abi} `{name}` can {also}be made through `{by}`, which this policy {verb} and whose \
         arguments are behind a pointer that no filter can follow: {what}"
    );
    Diagnostic::new(Mistake::SideStepped, span, message).help(format!(
        "add `errno(ENOSYS) {by}({call} {numbers});` above what {verb} it, or for every ABI \
         `errno(ENOSYS) @multiplexers;`{libraries}"
    ))
}

/// The calls of the multiplexer that lead to one of its calls.
fn leads_to(how: Multiplexed) -> Condition {
    // `ipc` has a version in the upper 16 bits of its first argument.
    let mask = if how.by == "ipc" { 0xffff } else { 0xffff_ffff };
    Condition::Compare(Comparison {
        argument: 0,
        width: Width::W32,
        signed: false,
        mask: Some(Value::Known(mask)),
        operator: Operator::Equal,
        value: Value::Known(u64::from(how.number)),
    })
}
