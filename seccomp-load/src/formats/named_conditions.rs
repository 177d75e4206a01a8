//! Conditions of a draft in the language: arguments by name, constants by name, sets and ranges.

use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::decode;
use seccomp_ir::policy::{Comparison, Condition, Operator, Value, Width};
use seccomp_ir::table::{self, ArgumentPlace, ConstantLookup, Domain, DomainKind, Signature};
use seccomp_ir::tree::{
    ArgumentExpr, Cast, ComparisonExpr, ConditionExpr, Element, Integer, Name, Radix, Range,
    Relation, Span, ValueExpr, ValueKind,
};

use super::condition::known;
use super::intervals::{between, interval, ordered};

/// A word of the language.
pub(super) fn name(text: &str) -> Name {
    Name::made(text)
}

/// A number in the base that suits it.
pub(super) fn value(kind: ValueKind) -> ValueExpr {
    ValueExpr::made(kind)
}

/// A call whose arguments are named and typed.
pub(super) struct CallWords<'a> {
    abi: Abi,
    call: Option<&'a str>,
    signature: Option<Signature>,
}

/// The call does not have this argument, so the condition cannot be written.
pub(super) struct NoArgument(pub(super) ArgumentIndex);

impl<'a> CallWords<'a> {
    /// The words for the call with this name, or for a call without a name.
    pub(super) fn new(abi: Abi, call: Option<&'a str>) -> Self {
        let signature =
            call.and_then(|call| table::signature(abi, call)).filter(Signature::is_known);
        Self { abi, call, signature }
    }

    /// The condition in the language, or `None` if it always holds.
    ///
    /// # Errors
    ///
    /// The call has no such argument.
    pub(super) fn condition(
        &self,
        condition: &Condition,
    ) -> Result<Option<ConditionExpr>, NoArgument> {
        if *condition == Condition::Always {
            return Ok(None);
        }
        self.words(condition).map(Some)
    }

    fn words(&self, condition: &Condition) -> Result<ConditionExpr, NoArgument> {
        match condition {
            // Simplified conditions have this only at their top.
            Condition::Always => Ok(ConditionExpr::All(Vec::new())),
            Condition::Compare(comparison) => self.compare(comparison),
            Condition::Not(inner) => Ok(ConditionExpr::Not(Box::new(self.words(inner)?))),
            Condition::All(parts) => {
                let mut all = Vec::new();
                let mut rest = &parts[..];
                while let Some((first, others)) = rest.split_first() {
                    rest = others;
                    if let Some((one, next)) = others.split_first() {
                        if let Some(range) = self.between(first, one)? {
                            all.push(range);
                            rest = next;
                            continue;
                        }
                    }
                    all.push(self.words(first)?);
                }
                Ok(if all.len() == 1 { all.remove(0) } else { ConditionExpr::All(all) })
            }
            Condition::Any(parts) => self.any(parts),
        }
    }

    /// Several alternatives: comparisons of one argument become a set.
    fn any(&self, parts: &[Condition]) -> Result<ConditionExpr, NoArgument> {
        let mut any: Vec<ConditionExpr> = Vec::new();
        let mut sets: Vec<Set> = Vec::new();
        for part in parts {
            let Some((comparison, interval)) = interval(part) else {
                any.push(self.words(part)?);
                continue;
            };
            let subject = |of: &Comparison| (of.argument, of.width, of.mask);
            match sets.iter_mut().find(|set| subject(&set.of) == subject(&comparison)) {
                Some(set) => {
                    set.intervals.push(interval);
                    if interval.0 != interval.1 {
                        set.of.operator = Operator::LessOrEqual;
                    }
                }
                None => {
                    sets.push(Set { of: comparison, at: any.len(), intervals: vec![interval] });
                    // This keeps the place of the first interval; the set replaces it below.
                    any.push(ConditionExpr::Any(Vec::new()));
                }
            }
        }
        for set in sets {
            let at = set.at;
            any[at] = self.set(set)?;
        }
        Ok(if any.len() == 1 { any.remove(0) } else { ConditionExpr::Any(any) })
    }

    /// An argument in a set of intervals, written with these intervals, or negated with the intervals between them.
    fn set(&self, set: Set) -> Result<ConditionExpr, NoArgument> {
        let most = set.of.width.ones();
        let intervals = ordered(set.intervals);
        let others = between(&intervals, most);
        let cost = |all: &[(u64, u64)]| -> usize {
            all.iter().map(|(first, last)| if first == last { 1 } else { 2 }).sum()
        };
        if set.of.mask.is_none() && !others.is_empty() && cost(&others) < cost(&intervals) {
            let inner = self.intervals(&set.of, &others)?;
            return Ok(ConditionExpr::Not(Box::new(inner)));
        }
        self.intervals(&set.of, &intervals)
    }

