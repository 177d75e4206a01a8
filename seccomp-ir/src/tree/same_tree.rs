//! Whether two trees say the same, wherever they were written.
//!
//! Each type is destructured with all of its fields, so that a new field cannot be forgotten. Ignored are
//! a [`Span`](super::Span), the number of an expression, and a keyword that its kind implies.

use super::{
    ActionExpr, ActionKind, Allowed, ArgumentExpr, Calls, Cast, Cfg, ComparisonExpr, ConditionExpr,
    Element, Include, Item, ItemKind, KeywordItem, Name, Range, Relation, ReportItem, RuleItem,
    RustExpression, Target, Tree, ValueExpr, ValueKind,
};

impl Tree {
    /// Whether both have the same items in the same order, regardless of their places.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let Self { items, span: _ } = self;
        all(items, &other.items, item)
    }
}

/// Whether both lists have the same elements, as `same` compares them.
fn all<T>(left: &[T], right: &[T], same: fn(&T, &T) -> bool) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
}

/// Whether both are absent, or both present and the same.
fn both<T>(left: Option<&T>, right: Option<&T>, same: fn(&T, &T) -> bool) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => same(left, right),
        _ => false,
    }
}

fn item(left: &Item, right: &Item) -> bool {
    let Item { conditions, hot, abis, included, already_checked, alone, allowed, kind } = left;
    all(conditions, &right.conditions, |Cfg { predicate, span: _ }, right| {
        *predicate == right.predicate
    }) && hot.is_some() == right.hot.is_some()
        && all(abis, &right.abis, name)
        && [*included, *already_checked, *alone]
            == [right.included, right.already_checked, right.alone]
        && all(allowed, &right.allowed, |Allowed { name, span: _ }, right| *name == right.name)
        && item_kind(kind, &right.kind)
}

fn item_kind(left: &ItemKind, right: &ItemKind) -> bool {
    match (left, right) {
        (ItemKind::Rule(left), ItemKind::Rule(right)) => {
            let RuleItem { action, targets } = left;
            same_action(action, &right.action) && all(targets, &right.targets, target)
        }
        (ItemKind::Default(left), ItemKind::Default(right))
        | (ItemKind::BadArch(left), ItemKind::BadArch(right))
        | (ItemKind::Unknown(left), ItemKind::Unknown(right)) => {
            let KeywordItem { keyword: _, action } = left;
            same_action(action, &right.action)
        }
        (ItemKind::Arch(left), ItemKind::Arch(right)) => all(left, right, name),
        (ItemKind::Include(left), ItemKind::Include(right)) => {
            let Include { what, span: _ } = left;
            *what == right.what
        }
        (ItemKind::Report(left), ItemKind::Report(right)) => {
            let ReportItem { names, span: _ } = left;
            *names == right.names
        }
        (
            ItemKind::Rule(_)
            | ItemKind::Default(_)
            | ItemKind::BadArch(_)
            | ItemKind::Unknown(_)
            | ItemKind::Arch(_)
            | ItemKind::Include(_)
            | ItemKind::Report(_),
            _,
        ) => false,
    }
}

fn name(left: &Name, right: &Name) -> bool {
    let Name { text, span: _ } = left;
    *text == right.text
}

fn same_action(left: &ActionExpr, right: &ActionExpr) -> bool {
    let ActionExpr { keyword: _, kind } = left;
    match (kind, &right.kind) {
        (ActionKind::Errno(left), ActionKind::Errno(right))
        | (ActionKind::Trace(left), ActionKind::Trace(right)) => value(left, right),
        (ActionKind::Trap(left), ActionKind::Trap(right)) => {
            both(left.as_ref(), right.as_ref(), value)
        }
        (ActionKind::Allow, ActionKind::Allow)
        | (ActionKind::Log, ActionKind::Log)
        | (ActionKind::Notify, ActionKind::Notify)
        | (ActionKind::KillProcess, ActionKind::KillProcess)
        | (ActionKind::KillThread, ActionKind::KillThread) => true,
        // Whatever else is added to the right side: the left side names every action.
        (
            ActionKind::Allow
            | ActionKind::Log
            | ActionKind::Notify
            | ActionKind::Errno(_)
            | ActionKind::Trap(_)
            | ActionKind::Trace(_)
            | ActionKind::KillProcess
            | ActionKind::KillThread,
            _,
        ) => false,
    }
}

