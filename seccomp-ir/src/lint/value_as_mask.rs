//! Masks that are not sets of bits but values of a list: `type & SOCK_STREAM`, and `flags & O_WRONLY`, which `O_RDWR` does not
//! have.

use super::slips::Compared;
use super::values::{named, number};
use super::{Lint, LintContext, MOST_VISITS, Warnings, sometimes_allowed};
use crate::abi::Abi;
use crate::policy::{self, AbiPolicy, Operator, Width};
use crate::table::DomainKind;
use crate::tree::{ItemIndex, ValueExpr, ValueKind};

/// The bits of an open's flags that are one value, `O_ACCMODE`.
///
/// Source: `include/uapi/asm-generic/fcntl.h`, Linux 7.3; all architectures have the same.
const ACCESS_MODE: u64 = 3;
const WRITE_ONLY: u64 = 1;
const READ_WRITE: u64 = 2;

/// The message about a mask that is one of the values of a list and does not tell the other values apart.
pub(super) fn message(
    abi: Abi,
    call: &str,
    compared: &Compared<'_>,
    mask: &ValueExpr,
) -> Option<String> {
    let Compared { written, domain, .. } = compared;
    if domain.kind != DomainKind::List {
        return None;
    }
    let name = named(mask, abi).filter(|name| domain.has(name) && !name.ends_with("MASK"))?;
    let (bits, ignored) = (number(mask, abi)?, domain.ignored_bits(abi));
    if bits & !ignored == 0 {
        return None;
    }
    let mut other = None;
    for (_, members) in domain.members(abi) {
        for (member, constant) in members {
            let value = constant.value & !ignored;
            if other.is_none() && value != bits & !ignored && value & bits == bits {
                other = Some(member);
            }
        }
    }
    // The constants of `ioctl` are not listed.
    let also = match other {
        Some(other) => format!("`{other}` has its bits too"),
        None if domain.patterns() == "ioctl" => "other commands have its bits too".to_owned(),
        None => return None,
    };
    let quoted = mask.quote();
    let right = match ignored {
        0 => format!("{written} == {quoted}"),
        _ => format!("{written} & !{} == {quoted}", domain.ignored()),
    };
    Some(format!(
        "`{written}` of `{call}` is one of several values, and `{name}` is not a mask: {also}\n\
         write `{right}`"
    ))
}

/// A mask on an open's flags that has one of the two bits of the access mode.
pub(super) struct HalfOfAccessMode<'a> {
    pub(super) part: &'a AbiPolicy,
    pub(super) call: &'a str,
    pub(super) argument: Compared<'a>,
    pub(super) width: Width,
    pub(super) item: ItemIndex,
    pub(super) mask: &'a ValueExpr,
}

/// Whether a mask has one of `O_WRONLY` and `O_RDWR`, and the rule looks at what is in the mask: `!O_WRONLY` looks at the rest.
pub(super) fn is_half_of_access_mode(mask: &ValueExpr, argument: &Compared<'_>, abi: Abi) -> bool {
    let has_one = |value: &ValueExpr| matches!(named(value, abi), Some("O_WRONLY" | "O_RDWR"));
    let by_name = match &mask.kind {
        ValueKind::Or(parts) => parts.iter().any(has_one),
        _ if matches!(mask.kind, ValueKind::Not(_)) => false,
        _ => has_one(mask),
    };
    let bits = number(mask, abi).unwrap_or(0) & ACCESS_MODE;
    by_name && argument.domain.has("O_ACCMODE") && (bits == WRITE_ONLY || bits == READ_WRITE)
}

/// Reports those masks if the policy has different answers for opening to write, and to read and write.
pub(super) fn of_access_modes(
    subject: &LintContext<'_>,
    masks: &[HalfOfAccessMode<'_>],
    warnings: &mut Warnings<'_>,
) {
    let mut visits = 0;
    for one in masks {
        visits += one.part.rules.len();
        if visits > MOST_VISITS {
            return;
        }
        let allowed = |mode: u64| {
            let condition = policy::Condition::Compare(policy::Comparison {
                argument: one.argument.position,
                width: one.width,
                signed: false,
                mask: Some(policy::Value::Known(ACCESS_MODE)),
                operator: Operator::Equal,
                value: policy::Value::Known(mode),
            });
            sometimes_allowed(&subject.deciders_where(one.part, one.call, &condition))
        };
        if allowed(WRITE_ONLY) == allowed(READ_WRITE) {
            continue;
        }
        let half = number(one.mask, one.part.abi).unwrap_or(0) & ACCESS_MODE;
        let other = if half == WRITE_ONLY { "O_RDWR" } else { "O_WRONLY" };
        let written = one.argument.written;
        let message = format!(
            "`{}` does not tell `{other}` from `O_RDONLY`: the access mode in `{written}` of `{}` is one value of two bits\n\
             write `{written} & O_ACCMODE == O_RDONLY`, or `!=`",
            one.mask.quote(),
            one.call,
        );
        warnings.add(Lint::ValueAsMask, one.item, one.mask.span, &message);
    }
}
