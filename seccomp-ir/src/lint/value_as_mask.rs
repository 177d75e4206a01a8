//! Masks that are not sets of bits but values of a list: `type & SOCK_STREAM`, and `flags & O_WRONLY`, which `O_RDWR` does not
//! have.

use super::conditions::equal;
use super::joined;
use super::slips::Compared;
use super::values::{named, number};
use super::{Lint, LintContext, MOST_VISITS, Warnings, sometimes_allowed};
use crate::abi::Abi;
use crate::policy::{AbiPolicy, Width};
use crate::table::DomainKind;
use crate::tree::{ItemIndex, ValueExpr, ValueKind};

/// The bits of an open's flags that are one value, `O_ACCMODE`.
///
/// Source: `include/uapi/asm-generic/fcntl.h`, Linux 7.3; all architectures have the same.
const ACCESS_MODE: u64 = 3;
const WRITE_ONLY: u64 = 1;
const READ_WRITE: u64 = 2;

/// The message about a mask that is one of the values of a list and does not tell the other values apart. `any`: whether the
/// comparison asks for any bit of it.
pub(super) fn message(
    abi: Abi,
    call: &str,
    compared: &Compared<'_>,
    mask: &ValueExpr,
    any: bool,
) -> Option<String> {
    let Compared { written, domain, .. } = compared;
    match (domain.kind, &mask.kind) {
        (DomainKind::Flags, _) => return of_field(abi, call, compared, mask, any),
        (DomainKind::List, ValueKind::Or(parts)) => {
            return of_several(abi, call, compared, mask, parts);
        }
        (DomainKind::List, _) => {}
        (DomainKind::Name | DomainKind::Number | DomainKind::Opaque, _) => return None,
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
            if other.is_none() && value != bits & !ignored && has_bits(value, bits, any) {
                other = Some(member);
            }
        }
    }
    // The constants of `ioctl` are not listed.
    let also = match other {
        Some(other) if any => format!("`{other}` has a bit of it too"),
        Some(other) => format!("`{other}` has its bits too"),
        None if domain.patterns() == "ioctl" => "other commands have its bits too".to_owned(),
        None => return None,
    };
    let quoted = mask.quote();
    let right = match ignored {
        0 => format!("{written} == {quoted}"),
        _ => format!("{written} & !{} == {quoted}", domain.ignored()),
    };
    Some(no_mask(&format!("`{written}` of `{call}`"), name, &also, &format!("`{right}`")))
}

/// What is said of a value that is used as a mask of `subject`: what other values have of its bits, and what is right.
fn no_mask(subject: &str, value: &str, also: &str, right: &str) -> String {
    format!(
        "{subject} is one of several values, and `{value}` is not a mask: {also}\nwrite {right}"
    )
}

/// Whether a comparison with `bits` as a mask takes this value for one that has them.
fn has_bits(value: u64, bits: u64, any: bool) -> bool {
    if any { value & bits != 0 } else { value & bits == bits }
}

/// The message about a mask that is several values of a list.
fn of_several(
    abi: Abi,
    call: &str,
    compared: &Compared<'_>,
    mask: &ValueExpr,
    parts: &[ValueExpr],
) -> Option<String> {
    let Compared { written, domain, .. } = compared;
    let bits = number(mask, abi)? & !domain.ignored_bits(abi);
    let mut values = Vec::new();
    for part in parts {
        named(part, abi).filter(|name| domain.has(name) && !name.ends_with("MASK"))?;
        values.push(number(part, abi)? & !domain.ignored_bits(abi));
    }
    let (_, set) = joined::apart(parts, domain.ignored_bits(abi), abi)?;
    for (_, members) in domain.members(abi) {
        for (member, constant) in members {
            let value = constant.value & !domain.ignored_bits(abi);
            if value & bits != 0 && !values.contains(&value) {
                return Some(no_mask(
                    &format!("`{written}` of `{call}`"),
                    &mask.quote(),
                    &format!("`{member}` has some of its bits too"),
                    &format!("`{written} in {{{set}}}`, or `!({written} in {{{set}}})`"),
                ));
            }
        }
    }
    None
}

/// The message about a value of a list that is 0, under a mask of bits that the kernel removes: `op & FUTEX_PRIVATE_FLAG ==
/// FUTEX_WAIT` asks about the flag alone.
pub(super) fn not_in_mask(
    abi: Abi,
    call: &str,
    compared: &Compared<'_>,
    mask: &ValueExpr,
    value: &ValueExpr,
) -> Option<String> {
    let Compared { written, domain, .. } = compared;
    let ignored = domain.ignored_bits(abi);
    let name = named(value, abi).filter(|name| domain.has(name))?;
    if domain.kind != DomainKind::List
        || number(value, abi)? != 0
        || number(mask, abi)? & !ignored != 0
    {
        return None;
    }
    let quoted = mask.quote();
    Some(format!(
        "`{name}` is 0, and under this mask `{written}` of `{call}` is 0 for every value without `{quoted}`\n\
         write `{written} & !{} == {name}` for this value, or `{written} & {quoted} == 0` for the bits",
        domain.ignored()
    ))
}

