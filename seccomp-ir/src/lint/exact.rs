//! Exact values, where the kernel ignores some bits of the argument or libraries add some: the same call is made with
//! another value.

use super::slips::Compared;
use super::{Lint, LintContext, MOST_VISITS, Warnings, always_allowed, sometimes_allowed};
use crate::policy::{self, AbiPolicy, Operator, Width};
use crate::table::DomainKind;
use crate::tree::{ItemIndex, ValueExpr};

/// An exact value of an argument that a rule permits or denies.
pub(super) struct Exact<'a> {
    pub(super) part: &'a AbiPolicy,
    pub(super) call: &'a str,
    pub(super) argument: Compared<'a>,
    pub(super) width: Width,
    pub(super) denied: bool,
    /// Whether it has bits that the kernel ignores, or that libraries add.
    pub(super) aware: bool,
    pub(super) item: ItemIndex,
    pub(super) value: &'a ValueExpr,
    /// The value, and the value with one more bit: one that the kernel ignores, one that libraries add, or any other.
    /// Both are equal if there is no such bit.
    pub(super) numbers: [u64; 2],
}

impl Exact<'_> {
    /// Whether another exact value is of the same argument, with the same effect.
    fn is_like(&self, other: &Self) -> bool {
        self.argument.position == other.argument.position
            && self.denied == other.denied
            && self.part.abi == other.part.abi
            && self.call == other.call
    }

    /// "The argument is that value."
    fn equals(&self, value: u64) -> policy::Condition {
        policy::Condition::Compare(policy::Comparison {
            argument: self.argument.position,
            width: self.width,
            signed: false,
            mask: None,
            operator: Operator::Equal,
            value: policy::Value::Known(value & self.width.ones()),
        })
    }

    /// Whether the policy has another action for the value with one more bit.
    fn differs(&self, subject: &LintContext<'_>) -> bool {
        let [without, with] = self.numbers;
        if without == with {
            return false;
        }
        let without = subject.deciders_where(self.part, self.call, &self.equals(without));
        let with = subject.deciders_where(self.part, self.call, &self.equals(with));
        if self.denied {
            !always_allowed(&without) && sometimes_allowed(&with)
        } else {
            sometimes_allowed(&without) && !sometimes_allowed(&with)
        }
    }
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
                "C libraries and Rust add bits of `{bits}` to `{written}` of `{call}`, and this allows only \
                 `{value}`\n\
                 write `{written} & !{all} == {value}`"
            );
            (Lint::ExactFlags, message)
        } else if domain.kind == DomainKind::Flags {
            let message = format!(
                "`{written}` of `{call}` is a set of bits, and this denies only `{value}`: with one more bit the \
                 call is allowed\n\
                 deny bits, `{written} & … != 0`, or allow only the permitted ones"
            );
            (Lint::ExactDenial, message)
        } else {
            let message = format!(
                "the kernel removes `{bits}` from `{written}` of `{call}` before it uses the rest, so the denied \
                 call can be made with such a bit\n\
                 write `{written} & !{all} == {value}`"
            );
            (Lint::ExactDenial, message)
        };
        warnings.add(lint, one.item, one.value.span, &message);
    }
}
