//! Reads seccompiler's JSON.

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::policy::{Condition, Operator, Width};
use seccomp_ir::table;
use serde_json::Value;

use crate::formats::condition::{NEVER_HOLDS, compare, masked, never, simplified};
use crate::formats::constants;
use crate::formats::draft::{AbiDraft, Draft};
use crate::formats::import_options::Options;
use crate::formats::json::{self, Node};
use crate::formats::lost_bits::{outside_of_mask, upper_half};
use crate::formats::problem::{Findings, ProblemPlace};

/// The meaning of a filter of the file. `None` if it cannot be known.
pub(in crate::formats) fn import(
    text: &str,
    options: &Options<'_>,
    findings: &mut Findings,
) -> Option<Draft> {
    let value = json::read(text, findings)?;
    let root = Node::root(&value);
    let Value::Object(filters) = root.value else {
        findings.error(root.place(), "an object with a filter for each name is expected here");
        return None;
    };
    let names: Vec<&str> = filters.keys().map(String::as_str).collect();
    let name = match (&options.filter, &names[..]) {
        (Some(name), _) if filters.contains_key(name) => name.as_str(),
        (None, [name]) => name,
        (Some(name), _) => {
            findings.error(
                root.place(),
                format!("the file has no filter `{name}`: it has {}", names.join(", ")),
            );
            return None;
        }
        (None, []) => {
            findings.error(root.place(), "the file has no filter");
            return None;
        }
        (None, names) => {
            let help = format!("choose one with `--filter`: {}", names.join(", "));
            findings.error_with_help(root.place(), "the file has several filters", help);
            return None;
        }
    };
    let filter = root.field(name)?;
    let fields = ["mismatch_action", "default_action", "match_action", "filter_action", "filter"];
    filter.object(&fields, findings)?;
    let mut action = |names: [&str; 2]| match filter.field(names[0]).or(filter.field(names[1])) {
        Some(field) => self::action(&field, findings),
        None => {
            findings.error(filter.place(), format!("a filter needs a `{}`", names[0]));
            None
        }
    };
    let default = action(["mismatch_action", "default_action"]);
    let matched = action(["match_action", "filter_action"]);
    if let (true, Some(_)) = (default == matched, default) {
        findings.error(
            filter.place(),
            "both actions are the same, and seccompiler refuses such a filter",
        );
    }
    let Some(rules) = filter.field("filter") else {
        findings.error(filter.place(), "a filter needs a list `filter` of rules");
        return None;
    };
    let (default, matched) = (default?, matched?);
    let mut parts = vec![AbiDraft::new(options.target, default)];
    if options.target == Abi::X86_64 {
        // The filter does not tell x32 from x86_64, so x32 calls get the action for calls that do not match.
        parts.push(AbiDraft::new(Abi::X32, default));
    }
    let mut conditions: Vec<(u32, Option<Condition>, ProblemPlace)> = Vec::new();
    for rule in rules.elements(findings) {
        conditions.extend(self::rule(&rule, options.target, findings));
    }
    for (number, condition, place) in &conditions {
        let condition = match condition {
            Some(condition) => condition.clone(),
            // seccompiler ignores a rule without `args` if another rule for the call has them.
            None if conditions.iter().any(|(it, other, _)| it == number && other.is_some()) => {
                findings.remark(
                    place.clone(),
                    "this rule has no `args`, and another rule for the call has them: seccompiler ignores this one",
                );
                continue;
            }
            None => Condition::Always,
        };
        parts[0].add(*number, condition, matched, place.clone());
    }
    // `SeccompFilter`: "Kill the process" for other architectures.
    Some(Draft { parts, bad_arch: Action::KillProcess })
}