/// The message about a mask that has a value of a field of flags, such as `S_IFBLK`, whose bits another value of the field has
/// too. `MAP_SHARED` is in the bits of `MAP_SHARED_VALIDATE` because both share.
fn of_field(
    abi: Abi,
    call: &str,
    compared: &Compared<'_>,
    mask: &ValueExpr,
    any: bool,
) -> Option<String> {
    let Compared { written, domain, .. } = compared;
    let one = [mask];
    let parts: Vec<&ValueExpr> = match &mask.kind {
        ValueKind::Or(parts) => parts.iter().collect(),
        _ => one.to_vec(),
    };
    for (field, values) in joined::FIELDS {
        if field == "O_ACCMODE" || !domain.has(field) {
            continue;
        }
        let all = super::constant(abi, field)?;
        for part in &parts {
            let Some(name) = named(part, abi).filter(|name| joined::is_value(name, field, values))
            else {
                continue;
            };
            let bits = number(part, abi)? & all;
            // A name of the whole field is a mask, whatever else it is called.
            if bits == 0 || number(mask, abi)? & all == all || name == "MAP_SHARED" {
                continue;
            }
            for (_, members) in domain.members(abi) {
                for (member, constant) in members {
                    let value = constant.value & all;
                    if value != bits
                        && has_bits(value, bits, any)
                        && joined::is_value(member, field, values)
                    {
                        let bits = if any { "a bit of it" } else { "its bits" };
                        return Some(no_mask(
                            &format!("`{field}` in `{written}` of `{call}`"),
                            name,
                            &format!("`{member}` has {bits} too"),
                            &format!("`{written} & {field} == {name}`, or `!=`"),
                        ));
                    }
                }
            }
        }
    }
    None
}

/// A test of an open's flags under a mask with bits of the access mode.
pub(super) struct AccessModeTest<'a> {
    pub(super) part: &'a AbiPolicy,
    pub(super) call: &'a str,
    pub(super) argument: Compared<'a>,
    pub(super) width: Width,
    pub(super) item: ItemIndex,
    pub(super) mask: &'a ValueExpr,
}

impl AccessModeTest<'_> {
    /// Whether the policy allows some of the calls with that access mode.
    fn allows(&self, subject: &LintContext<'_>, mode: u64) -> bool {
        let condition = equal(self.argument.index, self.width, Some(ACCESS_MODE), mode);
        sometimes_allowed(&subject.deciders_where(self.part, self.call, &condition))
    }
}

/// Whether a mask has one of `O_WRONLY` and `O_RDWR`. `!O_WRONLY` does not count, because it keeps all other bits.
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

/// A rule that denies opening a file only to write, under the mask of the access mode.
pub(super) struct WriteOnlyDenied<'a> {
    pub(super) of: AccessModeTest<'a>,
    pub(super) value: &'a ValueExpr,
}

/// Reports those rules if the policy lets files be opened to read and write.
pub(super) fn of_write_only(
    subject: &LintContext<'_>,
    denied: &[WriteOnlyDenied<'_>],
    warnings: &mut Warnings<'_>,
) {
    let mut visits = 0;
    for WriteOnlyDenied { of, value } in denied {
        visits += of.part.rules.len();
        if visits > MOST_VISITS {
            return;
        }
        if of.allows(subject, WRITE_ONLY) || !of.allows(subject, READ_WRITE) {
            continue;
        }
        let written = of.argument.written;
        let message = format!(
            "this rule denies `{}` but not `O_RDWR`, with which a program can write as well\n\
             write `{written} & O_ACCMODE != O_RDONLY`",
            value.quote(),
        );
        warnings.add(Lint::ExactDenial, of.item, value.span, &message);
    }
}

/// Whether a value is `O_WRONLY`, under a mask that keeps the access mode and nothing else.
pub(super) fn is_write_only(mask: &ValueExpr, value: &ValueExpr, abi: Abi) -> bool {
    named(mask, abi) == Some("O_ACCMODE") && named(value, abi) == Some("O_WRONLY")
}

/// Reports those masks if the policy has different actions for opening to write, and to read and write.
pub(super) fn of_access_modes(
    subject: &LintContext<'_>,
    masks: &[AccessModeTest<'_>],
    warnings: &mut Warnings<'_>,
) {
    let mut visits = 0;
    for one in masks {
        visits += one.part.rules.len();
        if visits > MOST_VISITS {
            return;
        }
        if one.allows(subject, WRITE_ONLY) == one.allows(subject, READ_WRITE) {
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
