//! A comparison that every value of its argument satisfies, or none, beside others that decide something: `fd >= 0` of an
//! unsigned `fd`, `cmd & 0xff00 == 0x54`. If it decides the whole condition, that is an error or a warning `always_true`.

use super::values::{is_of_tables, number};
use super::{Lint, Warnings};
use crate::abi::Abi;
use crate::policy::Operator;
use crate::table::{self, Argument};
use crate::tree::{
    ComparisonExpr, ConditionExpr, Element, ItemIndex, Relation, Span, ValueExpr, ValueKind,
};

/// The bits of numbers that this module looks at: those that all arguments have.
const BITS: u64 = 0xffff_ffff;

pub(super) fn find(
    abi: Abi,
    call: &str,
    argument: &Argument,
    item: ItemIndex,
    comparison: &ComparisonExpr,
    warnings: &mut Warnings<'_>,
) {
    let subject = &comparison.subject;
    let written = &subject.argument;
    let mut report = |span: Span, every: bool, why: &str| {
        let (whom, instead) = if every {
            ("every value", "remove this comparison, or compare with another value")
        } else {
            ("no value", "remove it, or compare with another value")
        };
        let message = format!(
            "{whom} of `{written}` of `{call}` satisfies this comparison: {why}\n{instead}"
        );
        warnings.add(Lint::AlwaysTrue, item, span, &message);
    };
    if let Some(mask) = &subject.mask {
        let mut outside = |value: &ValueExpr, operator| {
            let Some((mask_bits, bits)) = masked(mask, value, abi) else { return };
            let every = operator == Operator::NotEqual;
            if bits & !mask_bits != 0 {
                let why = format!("`{}` has bits outside of `{}`", value.quote(), mask.quote());
                report(value.span, every, &why);
            } else if number(mask, abi) == Some(0) {
                let why = format!("`{}` is 0 and keeps no bits", mask.quote());
                report(mask.span, !every, &why);
            }
        };
        match &comparison.relation {
            Relation::Operator(operator @ (Operator::Equal | Operator::NotEqual), value) => {
                outside(value, *operator);
            }
            Relation::Operator(
                Operator::Less
                | Operator::LessOrEqual
                | Operator::Greater
                | Operator::GreaterOrEqual,
                _,
            ) => {}
            Relation::In(elements) => {
                for element in elements {
                    if let Element::Value(value) = element {
                        outside(value, Operator::Equal);
                    }
                }
            }
        }
        return;
    }
    let signed = match &subject.cast {
        Some(cast) => cast.signed,
        None if table::depends_on_command(call, argument.name) => return,
        None => argument.ty.signed,
    };
    if signed || argument.ty.pointer && subject.cast.is_none() {
        return;
    }
    let why = format!("`{written}` is unsigned");
    match &comparison.relation {
        Relation::Operator(operator, value) if is_zero(value, abi) => match operator {
            Operator::GreaterOrEqual => report(value.span, true, &why),
            Operator::Less => report(value.span, false, &why),
            Operator::Equal | Operator::NotEqual | Operator::LessOrEqual | Operator::Greater => {}
        },
        Relation::Operator(..) => {}
        Relation::In(elements) => {
            for element in elements {
                let Element::Range(range) = element else { continue };
                if let (Some(first), None) = (&range.first, &range.last) {
                    if is_zero(first, abi) {
                        report(first.span, true, &why);
                    }
                }
            }
        }
    }
}

/// The advice about a rule that no call matches, if it compares with a value that has bits outside of its mask.
pub(crate) fn outside_of_mask(condition: &ConditionExpr, abi: Abi) -> Option<String> {
    let comparison = match condition {
        ConditionExpr::Compare(comparison) => comparison,
        ConditionExpr::All(parts) => {
            return parts.iter().find_map(|part| outside_of_mask(part, abi));
        }
        ConditionExpr::Any(_) | ConditionExpr::Not(_) => return None,
    };
    let (Some(mask), Relation::Operator(Operator::Equal, value)) =
        (&comparison.subject.mask, &comparison.relation)
    else {
        return None;
    };
    let (bits, number) = masked(mask, value, abi)?;
    if number & !bits == 0 {
        return None;
    }
    let shifted = number << bits.trailing_zeros().min(31);
    let instead =
        if bits != 0 && matches!(value.kind, ValueKind::Integer(_)) && shifted & !bits == 0 {
            format!(": write {shifted:#x} if {number:#x} is meant at the place of the mask")
        } else {
            ", so they are never equal: write the mask of these bits, or a value within the mask"
                .to_owned()
        };
    Some(format!("`{}` has bits outside of `{}`{instead}", value.quote(), mask.quote()))
}

/// The low bits of a mask and of a value under it, if the tables have both as numbers without a sign.
fn masked(mask: &ValueExpr, value: &ValueExpr, abi: Abi) -> Option<(u64, u64)> {
    if !is_of_tables(mask) || !is_of_tables(value) || is_negative(value) {
        return None;
    }
    Some((number(mask, abi)? & BITS, number(value, abi)? & BITS))
}

fn is_negative(value: &ValueExpr) -> bool {
    match &value.kind {
        ValueKind::Integer(integer) => integer.number < 0,
        ValueKind::Or(parts) => parts.iter().any(is_negative),
        ValueKind::Not(_) => true,
        ValueKind::Constant(_) | ValueKind::Expression(_) => false,
    }
}

fn is_zero(value: &ValueExpr, abi: Abi) -> bool {
    is_of_tables(value) && number(value, abi) == Some(0)
}
