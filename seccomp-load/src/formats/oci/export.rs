//! Writes OCI profiles.

use std::collections::BTreeMap;

use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::action::Action;
use seccomp_ir::policy::{Condition, Operator, Width};
use seccomp_ir::table;
use serde_json::{Map, Value, json};

use super::import::BAD_ARCH;
use super::profile_names::{MASKED_EQ, OPERATORS, architecture};
use crate::formats::alternatives::{alternatives, deciding_cubes};
use crate::formats::condition::known;
use crate::formats::draft::{Draft, Step};
use crate::formats::draft_of_policy::OtherAbis;
use crate::formats::libseccomp::Test;
use crate::formats::problem::{Findings, ProblemPlace};

/// The action of libseccomp for calls through ABIs that the file does not serve.
pub(in crate::formats) const OTHER_ABIS: OtherAbis =
    OtherAbis { bad_arch: BAD_ARCH, tells_x32: true, tool: "libseccomp" };

/// The profile: the `seccomp` object of a configuration.
pub(in crate::formats) fn export(draft: &Draft, findings: &mut Findings) -> String {
    let mut profile = Map::new();
    let first = &draft.parts[0];
    put_action(
        "default",
        first.default,
        &ProblemPlace::Path(String::new()),
        &mut profile,
        findings,
    );
    let names: Vec<Value> = draft.parts.iter().map(|part| architecture(part.abi).into()).collect();
    profile.insert("architectures".to_owned(), names.into());
    let mut plain: BTreeMap<Action, (Vec<Value>, ProblemPlace)> = BTreeMap::new();
    let mut rules = Vec::new();
    for (call, steps) in calls(draft, findings) {
        if let [Step { condition: Condition::Always, action, place }] = steps {
            plain.entry(*action).or_insert((Vec::new(), place.clone())).0.push(call.into());
            continue;
        }
        for (index, step) in steps.iter().enumerate() {
            if step.action == first.default {
                continue;
            }
            let all = if steps.len() == 1 { only_tests(step) } else { None };
            let all = all.unwrap_or_else(|| tests(&steps[..index], step, findings));
            for tests in all {
                let args: Vec<Value> = tests.iter().map(|(at, test)| arg(*at, *test)).collect();
                rules.push(rule(vec![call.into()], step.action, args, &step.place, findings));
            }
        }
    }
    for (action, (names, place)) in plain {
        rules.push(rule(names, action, Vec::new(), &place, findings));
    }
    profile.insert("syscalls".to_owned(), rules.into());
    serde_json::to_string_pretty(&profile).unwrap_or_default() + "\n"
}

/// The calls by name, each with its steps on the ABI with the widest registers.
fn calls<'a>(draft: &'a Draft, findings: &mut Findings) -> BTreeMap<&'static str, &'a [Step]> {
    let mut calls: BTreeMap<&'static str, (Abi, &[Step])> = BTreeMap::new();
    for part in &draft.parts {
        for (&number, steps) in &part.chains {
            match table::name(part.abi, number) {
                Some(call) => {
                    let known = calls.entry(call).or_insert((part.abi, steps));
                    if part.abi.long_bits() > known.0.long_bits() {
                        *known = (part.abi, steps);
                    }
                }
                None => {
                    let place = steps
                        .first()
                        .map_or(ProblemPlace::Path(String::new()), |step| step.place.clone());
                    findings.error(
                        place,
                        format!("call {number} has no name, and a profile names calls"),
                    );
                }
            }
        }
    }
    calls.into_iter().map(|(call, (_, steps))| (call, steps)).collect()
}

/// The only step of a call as one rule. A rule alone can have any comparison. libseccomp mishandles several rules for one call
/// that compare order: docs/peers.md.
fn only_tests(step: &Step) -> Option<Vec<Vec<(ArgumentIndex, Test)>>> {
    match &alternatives(&step.condition)?[..] {
        [all] => Some(vec![native(all)?]),
        _ => None,
    }
}

