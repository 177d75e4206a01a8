//! `as u64` on an argument that the kernel uses 32 bits of.
//!
//! The upper half of such a register is whatever the program left there. A rule that denies a value in
//! all 64 bits is side-stepped by setting a bit of the upper half, which the kernel never sees:
//! CVE-2019-7303 and CVE-2019-10063 were that.

use crate::abi::Abi;
use crate::table::{self, Place};

use super::{Lint, Subject, Warnings};
use crate::tree::{self, Calls, Condition, ItemKind, Target};

pub(super) fn find(subject: &Subject<'_>, warnings: &mut Warnings<'_>) {
    for (index, item) in subject.tree.items.iter().enumerate() {
        let ItemKind::Rule(rule) = &item.kind else { continue };
        if item.looked_at {
            continue;
        }
        for target in &rule.targets {
            for part in subject.parts() {
                let mut casts = Vec::new();
                if let Some(condition) = &target.condition {
                    wide(condition, &mut casts);
                }
                for cast in casts {
                    find_cast(part.abi, target, cast, index, warnings);
                }
            }
        }
    }
}

/// The comparisons whose type is overridden with one of 64 bits.
fn wide<'t>(condition: &'t Condition, found: &mut Vec<&'t tree::Subject>) {
    match condition {
        Condition::Compare(comparison) => {
            if comparison.subject.cast.as_ref().is_some_and(|cast| cast.bits == 64) {
                found.push(&comparison.subject);
            }
        }
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                wide(part, found);
            }
        }
        Condition::Not(inner) => wide(inner, found),
    }
}

fn find_cast(
    abi: Abi,
    target: &Target,
    subject: &tree::Subject,
    item: usize,
    warnings: &mut Warnings<'_>,
) {
    // The registers of a 32-bit ABI have no upper half that a program could set.
    if abi.register_bits() == 32 {
        return;
    }
    let Some(cast) = &subject.cast else { return };
    let name = match &target.calls {
        Calls::Named(name) => table::signature(abi, &name.text),
        Calls::Numbered(number, _) => {
            table::name(abi, *number).and_then(|name| table::signature(abi, name))
        }
        Calls::Group(..) => None,
    };
    let Some(signature) = name else { return };
    let written = subject.argument.text.as_str();
    let position = match (written.as_bytes(), signature.position(written)) {
        (_, Some(Place::At(position))) => position,
        ([b'a', digit @ b'0'..=b'5'], _) => digit - b'0',
        _ => return,
    };
    let Some(argument) = signature.registers().get(usize::from(position)) else { return };
    if argument.ty.bits >= 64 {
        return;
    }
    let (bits, spelling) = (argument.ty.bits, argument.ty.spelling);
    let message = format!(
        "the kernel uses {bits} bits of `{written}` ({spelling}), and this compares 64: a caller that \
         sets a bit above them makes the same call and is not matched (CVE-2019-7303)\n\
         write `{written}` without `as {}`",
        cast.name
    );
    warnings.add(Lint::WideCast, item, cast.name.span, &message);
}
