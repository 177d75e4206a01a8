//! The meaning of a policy: the reference for every other stage. The macros do not call it,
//! so `#[inline]` keeps code for it out of their builds.

use super::{AbiPolicy, Comparison, Condition, Operator, Policy, PolicyAction, Symbol, Value};
use crate::abi::Call;
use crate::action::Action;

/// Gives each [`Symbol`] its value: two's complement, extended to 64 bits.
pub type SymbolValues<'a> = &'a dyn Fn(Symbol) -> u64;

/// The action of `policy` for `call`; `symbols` gives the values of symbols.
#[inline]
#[must_use]
pub fn meaning(policy: &Policy, call: &Call, symbols: SymbolValues<'_>) -> Action {
    let action = policy
        .abis
        .iter()
        .find(|part| part.abi.has_call(call.arch, call.nr))
        .map_or(policy.bad_arch, |part| part_meaning(part, call, symbols));
    match action {
        PolicyAction::Action(action) => action,
        // A wider value does not reach this place: the expansion asserts its range.
        PolicyAction::ErrnoOf(symbol) => Action::Errno(symbols(symbol) as u16),
    }
}

#[inline]
fn part_meaning(part: &AbiPolicy, call: &Call, symbols: SymbolValues<'_>) -> PolicyAction {
    for rule in &part.rules {
        if rule.numbers.contains(&call.nr) && holds(&rule.condition, call, symbols) {
            return rule.action;
        }
    }
    part.unmatched(call.nr)
}

#[inline]
fn holds(condition: &Condition, call: &Call, symbols: SymbolValues<'_>) -> bool {
    match condition {
        Condition::Always => true,
        Condition::Compare(comparison) => compare(comparison, call, symbols),
        Condition::All(all) => all.iter().all(|part| holds(part, call, symbols)),
        Condition::Any(any) => any.iter().any(|part| holds(part, call, symbols)),
        Condition::Not(inner) => !holds(inner, call, symbols),
    }
}

#[inline]
fn compare(comparison: &Comparison, call: &Call, symbols: SymbolValues<'_>) -> bool {
    let ones = comparison.width.ones();
    let value_of = |value| match value {
        Value::Known(known) => known & ones,
        Value::Symbol(symbol) => symbols(symbol) & ones,
    };
    let mask = comparison.mask.map_or(ones, value_of);
    let left = call.argument(comparison.argument) & mask;
    let right = value_of(comparison.value);
    // Two's complement order is unsigned order of values whose sign bit is flipped.
    let sign = comparison.sign();
    let order = (left ^ sign).cmp(&(right ^ sign));
    match comparison.operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
    }
}
