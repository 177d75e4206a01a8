//! Calls that older ABIs also make through `socketcall` or `ipc`, whose arguments are in memory, which
//! no filter can read. A rule about `socket` does not apply to `socketcall` there. The policy is refused if
//! the other call can make a call that such a rule denies.
//!
//! Only the actions count: the action of the call, and the action of the other call where it leads to the
//! first one. It does not matter how the rule is written, and which errno it gives.

use crate::abi::{Abi, ArgumentIndex};
use crate::action::Action;
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::errors::Errors;
use crate::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, PolicyAction, Rule, Value, Width,
};
use crate::table::{self, Multiplexed};

use super::{LintContext, decides};
use crate::lists::add;
use crate::tree::Span;

/// What happens to a call, from the strictest to the most permissive.
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

/// What happens to a call with this action. An errno that rustc evaluates denies the call, whatever its
/// value.
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

/// A rule on a call that another call can make with a more permissive action.
struct SideStep {
    name: &'static str,
    /// The other call.
    by: &'static str,
    /// The numbers with which the other call leads there, except those that are not more permissive.
    numbers: Vec<u32>,
    /// What happens to the call through the other one; `None` if the conditions on both are too large to be
    /// compared.
    through: Option<Made>,
    /// The rule with that action.
    open: Option<Origin>,
}

pub(super) fn check(subject: &LintContext<'_>, errors: &mut Errors) {
    for part in subject.parts() {
        // If an ABI has a call only through the other one, no rule there is about the call. Then the rules of the
        // ABIs on which the call has a name apply.
        for named in subject.parts() {
            for rule in &named.rules {
                if !restricts(rule) {
                    continue;
                }
                // One error for each rule: a group may have many such calls.
                for &number in &rule.numbers {
                    if let Some(finding) = compare(subject, part, named, rule, number) {
                        let span = subject.place(rule.origin).span;
                        let mut error = side_stepped(span, part.abi, &finding);
                        if let Some(open) = finding.open {
                            let text = format!("`{}` is decided here", finding.by);
                            error = error.label(subject.place(open).span, text);
                        }
                        errors.add(error);
                        break;
                    }
                }
            }
        }
    }
}

/// Compares the action of call `number` on the ABI of `named`, where `rule` may decide some calls, with the
/// action, on the ABI of `part`, of the call that leads to it.
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
    // Each name is compared once: on the ABI itself, or else on the first ABI that has the name.
    let mut first = table::number(part.abi, name).map(|_| part.abi);
    for part in subject.parts() {
        first = first.or(table::number(part.abi, name).map(|_| part.abi));
    }
    if first != Some(named.abi) {
        return None;
    }
    let too_large = SideStep { name, by, numbers: vec![ways[0].number], through: None, open: None };
    let Some(direct) = subject.query.exactly(named, number, &Condition::Always) else {
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
        let Some(through) = subject.query.exactly(part, other, &leads_to(way)) else {
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

/// Whether a rule does more than allow every such call.
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
        Some(Made::IfOthersSaySo) => {
            ("leaves to a tracer or a supervisor", "this rule would be side-stepped")
        }
        Some(_) => ("allows", "this rule would be side-stepped"),
        None => (
            "may allow",
            "the conditions are too large to find out whether this rule is side-stepped",
        ),
    };
    // If the ABI has no number for a call, there is no other way to make it.
    let (also, libraries) = if has_number {
        ("also ", format!(" (C libraries that rely on Linux {since} make `{name}` directly)"))
    } else {
        ("", String::new())
    };
    let message = format!(
        "on {abi} `{name}` can {also}be made through `{by}`, which this policy {verb} and whose \
         arguments are behind a pointer that no filter can follow: {what}"
    );
    Diagnostic::new(ErrorCode::SideStepped, span, message).help(format!(
        "add `errno(ENOSYS) {by}({call} {numbers});` as the first rule, or for every ABI \
         `errno(ENOSYS) @multiplexers;`{libraries}"
    ))
}

/// The condition under which the multiplexer makes one of its calls.
fn leads_to(how: Multiplexed) -> Condition {
    // `ipc` has a version in the upper 16 bits of its first argument.
    let mask = if how.by == "ipc" { 0xffff } else { 0xffff_ffff };
    Condition::Compare(Comparison {
        argument: ArgumentIndex::A0,
        width: Width::W32,
        signed: false,
        mask: Some(Value::Known(mask)),
        operator: Operator::Equal,
        value: Value::Known(u64::from(how.number)),
    })
}
