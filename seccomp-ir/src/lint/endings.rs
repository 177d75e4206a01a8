//! Policies under which a program cannot exit, or cannot return from a signal handler.

use super::{Lint, LintContext, Warnings, always_denied};
use crate::tree::{ItemIndex, ItemKind, Span, Tree};

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    let Some((item, span)) = default(subject.tree) else { return };
    if without(subject, &["exit", "exit_group"]) {
        warnings.add(
            Lint::NoExit,
            item,
            span,
            "this policy allows neither `exit_group` nor `exit`, so the program can only be \
             killed by a signal, and its exit status is lost\n\
             write `allow exit, exit_group;`",
        );
    }
    if without(subject, &["rt_sigreturn", "sigreturn"]) {
        warnings.add(
            Lint::NoSigreturn,
            item,
            span,
            "this policy does not allow `rt_sigreturn`, with which every signal handler returns: the \
             first signal that the program handles ends it\n\
             write `allow rt_sigreturn;`",
        );
    }
}

/// The index of the `default` item, and its place.
fn default(tree: &Tree) -> Option<(ItemIndex, Span)> {
    for (index, item) in tree.items.iter().enumerate() {
        if let ItemKind::Default(item) = &item.kind {
            return Some((ItemIndex(index), item.keyword.span));
        }
    }
    None
}

/// Whether some ABI has at least one of these calls and denies each one that it has.
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
