//! Writes seccompiler's JSON.

use seccomp_ir::action::Action;
use seccomp_ir::policy::{Comparison, Operator, Width};
use seccomp_ir::table;
use serde_json::{Map, Value, json};

use crate::formats::alternatives::{
    Conjunction, alternatives, deciding_condition, deciding_cubes, mask_of, of_cube,
};
use crate::formats::condition::known;
use crate::formats::draft::{Draft, Step};
use crate::formats::draft_of_policy::OtherAbis;
use crate::formats::export::ExportOptions;
use crate::formats::problem::{Findings, ProblemPlace};

/// The action of seccompiler for calls through ABIs that the file does not serve.
pub(in crate::formats) const OTHER_ABIS: OtherAbis =
    OtherAbis { bad_arch: Action::KillProcess, tells_x32: false, tool: "seccompiler" };

/// A file with one filter.
pub(in crate::formats) fn export(
    draft: &Draft,
    options: &ExportOptions,
    findings: &mut Findings,
) -> String {
    let first = draft.only_part("a filter of seccompiler", findings);
    let mut matched: Option<Action> = None;
    let mut place_of_matched = ProblemPlace::Path(String::new());
    let mut rules = Vec::new();
    for (&number, steps) in &first.chains {
        for (index, step) in steps.iter().enumerate() {
            if step.action == first.default {
                continue;
            }
            if matched.is_none() {
                place_of_matched = step.place.clone();
            }
            if *matched.get_or_insert(step.action) != step.action {
                let message = format!(
                    "a filter of seccompiler has one action for all rules, and rules above this one have {}",
                    matched.unwrap_or(step.action)
                );
                findings.error(step.place.clone(), message);
                continue;
            }
            let Some(call) = table::name(first.abi, number) else {
                let message =
                    format!("call {number} has no name, and seccompiler's JSON names calls");
                findings.error(step.place.clone(), message);
                continue;
            };
            for all in conjunctions(&steps[..index], step, findings) {
                rules.push(rule(call, &all));
            }
        }
    }
    let place_of_default = ProblemPlace::Rule(format!("default {}", first.default));
    // A filter needs two different actions; without rules, the second can be any other one.
    let spare = if first.default == Action::Allow { Action::KillProcess } else { Action::Allow };
    let filter = json!({
        "mismatch_action": action(first.default, &place_of_default, findings),
        "match_action": action(matched.unwrap_or(spare), &place_of_matched, findings),
        "filter": rules,
    });
    let name = options.filter.as_deref().unwrap_or("main");
    serde_json::to_string_pretty(&json!({ name: filter })).unwrap_or_default() + "\n"
}

/// The rules of a step after `earlier` ones.
fn conjunctions(earlier: &[Step], step: &Step, findings: &mut Findings) -> Vec<Conjunction> {
    let sayable = |all: &Vec<Conjunction>| all.iter().flatten().all(is_sayable);
    if let Some(all) = alternatives(&deciding_condition(earlier, step)).filter(sayable) {
        // seccompiler ignores a rule without comparisons if the call has other rules.
        return if all.iter().any(Vec::is_empty) { vec![Vec::new()] } else { all };
    }
    match deciding_cubes(earlier, step) {
        Ok(cubes) => cubes.iter().map(of_cube).collect(),
        Err(_) => {
            let message = "this condition would take more than 512 rules";
            findings.error(step.place.clone(), message);
            Vec::new()
        }
    }
}

/// Whether seccompiler has the comparison.
fn is_sayable(comparison: &Comparison) -> bool {
    // Whatever else: seccompiler compares 32 or 64 bits.
    let is_width = matches!(comparison.width, Width::W32 | Width::W64);
    let is_equality = matches!(comparison.operator, Operator::Equal | Operator::NotEqual);
    let is_masked = comparison.mask.is_some();
    is_width
        && (is_equality || !comparison.signed)
        && (!is_masked || comparison.operator == Operator::Equal)
}

fn rule(call: &str, all: &[Comparison]) -> Value {
    let mut rule = Map::new();
    rule.insert("syscall".to_owned(), call.into());
    let mut args = Vec::new();
    for comparison in all {
        let operator = match (comparison.mask, comparison.operator) {
            (Some(_), _) => json!({ "masked_eq": mask_of(comparison) }),
            (None, Operator::Equal) => "eq".into(),
            (None, Operator::NotEqual) => "ne".into(),
            (None, Operator::Less) => "lt".into(),
            (None, Operator::LessOrEqual) => "le".into(),
            (None, Operator::Greater) => "gt".into(),
            (None, Operator::GreaterOrEqual) => "ge".into(),
        };
        let width = if comparison.width == Width::W64 { "qword" } else { "dword" };
        let value = known(comparison.value) & comparison.width.ones();
        args.push(
            json!({ "index": comparison.argument as u8, "type": width, "op": operator, "val": value }),
        );
    }
    if !args.is_empty() {
        rule.insert("args".to_owned(), args.into());
    }
    rule.into()
}

fn action(action: Action, place: &ProblemPlace, findings: &mut Findings) -> Value {
    match action {
        Action::Allow => "allow".into(),
        Action::Log => "log".into(),
        Action::Errno(errno) => json!({ "errno": errno }),
        Action::Trace(data) => json!({ "trace": data }),
        Action::Trap(0) => "trap".into(),
        Action::KillThread => "kill_thread".into(),
        Action::KillProcess => "kill_process".into(),
        Action::Trap(_) | Action::Notify => {
            findings.error(place.clone(), format!("seccompiler has no action {action}"));
            Value::Null
        }
    }
}
