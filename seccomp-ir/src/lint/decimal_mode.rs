//! Permissions of a file that are written in decimal: `mode & 6000 != 0`, which looks at other bits than 0o6000.

use super::values::named;
use crate::abi::Abi;
use crate::table::Domain;
use crate::tree::{Radix, Span, ValueExpr, ValueKind};

/// The first number in a value that looks like octal permissions but is decimal, and its place.
///
/// An argument such as `semflg` has other bits beside permissions. There a number counts only if it is joined to a
/// constant: `IPC_CREAT | 600`.
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

/// A decimal number with octal digits only, which as an octal number would have another value.
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

/// The message about such a number.
pub(super) fn message(number: i128, written: &str, call: &str) -> String {
    format!(
        "`{number}` is a decimal number and means 0o{number:o}, but the permissions in `{written}` of `{call}` are written in octal\n\
         write `0o{number}`, or `0o{number:o}` if that is meant"
    )
}
