//! Turns conditions with names into conditions on numbered, typed arguments.

use crate::abi::Abi;
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::errors::Reported;
use crate::fit::ValuePurpose;
use crate::policy::{self, Operator};

use super::argument::{Call, Typed};
use super::rustc_value::{Expression, Fit, RangeOfRustc};
use super::{ComparedConstant, Resolver};
use crate::tree::{ComparisonExpr, ConditionExpr, Element, Range, Relation, ValueExpr, ValueKind};

/// The left side of a comparison: a typed argument and its mask.
struct Masked {
    typed: Typed,
    mask: Option<policy::Value>,
}

impl Masked {
    fn with(&self, operator: Operator, value: policy::Value) -> policy::Condition {
        policy::Condition::Compare(policy::Comparison {
            argument: self.typed.argument,
            width: self.typed.width,
            signed: self.typed.signed,
            mask: self.mask,
            operator,
            value,
        })
    }
}

/// A single condition, or several, joined by `several`.
fn one_or(
    mut conditions: Vec<policy::Condition>,
    several: fn(Vec<policy::Condition>) -> policy::Condition,
) -> policy::Condition {
    if conditions.len() == 1 { conditions.remove(0) } else { several(conditions) }
}

impl Resolver<'_> {
    pub(super) fn condition(
        &mut self,
        condition: &ConditionExpr,
        call: &Call,
    ) -> Result<policy::Condition, Reported> {
        let outer = self.enter(condition, call);
        let resolved = match condition {
            ConditionExpr::All(all) => self.conditions(all, call).map(policy::Condition::All),
            ConditionExpr::Any(any) => self.conditions(any, call).map(policy::Condition::Any),
            ConditionExpr::Not(inner) => {
                self.condition(inner, call).map(|inner| policy::Condition::Not(Box::new(inner)))
            }
            ConditionExpr::Compare(comparison) => {
                self.domain = call.domain(&comparison.subject.argument.text);
                let resolved = self.comparison(comparison, call);
                self.domain = None;
                resolved
            }
        };
        if let Some(outer) = outer {
            self.commands = outer;
        }
        resolved
    }

    /// All are resolved even if one is wrong, so that all errors are reported.
    fn conditions(
        &mut self,
        parts: &[ConditionExpr],
        call: &Call,
    ) -> Result<Vec<policy::Condition>, Reported> {
        let (mut all, mut right) = (Vec::new(), Ok(()));
        for part in parts {
            match self.condition(part, call) {
                Ok(part) => all.push(part),
                Err(reported) => right = Err(reported),
            }
        }
        right.map(|()| all)
    }

    fn comparison(
        &mut self,
        comparison: &ComparisonExpr,
        call: &Call,
    ) -> Result<policy::Condition, Reported> {
        let subject = &comparison.subject;
        let typed = self.typed(&subject.argument, &subject.cast, call)?;
        let pointer = typed.pointer;
        if pointer {
            self.only_null(comparison, &typed, call.abi)?;
        }
        let mask = match &subject.mask {
            None => None,
            Some(mask) => {
                Some(self.value(mask, &Fit::new(&typed, ValuePurpose::Mask), call.abi)?)
            }
        };
        let subject = Masked { typed, mask };
        match &comparison.relation {
            Relation::Operator(operator, value) => {
                let purpose = match operator {
                    _ if pointer => ValuePurpose::Null,
                    Operator::Equal | Operator::NotEqual => ValuePurpose::Equality,
                    _ => ValuePurpose::Order,
                };
                let value = self.compared(value, &subject.typed, purpose, call)?;
                Ok(subject.with(*operator, value))
            }
            Relation::In(elements) => {
                let (mut any, mut right) = (Vec::new(), Ok(()));
                for element in elements {
                    match self.element(element, &subject, call) {
                        Ok(element) => any.push(element),
                        Err(reported) => right = Err(reported),
                    }
                }
                right.map(|()| one_or(any, policy::Condition::Any))
            }
        }
    }

    fn element(
        &mut self,
        element: &Element,
        subject: &Masked,
        call: &Call,
    ) -> Result<policy::Condition, Reported> {
        match element {
            Element::Value(value) => {
                let value = self.compared(value, &subject.typed, ValuePurpose::Equality, call)?;
                Ok(subject.with(Operator::Equal, value))
            }
            Element::Range(range) => self.range(range, subject, call),
        }
    }

    /// The value that an argument is compared with. Records the name of a constant.
    fn compared(
        &mut self,
        value: &ValueExpr,
        typed: &Typed,
        purpose: ValuePurpose,
        call: &Call,
    ) -> Result<policy::Value, Reported> {
        let resolved = self.value(value, &Fit::new(typed, purpose), call.abi)?;
        if let (ValueKind::Constant(name), policy::Value::Known(value)) = (&value.kind, resolved) {
            self.constants.push(ComparedConstant {
                abi: call.abi,
                nr: call.number,
                argument: typed.argument,
                value,
                name: name.text.clone(),
            });
        }
        Ok(resolved)
    }

    fn range(
        &mut self,
        range: &Range,
        subject: &Masked,
        call: &Call,
    ) -> Result<policy::Condition, Reported> {
        let first = self.bound(&range.first, &subject.typed, call);
        let last = self.bound(&range.last, &subject.typed, call);
        let (first, last) = (first?, last?);
        let mut all = Vec::new();
        if let Some(first) = first {
            all.push(subject.with(Operator::GreaterOrEqual, first));
        }
        if let Some(last) = last {
            let upper = if range.inclusive { Operator::LessOrEqual } else { Operator::Less };
            all.push(subject.with(upper, last));
        }
        if let Some(last) = &range.last {
            let fit = Fit::new(&subject.typed, ValuePurpose::Order);
            self.not_empty(range, range.first.as_ref(), last, fit, call)?;
        }
        Ok(one_or(all, policy::Condition::All))
    }

    /// The bound of a range, which may be missing.
    fn bound(
        &mut self,
        bound: &Option<ValueExpr>,
        typed: &Typed,
        call: &Call,
    ) -> Result<Option<policy::Value>, Reported> {
        match bound {
            None => Ok(None),
            Some(value) => Ok(Some(self.compared(value, typed, ValuePurpose::Order, call)?)),
        }
    }

    /// Reports an empty range. If a bound is a symbol, rustc or the running program makes the check.
    fn not_empty(
        &mut self,
        range: &Range,
        first: Option<&ValueExpr>,
        last: &ValueExpr,
        fit: Fit,
        call: &Call,
    ) -> Result<(), Reported> {
        let Range { inclusive, span, .. } = *range;
        let last = self.fitted(last, &fit, call.abi)?;
        let first = match first {
            Some(first) => self.fitted(first, &fit, call.abi)?,
            // It has its end, at the least.
            None if inclusive => return Ok(()),
            None => Expression::Known(fit.sign()),
        };
        let (Expression::Known(low), Expression::Known(high)) = (&first, &last) else {
            self.ranges.push(RangeOfRustc { first, last, inclusive, fit, span });
            return Ok(());
        };
        let (low, high) = (low ^ fit.sign(), high ^ fit.sign());
        let message = if low > high {
            "this range is upside down and matches nothing: the lower bound goes first"
        } else if low == high && !inclusive {
            "this range is empty: `..` excludes its end, `..=` includes it"
        } else {
            return Ok(());
        };
        let error = Diagnostic::new(ErrorCode::EmptyRange, span, message).on(call.abi);
        Err(self.errors.add(error))
    }

    /// Reports a pointer that is compared with something other than 0: a filter sees the address and never the
    /// memory there. If rustc evaluates the value, rustc checks that it is 0.
    fn only_null(
        &mut self,
        comparison: &ComparisonExpr,
        typed: &Typed,
        abi: Abi,
    ) -> Result<(), Reported> {
        use crate::tree::ValueKind::{Expression, Integer};
        let null = match &comparison.relation {
            Relation::Operator(Operator::Equal | Operator::NotEqual, value) => {
                matches!(
                    value.kind,
                    Integer(crate::tree::Integer { number: 0, .. }) | Expression(_)
                ) && comparison.subject.mask.is_none()
            }
            _ => false,
        };
        if null {
            return Ok(());
        }
        let argument = &comparison.subject.argument;
        let message = format!(
            "{} is a pointer, and a filter cannot follow it: it can only be compared with 0",
            typed.description
        );
        let error = Diagnostic::new(ErrorCode::PointerCompared, argument.span, message).on(abi);
        let help = format!("to compare the address itself write `{argument} as u64`");
        Err(self.errors.add(error.help(help)))
    }
}
