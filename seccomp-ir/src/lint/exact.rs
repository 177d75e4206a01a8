//! Exact values, where the kernel ignores some bits of the argument or libraries add some: the same call is made with
//! another value.

use super::conditions::equal;
use super::slips::Compared;
use super::values::number;
use super::{Lint, LintContext, MOST_VISITS, Warnings, always_allowed, sometimes_allowed};
use crate::abi::Abi;
use crate::lists;
use crate::policy::{AbiPolicy, Width};
use crate::table::DomainKind;
use crate::tree::{ItemIndex, ValueExpr, ValueKind};

/// An exact value of an argument that a rule permits or denies.
pub(super) struct Exact<'a> {
    pub(super) part: &'a AbiPolicy,
    pub(super) call: &'a str,
    pub(super) argument: Compared<'a>,
    pub(super) width: Width,
    pub(super) denied: bool,
    /// Whether the rule shows that its author knows about the bits that libraries add or that the kernel ignores.
    pub(super) aware: bool,
    pub(super) item: ItemIndex,
    pub(super) value: &'a ValueExpr,
    pub(super) number: u64,
    /// Values that the policy should treat like this one: the kernel does the same for them, or libraries pass them, or they
    /// have one more flag.
    pub(super) others: Vec<u64>,
}

impl Exact<'_> {
    /// Whether both values are compared with the same argument, with the same effect.
    fn is_like(&self, other: &Self) -> bool {
        self.argument.index == other.argument.index
            && self.denied == other.denied
            && self.part.abi == other.part.abi
            && self.call == other.call
    }

    /// Whether the policy has another action for one of the other values.
    fn differs(&self, subject: &LintContext<'_>) -> bool {
        if self.others.is_empty() {
            return false;
        }
        let ask = |number| {
            let condition = equal(self.argument.index, self.width, None, number);
            subject.deciders_where(self.part, self.call, &condition)
        };
        let this = ask(self.number);
        if self.denied && always_allowed(&this) || !self.denied && !sometimes_allowed(&this) {
            return false;
        }
        self.others.iter().any(|other| sometimes_allowed(&ask(*other)) == self.denied)
    }
}

/// The values that are the same as `number` for a kernel that removes the `ignored` bits.
pub(super) fn same_to_the_kernel(number: u64, ignored: u64) -> Vec<u64> {
    let mut values = vec![number & !ignored];
    let mut left = ignored;
    while left != 0 {
        let bit = left & left.wrapping_neg();
        left ^= bit;
        for index in 0..values.len() {
            values.push(values[index] | bit);
        }
    }
    values.retain(|value| *value != number);
    values
}

/// Reports exact values that are denied while the value with one more bit is allowed, or the other way round,
/// unless a rule of the policy shows that its author knows about the other bits.
pub(super) fn of_exact(
    subject: &LintContext<'_>,
    exact: &[Exact<'_>],
    warnings: &mut Warnings<'_>,
) {
    let mut visits = 0;
    let mut aware: Vec<&Exact<'_>> = Vec::new();
    for one in exact {
        visits += one.part.rules.len();
        let known = aware.iter().any(|other| other.is_like(one));
        if one.aware && !known {
            aware.push(one);
        }
    }
    if visits > MOST_VISITS {
        return;
    }
    for one in exact {
        if aware.iter().any(|other| other.is_like(one)) || !one.differs(subject) {
            continue;
        }
        let Compared { written, domain, .. } = one.argument;
        let (call, value) = (one.call, one.value.quote());
        let all = if one.denied { domain.ignored() } else { domain.added() };
        let bits = all.trim_matches(['(', ')']);
        let (lint, message) = if !one.denied {
            let message = format!(
                "C libraries and Rust add bits of `{bits}` to `{written}` of `{call}`, but this rule allows only \
                 `{value}`\n\
                 write `{written} & !{all} == {value}`"
            );
            (Lint::ExactFlags, message)
        } else if domain.kind == DomainKind::Flags {
            let message = format!(
                "`{written}` of `{call}` is a set of bits, but this rule denies only `{value}`: with one more bit \
                 the call is allowed\n\
                 deny bits, `{written} & … != 0`, or allow only the permitted ones"
            );
            (Lint::ExactDenial, message)
        } else {
            let (how, value) =
                match without_bits(one.value, domain.ignored_bits(one.part.abi), one.part.abi) {
                    Some(rest) => ("with others of these bits, or with none", rest),
                    None => ("with one of these bits", value),
                };
            let message = format!(
                "the kernel removes `{bits}` from `{written}` of `{call}` before it uses the rest, so the denied \
                 call can be made {how}\n\
                 write `{written} & !{all} == {value}`"
            );
            (Lint::ExactDenial, message)
        };
        warnings.add(lint, one.item, one.value.span, &message);
    }
}

/// The value as it is written without these bits. `None` if it has none of them.
fn without_bits(value: &ValueExpr, bits: u64, abi: Abi) -> Option<String> {
    let ValueKind::Or(parts) = &value.kind else { return None };
    let (mut rest, mut some) = (String::new(), false);
    for part in parts {
        match number(part, abi) {
            Some(number) if number != 0 && number & !bits == 0 => some = true,
            _ => lists::add(&mut rest, &part.quote(), " | "),
        }
    }
    (some && !rest.is_empty()).then_some(rest)
}
