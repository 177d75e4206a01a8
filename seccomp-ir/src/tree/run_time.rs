//! The values that the program gives when it runs: `$name` and `$(expression)`.

use super::{
    ActionExpr, ActionKind, ComparisonExpr, ConditionExpr, Element, ItemKind, Relation, RuleItem,
    RustExpression, TargetIndex, Tree, ValueExpr, ValueKind,
};

impl Tree {
    /// The expressions that the program evaluates when it runs, in the order in which they are written. Rules that do not
    /// apply to an ABI count as well, so that the number of values does not depend on the ABI.
    #[must_use]
    pub fn run_time_values(&self) -> Vec<&RustExpression> {
        let mut found = Vec::new();
        for item in &self.items {
            match &item.kind {
                ItemKind::Rule(rule) => {
                    in_action(&rule.action, &mut found);
                    for target in &rule.targets {
                        if let Some(condition) = &target.condition {
                            in_condition(condition, &mut found);
                        }
                    }
                }
                ItemKind::Default(item) | ItemKind::BadArch(item) | ItemKind::Unknown(item) => {
                    in_action(&item.action, &mut found);
                }
                ItemKind::Arch(_) | ItemKind::Include(_) | ItemKind::Report(_) => {}
            }
        }
        found
    }
}

impl RuleItem {
    /// The same for the text that [`RuleItem::quote`] writes: the rule with only this target.
    #[must_use]
    pub fn run_time_values(&self, target: TargetIndex) -> Vec<&RustExpression> {
        let mut found = Vec::new();
        in_action(&self.action, &mut found);
        if let Some(condition) = &self.targets[target.0].condition {
            in_condition(condition, &mut found);
        }
        found
    }
}

impl ValueExpr {
    /// The first part of the value that the program evaluates when it runs.
    #[must_use]
    pub fn run_time_part(&self) -> Option<&RustExpression> {
        let mut found = Vec::new();
        in_value(self, &mut found);
        found.first().copied()
    }
}

fn in_action<'a>(action: &'a ActionExpr, found: &mut Vec<&'a RustExpression>) {
    match &action.kind {
        ActionKind::Errno(value) | ActionKind::Trap(Some(value)) | ActionKind::Trace(value) => {
            in_value(value, found);
        }
        ActionKind::Trap(None)
        | ActionKind::Allow
        | ActionKind::Log
        | ActionKind::Notify
        | ActionKind::KillProcess
        | ActionKind::KillThread => {}
    }
}

fn in_condition<'a>(condition: &'a ConditionExpr, found: &mut Vec<&'a RustExpression>) {
    match condition {
        ConditionExpr::Compare(comparison) => in_comparison(comparison, found),
        ConditionExpr::All(parts) | ConditionExpr::Any(parts) => {
            for part in parts {
                in_condition(part, found);
            }
        }
        ConditionExpr::Not(inner) => in_condition(inner, found),
    }
}

fn in_comparison<'a>(comparison: &'a ComparisonExpr, found: &mut Vec<&'a RustExpression>) {
    if let Some(mask) = &comparison.subject.mask {
        in_value(mask, found);
    }
    match &comparison.relation {
        Relation::Operator(_, value) => in_value(value, found),
        Relation::In(elements) => {
            for element in elements {
                match element {
                    Element::Value(value) => in_value(value, found),
                    Element::Range(range) => {
                        for bound in [&range.first, &range.last].into_iter().flatten() {
                            in_value(bound, found);
                        }
                    }
                }
            }
        }
    }
}

fn in_value<'a>(value: &'a ValueExpr, found: &mut Vec<&'a RustExpression>) {
    match &value.kind {
        ValueKind::Expression(expression) if expression.run_time => found.push(expression),
        ValueKind::Expression(_) | ValueKind::Integer(_) | ValueKind::Constant(_) => {}
        ValueKind::Or(parts) => {
            for part in parts {
                in_value(part, found);
            }
        }
        ValueKind::Not(inner) => in_value(inner, found),
    }
}