    /// The values of a short interval one by one, if that is shorter or if they have names; otherwise the interval.
    fn listed(&self, of: &Comparison, (first, last): (u64, u64)) -> Vec<(u64, u64)> {
        let is_listed = match last - first {
            1 => true,
            2..=7 => (first..=last).all(|value| self.constants(of, value).is_some()),
            _ => false,
        };
        if is_listed { (first..=last).map(|it| (it, it)).collect() } else { vec![(first, last)] }
    }

    fn intervals(
        &self,
        of: &Comparison,
        intervals: &[(u64, u64)],
    ) -> Result<ConditionExpr, NoArgument> {
        let most = of.width.ones();
        let one = |operator, value: u64| {
            let comparison = Comparison { operator, value: Value::Known(value), ..*of };
            self.compare(&comparison)
        };
        match intervals {
            [(first, last)] if first == last => return one(Operator::Equal, *first),
            [(0, last)] if *last < most => return one(Operator::Less, last + 1),
            [(first, last)] if *last == most && *first > 0 => {
                return one(Operator::Greater, first - 1);
            }
            _ => {}
        }
        let is_order =
            intervals.iter().flat_map(|it| self.listed(of, *it)).any(|(first, last)| first != last);
        let operator = if is_order { Operator::LessOrEqual } else { Operator::Equal };
        let of = Comparison { operator, ..*of };
        let mut elements = Vec::new();
        for (first, last) in intervals.iter().flat_map(|it| self.listed(&of, *it)) {
            elements.push(if first == last {
                Element::Value(self.value(&of, first))
            } else {
                Element::Range(Range {
                    first: (first > 0).then(|| self.value(&of, first)),
                    last: (last < most).then(|| self.value(&of, last)),
                    inclusive: last < most,
                    span: Span::NOWHERE,
                })
            });
        }
        let subject = self.subject(&of)?;
        Ok(ConditionExpr::Compare(ComparisonExpr { subject, relation: Relation::In(elements) }))
    }

    /// `argument >= a` and `argument <= b` as one range.
    fn between(
        &self,
        first: &Condition,
        last: &Condition,
    ) -> Result<Option<ConditionExpr>, NoArgument> {
        let (Condition::Compare(first), Condition::Compare(last)) = (first, last) else {
            return Ok(None);
        };
        let subject = |of: &Comparison| (of.argument, of.width, of.mask, of.signed);
        let bounds = (Operator::GreaterOrEqual, Operator::LessOrEqual);
        if subject(first) != subject(last) || (first.operator, last.operator) != bounds {
            return Ok(None);
        }
        let range = Range {
            first: Some(self.value(first, known(first.value))),
            last: Some(self.value(last, known(last.value))),
            inclusive: true,
            span: Span::NOWHERE,
        };
        let relation = Relation::In(vec![Element::Range(range)]);
        let subject = self.subject(first)?;
        Ok(Some(ConditionExpr::Compare(ComparisonExpr { subject, relation })))
    }

    fn compare(&self, comparison: &Comparison) -> Result<ConditionExpr, NoArgument> {
        let subject = self.subject(comparison)?;
        let number = self.value(comparison, known(comparison.value));
        let relation = Relation::Operator(comparison.operator, number);
        Ok(ConditionExpr::Compare(ComparisonExpr { subject, relation }))
    }

    /// The left side of a comparison. Where the kernel uses the argument in another width, or the type depends on a
    /// command, the width is written.
    fn subject(&self, comparison: &Comparison) -> Result<ArgumentExpr, NoArgument> {
        let index = comparison.argument;
        let mut argument = name(&format!("a{index}"));
        let mut cast = Some(cast(comparison));
        let mut same_width = true;
        let mut mask = comparison.mask.map(known);
        if comparison.width.bits() < 32 && mask.is_none() {
            mask = Some(comparison.width.ones());
        }
        match &self.signature {
            None if self.abi.register_bits() == comparison.width.bits() && !comparison.signed => {
                cast = None;
            }
            None => {}
            Some(signature) => {
                let Some(register) = signature.argument(index) else {
                    return Err(NoArgument(index));
                };
                if signature.position(register.name) == Some(ArgumentPlace::At(index)) {
                    argument = name(register.name);
                }
                let ty = register.ty;
                let order = !matches!(comparison.operator, Operator::Equal | Operator::NotEqual);
                let command =
                    self.call.is_some_and(|call| table::depends_on_command(call, register.name));
                let number = known(comparison.value) | mask.unwrap_or(u64::MAX);
                // Under a mask, only the bits of the mask count, whatever the width.
                let only_low = !order && mask.is_some() && number & !low_bits(ty.bits) == 0;
                let same = ty.bits == comparison.width.bits();
                same_width = same;
                if (same || only_low)
                    && (!order || ty.signed == comparison.signed)
                    && !ty.pointer
                    && !ty.ignored
                    && !command
                {
                    cast = None;
                }
            }
        }
        // Where the argument has another width than the comparison, `!` would have it too.
        let may_invert = same_width || cast.is_some();
        let mask = mask.map(|mask| self.mask(comparison, mask, may_invert));
        Ok(ArgumentExpr { argument, cast, mask })
    }

