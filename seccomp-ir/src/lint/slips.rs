//! Comparisons that are valid as numbers but most likely slips: a constant of another argument; `|` between
//! values that are not bits; any of several bits in an allowing rule; an exact value, where the kernel ignores
//! some bits or libraries add some. `data/domains.tsv` says which values each argument takes.

use crate::policy::{self, AbiPolicy, Operator, Width};
use crate::table::{self, Argument, ArgumentPlace, Domain, DomainKind, Signature};

use super::{Lint, LintContext, MOST_VISITS, Warnings, always_allowed, sometimes_allowed};
use crate::lists;
use crate::tree::{
    ActionKind, Calls, ComparisonExpr, ConditionExpr, Element, ItemIndex, ItemKind, Name, Relation,
    ValueExpr, ValueKind,
};

pub(super) fn find<'a>(subject: &LintContext<'a>, warnings: &mut Warnings<'_>) {
    let mut exact = Vec::new();
    for part in subject.parts() {
        for (index, item) in subject.tree.items.iter().enumerate() {
            let ItemKind::Rule(rule) = &item.kind else { continue };
            if item.looked_at || !item.speaks_for(part.abi) {
                continue;
            }
            let effect = match rule.action.kind {
                ActionKind::Allow | ActionKind::Log => Effect::Permits,
                ActionKind::Notify | ActionKind::Trace(_) => Effect::Asks,
                ActionKind::KillProcess
                | ActionKind::KillThread
                | ActionKind::Trap(_)
                | ActionKind::Errno(_) => Effect::Denies,
            };
            for target in &rule.targets {
                let Some(condition) = &target.condition else { continue };
                let call = match &target.calls {
                    Calls::Named(name) => name.text.as_str(),
                    Calls::Numbered(number, _) => match table::name(part.abi, *number) {
                        Some(name) => name,
                        None => continue,
                    },
                    Calls::Group(..) => continue,
                };
                if let Some(signature) = table::signature(part.abi, call) {
                    let rule =
                        TargetOnAbi { part, call, signature, effect, item: ItemIndex(index) };
                    rule.condition(condition, true, &mut exact, warnings);
                }
            }
        }
    }
    of_exact(subject, &exact, warnings);
}

/// What a rule does with the calls that it matches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Permits,
    Denies,
    Asks,
}

/// A rule's target on an ABI.
struct TargetOnAbi<'a> {
    part: &'a AbiPolicy,
    call: &'a str,
    signature: Signature,
    effect: Effect,
    item: ItemIndex,
}

/// An argument that is compared, and the values that it takes.
#[derive(Clone, Copy)]
struct Compared<'a> {
    position: u8,
    written: &'a Name,
    domain: Domain,
}

/// An exact value of an argument that a rule permits or denies.
struct Exact<'a> {
    part: &'a AbiPolicy,
    call: &'a str,
    argument: Compared<'a>,
    width: Width,
    denied: bool,
    /// Whether it has bits that the kernel ignores, or that libraries add.
    aware: bool,
    item: ItemIndex,
    value: &'a ValueExpr,
    /// The value, and the value with one more bit: one that the kernel ignores, one that libraries add, or any other.
    /// Both are equal if there is no such bit.
    numbers: [u64; 2],
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

impl<'a> TargetOnAbi<'a> {
    /// `positive`: whether the rule matches where the condition holds.
    fn condition(
        &self,
        condition: &'a ConditionExpr,
        positive: bool,
        exact: &mut Vec<Exact<'a>>,
        warnings: &mut Warnings<'_>,
    ) {
        match condition {
            ConditionExpr::Compare(comparison) => {
                self.comparison(comparison, positive, exact, warnings);
            }
            ConditionExpr::All(parts) | ConditionExpr::Any(parts) => {
                for part in parts {
                    self.condition(part, positive, exact, warnings);
                }
            }
            ConditionExpr::Not(inner) => self.condition(inner, !positive, exact, warnings),
        }
    }