fn target(left: &Target, right: &Target) -> bool {
    let Target { calls, where_known, condition } = left;
    let same_calls = match (calls, &right.calls) {
        (Calls::Named(left), Calls::Named(right)) => name(left, right),
        (Calls::Numbered(left, _), Calls::Numbered(right, _)) => left == right,
        (Calls::Group(left, _), Calls::Group(right, _)) => left == right,
        (Calls::Named(_) | Calls::Numbered(..) | Calls::Group(..), _) => false,
    };
    same_calls
        && *where_known == right.where_known
        && both(condition.as_ref(), right.condition.as_ref(), same_condition)
}

fn same_condition(left: &ConditionExpr, right: &ConditionExpr) -> bool {
    match (left, right) {
        (ConditionExpr::Compare(left), ConditionExpr::Compare(right)) => comparison(left, right),
        (ConditionExpr::All(left), ConditionExpr::All(right))
        | (ConditionExpr::Any(left), ConditionExpr::Any(right)) => all(left, right, same_condition),
        (ConditionExpr::Not(left), ConditionExpr::Not(right)) => same_condition(left, right),
        (
            ConditionExpr::Compare(_)
            | ConditionExpr::All(_)
            | ConditionExpr::Any(_)
            | ConditionExpr::Not(_),
            _,
        ) => false,
    }
}

fn comparison(left: &ComparisonExpr, right: &ComparisonExpr) -> bool {
    let ComparisonExpr { subject: ArgumentExpr { argument, cast, mask }, relation } = left;
    let same_cast = |Cast { name: _, signed, bits }: &Cast, right: &Cast| {
        *signed == right.signed && *bits == right.bits
    };
    let same_relation = match (relation, &right.relation) {
        (Relation::Operator(left, left_value), Relation::Operator(right, right_value)) => {
            left == right && value(left_value, right_value)
        }
        (Relation::In(left), Relation::In(right)) => all(left, right, element),
        (Relation::Operator(..) | Relation::In(_), _) => false,
    };
    name(argument, &right.subject.argument)
        && both(cast.as_ref(), right.subject.cast.as_ref(), same_cast)
        && both(mask.as_ref(), right.subject.mask.as_ref(), value)
        && same_relation
}

fn element(left: &Element, right: &Element) -> bool {
    match (left, right) {
        (Element::Value(left), Element::Value(right)) => value(left, right),
        (Element::Range(left), Element::Range(right)) => {
            let Range { first, last, inclusive, span: _ } = left;
            both(first.as_ref(), right.first.as_ref(), value)
                && both(last.as_ref(), right.last.as_ref(), value)
                && *inclusive == right.inclusive
        }
        (Element::Value(_) | Element::Range(_), _) => false,
    }
}

fn value(left: &ValueExpr, right: &ValueExpr) -> bool {
    let ValueExpr { kind, span: _ } = left;
    match (kind, &right.kind) {
        (ValueKind::Integer(left), ValueKind::Integer(right)) => left == right,
        (ValueKind::Constant(left), ValueKind::Constant(right)) => name(left, right),
        (ValueKind::Expression(left), ValueKind::Expression(right)) => {
            let RustExpression { index: _, text, run_time, span: _ } = left;
            *text == right.text && *run_time == right.run_time
        }
        (ValueKind::Or(left), ValueKind::Or(right)) => all(left, right, value),
        (ValueKind::Not(left), ValueKind::Not(right)) => value(left, right),
        (
            ValueKind::Integer(_)
            | ValueKind::Constant(_)
            | ValueKind::Expression(_)
            | ValueKind::Or(_)
            | ValueKind::Not(_),
            _,
        ) => false,
    }
}
