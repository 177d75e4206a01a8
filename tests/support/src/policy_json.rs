//! Policies as JSON, for the programs of `tests/independent`.

use seccomp_ir::policy::{Comparison, Condition, Operator, Policy, PolicyAction, Value};
use serde_json::{Value as Json, json};

/// The policy as `tests/independent/check.py` reads it.
#[must_use]
pub fn policy_json(policy: &Policy) -> Json {
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