    fn comparison(
        &self,
        comparison: &'a ComparisonExpr,
        positive: bool,
        exact: &mut Vec<Exact<'a>>,
        warnings: &mut Warnings<'_>,
    ) {
        let written = &comparison.subject.argument;
        let Some((position, argument)) = argument(&self.signature, &written.text) else { return };
        let Some(domain) = table::domain(self.part.abi, self.call, argument.name) else { return };
        let compared = Compared { position, written, domain };
        if let Some(mask) = &comparison.subject.mask {
            self.constants(mask, compared, warnings);
            self.any_of_bits(comparison, mask, positive, compared, warnings);
        }
        let operator = match &comparison.relation {
            Relation::Operator(operator, _) => *operator,
            Relation::In(_) => Operator::Equal,
        };
        let denied = match (operator, self.effect) {
            (Operator::Equal, Effect::Denies) | (Operator::NotEqual, Effect::Permits) => {
                Some(positive)
            }
            (Operator::NotEqual, Effect::Denies) | (Operator::Equal, Effect::Permits) => {
                Some(!positive)
            }
            _ => None,
        };
        let mut value = |value: &'a ValueExpr| {
            self.constants(value, compared, warnings);
            self.joined(value, compared, warnings);
            if let (Some(denied), Some(width)) = (denied, Width::from_bits(argument.ty.bits)) {
                let mask = &comparison.subject.mask;
                exact.push(self.exactly(mask, value, denied, compared, width));
            }
        };
        match &comparison.relation {
            Relation::Operator(_, one) => value(one),
            Relation::In(elements) => {
                for element in elements {
                    match element {
                        Element::Value(one) => value(one),
                        Element::Range(_) => {}
                    }
                }
            }
        }
    }

    /// Reports the constants of a value that belong to another argument.
    fn constants(&self, value: &ValueExpr, compared: Compared<'_>, warnings: &mut Warnings<'_>) {
        let Some(constant) = foreign(value, &compared.domain) else { return };
        let mut others = String::new();
        for other in self.signature.registers() {
            if let Some(domain) = table::domain(self.part.abi, self.call, other.name) {
                if domain.kind != DomainKind::Number && domain.has(&constant.text) {
                    lists::add(&mut others, other.name, "` or `");
                }
            }
        }
        let elsewhere =
            if others.is_empty() { others } else { format!("compare `{others}` with it, or ") };
        let message = format!(
            "`{constant}` is not a constant of `{}` of `{}`, which has {}: its number means something else \
             there\n\
             {elsewhere}write the number if it is meant",
            compared.written,
            self.call,
            compared.domain.constants(),
        );
        warnings.add(Lint::ForeignConstant, self.item, constant.span, &message);
    }

    /// Reports `A | B` for an argument that can have only one of the values.
    fn joined(&self, value: &ValueExpr, compared: Compared<'_>, warnings: &mut Warnings<'_>) {
        let ValueKind::Or(parts) = &value.kind else { return };
        let Compared { written, domain, .. } = compared;
        if !matches!(domain.kind, DomainKind::List | DomainKind::Name) {
            return;
        }
        let ignored = domain.ignored_bits(self.part.abi);
        // The bits that each of the values gets.
        let mut kept = String::new();
        let (mut values, mut count, mut all) = (String::new(), 0, 0);
        for part in parts {
            let Some(number) = number(part, self.part) else { return };
            all |= number;
            if number != 0 && number & !ignored == 0 {
                kept.push_str(" | ");
                kept.push_str(&part.quote());
            }
        }
        for part in parts {
            // A name counts even if it is 0, a 0 does not.
            let number = number(part, self.part).unwrap_or_default();
            let named = number == 0 && matches!(part.kind, ValueKind::Constant(_));
            if number & !ignored != 0 || named {
                count += 1;
                lists::add(&mut values, &(part.quote() + &kept), ", ");
            }
        }
        if count < 2 {
            return;
        }
        let message = format!(
            "`{written}` of `{}` is one of several values, not a set of bits: `{}` is the single value {all}\n\
             write `{written} in {{{values}}}` to match either of them",
            self.call,
            value.quote(),
        );
        warnings.add(Lint::JoinedValues, self.item, value.span, &message);
    }

    /// Reports `allow call(argument & (A | B) != 0)`.
    fn any_of_bits(
        &self,
        comparison: &ComparisonExpr,
        mask: &ValueExpr,
        positive: bool,
        compared: Compared<'_>,
        warnings: &mut Warnings<'_>,
    ) {
        let Relation::Operator(operator, value) = &comparison.relation else { return };
        let any = match (operator, number(value, self.part)) {
            (Operator::NotEqual | Operator::Greater, Some(0)) => positive,
            (Operator::Equal, Some(0)) => !positive,
            _ => false,
        };
        let kinds = matches!(compared.domain.kind, DomainKind::Flags | DomainKind::List);
        let Some(bits) = number(mask, self.part) else { return };
        let count = bits.count_ones();
        if !any || !kinds || self.effect != Effect::Permits || count < 2 {
            return;
        }
        let (call, written) = (self.call, compared.written);
        let message = format!(
            "this allows `{call}` with any one of the {count} bits of the mask, whatever other bits `{written}` has\n\
             write `{written} & … == …` for required bits, and \
             `{written} & !(…) == 0` for permitted ones"
        );
        warnings.add(Lint::AnyOfBits, self.item, mask.span, &message);
    }

    /// An exact value that is permitted or denied.
    fn exactly(
        &self,
        mask: &Option<ValueExpr>,
        value: &'a ValueExpr,
        denied: bool,
        argument: Compared<'a>,
        width: Width,
    ) -> Exact<'a> {
        let domain = argument.domain;
        let bits = if denied {
            domain.ignored_bits(self.part.abi)
        } else {
            domain.added_bits(self.part.abi)
        };
        let masked = match mask {
            Some(mask) => match number(mask, self.part) {
                Some(mask) => bits == 0 || mask & bits != bits,
                None => true,
            },
            None => false,
        };
        let known = number(value, self.part);
        // Nothing is known about a value of rustc; a constant of another argument has its own report.
        let aware = match known {
            Some(value) => masked || value & bits != 0,
            None => true,
        };
        let number = known.unwrap_or_default();
        // A value without any flag is a value of its own.
        let any = denied && domain.kind == DomainKind::Flags && number != 0;
        let more = match bits {
            0 if any => !number,
            bits => bits,
        };
        let foreign = foreign(value, &domain).is_some();
        let more = if foreign { 0 } else { more & more.wrapping_neg() };
        let (part, call, item) = (self.part, self.call, self.item);
        let numbers = [number, number | more];
        Exact { part, call, argument, width, denied, aware, item, value, numbers }
    }
}

