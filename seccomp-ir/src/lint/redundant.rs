//! A rule that earlier ones leave nothing to, and that would answer as they do.
//!
//! If it would answer otherwise, somebody expects something that does not happen, and that is an error. If the
//! answer is the same, the rule is merely not needed, and it may have become so without anybody touching the
//! policy: a group above it has gained a call.

use crate::policy::Finding;

use super::{Lint, Subject, Warnings};
use crate::diagnostic::{Diagnostic, Label};
use crate::words;

pub(super) fn find(subject: &Subject<'_>, findings: &[Finding], warnings: &mut Warnings<'_>) {
    for finding in findings {
        let Finding::Unreachable { rule, decided_by, same_answer: true } = finding else {
            continue;
        };
        let place = subject.place(*rule);
        if place.may_be_decided {
            continue;
        }
        let (mut earlier, mut labels) = (String::new(), Vec::new());
        for decider in decided_by {
            let decider = subject.place(*decider);
            words::add(&mut earlier, &decider.quote(subject.tree), "` and `");
            labels.push(Label { span: decider.span, text: "decided here".to_owned() });
        }
        let (verb, them) = match labels.len() {
            1 => ("decides", "it"),
            _ => ("together decide", "they"),
        };
        let message = format!(
            "`{}` is not needed: `{earlier}` above {verb} every call that it matches, and {them} answer{} \
             the same",
            place.quote(subject.tree),
            if labels.len() == 1 { "s" } else { "" },
        );
        let mut warning =
            Diagnostic::new(Lint::RedundantRule, place.span, message).help("remove it");
        warning.labels = labels;
        warnings.found(place.item, Lint::RedundantRule, warning);
    }
}
