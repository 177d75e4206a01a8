//! Reads the workloads from JSON, and makes policies and calls of them.

use std::collections::BTreeMap;

use seccomp_ir::abi::{Abi, ArgumentIndex, Call};
use seccomp_ir::action::Action;
use seccomp_ir::filter::Filter;
use seccomp_ir::lower::lower;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Value, Width,
};
use seccomp_ir::table;
use serde_json::Value as Json;

/// One policy, and its calls.
#[derive(Debug)]
pub struct Workload {
    /// Its name in the tables.
    pub name: String,
    json: Json,
    frequency: BTreeMap<u32, f64>,
}

/// All seven.
pub fn workloads() -> Vec<Workload> {
    let all = [
        include_str!("../../../seccomp-ir/tests/workloads/W1.json"),
        include_str!("../../../seccomp-ir/tests/workloads/W2.json"),
        include_str!("../../../seccomp-ir/tests/workloads/W3.json"),
        include_str!("../../../seccomp-ir/tests/workloads/W4.json"),
        include_str!("../../../seccomp-ir/tests/workloads/W5.json"),
        include_str!("../../../seccomp-ir/tests/workloads/W6.json"),
        include_str!("../../../seccomp-ir/tests/workloads/W7.json"),
    ];
    all.into_iter().map(Workload::new).collect()
}

impl Workload {
    fn new(text: &str) -> Self {
        let json: Json = serde_json::from_str(text).unwrap();
        let mut frequency = BTreeMap::new();
        for rule in json["rules"].as_array().unwrap() {
            let number = number(&rule["nr"]);
            let hundredths = table::frequency(Abi::X86_64, number);
            frequency.insert(number, f64::from(hundredths) / 100.0);
        }
        Self { name: json["name"].as_str().unwrap().to_owned(), json, frequency }
    }

    fn rules(&self) -> &[Json] {
        self.json["rules"].as_array().unwrap()
    }

    /// The number of times that the call is made among about a hundred calls.
    pub fn frequency(&self, number: u32) -> f64 {
        self.frequency.get(&number).copied().unwrap_or(0.01)
    }

    /// The policy.
    pub fn policy(&self) -> Policy {
        let rules = self.rules().iter().enumerate().map(|(index, rule)| Rule {
            numbers: vec![number(&rule["nr"])],
            condition: condition(rule["when"].as_array().unwrap()),
            action: action(&rule["action"]),
            hot: false,
            origin: Origin(index as u32),
        });
        let part = AbiPolicy {
            abi: Abi::X86_64,
            rules: rules.collect(),
            unknown: None,
            default: action(&self.json["default"]),
        };
        let bad_arch = action(&self.json["badarch"]);
        Policy::new(PolicyParts { abis: vec![part], bad_arch }).unwrap()
    }

    /// The same policy, with every argument compared in the width that the kernel declares for it.
    pub fn typed_policy(&self) -> Policy {
        let mut parts = self.policy().into_parts();
        for rule in &mut parts.abis[0].rules {
            let name = table::name(Abi::X86_64, rule.numbers[0]).unwrap();
            let signature = table::signature(Abi::X86_64, name).unwrap();
            let Condition::All(all) = &mut rule.condition else { continue };
            for condition in all {
                let Condition::Compare(comparison) = condition else { continue };
                let ty = signature.type_at(comparison.argument);
                comparison.signed = ty.signed;
                comparison.width = if ty.bits == 64 { Width::W64 } else { Width::W32 };
                // The value in the policy has that type.
                let Value::Known(value) = &mut comparison.value else { continue };
                *value &= comparison.width.ones();
            }
        }
        Policy::new(parts).unwrap()
    }

    /// Its filter.
    pub fn lower(&self, policy: &Policy) -> Filter {
        lower(policy, &table::frequency).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// For each allowed call number, a call for each of its rules.
    pub fn allowed_calls(&self) -> BTreeMap<u32, Vec<Call>> {
        let mut calls: BTreeMap<u32, Vec<Call>> = BTreeMap::new();
        for rule in self.rules() {
            if rule["action"]["kind"] == "allow" {
                let mut call = call(number(&rule["nr"]));
                for test in rule["when"].as_array().unwrap() {
                    call.args[argument(test) as usize] = witness(test);
                }
                calls.entry(call.nr).or_default().push(call);
            }
        }
        calls
    }

    /// Calls of x86_64 that no rule names.
    pub fn unlisted_calls(&self) -> Vec<Call> {
        let listed = |number: &u32| self.rules().iter().any(|rule| rule["nr"] == *number);
        let calls = table::calls(Abi::X86_64).map(|(number, _)| number);
        calls.filter(|number| !listed(number)).map(call).collect()
    }
}

fn call(nr: u32) -> Call {
    Call { nr, arch: Abi::X86_64.audit_arch(), ..Call::default() }
}

fn number(json: &Json) -> u32 {
    u32::try_from(json.as_u64().unwrap()).unwrap()
}

fn action(json: &Json) -> PolicyAction {
    let data = u16::try_from(json["data"].as_u64().unwrap()).unwrap();
    PolicyAction::Action(match json["kind"].as_str().unwrap() {
        "allow" => Action::Allow,
        "errno" => Action::Errno(data),
        "trap" => Action::Trap(data),
        "kill_process" => Action::KillProcess,
        other => panic!("unknown action {other}"),
    })
}

fn condition(tests: &[Json]) -> Condition {
    if tests.is_empty() {
        return Condition::Always;
    }
    Condition::All(tests.iter().map(|test| Condition::Compare(comparison(test))).collect())
}

fn argument(test: &Json) -> ArgumentIndex {
    ArgumentIndex::ALL[test["arg"].as_u64().unwrap() as usize]
}

fn comparison(test: &Json) -> Comparison {
    let known = |key: &str| test[key].as_u64().map(Value::Known);
    Comparison {
        argument: argument(test),
        width: if test["bits"] == 32 { Width::W32 } else { Width::W64 },
        signed: false,
        mask: known("mask"),
        operator: match test["op"].as_str().unwrap() {
            "==" | "&==" => Operator::Equal,
            "!=" | "&!=" => Operator::NotEqual,
            "<" => Operator::Less,
            ">" => Operator::Greater,
            other => panic!("unknown operator {other}"),
        },
        value: known("val").unwrap(),
    }
}

/// A value of the argument that satisfies `test`.
fn witness(test: &Json) -> u64 {
    let value = test["val"].as_u64().unwrap();
    match test["op"].as_str().unwrap() {
        "<" => value - 1,
        ">" => value + 1,
        "&!=" => {
            let mask = test["mask"].as_u64().unwrap();
            mask & mask.wrapping_neg()
        }
        _ => value,
    }
}
