//! Calls of 32-bit ABIs and their forms with 64-bit times. C libraries make some of these forms first, and the old call only on
//! `ENOSYS`, so a policy that allows the old call alone stops a program that it means to let run. `data/replacements.tsv` says which
//! libraries do so.
//!
//! Only a form that no rule names is reported. A rule that denies it means it, and `sibling_allowed` says what it leaves.

use super::{Lint, LintContext, Warnings};
use crate::table;

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    for part in subject.parts() {
        for [call, form, libraries] in table::tried_later() {
            let of_form = subject.deciders(part, form);
            let is_forgotten = !of_form.is_empty()
                && of_form.iter().all(|decider| {
                    decider.rule.is_none()
                        && decider.action.forbids()
                        && !decider.action.may_be_emulated()
                        && !subject.says_absent(part.abi, decider.action)
                });
            if !is_forgotten {
                continue;
            }
            let of_call = subject.deciders(part, call);
            let allows = of_call.iter().find(|decider| decider.action.permits());
            let Some(rule) = allows.and_then(|decider| decider.rule) else { continue };
            let message = format!(
                "`{call}` is allowed, but on {abi} C libraries make `{form}` first (since {libraries}), and that is denied by \
                 an action other than `errno(ENOSYS)`: they do not fall back to `{call}`\n\
                 also allow `{form}?`, or write `errno(ENOSYS) {form}?;`",
                abi = part.abi.name(),
            );
            warnings.at(Lint::Time64Denied, subject.place(rule), &message);
        }
    }
}
