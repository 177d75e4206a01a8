//! The promises of the lowering beyond correctness, which the proof ensures.

mod bounds;
mod shape;

use seccomp_ir::abi::ArgumentIndex;
use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::bpf;
use seccomp_ir::filter::Filter;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Value, Width, meaning,
};

/// A policy for x86_64 that kills calls without a rule. Rules are numbered in order.
fn policy(mut rules: Vec<Rule>) -> Policy {
    for (index, rule) in rules.iter_mut().enumerate() {
        rule.origin = Origin(index as u32);
    }
    let kill = PolicyAction::Action(Action::KillProcess);
    let part = AbiPolicy { abi: Abi::X86_64, rules, unknown: None, default: kill };
    Policy::new(PolicyParts { abis: vec![part], bad_arch: kill }).unwrap()
}

fn allow(numbers: &[u32], condition: Condition) -> Rule {
    let action = PolicyAction::Action(Action::Allow);
    Rule { numbers: numbers.to_vec(), condition, action, hot: false, origin: Origin(0) }
}

fn errno(errno: u16) -> PolicyAction {
    PolicyAction::Action(Action::Errno(errno))
}

fn compare(
    argument: ArgumentIndex,
    width: Width,
    mask: Option<u64>,
    operator: Operator,
    value: u64,
) -> Condition {
    let (mask, value) = (mask.map(Value::Known), Value::Known(value));
    Condition::Compare(Comparison { argument, width, signed: false, mask, operator, value })
}

fn equal(argument: ArgumentIndex, width: Width, value: u64) -> Condition {
    compare(argument, width, None, Operator::Equal, value)
}

fn masked(argument: ArgumentIndex, width: Width, mask: u64, value: u64) -> Condition {
    compare(argument, width, Some(mask), Operator::Equal, value)
}

/// Compares a filter with its policy on every number of its rules, with these and other values in
/// the arguments.
fn agrees(policy: &Policy, filter: &Filter, values: &[u64]) {
    let instructions = filter.resolve(&|symbol| u64::from(symbol.0));
    bpf::check(&instructions).unwrap();
    let mut rng = fastrand::Rng::with_seed(7);
    let mut numbers: Vec<u32> = Vec::new();
    for rule in &policy.abis[0].rules {
        numbers.extend(rule.numbers.iter().flat_map(|&number| [number, number + 1]));
    }
    numbers.dedup();
    for step in 0..4000 {
        let mut call = Call {
            nr: numbers[step % numbers.len()],
            arch: Abi::X86_64.audit_arch(),
            ..Call::default()
        };
        for argument in &mut call.args {
            *argument = match (rng.choice(values), rng.u8(..4)) {
                (Some(value), 0..3) => value.wrapping_add(rng.u64(..3)).wrapping_sub(1),
                (_, 0) => rng.u64(..),
                _ => rng.u64(..8),
            };
        }
        let expected = meaning(policy, &call, &|symbol| u64::from(symbol.0));
        let actual = bpf::interpret(&instructions, &call, Abi::X86_64.endian());
        assert_eq!(actual, Ok(expected.to_return_value()), "{call:x?}");
    }
}