/// An action: a word, or an object with a word and a number.
fn action(field: &Node<'_>, findings: &mut Findings) -> Option<Action> {
    let number = |name: &str, findings: &mut Findings| {
        let number = field.field(name)?;
        let most = u64::from(if name == "errno" { Action::MAX_ERRNO } else { u16::MAX });
        let value = number.number(findings)?;
        if value > most {
            let message = format!("{value} is above {most}, the highest that a filter can return");
            findings.error(number.place(), message);
            return None;
        }
        u16::try_from(value).ok()
    };
    match field.value {
        Value::String(word) => match word.as_str() {
            "allow" => return Some(Action::Allow),
            "kill_thread" => return Some(Action::KillThread),
            "kill_process" => return Some(Action::KillProcess),
            "log" => return Some(Action::Log),
            "trap" => return Some(Action::Trap(0)),
            _ => {}
        },
        Value::Object(object) if object.len() == 1 && object.contains_key("errno") => {
            return number("errno", findings).map(Action::Errno);
        }
        Value::Object(object) if object.len() == 1 && object.contains_key("trace") => {
            return number("trace", findings).map(Action::Trace);
        }
        _ => {}
    }
    findings.error(
        field.place(),
        "this is not an action: they are \"allow\", \"log\", \"trap\", \"kill_thread\", \"kill_process\", {\"errno\": n} and {\"trace\": n}",
    );
    None
}

/// A rule: the number of its call, and its condition if it has `args`.
fn rule(
    rule: &Node<'_>,
    abi: Abi,
    findings: &mut Findings,
) -> Option<(u32, Option<Condition>, ProblemPlace)> {
    rule.object(&["syscall", "args", "comment"], findings)?;
    let Some(name) = rule.field("syscall") else {
        findings.error(rule.place(), "a rule needs a `syscall`");
        return None;
    };
    let call = name.text(findings)?;
    let number = table::number(abi, call);
    if number.is_none() {
        let message = if table::is_known(call) {
            format!("{abi} has no system call `{call}`, and seccompiler refuses such a filter")
        } else {
            constants::unknown_call(abi, call, findings)
        };
        findings.error(name.place(), message);
    }
    let Some(args) = rule.field("args") else { return Some((number?, None, name.place())) };
    let mut all = Some(Vec::new());
    for test in args.elements(findings) {
        match (self::test(&test, findings), &mut all) {
            (Some(test), Some(all)) => all.push(test),
            _ => all = None,
        }
    }
    let all = all?;
    if all.is_empty() {
        findings.error(args.place(), "`args` is empty, and seccompiler refuses that: leave it out");
        return None;
    }
    let condition = simplified(Condition::All(all), abi);
    if condition == never() {
        findings.remark(args.place(), NEVER_HOLDS);
    }
    Some((number?, Some(condition), name.place()))
}

/// One comparison.
fn test(test: &Node<'_>, findings: &mut Findings) -> Option<Condition> {
    test.object(&["index", "type", "op", "val", "comment"], findings)?;
    let mut field = |name: &str| {
        let field = test.field(name);
        if field.is_none() {
            findings.error(test.place(), format!("a comparison needs `{name}`"));
        }
        field
    };
    let (index, width, operator, value) =
        (field("index"), field("type"), field("op"), field("val"));
    let (index, width, operator) = (index?, width?, operator?);
    let argument = index.argument_index(findings)?;
    let width = match width.text(findings)? {
        "dword" => Width::W32,
        "qword" => Width::W64,
        other => {
            findings.error(width.place(), format!("`{other}` is neither \"dword\" nor \"qword\""));
            return None;
        }
    };
    let field = value?;
    let value = field.number(findings)?;
    if width == Width::W32 {
        upper_half(value, "seccompiler compares a \"dword\" in", &field.place(), findings);
    }
    if let Some(node) = operator.field("masked_eq") {
        let mask = node.number(findings)?;
        if width == Width::W32 {
            upper_half(mask, "seccompiler masks a \"dword\" in", &node.place(), findings);
        }
        let (mask, value) = (mask & width.ones(), value & width.ones());
        outside_of_mask(value, mask, "seccompiler", &field.place(), findings);
        return Some(masked(argument, width, Some(mask), Operator::Equal, value & mask));
    }
    let operator = match operator.value.as_str() {
        Some("eq") => Operator::Equal,
        Some("ne") => Operator::NotEqual,
        Some("lt") => Operator::Less,
        Some("le") => Operator::LessOrEqual,
        Some("gt") => Operator::Greater,
        Some("ge") => Operator::GreaterOrEqual,
        _ => {
            let message = "this is not an operator: they are \"eq\", \"ne\", \"lt\", \"le\", \"gt\", \"ge\" and {\"masked_eq\": mask}";
            findings.error(operator.place(), message);
            return None;
        }
    };
    Some(compare(argument, width, operator, value & width.ones()))
}