/// Reports exact values that are denied while the value with one more bit is allowed, or the other way round,
/// unless a rule of the policy shows that its author knows about the other bits.
fn of_exact(subject: &LintContext<'_>, exact: &[Exact<'_>], warnings: &mut Warnings<'_>) {
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

/// The position and the register of the argument that the policy writes so.
fn argument<'a>(signature: &'a Signature, written: &str) -> Option<(u8, &'a Argument)> {
    let position = match (written.as_bytes(), signature.position(written)) {
        (_, Some(ArgumentPlace::At(position))) => position,
        ([b'a', digit @ b'0'..=b'5'], _) => digit - b'0',
        _ => return None,
    };
    Some((position, signature.registers().get(usize::from(position))?))
}

/// The first constant of another argument in a value.
fn foreign<'a>(value: &'a ValueExpr, domain: &Domain) -> Option<&'a Name> {
    match &value.kind {
        ValueKind::Constant(constant) if !domain.has(&constant.text) => Some(constant),
        ValueKind::Or(parts) => {
            for part in parts {
                if let Some(constant) = foreign(part, domain) {
                    return Some(constant);
                }
            }
            None
        }
        ValueKind::Not(inner) => foreign(inner, domain),
        _ => None,
    }
}

/// The number, unless rustc evaluates it.
fn number(value: &ValueExpr, part: &AbiPolicy) -> Option<u64> {
    Some(match &value.kind {
        ValueKind::Integer(integer) => integer.number as u64,
        ValueKind::Constant(name) => super::constant(part.abi, &name.text)?,
        ValueKind::Not(inner) => !number(inner, part)? & 0xffff_ffff,
        ValueKind::Or(parts) => {
            let mut bits = 0;
            for value in parts {
                bits |= number(value, part)?;
            }
            bits
        }
        ValueKind::Expression(_) => return None,
    })
}
