//! Constants that are not error numbers in `errno(…)`, and several error numbers: `errno(SIGKILL)`, `errno(EPERM | EACCES)`.

use super::joined;
use super::values::foreign;
use super::{Lint, LintContext, Warnings};
use crate::table;
use crate::tree::{ActionKind, ItemIndex, ItemKind, ValueKind};

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    for part in subject.parts() {
        for (index, item) in subject.tree.items.iter().enumerate() {
            let action = match &item.kind {
                ItemKind::Rule(rule) => &rule.action,
                ItemKind::Default(item) | ItemKind::BadArch(item) | ItemKind::Unknown(item) => {
                    &item.action
                }
                ItemKind::Arch(_) | ItemKind::Include(_) | ItemKind::Report(_) => continue,
            };
            // Whatever else an action is, it has no number of an errno.
            let ActionKind::Errno(value) = &action.kind else { continue };
            if item.already_checked || !item.applies_to(part.abi) {
                continue;
            }
            if let ValueKind::Or(parts) = &value.kind {
                if let Some((all, _)) = joined::apart(parts, 0, part.abi) {
                    let message = format!(
                        "an errno is one of several values, not a set of bits: `{}` is the single value {all}\n\
                         write one errno",
                        value.quote()
                    );
                    warnings.add(Lint::JoinedValues, ItemIndex(index), value.span, &message);
                }
            }
            let Some((constant, span)) = foreign(value, &table::errno_domain(), part.abi) else {
                continue;
            };
            let of = match table::owner(part.abi, constant) {
                Some((call, argument)) => format!(", it is for `{argument}` of `{call}`"),
                None => String::new(),
            };
            let message = format!(
                "`{constant}` is not an errno{of}: programs take its number for another error\n\
                 write the name of an errno, such as `EPERM`, or the number if it is meant"
            );
            warnings.add(Lint::ForeignConstant, ItemIndex(index), span, &message);
        }
    }
}
