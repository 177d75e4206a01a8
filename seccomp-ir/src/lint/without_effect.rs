//! A rule with a condition whose calls a later rule answers alike. `allow write(fd in {1, 2}); allow @rust-panic`
//! allows every write: who wrote the condition thinks that it holds.
//!
//! Not reported: rules of fragments, which know nothing of what comes after them; a rule that is `#[hot]`, which
//! says how often its calls are made; one that only `default` answers alike, which holds nobody back either way.

use crate::policy::{Condition, Origin, Rule};

use super::{Lint, LintContext, MOST_VISITS, Warnings};
use crate::diagnostic::{Diagnostic, Label};
use crate::lists;

/// A rule that so far has no effect.
struct Idle {
    rule: Origin,
    /// The rules that would decide its calls.
    instead: Vec<Origin>,
}

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    let (mut idle, mut needed): (Vec<Idle>, Vec<Origin>) = (Vec::new(), Vec::new());
    let mut visits = 0;
    for part in subject.parts() {
        for rule in &part.rules {
            let Rule { numbers, condition, action, hot, origin } = rule;
            let [number] = numbers[..] else { continue };
            let place = subject.place(*origin);
            if matches!(condition, Condition::Always) || *hot || place.may_be_decided {
                continue;
            }
            visits += part.rules.len();
            if visits > MOST_VISITS {
                return;
            }
            let without = subject.answers.without(part, number, *origin);
            let mut instead = Vec::new();
            for decider in &without {
                match decider.rule {
                    Some(rule) if decider.action == *action => instead.push(rule),
                    None if decider.action == *action => {}
                    _ => needed.push(*origin),
                }
            }
            if instead.is_empty() {
                needed.push(*origin);
            } else if !idle.iter().any(|idle| idle.rule == *origin) {
                idle.push(Idle { rule: *origin, instead });
            }
        }
    }
    for Idle { rule, instead } in idle {
        // It may have an effect on another ABI.
        if needed.contains(&rule) {
            continue;
        }
        let place = subject.place(rule);
        let (mut below, mut labels) = (String::new(), Vec::new());
        for rule in &instead {
            let rule = subject.place(*rule);
            lists::add(&mut below, &rule.quote(subject.tree), "` and `");
            labels.push(Label { span: rule.span, text: "answered here".to_owned() });
        }
        let verb = if labels.len() == 1 { "answers" } else { "together answer" };
        let message = format!(
            "`{}` has no effect: `{below}` below {verb} every call that it matches in the same way, so its \
             condition restricts nothing",
            place.quote(subject.tree)
        );
        let mut warning = Diagnostic::new(Lint::ConditionWithoutEffect, place.span, message).help(
            "deny the other calls between the two, for instance with `errno(EPERM)`, or remove this rule",
        );
        warning.labels = labels;
        warnings.found(Lint::ConditionWithoutEffect, place.item, warning);
    }
}
