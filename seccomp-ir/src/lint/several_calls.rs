//! A number in a rule for several ABIs: each ABI has its own numbers, so it may be the number of another call on each.

use super::{Lint, LintContext, Warnings};
use crate::abi::Abi;
use crate::lists;
use crate::table;
use crate::tree::{Calls, ItemIndex, ItemKind};

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    for (index, item) in subject.tree.items.iter().enumerate() {
        let ItemKind::Rule(rule) = &item.kind else { continue };
        if item.already_checked {
            continue;
        }
        for target in &rule.targets {
            let Calls::Numbered(number, span) = target.calls else { continue };
            let mut calls = Vec::new();
            for part in subject.parts() {
                if item.applies_to(part.abi) && has_number(part.abi, number) {
                    calls.push((part.abi, table::name(part.abi, number)));
                }
            }
            if calls.iter().all(|(_, name)| *name == calls[0].1) {
                continue;
            }
            let mut each = String::new();
            for &(abi, name) in &calls {
                let name = name.map_or("no call".to_owned(), |name| format!("`{name}`"));
                lists::add(&mut each, &format!("{name} on {}", abi.name()), " and ");
            }
            let message = format!(
                "each ABI has its own numbers: `syscall({number})` is {each}\n\
                 write the name of the call, or `#[arch({})]` before the rule and another rule for the others",
                calls[0].0.name()
            );
            warnings.add(Lint::SeveralCalls, ItemIndex(index), span, &message);
        }
    }
}

/// Whether a call of `abi` can have the number. The number of a skipped call is the same on all ABIs.
fn has_number(abi: Abi, number: u32) -> bool {
    let (first, last) = abi.numbers();
    number != Abi::SKIPPED && first <= number && number <= last
}
