//! The calls of a group. Some calls are members only with some arguments.
//!
//! A rule that permits the group permits those calls only under their conditions. A rule that does anything else
//! with it applies to them whatever their arguments: a denial must not be narrower than it looks.

use crate::abi::Abi;
use crate::errors::Reported;
use crate::lists::{parts, split_once, trimmed};
use crate::policy::{Condition, Operator};
use crate::table::GroupCall;

use super::Resolver;
use super::argument::Call;
use crate::tree::{
    ArgumentExpr, ComparisonExpr, ConditionExpr, Element, Integer, Name, Relation, Span, ValueExpr,
    ValueKind,
};

impl Resolver<'_> {
    /// The rules for the calls of a group: the numbers that have one condition, and that condition.
    pub(super) fn members(
        &mut self,
        calls: Vec<GroupCall>,
        permits: bool,
        span: Span,
        abi: Abi,
    ) -> Result<Vec<(Vec<u32>, Condition)>, Reported> {
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        for GroupCall { number, conditions } in calls {
            let call = Call::new(abi, number);
            let mut any = Vec::new();
            for condition in conditions {
                let condition = conjunction(condition, span);
                // On some ABIs the call takes a structure with what is an argument on others.
                let seen = |part: &ComparisonExpr| call.has_argument(&part.subject.argument.text);
                if !permits || !condition.iter().all(seen) {
                    any.clear();
                    break;
                }
                let mut all = Vec::new();
                for part in condition {
                    all.push(ConditionExpr::Compare(part));
                }
                any.push(ConditionExpr::All(all));
            }
            match any.len() {
                0 => whole.push(number),
                1 => parts.push((vec![number], self.condition(&any.remove(0), &call)?)),
                _ => {
                    let condition = ConditionExpr::Any(any);
                    parts.push((vec![number], self.condition(&condition, &call)?));
                }
            }
        }
        if !whole.is_empty() {
            parts.insert(0, (whole, Condition::Always));
        }
        Ok(parts)
    }
}

/// A condition as the table of groups has it: comparisons, and all of them must hold.
fn conjunction(text: &str, span: Span) -> Vec<ComparisonExpr> {
    let mut all = Vec::new();
    for part in parts(text, " && ") {
        all.push(comparison(part, span));
    }
    all
}

/// A comparison as the table of groups has it, at the place of the group: `flags & (A | B) == C`, `cmd in {A, B}`.
fn comparison(text: &str, span: Span) -> ComparisonExpr {
    let (subject, relation) = match split_once(text, " in {") {
        Some((subject, set)) => {
            let mut elements = Vec::new();
            for element in parts(trimmed(set, b"}"), ", ") {
                elements.push(Element::Value(value(element, span)));
            }
            (subject, Relation::In(elements))
        }
        None => {
            let (subject, compared) = split_once(text, " == ").unwrap_or((text, ""));
            (subject, Relation::Operator(Operator::Equal, value(compared, span)))
        }
    };
    let (argument, mask) = match split_once(subject, " & ") {
        Some((argument, mask)) => (argument, Some(value(trimmed(mask, b"()"), span))),
        None => (subject, None),
    };
    let argument = Name { text: argument.to_owned(), span };
    ComparisonExpr { subject: ArgumentExpr { argument, cast: None, mask }, relation }
}

/// `A`, `A | B`, or a number. A word that is neither gets the error for an unknown constant.
fn value(text: &str, span: Span) -> ValueExpr {
    let words = parts(text, " | ");
    let kind = if words.len() > 1 {
        let mut joined = Vec::new();
        for word in words {
            joined.push(value(word, span));
        }
        ValueKind::Or(joined)
    } else if let Ok(number) = text.parse::<u64>() {
        ValueKind::Integer(Integer::decimal(number.into()))
    } else {
        ValueKind::Constant(Name { text: text.to_owned(), span })
    };
    ValueExpr { kind, span }
}
