//! `default allow`, `default log`, `unknown allow` and `bad_arch allow` allow calls that the author did not think of.

use super::{Lint, LintContext, Warnings};
use crate::tree::{ActionKind, ItemIndex, ItemKind, KeywordItem};

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    for (index, item) in subject.tree.items.iter().enumerate() {
        let index = ItemIndex(index);
        match &item.kind {
            ItemKind::Default(item) if permission(&item.action.kind) == Some(Trace::None) => {
                warnings.add(
                    Lint::DefaultAllow,
                    index,
                    item.action.keyword.span,
                    "every call that no rule names is allowed, including calls that newer kernels add, \
                     such as the mount API of Linux 5.2 (CVE-2021-41133)\n\
                     list what the program needs and write `default kill`, or at least add \
                     `unknown errno(ENOSYS);`",
                );
            }
            ItemKind::Default(item) if permission(&item.action.kind) == Some(Trace::Line) => {
                warnings.add(
                    Lint::DefaultAllow,
                    index,
                    item.action.keyword.span,
                    "every call that no rule names is made and logged: this shows what a program calls while it \
                     is developed, but restricts nothing\n\
                     write `default kill` once the rules are complete",
                );
            }
            ItemKind::Unknown(KeywordItem { action, .. }) if permission(&action.kind).is_some() => {
                warnings.add(
                    Lint::DefaultAllow,
                    index,
                    action.keyword.span,
                    "every call that newer kernels add is allowed, whatever it does, such as the mount API \
                     of Linux 5.2 (CVE-2021-41133)\n\
                     write `unknown errno(ENOSYS);`: programs then fall back to older calls",
                );
            }
            ItemKind::BadArch(KeywordItem { action, .. }) if permission(&action.kind).is_some() => {
                warnings.add(
                    Lint::BadArchAllow,
                    index,
                    action.keyword.span,
                    "no rule of this policy applies to a call through another ABI of this kernel: on x86_64 \
                     `int 0x80` makes any call of x86\n\
                     remove `bad_arch`, so that such a call kills, or list the ABI: `arch x86_64, x86;`",
                );
            }
            _ => {}
        }
    }
}

/// What an allowed call leaves in the log.
#[derive(PartialEq, Eq)]
enum Trace {
    None,
    Line,
}

/// How an action permits a call, if it does.
fn permission(action: &ActionKind) -> Option<Trace> {
    match action {
        ActionKind::Allow => Some(Trace::None),
        ActionKind::Log => Some(Trace::Line),
        ActionKind::Notify
        | ActionKind::Errno(_)
        | ActionKind::Trap(_)
        | ActionKind::Trace(_)
        | ActionKind::KillProcess
        | ActionKind::KillThread => None,
    }
}
