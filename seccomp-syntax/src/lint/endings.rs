//! Policies under which nothing can end, or come back from a signal.

use seccomp_ir::policy::AbiPolicy;

use super::{Lint, Subject, Warnings};
use crate::tree::ItemKind;

pub(super) fn find(subject: &Subject<'_>, warnings: &mut Warnings<'_>) {
    let default =
        subject.tree.items.iter().enumerate().find_map(|(index, item)| match &item.kind {
            ItemKind::Default(answer) => Some((index, answer.keyword.span())),
            _ => None,
        });
    let Some((item, span)) = default else { return };
    if without(subject, &["exit", "exit_group"]) {
        warnings.add(
            Lint::NoExit,
            item,
            span,
            "this policy allows neither `exit_group` nor `exit`, so a program under it cannot end but \
             by a signal, and no exit code says how it went\n\
             write `allow exit, exit_group;`",
        );
    }
    if without(subject, &["rt_sigreturn", "sigreturn"]) {
        warnings.add(
            Lint::NoSigreturn,
            item,
            span,
            "this policy does not allow `rt_sigreturn`, with which every signal handler returns: the \
             first signal that is handled ends the program\n\
             write `allow rt_sigreturn;`",
        );
    }
}

/// Whether some ABI has one of these calls and denies all that it has.
fn without(subject: &Subject<'_>, names: &[&str]) -> bool {
    let denied = |part: &AbiPolicy| {
        let mut deciders = Vec::new();
        for name in names {
            deciders.extend(subject.deciders(part, name));
        }
        super::always_denied(&deciders)
    };
    subject.parts().iter().any(denied)
}