    fn mask(&self, comparison: &Comparison, mask: u64, may_invert: bool) -> ValueExpr {
        let inverted = !mask & comparison.width.ones();
        // A mask that leaves out few bits is easier to read as `!` of these bits.
        if may_invert && inverted.count_ones() < mask.count_ones() && comparison.width.bits() >= 32
        {
            let kept = self.value(comparison, inverted);
            return value(ValueKind::Not(Box::new(kept)));
        }
        self.value(comparison, mask)
    }

    /// A number, or the constants that it consists of if the tables leave no doubt which they are.
    fn value(&self, comparison: &Comparison, number: u64) -> ValueExpr {
        if let Some(constants) = self.constants(comparison, number) {
            return constants;
        }
        let of = |number, radix| value(ValueKind::Integer(Integer { number, radix }));
        let domain = self.domain(comparison);
        if domain.is_some_and(|domain| domain.is_file_mode()) && (1..0o10_0000).contains(&number) {
            return of(i128::from(number), Radix::Octal);
        }
        if comparison.signed {
            let shift = 64 - comparison.width.bits();
            let number = ((number << shift) as i64) >> shift;
            return of(i128::from(number), Radix::Decimal);
        }
        let radix = if number < 1 << 12 { Radix::Decimal } else { Radix::Hexadecimal };
        of(i128::from(number), radix)
    }

    fn domain(&self, comparison: &Comparison) -> Option<Domain> {
        let register = self.signature.as_ref()?.argument(comparison.argument)?;
        table::domain(self.abi, self.call?, register.name)
    }

    /// The constants that the number consists of, as a report names them.
    fn constants(&self, comparison: &Comparison, number: u64) -> Option<ValueExpr> {
        let nr = table::number(self.abi, self.call?)?;
        let is_flags = self.domain(comparison)?.kind == DomainKind::Flags;
        if comparison.mask.is_some() && (number == 0 || !is_flags) {
            // A part of the bits of a value of a list is no value of the list.
            return None;
        }
        let mut registers = [None; 6];
        registers[comparison.argument as usize] = Some(number);
        let decoded = decode(self.abi, nr, registers);
        let argument = decoded.argument(comparison.argument)?;
        if argument.value != Some(number) {
            // The kernel uses fewer bits than are compared.
            return None;
        }
        let (mut parts, mut any, mut bits) = (Vec::new(), false, 0);
        for part in argument.chosen.as_ref()?.split(" | ") {
            if part.starts_with(|it: char| it.is_ascii_alphabetic()) {
                let ConstantLookup::Value(constant) = table::constant(self.abi, part) else {
                    return None;
                };
                (any, bits) = (true, bits | constant.value);
                parts.push(value(ValueKind::Constant(name(part))));
            } else {
                let digits = part.strip_prefix("0x")?;
                let number = u64::from_str_radix(digits, 16).ok()?;
                bits |= number;
                parts.push(value(ValueKind::Integer(Integer::hexadecimal(number))));
            }
        }
        if bits != number {
            // If more bits are compared, a negative constant has other bits.
            return None;
        }
        match parts.len() {
            1 => any.then(|| parts.remove(0)),
            2..=16 => any.then(|| value(ValueKind::Or(parts))),
            _ => None,
        }
    }
}

/// Some intervals of the values of one argument.
struct Set {
    /// A comparison of that argument.
    of: Comparison,
    /// The place of the set among the alternatives.
    at: usize,
    /// From the first to the last value.
    intervals: Vec<(u64, u64)>,
}

fn low_bits(bits: u32) -> u64 {
    Width::from_bits(bits).map_or(u64::MAX, Width::ones)
}

/// The words `as type` for the width and the sign of a comparison. A width below 32 bits is a mask on 32.
fn cast(comparison: &Comparison) -> Cast {
    let bits = if comparison.width == Width::W64 { 64 } else { 32 };
    let letter = if comparison.signed { 'i' } else { 'u' };
    Cast { name: name(&format!("{letter}{bits}")), signed: comparison.signed, bits }
}
