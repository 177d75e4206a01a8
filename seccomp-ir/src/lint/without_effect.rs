//! A rule with a condition, if a later rule has the same action for its calls. `allow write(fd in {1, 2});
//! allow @rust-fs` allows every write, although the author of the condition meant to restrict it.
//!
//! Not reported: rules of fragments, which do not know the rules after them; a `#[hot]` rule, which
//! says how often its calls are made; a rule whose calls only `default` treats alike.

use crate::policy::{Condition, Origin, Rule};

use super::{Lint, LintContext, MOST_VISITS, Warnings};
use crate::diagnostic::{Diagnostic, Label};
use crate::lists;

/// A rule that has had no effect on the ABIs seen so far.
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
            let without = subject.query.without(part, number, *origin);
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
            labels.push(Label { span: rule.span, text: "the same action here".to_owned() });
        }
        let verb = if labels.len() == 1 { "gives" } else { "together give" };
        let message = format!(
            "`{}` has no effect: `{below}` below {verb} every call that it matches the same action, so \
             its condition restricts nothing",
            place.quote(subject.tree)
        );
        let mut warning = Diagnostic::new(Lint::ConditionWithoutEffect, place.span, message).help(
            "deny the other calls in a rule between them, for instance with `errno(EPERM)`, or remove this rule",
        );
        warning.labels = labels;
        warnings.found(Lint::ConditionWithoutEffect, place.item, warning);
    }
}
