//! `clone` and `clone3`. The flags of `clone3` are in memory, which no filter can read. A policy that filters
//! `clone` must deny `clone3`, and must deny it with `ENOSYS`, because only `ENOSYS` makes C libraries
//! fall back to `clone` (glibc since 2.34; `EPERM` broke every program in older containers).

use crate::policy::{Decider, Origin};

use super::{Lint, LintContext, Warnings, allowed_here, always_denied, sometimes_allowed};

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    for part in subject.parts() {
        let clone = subject.deciders(part, "clone");
        let clone3 = subject.deciders(part, "clone3");
        if sometimes_allowed(&clone3) {
            // The first rule that denies some calls to `clone`, or allows some when the rest is denied.
            let filter = clone.iter().find(|decider| {
                decider.action.forbids() && !subject.says_absent(part.abi, decider.action)
            });
            let rule = filter.and_then(|filter| rule_of(filter, &clone));
            if let Some(rule) = rule {
                let place = subject.place(rule);
                let (filter, above) = if place.group {
                    (format!("`{}` filters `clone`", place.quote(subject.tree)), " above")
                } else {
                    ("`clone` is filtered here".to_owned(), "")
                };
                let message = format!(
                    "{filter}, but `clone3` is allowed and does the same, with its flags in memory, which no \
                     filter can read\n\
                     write `errno(ENOSYS) clone3;`{above}: C libraries then use `clone`"
                );
                let labels = allowed_here(subject, &clone3, "clone3");
                warnings.at_with(Lint::Clone3Allowed, place, &message, labels);
            }
        } else if sometimes_allowed(&clone) && always_denied(&clone3) {
            let harsh = clone3.iter().find(|decider| {
                !decider.action.may_be_emulated() && !subject.says_absent(part.abi, decider.action)
            });
            let Some(harsh) = harsh else { continue };
            let Some(rule) = rule_of(harsh, &clone) else { continue };
            let message = "`clone` is allowed, but `clone3`, which C libraries try first, is denied \
                           by an action other than `errno(ENOSYS)`: starting a thread or a process fails \
                           instead of falling back to `clone`\n\
                           write `errno(ENOSYS) clone3;`";
            let labels = allowed_here(subject, &clone, "clone");
            warnings.at_with(Lint::Clone3Denied, subject.place(rule), message, labels);
        }
    }
}

/// The rule of a decider. If it has none, the first rule that allows some calls to `clone`.
fn rule_of(decider: &Decider, clone: &[Decider]) -> Option<Origin> {
    if decider.rule.is_some() {
        return decider.rule;
    }
    for decider in clone {
        if decider.action.permits() && decider.rule.is_some() {
            return decider.rule;
        }
    }
    None
}
