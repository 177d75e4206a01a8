//! Conditions that the warnings ask about, and what a condition of a rule looks at.

use crate::abi::ArgumentIndex;
use crate::policy::{Comparison, Condition, Operator, Value, Width};

/// "The argument is that value", or that of it which `mask` keeps.
pub(super) fn equal(
    argument: ArgumentIndex,
    width: Width,
    mask: Option<u64>,
    value: u64,
) -> Condition {
    Condition::Compare(Comparison {
        argument,
        width,
        // The same bits are equal, whatever their sign.
        signed: false,
        mask: mask.map(Value::Known),
        operator: Operator::Equal,
        value: Value::Known(value & width.ones()),
    })
}

/// Whether `is_such` is true for one of the comparisons.
pub(super) fn any(condition: &Condition, is_such: &dyn Fn(&Comparison) -> bool) -> bool {
    match condition {
        Condition::Always => false,
        Condition::Compare(comparison) => is_such(comparison),
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().any(|part| any(part, is_such))
        }
        Condition::Not(inner) => any(inner, is_such),
    }
}
