//! Conditions with names to conditions on numbered, typed arguments.

use seccomp_ir::abi::Abi;
use seccomp_ir::policy::{self, Operator};

use super::argument::{Call, Typed};
use super::value::{Expression, Fit, RangeOfRustc, Use};
use super::{ComparedConstant, Resolver};
use crate::tree::{Comparison, Condition, Element, Range, Relation, Value, ValueKind};

impl Resolver<'_> {
    pub(super) fn condition(
        &mut self,
        condition: &Condition,
        call: &Call,
    ) -> Option<policy::Condition> {
        // Both sides are looked at even if one is wrong, so that all mistakes are reported.
        let many = |resolver: &mut Self, parts: &[Condition]| {
            let (mut all, mut right) = (Vec::new(), true);
            for part in parts {
                match resolver.condition(part, call) {
                    Some(part) => all.push(part),
                    None => right = false,
                }
            }
            right.then_some(all)
        };
        Some(match condition {
            Condition::All(all) => policy::Condition::All(many(self, all)?),
            Condition::Any(any) => policy::Condition::Any(many(self, any)?),
            Condition::Not(inner) => policy::Condition::Not(Box::new(self.condition(inner, call)?)),
            Condition::Compare(comparison) => self.comparison(comparison, call)?,
        })
    }

    fn comparison(&mut self, comparison: &Comparison, call: &Call) -> Option<policy::Condition> {
        let typed = self.typed(&comparison.subject, call)?;
        if typed.pointer {
            self.only_null(comparison, &typed, call.abi)?;
        }
        let mask = match &comparison.subject.mask {
            None => None,
            Some(mask) => Some(self.value(mask, &Fit::new(&typed, Use::Mask), call.abi)?),
        };
        let with = |operator, value| {
            policy::Condition::Compare(policy::Comparison {
                argument: typed.argument,
                width: typed.width,
                signed: typed.signed,
                mask,
                operator,
                value,
            })
        };
        match &comparison.relation {
            Relation::Operator(operator, value) => {
                let purpose = match operator {
                    Operator::Equal | Operator::NotEqual => Use::Equality,
                    _ => Use::Order,
                };
                let value = self.compared(value, &typed, purpose, call)?;
                Some(with(*operator, value))
            }
            Relation::In(elements) => {
                let mut any = Vec::new();
                let mut whole = true;
                for element in elements {
                    let element = match element {
                        Element::Value(value) => self
                            .compared(value, &typed, Use::Equality, call)
                            .map(|value| with(Operator::Equal, value)),
                        Element::Range(range) => self.range(range, &typed, call, &with),
                    };
                    whole &= element.is_some();
                    any.extend(element);
                }
                whole.then(
                    || if any.len() == 1 { any.remove(0) } else { policy::Condition::Any(any) },
                )
            }
        }
    }

    /// What an argument is compared with. A constant's name is noted.
    fn compared(
        &mut self,
        value: &Value,
        typed: &Typed,
        purpose: Use,
        call: &Call,
    ) -> Option<policy::Value> {
        let resolved = self.value(value, &Fit::new(typed, purpose), call.abi)?;
        if let (ValueKind::Constant(name), policy::Value::Known(value)) = (&value.kind, resolved) {
            self.constants.push(ComparedConstant {
                abi: call.abi,
                nr: call.number,
                argument: typed.argument,
                value,
                name: name.clone(),
            });
        }
        Some(resolved)
    }

    fn range(
        &mut self,
        range: &Range,
        typed: &Typed,
        call: &Call,
        with: &dyn Fn(Operator, policy::Value) -> policy::Condition,
    ) -> Option<policy::Condition> {
        let mut bound = |value: &Option<Value>| match value {
            None => Some(None),
            Some(value) => self.compared(value, typed, Use::Order, call).map(Some),
        };
        let first = bound(&range.first);
        let last = bound(&range.last);
        let (first, last) = (first?, last?);
        if let (Some(first), Some(last)) = (first, last) {
            self.not_empty(range, first, last, Fit::new(typed, Use::Order), call)?;
        }
        let upper = if range.inclusive { Operator::LessOrEqual } else { Operator::Less };
        let bounds = first.map(|value| with(Operator::GreaterOrEqual, value)).into_iter();
        let mut all: Vec<_> = bounds.chain(last.map(|value| with(upper, value))).collect();
        Some(if all.len() == 1 { all.remove(0) } else { policy::Condition::All(all) })
    }

    /// Nothing is in a range whose bounds are upside down. If one of them is rustc's, so is the check.
    fn not_empty(
        &mut self,
        range: &Range,
        first: policy::Value,
        last: policy::Value,
        fit: Fit,
        call: &Call,
    ) -> Option<()> {
        let Range { inclusive, span, .. } = *range;
        let (policy::Value::Known(low), policy::Value::Known(high)) = (first, last) else {
            let [first, last] = [first, last].map(|bound| match bound {
                policy::Value::Known(known) => Expression::Known(known),
                policy::Value::Symbol(symbol) => self.symbols[symbol.0 as usize].expression.clone(),
            });
            self.ranges.push(RangeOfRustc { first, last, inclusive, fit, span });
            return Some(());
        };
        let (low, high) = (low ^ fit.sign(), high ^ fit.sign());
        let message = if low > high {
            "this range is upside down and matches nothing: the lower bound goes first"
        } else if low == high && !inclusive {
            "this range is empty: `..` leaves its end out, `..=` has it"
        } else {
            return Some(());
        };
        self.errors.on(call.abi, span, message);
        None
    }

    /// A filter sees a pointer's value and never what it points to.
    fn only_null(&mut self, comparison: &Comparison, typed: &Typed, abi: Abi) -> Option<()> {
        use crate::tree::ValueKind::Integer;
        let null = match &comparison.relation {
            Relation::Operator(Operator::Equal | Operator::NotEqual, value) => {
                matches!(value.kind, Integer(0)) && comparison.subject.mask.is_none()
            }
            _ => false,
        };
        if null {
            return Some(());
        }
        let argument = &comparison.subject.argument;
        let message = format!(
            "{} is a pointer, and a filter cannot follow it: it can be compared with 0 only; to compare the address itself write `{argument} as u64`",
            typed.description
        );
        self.errors.on(abi, argument.span(), message);
        None
    }
}
