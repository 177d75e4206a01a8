//! Writes policies and filters as JSON for `tests/independent/check.py`.

use seccomp_ir::abi::{Endian, Half};
use seccomp_ir::filter::{Filter, SymbolOperand};
use seccomp_ir::policy::{Comparison, Condition, Operator, Policy, PolicyAction, Value};
use serde_json::{Value as Json, json};

/// A policy, its filter, filters that should be equal to it, and some that should differ.
pub(crate) fn line(
    name: &str,
    policy: &Policy,
    compiled: &Filter,
    equal: &[Filter],
    different: &[Filter],
) -> String {
    let big = policy.abis[0].abi.endian() == Endian::Big;
    json!({
        "name": name,
        "big_endian": big,
        "policy": policy_json(policy),
        "program": filter(compiled),
        "equal": equal.iter().map(filter).collect::<Vec<_>>(),
        "different": different.iter().map(filter).collect::<Vec<_>>(),
    })
    .to_string()
}

/// `[code, jt, jf, k, operand]` for each instruction; the operand is null or from a relocation.
fn filter(filter: &Filter) -> Json {
    let instructions = filter.instructions.iter().enumerate().map(|(i, instruction)| {
        let operand = filter.relocations.iter().find(|relocation| relocation.index.0 == i);
        let operand = operand.map(|relocation| match relocation.operand {
            SymbolOperand::Word { symbol, half, keep, flip } => {
                json!({"symbol": symbol.0, "high": half == Half::High, "keep": keep, "flip": flip})
            }
            SymbolOperand::ReturnErrno(symbol) => json!({"errno": symbol.0}),
        });
        json!([instruction.code, instruction.jt, instruction.jf, instruction.k, operand])
    });
    Json::Array(instructions.collect())
}

pub(crate) fn policy_json(policy: &Policy) -> Json {
    let parts = policy.abis.iter().map(|part| {
        let (first, last) = part.abi.numbers();
        let rules = part.rules.iter().map(|rule| {
            json!({
                "numbers": rule.numbers,
                "condition": condition(&rule.condition),
                "action": action(rule.action),
            })
        });
        json!({
            "arch": part.abi.audit_arch(),
            "first": first,
            "last": last,
            "rules": rules.collect::<Vec<_>>(),
            "unknown": part.unknown.as_ref().map(|unknown| json!({
                "known": unknown.known,
                "action": action(unknown.action),
            })),
            "default": action(part.default),
        })
    });
    json!({"abis": parts.collect::<Vec<_>>(), "bad_arch": action(policy.bad_arch)})
}

fn action(action: PolicyAction) -> Json {
    match action {
        PolicyAction::Action(action) => json!({"returns": action.to_return_value()}),
        PolicyAction::ErrnoOf(symbol) => json!({"errno": symbol.0}),
    }
}

fn condition(of: &Condition) -> Json {
    match of {
        Condition::Always => json!({"all": []}),
        Condition::All(parts) => json!({"all": parts.iter().map(condition).collect::<Vec<_>>()}),
        Condition::Any(parts) => json!({"any": parts.iter().map(condition).collect::<Vec<_>>()}),
        Condition::Not(inner) => json!({"not": condition(inner)}),
        Condition::Compare(comparison) => compare(comparison),
    }
}

fn compare(comparison: &Comparison) -> Json {
    json!({
        "argument": comparison.argument as u8,
        "bits": comparison.width.bits(),
        "signed": comparison.signed,
        "mask": comparison.mask.map(value),
        "operator": match comparison.operator {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
        },
        "value": value(comparison.value),
    })
}

fn value(value: Value) -> Json {
    match value {
        Value::Known(known) => json!({"known": known}),
        Value::Symbol(symbol) => json!({"symbol": symbol.0}),
    }
}
