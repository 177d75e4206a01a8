//! Comparisons that are valid as numbers but most likely slips: a constant of another argument; `|` between
//! values that are not bits; any of several bits in an allowing rule; an exact value. `data/domains.tsv` says which
//! values each argument takes.

use crate::abi::ArgumentIndex;
use crate::policy::{AbiPolicy, Operator, Width};
use crate::table::{self, Argument, ArgumentPlace, Domain, DomainKind, Signature};

use super::decimal_mode;
use super::exact::{Exact, of_exact, same_to_the_kernel};
use super::joined;
use super::vacuous;
use super::value_as_mask::{
    self, AccessModeTest, WriteOnlyDenied, is_half_of_access_mode, is_write_only, of_access_modes,
    of_write_only,
};
use super::values::{foreign, is_of_tables, named, number};
use super::{Lint, LintContext, Warnings};
use crate::lists;
use crate::resolve::fixed;
use crate::tree::{
    ActionKind, Calls, ComparisonExpr, ConditionExpr, Element, ItemIndex, ItemKind, Name, Relation,
    ValueExpr, ValueKind,
};

pub(super) fn find<'a>(subject: &LintContext<'a>, warnings: &mut Warnings<'_>) {
    let mut possible = PossibleSlips {
        always_true: warnings.items_with(Lint::AlwaysTrue),
        ..PossibleSlips::default()
    };
    for part in subject.parts() {
        for (index, item) in subject.tree.items.iter().enumerate() {
            let ItemKind::Rule(rule) = &item.kind else { continue };
            if item.already_checked || !item.applies_to(part.abi) {
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
                    let rule = TargetOnAbi {
                        part,
                        call,
                        signature,
                        effect,
                        item: ItemIndex(index),
                        condition,
                    };
                    rule.condition(condition, true, &mut possible, warnings);
                }
            }
        }
    }
    of_exact(subject, &possible.exact, warnings);
    of_access_modes(subject, &possible.masks, warnings);
    of_write_only(subject, &possible.write_only, warnings);
}

/// Comparisons that only the actions of the whole policy show to be slips.
#[derive(Default)]
struct PossibleSlips<'a> {
    exact: Vec<Exact<'a>>,
    masks: Vec<AccessModeTest<'a>>,
    write_only: Vec<WriteOnlyDenied<'a>>,
    /// The items that have a report of a whole condition.
    always_true: Vec<ItemIndex>,
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
    /// Its whole condition.
    condition: &'a ConditionExpr,
}

/// An argument that is compared, and the values that it takes.
#[derive(Clone, Copy)]
pub(super) struct Compared<'a> {
    pub(super) index: ArgumentIndex,
    pub(super) written: &'a Name,
    pub(super) domain: Domain,
}

impl<'a> TargetOnAbi<'a> {
    /// `positive`: whether the rule matches where the condition holds.
    fn condition(
        &self,
        condition: &'a ConditionExpr,
        positive: bool,
        possible: &mut PossibleSlips<'a>,
        warnings: &mut Warnings<'_>,
    ) {
        match condition {
            ConditionExpr::Compare(comparison) => {
                self.comparison(comparison, positive, possible, warnings);
            }
            ConditionExpr::All(parts) | ConditionExpr::Any(parts) => {
                for part in parts {
                    self.condition(part, positive, possible, warnings);
                }
            }
            ConditionExpr::Not(inner) => self.condition(inner, !positive, possible, warnings),
        }
    }

