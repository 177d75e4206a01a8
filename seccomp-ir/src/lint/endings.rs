//! Policies under which nothing can end, or come back from a signal.

use super::{Lint, LintContext, Warnings, always_denied};
use crate::tree::{ItemKind, Span, Tree};

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    let Some((item, span)) = default(subject.tree) else { return };
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

/// The item that says `default`, and where.
fn default(tree: &Tree) -> Option<(usize, Span)> {
    for (index, item) in tree.items.iter().enumerate() {
        if let ItemKind::Default(answer) = &item.kind {
            return Some((index, answer.keyword.span));
        }
    }
    None
}

/// Whether some ABI has one of these calls and denies all that it has.
fn without(subject: &LintContext<'_>, names: &[&str]) -> bool {
    for part in subject.parts() {
        let mut exist = false;
        let mut denied = true;
        for name in names {
            let deciders = subject.deciders(part, name);
            if !deciders.is_empty() {
                exist = true;
                denied &= always_denied(&deciders);
            }
        }
        if exist && denied {
            return true;
        }
    }
    false
}
