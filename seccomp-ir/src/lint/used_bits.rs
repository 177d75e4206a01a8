//! Comparisons of other bits than the kernel uses: of an argument whose use depends on a command that
//! the rule leaves open, of an argument that the kernel ignores, of fewer bits than it uses or of more.
//!
//! If the kernel uses 32 bits of a register, the upper half is whatever the program left there. A program
//! side-steps a rule that denies a value in all 64 bits by setting a bit of the upper half, which the kernel
//! never sees: CVE-2019-7303 and CVE-2019-10063.

use super::{Lint, LintContext, Warnings};
use crate::lists::trimmed;
use crate::resolve::{Remark, RemarkKind};

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    for Remark { item, argument, cast, call, kind } in &subject.resolved.remarks {
        if subject.tree.item(*item).already_checked {
            continue;
        }
        let (as_name, as_span) = match cast {
            Some(cast) => (cast.text.as_str(), cast.span),
            None => ("", argument.span),
        };
        let compared = trimmed(as_name, b"ui");
        let (lint, span, message) = match kind {
            RemarkKind::OpenCommand { selector } => (
                Lint::OpenCommand,
                argument.span,
                format!(
                    "how many bits of `{argument}` of `{call}` the kernel uses depends on `{selector}`, which this rule leaves \
                     open: if the kernel uses fewer bits than this rule compares, a caller that sets a bit above \
                     them makes the same call and is not matched\n\
                     say which command is meant, `{call}({selector} == …, {argument} …)`, or how many bits to \
                     compare: `{argument} as i32`"
                ),
            ),
            RemarkKind::CommandNotFollowed { selector } => (
                Lint::OpenCommand,
                argument.span,
                format!(
                    "how many bits of `{argument}` of `{call}` the kernel uses under this `{selector}` depends on a driver \
                     and is not known here: if it uses fewer than the 64 bits that this rule compares, a caller that \
                     sets a bit above them makes the same call and is not matched\n\
                     say how many bits to compare: `{argument} as u32` for a number of 32 bits, `{argument} as u64` for \
                     all 64"
                ),
            ),
            RemarkKind::Ignored => (
                Lint::IgnoredArgument,
                argument.span,
                format!(
                    "the kernel ignores `{argument}` of `{call}` here, so a caller that passes another value makes the same \
                     call and is not matched\n\
                     remove this comparison"
                ),
            ),
            RemarkKind::NarrowCast { bits } => (
                Lint::NarrowCast,
                as_span,
                format!(
                    "the kernel uses {bits} bits of `{argument}` of `{call}`, but this rule compares 32: a value with \
                     bits above them is taken for a small one\n\
                     write `{argument}` without `as {as_name}`"
                ),
            ),
            RemarkKind::WideCast { bits, spelling } => (
                Lint::WideCast,
                as_span,
                format!(
                    "the kernel uses {bits} bits of `{argument}` ({spelling}), but this rule compares {compared}: a caller \
                     that sets a bit above them makes the same call and is not matched (CVE-2019-7303)\n\
                     write `{argument}` without `as {as_name}`"
                ),
            ),
        };
        warnings.add(lint, *item, span, &message);
    }
}
