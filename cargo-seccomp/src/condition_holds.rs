//! Whether a condition of a policy holds for a call, although registers or values of the policy may not be known.

use std::cmp::Ordering;

use seccomp_bpf::abi::ArgumentIndex;
use seccomp_ir::policy::{Comparison, Condition, Value};

/// Whether a condition holds for a call with these registers. `None` if that depends on a register that is not known, or on
/// a value that only rustc or the running program knows.
pub(crate) fn holds(condition: &Condition, registers: [Option<u64>; 6]) -> Option<bool> {
    match condition {
        Condition::Always => Some(true),
        Condition::All(parts) => joined(parts, registers, false),
        Condition::Any(parts) => joined(parts, registers, true),
        Condition::Not(inner) => holds(inner, registers).map(|held| !held),
        Condition::Compare(comparison) => compare(comparison, registers),
    }
}

/// Several conditions: a condition with the value `decisive` decides for all.
fn joined(parts: &[Condition], registers: [Option<u64>; 6], decisive: bool) -> Option<bool> {
    let mut all = Some(!decisive);
    for part in parts {
        match holds(part, registers) {
            Some(held) if held == decisive => return Some(decisive),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}

fn compare(comparison: &Comparison, registers: [Option<u64>; 6]) -> Option<bool> {
    let ones = comparison.width.ones();
    let known = |value| match value {
        Value::Known(known) => Some(known & ones),
        Value::Symbol(_) => None,
    };
    let mask = comparison.mask.map_or(Some(ones), known)?;
    let left = registers[comparison.argument as usize]? & mask;
    let sign = comparison.sign();
    let (less, equal, greater) = comparison.operator.outcomes();
    Some(match (left ^ sign).cmp(&(known(comparison.value)? ^ sign)) {
        Ordering::Less => less,
        Ordering::Equal => equal,
        Ordering::Greater => greater,
    })
}

/// Adds all arguments that a condition compares.
pub(crate) fn add_compared(condition: &Condition, arguments: &mut Vec<ArgumentIndex>) {
    match condition {
        Condition::Always => {}
        Condition::Compare(comparison) => arguments.push(comparison.argument),
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                add_compared(part, arguments);
            }
        }
        Condition::Not(inner) => add_compared(inner, arguments),
    }
}

#[cfg(test)]
mod tests {
    use seccomp_bpf::abi::ArgumentIndex::{A0, A1};
    use seccomp_ir::policy::{Operator, Width};

    use super::*;

    fn less_than(argument: ArgumentIndex, value: Value) -> Condition {
        Condition::Compare(Comparison {
            argument,
            width: Width::W32,
            signed: true,
            mask: None,
            operator: Operator::Less,
            value,
        })
    }

    #[test]
    fn an_unknown_register_matters_only_if_nothing_else_decides() {
        let (below, unknown) = (less_than(A0, Value::Known(5)), less_than(A1, Value::Known(5)));
        let registers = |first| [Some(first), None, None, None, None, None];
        // -1 in 32 bits.
        assert_eq!(holds(&below, registers(0xffff_ffff)), Some(true));
        assert_eq!(holds(&below, registers(5)), Some(false));
        assert_eq!(holds(&unknown, registers(5)), None);
        let any = Condition::Any(vec![unknown.clone(), below.clone()]);
        let all = Condition::All(vec![unknown, below]);
        assert_eq!((holds(&any, registers(4)), holds(&any, registers(5))), (Some(true), None));
        assert_eq!((holds(&all, registers(4)), holds(&all, registers(5))), (None, Some(false)));
        let not_all = Condition::Not(Box::new(all));
        assert_eq!(holds(&not_all, registers(5)), Some(true));
        let mut arguments = Vec::new();
        add_compared(&not_all, &mut arguments);
        assert_eq!(arguments, [A1, A0]);
    }
}
