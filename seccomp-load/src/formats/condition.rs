//! Conditions on the arguments of a call: making and simplifying them.

use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::policy::{Comparison, Condition, Operator, Value, Width};

/// `argument operator value` on the low `width` bits of the register, unsigned.
pub(super) fn compare(
    argument: ArgumentIndex,
    width: Width,
    operator: Operator,
    value: u64,
) -> Condition {
    masked(argument, width, None, operator, value)
}

/// `argument & mask operator value` on the low `width` bits of the register, unsigned.
pub(super) fn masked(
    argument: ArgumentIndex,
    width: Width,
    mask: Option<u64>,
    operator: Operator,
    value: u64,
) -> Condition {
    Condition::Compare(Comparison {
        argument,
        width,
        signed: false,
        mask: mask.map(Value::Known),
        operator,
        value: Value::Known(value),
    })
}

/// What a remark says of a rule whose condition never holds.
pub(super) const NEVER_HOLDS: &str =
    "no call satisfies these comparisons, so the rule has no effect";

/// The condition that never holds.
pub(super) fn never() -> Condition {
    Condition::Any(Vec::new())
}

/// The number of a value. The conditions of this module have no symbols.
pub(super) fn known(value: Value) -> u64 {
    match value {
        Value::Known(known) => known,
        Value::Symbol(_) => 0,
    }
}

/// The same condition without constant parts: `Always`, or an empty `Any`, which never holds, or a condition that
/// contains neither. Comparisons fit the registers of the ABI.
pub(super) fn simplified(condition: Condition, abi: Abi) -> Condition {
    match condition {
        Condition::Always => Condition::Always,
        Condition::Compare(comparison) => simplified_comparison(comparison, abi),
        Condition::Not(inner) => match simplified(*inner, abi) {
            Condition::Always => never(),
            Condition::Any(parts) if parts.is_empty() => Condition::Always,
            Condition::Compare(mut comparison) => {
                comparison.operator = comparison.operator.negated();
                simplified_comparison(comparison, abi)
            }
            Condition::Not(inner) => *inner,
            inner => Condition::Not(Box::new(inner)),
        },
        Condition::All(parts) => {
            let mut all = Vec::new();
            for part in parts {
                match simplified(part, abi) {
                    Condition::Always => {}
                    Condition::Any(parts) if parts.is_empty() => return never(),
                    Condition::All(parts) => all.extend(parts),
                    part => all.push(part),
                }
            }
            all.dedup();
            match all.len() {
                0 => Condition::Always,
                1 => all.remove(0),
                _ => Condition::All(all),
            }
        }
        Condition::Any(parts) => {
            let mut any = Vec::new();
            for part in parts {
                match simplified(part, abi) {
                    Condition::Always => return Condition::Always,
                    Condition::Any(parts) => any.extend(parts),
                    part => any.push(part),
                }
            }
            let mut any = with_bits_joined(any);
            any.dedup();
            if any.len() == 1 { any.remove(0) } else { Condition::Any(any) }
        }
    }
}

/// Replaces alternatives that each test one bit of the same argument with one comparison of all these bits.
fn with_bits_joined(any: Vec<Condition>) -> Vec<Condition> {
    let mut joined: Vec<Condition> = Vec::new();
    for condition in any {
        let Some((of, bits)) = some_bit(&condition) else {
            joined.push(condition);
            continue;
        };
        let known = joined.iter_mut().find_map(|other| match some_bit(other) {
            Some((it, more)) if (it.argument, it.width) == (of.argument, of.width) => {
                Some((other, more))
            }
            _ => None,
        });
        match known {
            Some((other, more)) => {
                *other = masked(of.argument, of.width, Some(bits | more), Operator::NotEqual, 0);
            }
            None => joined.push(masked(of.argument, of.width, Some(bits), Operator::NotEqual, 0)),
        }
    }
    joined
}

/// The bits, if the condition says that at least one of some bits must be set.
fn some_bit(condition: &Condition) -> Option<(Comparison, u64)> {
    let Condition::Compare(comparison) = condition else { return None };
    let (mask, value) = (known(comparison.mask?), known(comparison.value));
    match comparison.operator {
        Operator::NotEqual if value == 0 => Some((*comparison, mask)),
        Operator::Equal if value == mask && mask.is_power_of_two() => Some((*comparison, mask)),
        _ => None,
    }
}

fn simplified_comparison(mut comparison: Comparison, abi: Abi) -> Condition {
    let mut ones = comparison.width.ones();
    let value = known(comparison.value) & ones;
    if comparison.width == Width::W64 && abi.register_bits() == 32 && !comparison.signed {
        // The kernel extends the register with zeros.
        ones = Width::W32.ones();
        comparison.width = Width::W32;
        if value > ones {
            return match comparison.operator {
                Operator::Equal | Operator::Greater | Operator::GreaterOrEqual => never(),
                Operator::NotEqual | Operator::Less | Operator::LessOrEqual => Condition::Always,
            };
        }
    }
    let mut mask = comparison.mask.map_or(ones, |mask| known(mask) & ones);
    let low = Width::W32.ones();
    if comparison.width == Width::W64 && !comparison.signed && (mask | value) & !low == 0 {
        // Compare only the low half: that is mostly the width that the kernel uses.
        comparison.width = Width::W32;
        ones = low;
        mask &= low;
    }
    comparison.mask = (mask != ones).then_some(Value::Known(mask));
    let constant = |holds| if holds { Condition::Always } else { never() };
    if mask == 0 {
        // The left side is 0.
        let sign = comparison.sign();
        let order = sign.cmp(&(value ^ sign));
        let (less, equal, greater) = comparison.operator.outcomes();
        return constant(match order {
            std::cmp::Ordering::Less => less,
            std::cmp::Ordering::Equal => equal,
            std::cmp::Ordering::Greater => greater,
        });
    }
    match comparison.operator {
        Operator::Equal if value & !mask != 0 => return never(),
        Operator::NotEqual if value & !mask != 0 => return Condition::Always,
        Operator::Less if !comparison.signed && value == 0 => return never(),
        Operator::GreaterOrEqual if !comparison.signed && value == 0 => return Condition::Always,
        Operator::LessOrEqual if !comparison.signed && value >= mask => return Condition::Always,
        Operator::Greater if !comparison.signed && value >= mask => return never(),
        Operator::Less if !comparison.signed && value > mask => return Condition::Always,
        Operator::GreaterOrEqual if !comparison.signed && value > mask => return never(),
        _ => {}
    }
    comparison.value = Value::Known(value);
    if comparison.operator == Operator::Equal
        && value == mask
        && mask.is_power_of_two()
        && mask != ones
    {
        // One set bit.
        comparison.operator = Operator::NotEqual;
        comparison.value = Value::Known(0);
    }
    Condition::Compare(comparison)
}