    fn comparison(
        &self,
        comparison: &'a ComparisonExpr,
        positive: bool,
        possible: &mut PossibleSlips<'a>,
        warnings: &mut Warnings<'_>,
    ) {
        let written = &comparison.subject.argument;
        let Some((index, argument)) = argument(&self.signature, &written.text) else { return };
        if !possible.always_true.contains(&self.item) {
            vacuous::find(self.part.abi, self.call, argument, self.item, comparison, warnings);
        }
        let Some(domain) = self.domain(argument.name) else { return };
        let compared = Compared { index, written, domain };
        if let Some(mask) = &comparison.subject.mask {
            self.constants(mask, compared, warnings);
            self.decimal(mask, compared, warnings);
            let any = match &comparison.relation {
                Relation::Operator(_, value) => number(value, self.part.abi) == Some(0),
                Relation::In(_) => false,
            };
            match value_as_mask::message(self.part.abi, self.call, &compared, mask, any) {
                Some(message) => {
                    warnings.add(Lint::ValueAsMask, self.item, mask.span, &message);
                }
                None => self.any_of_bits(comparison, mask, positive, compared, warnings),
            }
            let width = Width::from_bits(argument.ty.bits);
            if let (Some(width), true) =
                (width, is_half_of_access_mode(mask, &compared, self.part.abi))
            {
                let (part, call, item) = (self.part, self.call, self.item);
                let argument = compared;
                possible.masks.push(AccessModeTest { part, call, argument, width, item, mask });
            }
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
        if let Relation::In(elements) = &comparison.relation {
            for element in elements {
                let Element::Range(range) = element else { continue };
                for end in [&range.first, &range.last].into_iter().flatten() {
                    self.constants(end, compared, warnings);
                    self.decimal(end, compared, warnings);
                }
            }
        }
        let mut value = |value: &'a ValueExpr| {
            self.constants(value, compared, warnings);
            self.decimal(value, compared, warnings);
            // The author means one of several values, so a report of this exact value would mislead.
            if self.joined(value, compared, warnings) {
                return;
            }
            if let Some(mask) = &comparison.subject.mask {
                let (abi, call) = (self.part.abi, self.call);
                if let Some(message) = value_as_mask::not_in_mask(abi, call, &compared, mask, value)
                {
                    warnings.add(Lint::ValueAsMask, self.item, mask.span, &message);
                }
            }
            if let (Some(mask), Some(true)) = (&comparison.subject.mask, denied) {
                if is_write_only(mask, value, self.part.abi) {
                    let (part, call, item) = (self.part, self.call, self.item);
                    let (argument, width) = (compared, Width::W32);
                    let of = AccessModeTest { part, call, argument, width, item, mask };
                    possible.write_only.push(WriteOnlyDenied { of, value });
                }
            }
            if let (Some(denied), Some(width)) = (denied, Width::from_bits(argument.ty.bits)) {
                let mask = &comparison.subject.mask;
                possible.exact.push(self.exactly(mask, value, denied, compared, width));
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

    /// The domain of an argument. A command that the rule fixes may say more about it than the call.
    fn domain(&self, argument: &str) -> Option<Domain> {
        let general = table::domain(self.part.abi, self.call, argument)?;
        let Some(decider) = table::decided_by(self.call, argument) else { return Some(general) };
        let at = self.signature.position(decider);
        let is_command = |written: &str| {
            let written = self::argument(&self.signature, written);
            written.is_some_and(|(index, _)| at == Some(ArgumentPlace::At(index)))
        };
        let mut exactly = None;
        for command in fixed(self.condition, &is_command, self.part.abi).unwrap_or_default() {
            let under = table::domain_under(self.part.abi, self.call, argument, command);
            if under.is_none() || exactly.is_some_and(|known| Some(known) != under) {
                return Some(general);
            }
            exactly = under;
        }
        exactly.or(Some(general))
    }

    /// Reports the constants of a value that belong to another argument.
    fn constants(&self, value: &ValueExpr, compared: Compared<'_>, warnings: &mut Warnings<'_>) {
        let domain = &compared.domain;
        let Some((constant, span)) = foreign(value, domain, self.part.abi) else { return };
        let others = self.with_constant(constant);
        let elsewhere = match table::owner(self.part.abi, constant) {
            _ if !others.is_empty() => format!("compare `{others}` with it, or "),
            Some((call, argument)) => format!("it is for `{argument}` of `{call}`; "),
            None => String::new(),
        };
        let own = match domain.kind {
            DomainKind::Number => format!(", which is {} {}", article(domain.word), domain.word),
            DomainKind::Opaque if domain.patterns() == "-" => ", which is a number".to_owned(),
            _ if domain.takes_any() => String::new(),
            _ => format!(", which has {}", domain.constants()),
        };
        let message = format!(
            "`{constant}` is not a constant of `{}` of `{}`{own}: its number means something else there\n\
             {elsewhere}write the number if it is meant",
            compared.written, self.call,
        );
        warnings.add(Lint::ForeignConstant, self.item, span, &message);
    }

    /// The arguments that a constant belongs to, for a message.
    fn with_constant(&self, constant: &str) -> String {
        let mut arguments = String::new();
        for other in self.signature.registers() {
            if let Some(domain) = self.domain(other.name) {
                let number = domain.kind == DomainKind::Number;
                if !number && !domain.takes_any() && domain.has(constant) {
                    lists::add(&mut arguments, other.name, "` or `");
                }
            }
        }
        arguments
    }

    /// Reports permissions of a file that are written in decimal.
    fn decimal(&self, value: &ValueExpr, compared: Compared<'_>, warnings: &mut Warnings<'_>) {
        let Compared { written, domain, .. } = compared;
        if domain.kind == DomainKind::Flags && domain.has("S_IRUSR") {
            if let Some((number, span)) = decimal_mode::decimal(value, &domain, self.part.abi) {
                let message = decimal_mode::message(number, &written.text, self.call);
                warnings.add(Lint::DecimalMode, self.item, span, &message);
            }
        }
    }

    /// Reports `A | B` for an argument, or for bits of it, that can have only one of the values. Returns whether it does.
    fn joined(
        &self,
        value: &ValueExpr,
        compared: Compared<'_>,
        warnings: &mut Warnings<'_>,
    ) -> bool {
        let ValueKind::Or(parts) = &value.kind else { return false };
        let Compared { written, domain, .. } = compared;
        let (subject, ignored) = match domain.kind {
            DomainKind::List | DomainKind::Name => {
                (format!("`{written}`"), domain.ignored_bits(self.part.abi))
            }
            DomainKind::Flags => match joined::field(parts, &domain, self.part.abi) {
                Some((field, bits)) => (format!("`{field}` in `{written}`"), !bits),
                None => return false,
            },
            DomainKind::Opaque if joined::are_options(parts, self.call, self.part.abi) => {
                (format!("`{written}`"), 0)
            }
            DomainKind::Opaque | DomainKind::Number => return false,
        };
        let Some((all, values)) = joined::apart(parts, ignored, self.part.abi) else {
            return false;
        };
        let message = format!(
            "{subject} of `{}` is one of several values, not a set of bits: `{}` is the single value {all}\n\
             write `{written} in {{{values}}}` to match either of them",
            self.call,
            value.quote(),
        );
        warnings.add(Lint::JoinedValues, self.item, value.span, &message);
        true
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
        let any = match (operator, number(value, self.part.abi)) {
            (Operator::NotEqual | Operator::Greater, Some(0)) => positive,
            (Operator::Equal, Some(0)) => !positive,
            _ => false,
        };
        let kinds = matches!(compared.domain.kind, DomainKind::Flags | DomainKind::List);
        let Some(bits) = number(mask, self.part.abi) else { return };
        let count = bits.count_ones();
        if !any || !kinds || self.effect != Effect::Permits || count < 2 || self.is_field(mask) {
            return;
        }
        let (call, written) = (self.call, compared.written);
        let message = format!(
            "this rule allows `{call}` with any one of the {count} bits of the mask, whatever other bits `{written}` has\n\
             write `{written} & … == …` for required bits, and \
             `{written} & !(…) == 0` for permitted ones"
        );
        warnings.add(Lint::AnyOfBits, self.item, mask.span, &message);
    }

    /// Whether a mask is the name of several bits that are one value: `flags & O_ACCMODE != O_RDONLY` does not ask about single
    /// bits.
    fn is_field(&self, mask: &ValueExpr) -> bool {
        named(mask, self.part.abi).is_some_and(|name| {
            name.ends_with("MASK") || joined::FIELDS.iter().any(|(field, _)| *field == name)
        })
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
            Some(mask) => match number(mask, self.part.abi) {
                // A mask that has only these bits asks about them.
                Some(mask) => bits == 0 || mask & bits != bits || mask & !bits == 0,
                None => true,
            },
            None => false,
        };
        let known = if is_of_tables(value) { number(value, self.part.abi) } else { None };
        let denies_list_value = denied && domain.kind == DomainKind::List;
        let aware = match known {
            Some(value) => masked || !denies_list_value && value & bits != 0,
            // Nothing is known about a symbol.
            None => true,
        };
        let number = known.unwrap_or_default();
        let lowest = |bits: u64| {
            if bits == 0 { Vec::new() } else { vec![number | bits & bits.wrapping_neg()] }
        };
        let others = if foreign(value, &domain, self.part.abi).is_some() {
            // A constant of another argument has its own report.
            Vec::new()
        } else if denies_list_value {
            same_to_the_kernel(number, self.taken_away(number, bits))
        } else if denied && domain.kind == DomainKind::Flags && bits == 0 && number != 0 {
            // A comparison with 0 means exactly the value without any flag, so it is not reported.
            lowest(!number)
        } else {
            lowest(bits & !number)
        };
        let (part, call, item) = (self.part, self.call, self.item);
        Exact { part, call, argument, width, denied, aware, item, value, number, others }
    }

    /// Those of the ignored `bits` that `number` may have or lack without a change of the call. With `FUTEX_CLOCK_REALTIME` an
    /// operation fails unless it takes a time, so this bit counts only in a value that is written with it.
    ///
    /// Source: `kernel/futex/syscalls.c` (`do_futex`), and seen on Linux 6.18.
    fn taken_away(&self, number: u64, bits: u64) -> u64 {
        let realtime = super::constant(self.part.abi, "FUTEX_CLOCK_REALTIME").unwrap_or_default();
        if self.call.starts_with("futex") { bits & !(realtime & !number) } else { bits }
    }
}

/// The position and the type of the argument that a policy writes as `written`.
fn argument<'a>(signature: &'a Signature, written: &str) -> Option<(ArgumentIndex, &'a Argument)> {
    let index = match signature.position(written) {
        Some(ArgumentPlace::At(index)) => index,
        _ => table::positional(written)?,
    };
    Some((index, signature.argument(index)?))
}

/// "a size", "an address"
fn article(word: &str) -> &'static str {
    if word.starts_with('a') { "an" } else { "a" }
}
