//! A rule whose calls are all decided by earlier rules with the same action.
//!
//! If its action were another one, the author would expect something that does not happen, and that is an error. If
//! the action is the same, the rule is merely not needed. It may have become so without a change of the policy, when
//! a group above it gained a call.

use crate::policy::Finding;

use super::{Lint, LintContext, Warnings};
use crate::resolve::{decided_here, quoted_places};

pub(super) fn find(subject: &LintContext<'_>, findings: &[Finding], warnings: &mut Warnings<'_>) {
    for finding in findings {
        let Finding::Unreachable { rule, decided_by, same_action: true } = finding else {
            continue;
        };
        let place = subject.place(*rule);
        if place.may_be_decided {
            continue;
        }
        let (tree, origins) = (subject.tree, &subject.resolved.origins[..]);
        let earlier = quoted_places(decided_by, tree, origins);
        let verb = if decided_by.len() == 1 { "decides" } else { "together decide" };
        let message = format!(
            "`{}` is not needed: {earlier} above {verb} every call that it matches, with the same action\n\
             remove it",
            place.quote(tree),
        );
        let labels = decided_here(decided_by, origins);
        warnings.at_with(Lint::RedundantRule, place, &message, labels);
    }
}
