//! The values of a rule as its author has written them: which constants they have, and which number they are.

use crate::abi::Abi;
use crate::lists::last_of_path;
use crate::table::Domain;
use crate::tree::{Span, ValueExpr, ValueKind};

/// The first constant of another argument in a value, and its place.
pub(super) fn foreign<'v>(
    value: &'v ValueExpr,
    domain: &Domain,
    abi: Abi,
) -> Option<(&'v str, Span)> {
    match &value.kind {
        ValueKind::Or(parts) => parts.iter().find_map(|part| foreign(part, domain, abi)),
        ValueKind::Not(inner) => foreign(inner, domain, abi),
        ValueKind::Integer(_) | ValueKind::Constant(_) | ValueKind::Expression(_) => {
            let name = named(value, abi)?;
            let own = domain.has(name) || has_other_name(domain, name, abi);
            (!own).then_some((name, value.span))
        }
    }
}

/// Whether the domain has a constant with the same value and the same last word: `EFD_CLOEXEC` for `O_CLOEXEC`, which the
/// kernel's headers define by each other.
fn has_other_name(domain: &Domain, name: &str, abi: Abi) -> bool {
    let Some((_, word)) = name.rsplit_once('_') else { return false };
    let value = super::constant(abi, name);
    for (_, members) in domain.members(abi) {
        for (member, constant) in members {
            let last = member.rsplit_once('_').map(|(_, last)| last);
            if last == Some(word) && Some(constant.value) == value {
                return true;
            }
        }
    }
    false
}

/// The name of a constant of the tables. `libc::NAME` counts as `NAME`, because the crate libc has the kernel's constants under
/// their names.
pub(super) fn named(value: &ValueExpr, abi: Abi) -> Option<&str> {
    let name = match &value.kind {
        ValueKind::Constant(name) => name.text.as_str(),
        ValueKind::Expression(path) => {
            let name = last_of_path(&path.text);
            let before = &path.text[..path.text.len() - name.len()];
            if path.run_time || !before.ends_with("libc::") {
                return None;
            }
            name
        }
        ValueKind::Integer(_) | ValueKind::Or(_) | ValueKind::Not(_) => return None,
    };
    super::constant(abi, name).map(|_| name)
}

/// Whether the value consists only of numbers and constants of the tables.
pub(super) fn is_of_tables(value: &ValueExpr) -> bool {
    match &value.kind {
        ValueKind::Integer(_) | ValueKind::Constant(_) => true,
        ValueKind::Expression(_) => false,
        ValueKind::Or(parts) => parts.iter().all(is_of_tables),
        ValueKind::Not(inner) => is_of_tables(inner),
    }
}

/// The number, unless only rustc knows it.
pub(super) fn number(value: &ValueExpr, abi: Abi) -> Option<u64> {
    Some(match &value.kind {
        ValueKind::Integer(integer) => integer.number as u64,
        ValueKind::Not(inner) => !number(inner, abi)? & 0xffff_ffff,
        ValueKind::Or(parts) => {
            let mut bits = 0;
            for value in parts {
                bits |= number(value, abi)?;
            }
            bits
        }
        ValueKind::Constant(_) | ValueKind::Expression(_) => {
            super::constant(abi, named(value, abi)?)?
        }
    })
}
