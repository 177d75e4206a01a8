//! Permissions of a file that are written in decimal: `mode & 6000 != 0`, which looks at other bits than 0o6000.

use super::values::named;
use crate::abi::Abi;
use crate::table::Domain;
use crate::tree::{Radix, Span, ValueExpr, ValueKind};

/// The first number of a value that reads like permissions, and is none, and its place.
///
/// Beside permissions an argument may have other bits, as `semflg` has. There a number counts only after a constant:
/// `IPC_CREAT | 600`.
pub(super) fn decimal(value: &ValueExpr, domain: &Domain, abi: Abi) -> Option<(i128, Span)> {
    match &value.kind {
        ValueKind::Not(inner) => decimal(inner, domain, abi),
        ValueKind::Or(parts) => {
            let beside = parts.iter().any(|part| named(part, abi).is_some());
            if !domain.is_file_mode() && !beside {
                return None;
            }
            parts.iter().find_map(number)
        }
        _ if domain.is_file_mode() => number(value),
        ValueKind::Integer(_) | ValueKind::Constant(_) | ValueKind::Expression(_) => None,
    }
}

/// A decimal number that has only the digits of an octal one, and is another number than that.
fn number(value: &ValueExpr) -> Option<(i128, Span)> {
    let ValueKind::Integer(integer) = &value.kind else { return None };
    let mut rest = integer.number;
    if !matches!(integer.radix, Radix::Decimal) || rest < 8 {
        return None;
    }
    while rest > 0 {
        if rest % 10 > 7 {
            return None;
        }
        rest /= 10;
    }
    Some((integer.number, value.span))
}

/// What to say of it, and what to write.
pub(super) fn message(number: i128, written: &str, call: &str) -> String {
    format!(
        "`{number}` is a decimal number, 0o{number:o} in the octal notation of the permissions that `{written}` of `{call}` is\n\
         write `0o{number}`, or `0o{number:o}` if that is meant"
    )
}
