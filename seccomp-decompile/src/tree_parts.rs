//! Parts of trees that come from no text: their spans mean nothing.

use seccomp_ir::policy::Operator;
use seccomp_ir::tree::{
    ActionExpr, ArgumentExpr, Calls, Cast, ComparisonExpr, ConditionExpr, Element, Integer, Item,
    ItemKind, KeywordItem, Name, Range, Relation, RuleItem, Span, Target, ValueExpr, ValueKind,
};

pub(crate) fn name(text: impl Into<String>) -> Name {
    Name::made(text)
}

pub(crate) fn value(kind: ValueKind) -> ValueExpr {
    ValueExpr::made(kind)
}

pub(crate) fn integer(integer: Integer) -> ValueExpr {
    value(ValueKind::Integer(integer))
}

pub(crate) fn constant(text: impl Into<String>) -> ValueExpr {
    value(ValueKind::Constant(name(text)))
}

/// One value, or several joined by `|`.
pub(crate) fn either(values: Vec<ValueExpr>) -> ValueExpr {
    let mut flat = Vec::new();
    for one in values {
        match one.kind {
            ValueKind::Or(inner) => flat.extend(inner),
            kind => flat.push(value(kind)),
        }
    }
    let mut values = flat;
    if values.len() == 1 { values.remove(0) } else { value(ValueKind::Or(values)) }
}

pub(crate) fn not(inner: ValueExpr) -> ValueExpr {
    value(ValueKind::Not(Box::new(inner)))
}

/// The left side of a comparison. `cast` is the type that overrides the argument's.
pub(crate) fn subject(argument: &str, cast: Option<&str>, mask: Option<ValueExpr>) -> ArgumentExpr {
    let cast = cast.map(|text| Cast {
        name: name(text),
        signed: text.starts_with('i'),
        bits: if text.ends_with("64") { 64 } else { 32 },
    });
    ArgumentExpr { argument: name(argument), cast, mask }
}

pub(crate) fn compare(
    subject: ArgumentExpr,
    operator: Operator,
    value: ValueExpr,
) -> ConditionExpr {
    let relation = Relation::Operator(operator, value);
    ConditionExpr::Compare(ComparisonExpr { subject, relation })
}

pub(crate) fn within(subject: ArgumentExpr, elements: Vec<Element>) -> ConditionExpr {
    ConditionExpr::Compare(ComparisonExpr { subject, relation: Relation::In(elements) })
}

/// A range with its last value.
pub(crate) fn range(first: Option<ValueExpr>, last: Option<ValueExpr>) -> Element {
    let inclusive = last.is_some();
    Element::Range(Range { first, last, inclusive, span: Span::NOWHERE })
}

/// Several conditions that must all hold, without levels that are not needed.
pub(crate) fn all(conditions: Vec<ConditionExpr>) -> ConditionExpr {
    let mut flat = Vec::new();
    for condition in conditions {
        match condition {
            ConditionExpr::All(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if flat.len() == 1 { flat.remove(0) } else { ConditionExpr::All(flat) }
}

/// A condition that holds if one of several holds, without levels that are not needed.
pub(crate) fn any(conditions: Vec<ConditionExpr>) -> ConditionExpr {
    let mut flat = Vec::new();
    for condition in conditions {
        match condition {
            ConditionExpr::Any(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if flat.len() == 1 { flat.remove(0) } else { ConditionExpr::Any(flat) }
}

pub(crate) fn target(calls: Calls, condition: Option<ConditionExpr>) -> Target {
    Target { calls, where_known: false, condition }
}

pub(crate) fn named(text: &str) -> Calls {
    Calls::Named(name(text))
}

pub(crate) fn numbered(number: u32) -> Calls {
    Calls::Numbered(number, Span::NOWHERE)
}

pub(crate) fn keyword(word: &str, action: ActionExpr) -> KeywordItem {
    KeywordItem { keyword: name(word), action }
}

/// An item, for these ABIs if any are given.
pub(crate) fn item(kind: ItemKind, abis: Vec<Name>) -> Item {
    Item { abis, ..Item::made(kind) }
}

pub(crate) fn rule(action: ActionExpr, targets: Vec<Target>, abis: Vec<Name>) -> Item {
    item(ItemKind::Rule(RuleItem { action, targets }), abis)
}

/// A span without a meaning.
pub(crate) const fn nowhere() -> Span {
    Span::NOWHERE
}
