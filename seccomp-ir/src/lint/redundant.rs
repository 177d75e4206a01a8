//! A rule that earlier ones leave nothing to, and that would answer as they do.
//!
//! If it would answer otherwise, somebody expects something that does not happen, and that is an error. If the
//! answer is the same, the rule is merely not needed, and it may have become so without anybody touching the
//! policy: a group above it has gained a call.

use crate::policy::Finding;

use super::{Lint, LintContext, Warnings};
use crate::resolve::{decided_here, quoted_places};

pub(super) fn find(subject: &LintContext<'_>, findings: &[Finding], warnings: &mut Warnings<'_>) {
    for finding in findings {
        let Finding::Unreachable { rule, decided_by, same_answer: true } = finding else {
            continue;
        };
        let place = subject.place(*rule);
        if place.may_be_decided {
            continue;
        }
        let (tree, origins) = (subject.tree, &subject.resolved.origins[..]);
        let earlier = quoted_places(decided_by, tree, origins);
        let (verb, answer) = match decided_by.len() {
            1 => ("decides", "it answers"),
            _ => ("together decide", "they answer"),
        };
        let message = format!(
            "`{}` is not needed: {earlier} above {verb} every call that it matches, and {answer} the same\n\
             remove it",
            place.quote(tree),
        );
        let labels = decided_here(decided_by, origins);
        warnings.at_with(Lint::RedundantRule, place, &message, labels);
    }
}
