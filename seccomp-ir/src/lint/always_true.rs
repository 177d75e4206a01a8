//! A condition that is true for every call has no effect; most likely the author meant another one.

use crate::policy::Finding;

use super::{Lint, LintContext, Warnings};
use crate::tree::ItemKind;

pub(super) fn find(subject: &LintContext<'_>, findings: &[Finding], warnings: &mut Warnings<'_>) {
    for finding in findings {
        let Finding::AlwaysTrue { rule } = finding else { continue };
        let place = subject.place(*rule);
        if subject.already_checked(place) {
            continue;
        }
        let ItemKind::Rule(rule) = &subject.tree.item(place.item).kind else { continue };
        let (text, bare) = (rule.quote(place.target), rule.quote_calls(place.target));
        let message = format!(
            "the condition of `{text}` is true for every call, so it has no effect\n\
             write `{bare}` if every call is meant, or compare with another value"
        );
        warnings.at(Lint::AlwaysTrue, place, &message);
    }
}
