//! Comparisons that are right as numbers and most likely slips: a constant of another argument, `|` of values
//! that are no bits, any of several bits in an allowing rule, an exact value of which the kernel ignores bits
//! or to which libraries add some. What each argument is stands in `data/domains.tsv`.

use crate::abi::Abi;
use crate::policy::{self, Operator, Width};
use crate::table::{self, Argument, Domain, DomainKind, Place, Signature};

use super::{Lint, MOST_VISITS, Subject, Warnings, always_allowed, sometimes_allowed};
use crate::tree::{
    ActionKind, Calls, Comparison, Condition, Element, ItemKind, Name, Relation, Span, Value,
    ValueKind,
};
use crate::words::{joined, quoted};

pub(super) fn find(subject: &Subject<'_>, warnings: &mut Warnings<'_>) {
    let mut exact = Vec::new();
    for part in subject.parts() {
        for (index, item) in subject.tree.items.iter().enumerate() {
            let ItemKind::Rule(rule) = &item.kind else { continue };
            if item.looked_at {
                continue;
            }
            let effect = match rule.action.kind {
                ActionKind::Allow | ActionKind::Log => Effect::Permits,
                ActionKind::Notify | ActionKind::Trace(_) => Effect::Asks,
                ActionKind::Errno(_)
                | ActionKind::Trap(_)
                | ActionKind::KillProcess
                | ActionKind::KillThread => Effect::Denies,
            };
            for target in &rule.targets {
                let Some(condition) = &target.condition else { continue };
                let call = match &target.calls {
                    Calls::Named(name) => name.text.as_str(),
                    Calls::Numbered(number, _) => {
                        table::name(part.abi, *number).unwrap_or_default()
                    }
                    Calls::Group(..) => continue,
                };
                let Some(signature) = table::signature(part.abi, call) else { continue };
                let mut rule =
                    Rule { abi: part.abi, call, signature, effect, item: index, exact: &mut exact };
                rule.condition(condition, true, warnings);
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
struct Rule<'a, 'e> {
    abi: Abi,
    call: &'a str,
    signature: Signature,
    effect: Effect,
    item: usize,
    exact: &'e mut Vec<Exact>,
}

/// A value of an argument that a rule permits or denies as it is.
struct Exact {
    abi: Abi,
    call: String,
    /// The kernel's name of the argument.
    argument: &'static str,
    written: String,
    domain: Domain,
    denied: bool,
    /// Whether it has bits that the kernel ignores, or that libraries add.
    aware: bool,
    item: usize,
    span: Span,
    value: String,
    /// The same with one more bit, of those that the kernel ignores or libraries add, or of any: two conditions to
    /// ask the policy about.
    without_and_with: Option<(policy::Condition, policy::Condition)>,
}

impl Exact {
    /// Whether another one is of the same argument, with the same effect.
    fn is_like(&self, other: &Self) -> bool {
        self.argument == other.argument
            && self.call == other.call
            && self.denied == other.denied
            && self.abi == other.abi
    }
}

impl Rule<'_, '_> {
    /// `positive`: whether the rule matches where the condition holds.
    fn condition(&mut self, condition: &Condition, positive: bool, warnings: &mut Warnings<'_>) {
        match condition {
            Condition::Compare(comparison) => self.comparison(comparison, positive, warnings),
            Condition::All(parts) | Condition::Any(parts) => {
                for part in parts {
                    self.condition(part, positive, warnings);
                }
            }
            Condition::Not(inner) => self.condition(inner, !positive, warnings),
        }
    }

    fn comparison(&mut self, comparison: &Comparison, positive: bool, warnings: &mut Warnings<'_>) {
        let written = &comparison.subject.argument;
        let Some(argument) = argument(&self.signature, &written.text) else { return };
        let name = argument.name;
        let Some(domain) = table::domain(self.abi, self.call, name) else { return };
        let mut values = Vec::new();
        match &comparison.relation {
            Relation::Operator(_, value) => values.push(value),
            Relation::In(elements) => {
                for element in elements {
                    match element {
                        Element::Value(value) => values.push(value),
                        Element::Range(range) => {
                            for value in [&range.first, &range.last].into_iter().flatten() {
                                self.constants(value, written, &domain, warnings);
                            }
                        }
                    }
                }
            }
        }
        if let Some(mask) = &comparison.subject.mask {
            self.constants(mask, written, &domain, warnings);
            self.any_of_bits(comparison, mask, positive, &domain, warnings);
        }
        for value in &values {
            self.constants(value, written, &domain, warnings);
            self.joined(value, written, &domain, warnings);
        }
        let operator = match &comparison.relation {
            Relation::Operator(operator, _) => *operator,
            Relation::In(_) => Operator::Equal,
        };
        let holds = match operator {
            Operator::Equal => positive,
            Operator::NotEqual => !positive,
            _ => return,
        };
        let denied = match self.effect {
            Effect::Denies => holds,
            Effect::Permits => !holds,
            Effect::Asks => return,
        };
        self.exactly(comparison, &values, denied, name, &domain);
    }

    /// Reports the constants of a value that belong to another argument.
    fn constants(
        &self,
        value: &Value,
        written: &Name,
        domain: &Domain,
        warnings: &mut Warnings<'_>,
    ) {
        match &value.kind {
            ValueKind::Constant(constant) if !domain.has(&constant.text) => {
                self.foreign(constant, written, domain, warnings);
            }
            ValueKind::Or(parts) => {
                for part in parts {
                    self.constants(part, written, domain, warnings);
                }
            }
            ValueKind::Not(inner) => self.constants(inner, written, domain, warnings),
            _ => {}
        }
    }

    fn foreign(
        &self,
        constant: &Name,
        written: &Name,
        domain: &Domain,
        warnings: &mut Warnings<'_>,
    ) {
        let mut own = Vec::new();
        own.extend(domain.constants());
        let mut others = Vec::new();
        for other in self.signature.registers() {
            if let Some(domain) = table::domain(self.abi, self.call, other.name) {
                if domain.kind != DomainKind::Number && domain.has(&constant.text) {
                    others.push(other.name);
                }
            }
        }
        let has =
            if own.is_empty() { "has none".to_owned() } else { format!("has {}", quoted(&own)) };
        let elsewhere = match &others[..] {
            [] => String::new(),
            others => format!("compare {} with it, or ", quoted(others)),
        };
        let (call, text) = (self.call, &constant.text);
        let message = format!(
            "`{text}` is no constant of `{written}` of `{call}`, which {has}: as a number it means something \
             else there\n\
             {elsewhere}write the number if it is meant"
        );
        warnings.add(Lint::ForeignConstant, self.item, constant.span, &message);
    }

    /// Reports `A | B` of values of which one alone can be meant.
    fn joined(&self, value: &Value, written: &Name, domain: &Domain, warnings: &mut Warnings<'_>) {
        let ValueKind::Or(parts) = &value.kind else { return };
        if !matches!(domain.kind, DomainKind::List | DomainKind::Name) {
            return;
        }
        let ignored = domain.ignored_bits(self.abi);
        let (mut values, mut kept) = (Vec::new(), Vec::new());
        for part in parts {
            let Some(number) = number(part, self.abi) else { return };
            // A name counts even if it is 0, a 0 does not.
            let named = number == 0 && matches!(part.kind, ValueKind::Constant(_));
            if number & !ignored != 0 || named {
                values.push(part.quote());
            } else if number != 0 {
                kept.push(part.quote());
            }
        }
        if values.len() < 2 {
            return;
        }
        let mut set = Vec::new();
        for value in &values {
            let parts = std::iter::once(value.as_str()).chain(kept.iter().map(String::as_str));
            set.push(joined(parts, " | "));
        }
        let all = number(value, self.abi).unwrap_or_default();
        let message = format!(
            "`{written}` of `{}` is one of several values and not made of bits: `{}` is the one value {all}\n\
             write `{written} in {{{}}}` for either of them",
            self.call,
            joined(values.iter().map(String::as_str), " | "),
            joined(set.iter().map(String::as_str), ", "),
        );
        warnings.add(Lint::JoinedValues, self.item, value.span, &message);
    }

    /// Reports `allow call(argument & (A | B) != 0)`.
    fn any_of_bits(
        &self,
        comparison: &Comparison,
        mask: &Value,
        positive: bool,
        domain: &Domain,
        warnings: &mut Warnings<'_>,
    ) {
        let Relation::Operator(operator, value) = &comparison.relation else { return };
        let any = match (operator, number(value, self.abi)) {
            (Operator::NotEqual | Operator::Greater, Some(0)) => positive,
            (Operator::Equal, Some(0)) => !positive,
            _ => false,
        };
        let Some(bits) = number(mask, self.abi) else { return };
        let kinds = matches!(domain.kind, DomainKind::Flags | DomainKind::List);
        if !any || !kinds || self.effect != Effect::Permits || bits.count_ones() < 2 {
            return;
        }
        let written = &comparison.subject.argument;
        let message = format!(
            "this allows `{}` with any one of the {} bits of the mask, whatever else `{written}` has\n\
             write `{written} & … == …` for the bits that have to be there, and \
             `{written} & !(…) == 0` for those that may be",
            self.call,
            bits.count_ones(),
        );
        warnings.add(Lint::AnyOfBits, self.item, mask.span, &message);
    }

    /// "The argument is that value."
    fn equals(&self, argument: &str, value: u64) -> Option<policy::Condition> {
        let Place::At(position) = self.signature.position(argument)? else { return None };
        let width = Width::from_bits(self.signature.type_at(position)?.bits)?;
        Some(policy::Condition::Compare(policy::Comparison {
            argument: position,
            width,
            signed: false,
            mask: None,
            operator: Operator::Equal,
            value: policy::Value::Known(value & width.ones()),
        }))
    }

    /// Notes values that are permitted or denied as they are.
    fn exactly(
        &mut self,
        comparison: &Comparison,
        values: &[&Value],
        denied: bool,
        argument: &'static str,
        domain: &Domain,
    ) {
        let ignored = domain.ignored_bits(self.abi);
        let bits = if denied { ignored } else { domain.added_bits(self.abi) };
        if bits == 0 && !(denied && domain.kind == DomainKind::Flags) {
            return;
        }
        let masked = match &comparison.subject.mask {
            Some(mask) => {
                number(mask, self.abi).is_none_or(|mask| mask & bits != bits || bits == 0)
            }
            None => false,
        };
        for value in values {
            // That is reported by itself.
            if has_foreign(value, domain) {
                continue;
            }
            // Of a value of rustc nothing is known.
            let known = number(value, self.abi);
            self.exact.push(Exact {
                abi: self.abi,
                call: self.call.to_owned(),
                argument,
                written: comparison.subject.argument.text.clone(),
                domain: *domain,
                denied,
                aware: masked || known.is_none_or(|value| value & bits != 0),
                item: self.item,
                span: value.span,
                value: value.quote(),
                without_and_with: known.and_then(|value| {
                    // No flag at all is a value of its own.
                    if value == 0 && bits == 0 {
                        return None;
                    }
                    let more = if bits == 0 { !value } else { bits };
                    let with = value | more & more.wrapping_neg();
                    Some((self.equals(argument, value)?, self.equals(argument, with)?))
                }),
            });
        }
    }
}

/// Reports exact values that are denied where the same with one more bit is allowed, or the other way round,
/// unless a rule of the policy shows that the other bits have been thought of.
fn of_exact(subject: &Subject<'_>, exact: &[Exact], warnings: &mut Warnings<'_>) {
    let rules = subject.parts().iter().map(|part| part.rules.len()).max().unwrap_or(0);
    if exact.len() * rules > MOST_VISITS {
        return;
    }
    let mut aware: Vec<&Exact> = Vec::new();
    for one in exact {
        if one.aware && !aware.iter().any(|other| other.is_like(one)) {
            aware.push(one);
        }
    }
    for one in exact {
        if aware.iter().any(|other| other.is_like(one)) || !differs(subject, one) {
            continue;
        }
        let Exact { call, written, value, domain, item, span, .. } = one;
        let (lint, message) = if !one.denied {
            let added = domain.added();
            let bits = added.trim_matches(['(', ')']);
            let message = format!(
                "C libraries and Rust add bits to `{written}` of `{call}`, of `{bits}`, and this allows \
                 `{value}` alone\n\
                 write `{written} & !{added} == {value}`"
            );
            (Lint::ExactFlags, message)
        } else if domain.kind == DomainKind::Flags {
            let message = format!(
                "`{written}` of `{call}` is made of bits, and this denies `{value}` alone: with one more bit the \
                 call is made\n\
                 write which bits are denied, `{written} & … != 0`, or allow those that may be"
            );
            (Lint::ExactDenial, message)
        } else {
            let ignored = domain.ignored();
            let bits = ignored.trim_matches(['(', ')']);
            let message = format!(
                "the kernel takes `{bits}` out of `{written}` of `{call}` before it compares the rest, so the denied \
                 call is made with a bit of it\n\
                 write `{written} & !{ignored} == {value}`"
            );
            (Lint::ExactDenial, message)
        };
        warnings.add(lint, *item, *span, &message);
    }
}

/// Whether the policy answers otherwise with one more bit.
fn differs(subject: &Subject<'_>, exact: &Exact) -> bool {
    let Some((without, with)) = &exact.without_and_with else { return false };
    let Some(part) = subject.parts().iter().find(|part| part.abi == exact.abi) else {
        return false;
    };
    let without = subject.deciders_where(part, &exact.call, without);
    let with = subject.deciders_where(part, &exact.call, with);
    if exact.denied {
        !always_allowed(&without) && sometimes_allowed(&with)
    } else {
        sometimes_allowed(&without) && !sometimes_allowed(&with)
    }
}

/// The argument of a call that is written so.
fn argument<'a>(signature: &'a Signature, written: &str) -> Option<&'a Argument> {
    let position = match (written.as_bytes(), signature.position(written)) {
        (_, Some(Place::At(position))) => position,
        ([b'a', digit @ b'0'..=b'5'], _) => digit - b'0',
        _ => return None,
    };
    signature.registers().get(usize::from(position))
}

/// Whether there is a constant of another argument in a value.
fn has_foreign(value: &Value, domain: &Domain) -> bool {
    match &value.kind {
        ValueKind::Constant(constant) => !domain.has(&constant.text),
        ValueKind::Or(parts) => parts.iter().any(|part| has_foreign(part, domain)),
        ValueKind::Not(inner) => has_foreign(inner, domain),
        _ => false,
    }
}

/// A value that is known here.
fn number(value: &Value, abi: Abi) -> Option<u64> {
    Some(match &value.kind {
        ValueKind::Integer(integer) => integer.number as u64,
        ValueKind::Constant(name) => super::constant(abi, &name.text)?,
        ValueKind::Not(inner) => !number(inner, abi)? & 0xffff_ffff,
        ValueKind::Or(parts) => {
            let mut bits = 0;
            for part in parts {
                bits |= number(part, abi)?;
            }
            bits
        }
        ValueKind::Expression(_) => return None,
    })
}