/// The rules of a step after `earlier` ones: each is a list of comparisons of different arguments.
fn tests(
    earlier: &[Step],
    step: &Step,
    findings: &mut Findings,
) -> Vec<Vec<(ArgumentIndex, Test)>> {
    let Ok(cubes) = deciding_cubes(earlier, step) else {
        let message = "this condition would take more than 512 rules, as libseccomp compares with masks alone";
        findings.error(step.place.clone(), message);
        return Vec::new();
    };
    let mut rules = Vec::new();
    for cube in cubes {
        let mut tests = Vec::new();
        for (at, (&mask, &value)) in
            ArgumentIndex::ALL.into_iter().zip(cube.mask.iter().zip(&cube.value))
        {
            match mask {
                0 => {}
                u64::MAX => tests.push((at, Test::Is(Operator::Equal, value))),
                mask => tests.push((at, Test::MaskedEqual { mask, value })),
            }
        }
        rules.push(tests);
    }
    rules
}

/// The comparisons as one rule, if libseccomp has all of them and they are of different arguments.
fn native(all: &[seccomp_ir::policy::Comparison]) -> Option<Vec<(ArgumentIndex, Test)>> {
    let mut tests: Vec<(ArgumentIndex, Test)> = Vec::new();
    for comparison in all {
        let value = known(comparison.value);
        let test = match (comparison.mask, comparison.width) {
            (None, Width::W64) if !comparison.signed => Test::Is(comparison.operator, value),
            (None, Width::W64) => return None,
            // Whatever else is compared for equality is an equality under a mask.
            (mask, width) if comparison.operator == Operator::Equal => {
                let mask = mask.map_or(width.ones(), known) & width.ones();
                Test::MaskedEqual { mask, value: value & width.ones() }
            }
            // Whatever else is left, libseccomp has no comparison for it.
            _ => return None,
        };
        if tests.iter().any(|(at, _)| *at == comparison.argument) {
            return None;
        }
        tests.push((comparison.argument, test));
    }
    Some(tests)
}

fn arg(index: ArgumentIndex, test: Test) -> Value {
    let index = index as u8;
    match test {
        Test::Is(operator, value) => {
            let name =
                OPERATORS.iter().find(|(_, it)| *it == operator).map_or("", |(name, _)| name);
            json!({ "index": index, "op": name, "value": value })
        }
        Test::MaskedEqual { mask, value } => {
            json!({ "index": index, "op": MASKED_EQ, "value": mask, "valueTwo": value })
        }
    }
}

fn rule(
    names: Vec<Value>,
    action: Action,
    args: Vec<Value>,
    place: &ProblemPlace,
    findings: &mut Findings,
) -> Value {
    let mut rule = Map::new();
    rule.insert("names".to_owned(), names.into());
    put_action("", action, place, &mut rule, findings);
    if !args.is_empty() {
        rule.insert("args".to_owned(), args.into());
    }
    rule.into()
}

/// Adds an action: `action` and `errnoRet`, or with the beginning `default` their other names.
fn put_action(
    beginning: &str,
    action: Action,
    place: &ProblemPlace,
    object: &mut Map<String, Value>,
    findings: &mut Findings,
) {
    let (word, data) = match action {
        Action::Allow => ("SCMP_ACT_ALLOW", None),
        Action::Log => ("SCMP_ACT_LOG", None),
        Action::Notify => ("SCMP_ACT_NOTIFY", None),
        Action::Errno(errno) => ("SCMP_ACT_ERRNO", Some(errno)),
        Action::Trace(data) => ("SCMP_ACT_TRACE", Some(data)),
        Action::Trap(0) => ("SCMP_ACT_TRAP", None),
        Action::Trap(data) => {
            findings.error(
                place.clone(),
                format!("a profile has no number for SCMP_ACT_TRAP, and this is trap({data})"),
            );
            return;
        }
        Action::KillThread => ("SCMP_ACT_KILL_THREAD", None),
        Action::KillProcess => ("SCMP_ACT_KILL_PROCESS", None),
    };
    let of = |name: &str| match beginning {
        "" => name[..1].to_ascii_lowercase() + &name[1..],
        beginning => format!("{beginning}{name}"),
    };
    object.insert(of("Action"), word.into());
    if let Some(data) = data {
        object.insert(of("ErrnoRet"), data.into());
    }
}
