//! Conditions on arguments, as [`Function`]s.
//!
//! A comparison with a known value becomes a set of values of the masked argument: ranges, signed
//! ones too (one or two unsigned ranges). Alternatives on the same argument under the same mask
//! are united while they are still ranges, which is far cheaper than uniting diagrams, and lists
//! of hundreds of `ioctl` commands are what policies are made of.
//!
//! A comparison with a value left to rustc is split into tests of halves, and each such test is
//! one bit of its own about which nothing is assumed.

use std::collections::BTreeMap;

use super::function::{Function, Functions, Map, TooComplex, Word};
use crate::abi::Half;
use crate::policy::{Comparison, Condition, Operator, Value};
use crate::program::SymbolOperand;

/// An operand of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Operand {
    Known(u32),
    Symbol(SymbolOperand),
}

/// Half of an argument: argument 0 to 5, and which half.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct ArgumentWord {
    pub(super) argument: u8,
    pub(super) half: Half,
}

/// What the accumulator holds: a word of an argument, some of its bits, its sign bit flipped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct View {
    pub(super) word: ArgumentWord,
    pub(super) mask: Option<Operand>,
    pub(super) flip: u32,
}

/// A relation that one instruction tests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Relation {
    /// `A == k`
    Equal,
    /// `A > k`
    Greater,
    /// `A >= k`
    GreaterOrEqual,
    /// `A & k != 0`
    AnyBit,
}

/// A test whose outcome rustc's value decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct SymbolTest {
    pub(super) view: View,
    pub(super) relation: Relation,
    pub(super) operand: Operand,
}

/// What a [`Word`] of a function stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning {
    Argument(ArgumentWord),
    Test(SymbolTest),
}

const ARGUMENT_WORDS: u32 = 12;

/// The word of a function that stands for half an argument. The high half comes first.
pub(super) fn argument_word(argument: u8, half: Half) -> Word {
    Word(2 * u32::from(argument) + u32::from(half == Half::Low))
}

/// Builds functions from conditions.
pub(super) struct Conditions {
    pub(super) functions: Functions,
    tests: Vec<SymbolTest>,
    test_words: Map<SymbolTest, Word>,
    /// Masks under which known values of a word are compared, as hints for the choice of tests.
    pub(super) masks: BTreeMap<Word, Vec<u32>>,
}

/// Closed ranges of unsigned values, ascending and apart.
type Ranges = Vec<(u64, u64)>;

/// A subject of comparisons: argument, its width in bits, the bits that are kept.
type Subject = (u8, u32, u64);

impl Conditions {
    pub(super) fn new() -> Self {
        Self {
            functions: Functions::new(),
            tests: Vec::new(),
            test_words: Map::default(),
            masks: BTreeMap::new(),
        }
    }

    /// What `word` stands for.
    pub(super) fn word_meaning(&self, word: Word) -> Meaning {
        match word.0.checked_sub(ARGUMENT_WORDS) {
            Some(test) => Meaning::Test(self.tests[test as usize]),
            None => Meaning::Argument(ArgumentWord {
                argument: (word.0 / 2) as u8,
                half: if word.0 % 2 == 0 { Half::High } else { Half::Low },
            }),
        }
    }

    /// Where one of `conditions` holds.
    pub(super) fn any<'c>(
        &mut self,
        conditions: impl IntoIterator<Item = &'c Condition>,
    ) -> Result<Function, TooComplex> {
        self.disjunction(conditions, false)
    }

    /// Where `condition` holds, or where it does not if `negated`.
    fn build(&mut self, condition: &Condition, negated: bool) -> Result<Function, TooComplex> {
        match condition {
            Condition::Always if negated => Ok(Functions::FALSE),
            Condition::Always => Ok(Functions::TRUE),
            Condition::Not(inner) => self.build(inner, !negated),
            Condition::Compare(_) => self.disjunction([condition], negated),
            Condition::Any(all) => {
                let any = self.disjunction(all, false)?;
                if negated { self.functions.not(any) } else { Ok(any) }
            }
            // All hold unless one does not.
            Condition::All(all) => {
                let any = self.disjunction(all, true)?;
                if negated { Ok(any) } else { self.functions.not(any) }
            }
        }
    }

    /// Where one of `conditions` holds, each negated first if `negated`.
    fn disjunction<'c>(
        &mut self,
        conditions: impl IntoIterator<Item = &'c Condition>,
        negated: bool,
    ) -> Result<Function, TooComplex> {
        let mut sets: BTreeMap<Subject, Ranges> = BTreeMap::new();
        let mut parts = Vec::new();
        for condition in conditions {
            match condition {
                Condition::Compare(comparison) => {
                    let comparison = Comparison {
                        operator: if negated {
                            negation(comparison.operator)
                        } else {
                            comparison.operator
                        },
                        ..*comparison
                    };
                    match known_set(&comparison) {
                        Some((subject, ranges)) => {
                            sets.entry(subject).or_default().extend(ranges);
                        }
                        None => parts.push(self.symbol_comparison(&comparison)?),
                    }
                }
                other => parts.push(self.build(other, negated)?),
            }
        }
        for (subject, ranges) in sets {
            parts.push(self.set(subject, &united(ranges))?);
        }
        // Pairwise, so that the cost of many parts grows as n log n.
        while parts.len() > 1 {
            let mut halved = Vec::with_capacity(parts.len().div_ceil(2));
            for pair in parts.chunks(2) {
                halved.push(match *pair {
                    [a, b] => self.functions.or(a, b)?,
                    _ => pair[0],
                });
            }
            parts = halved;
        }
        Ok(parts.pop().unwrap_or(Functions::FALSE))
    }

    /// Where the subject is in `ranges`.
    fn set(
        &mut self,
        (argument, bits, mask): Subject,
        ranges: &[(u64, u64)],
    ) -> Result<Function, TooComplex> {
        for half in [Half::High, Half::Low] {
            let kept = half_of(mask, half);
            let all = if half == Half::High && bits < 64 { 0 } else { u32::MAX };
            if kept != all {
                let word = argument_word(argument, half);
                let masks = self.masks.entry(word).or_default();
                if !masks.contains(&kept) {
                    masks.push(kept);
                }
            }
        }
        SetBuilder { functions: &mut self.functions, argument, mask }.build(bits, 0, ranges)
    }

    /// A comparison with a value or a mask left to rustc, negation already resolved.
    fn symbol_comparison(&mut self, comparison: &Comparison) -> Result<Function, TooComplex> {
        let positive = match comparison.operator {
            Operator::NotEqual => Operator::Equal,
            Operator::Less => Operator::GreaterOrEqual,
            Operator::LessOrEqual => Operator::Greater,
            positive => positive,
        };
        let mut test = |half, relation| {
            let test = half_test(comparison, half, relation);
            let word = match self.test_words.get(&test) {
                Some(&word) => word,
                None => {
                    let word = Word(ARGUMENT_WORDS + self.tests.len() as u32);
                    self.tests.push(test);
                    self.test_words.insert(test, word);
                    word
                }
            };
            self.functions.split(word.bit(0), Functions::FALSE, Functions::TRUE)
        };
        let low_relation = match positive {
            Operator::Greater => Relation::Greater,
            Operator::GreaterOrEqual => Relation::GreaterOrEqual,
            _ => Relation::Equal,
        };
        let low = test(Half::Low, low_relation)?;
        let holds = if comparison.width.bits() < 64 {
            low
        } else {
            let high_equal = test(Half::High, Relation::Equal)?;
            let greater = match positive {
                Operator::Equal => Functions::FALSE,
                _ => test(Half::High, Relation::Greater)?,
            };
            let equal_so_far = self.functions.and(high_equal, low)?;
            self.functions.or(greater, equal_so_far)?
        };
        if positive == comparison.operator { Ok(holds) } else { self.functions.not(holds) }
    }
}

/// The test of one half of a comparison with a symbol.
fn half_test(comparison: &Comparison, half: Half, relation: Relation) -> SymbolTest {
    let ones = half_of(comparison.width.ones(), half);
    let ordered = !matches!(comparison.operator, Operator::Equal | Operator::NotEqual);
    let sign = comparison.width.ones() ^ (comparison.width.ones() >> 1);
    let flip = if ordered && comparison.signed { half_of(sign, half) } else { 0 };
    let word = |symbol, flip| SymbolOperand::Word { symbol, half, keep: ones, flip };
    let mask = match comparison.mask {
        None if ones == u32::MAX => None,
        None => Some(Operand::Known(ones)),
        Some(Value::Known(mask)) => match half_of(mask, half) & ones {
            u32::MAX => None,
            mask => Some(Operand::Known(mask)),
        },
        Some(Value::Symbol(mask)) => Some(Operand::Symbol(word(mask, 0))),
    };
    let view = View { word: ArgumentWord { argument: comparison.argument, half }, mask, flip };
    let operand = match comparison.value {
        Value::Known(value) => Operand::Known((half_of(value, half) & ones) ^ flip),
        Value::Symbol(value) => Operand::Symbol(word(value, flip)),
    };
    SymbolTest { view, relation, operand }
}

fn half_of(value: u64, half: Half) -> u32 {
    match half {
        Half::High => (value >> 32) as u32,
        Half::Low => value as u32,
    }
}

fn negation(operator: Operator) -> Operator {
    match operator {
        Operator::Equal => Operator::NotEqual,
        Operator::NotEqual => Operator::Equal,
        Operator::Less => Operator::GreaterOrEqual,
        Operator::LessOrEqual => Operator::Greater,
        Operator::Greater => Operator::LessOrEqual,
        Operator::GreaterOrEqual => Operator::Less,
    }
}

/// The values of the masked argument for which a comparison holds, if nothing is left to rustc.
fn known_set(comparison: &Comparison) -> Option<(Subject, Ranges)> {
    let ones = comparison.width.ones();
    let Value::Known(value) = comparison.value else { return None };
    let value = value & ones;
    let mask = match comparison.mask {
        None => ones,
        Some(Value::Known(mask)) => mask & ones,
        Some(Value::Symbol(_)) => return None,
    };
    let sign = if comparison.signed { ones ^ (ones >> 1) } else { 0 };
    // In signed order values are compared as if their sign bits were flipped.
    let bound = value ^ sign;
    let ordered = match comparison.operator {
        Operator::Equal => vec![(value, value)],
        Operator::NotEqual => {
            let below = value.checked_sub(1).map(|last| (0, last));
            let above = (value < ones).then(|| (value + 1, ones));
            below.into_iter().chain(above).collect()
        }
        Operator::Less => bound.checked_sub(1).map_or_else(Vec::new, |last| flipped(0, last, sign)),
        Operator::LessOrEqual => flipped(0, bound, sign),
        Operator::Greater if bound == ones => Vec::new(),
        Operator::Greater => flipped(bound + 1, ones, sign),
        Operator::GreaterOrEqual => flipped(bound, ones, sign),
    };
    Some(((comparison.argument, comparison.width.bits(), mask), ordered))
}

/// The range of values whose sign bit was flipped, in unsigned order: one range, or two.
fn flipped(first: u64, last: u64, sign: u64) -> Ranges {
    if first & sign == last & sign {
        vec![(first ^ sign, last ^ sign)]
    } else {
        vec![(0, last ^ sign), (first ^ sign, sign | (sign - 1))]
    }
}

fn united(mut ranges: Ranges) -> Ranges {
    ranges.sort_unstable();
    let mut united: Ranges = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match united.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => united.push((first, last)),
        }
    }
    united
}

/// Turns ranges of a masked argument into a function, bit by bit from the highest.
struct SetBuilder<'a> {
    functions: &'a mut Functions,
    argument: u8,
    mask: u64,
}

impl SetBuilder<'_> {
    /// For the masked values that begin with `prefix` and have `left` more bits.
    fn build(
        &mut self,
        left: u32,
        prefix: u64,
        ranges: &[(u64, u64)],
    ) -> Result<Function, TooComplex> {
        let last = prefix | (self.mask & low_ones(left));
        let begin = ranges.partition_point(|range| range.1 < prefix);
        let end = ranges.partition_point(|range| range.0 <= last);
        let ranges = ranges.get(begin..end).unwrap_or(&[]);
        match ranges {
            [] => return Ok(Functions::FALSE),
            [(first, end)] if *first <= prefix && last <= *end => return Ok(Functions::TRUE),
            _ => {}
        }
        // Both ends are in no single range, so there is a bit left to look at.
        let bit = left - 1;
        if self.mask >> bit & 1 == 0 {
            return self.build(bit, prefix, ranges);
        }
        let low = self.build(bit, prefix, ranges)?;
        let high = self.build(bit, prefix | 1 << bit, ranges)?;
        let half = if bit < 32 { Half::Low } else { Half::High };
        let bit = argument_word(self.argument, half).bit(bit % 32);
        self.functions.split(bit, low, high)
    }
}

fn low_ones(bits: u32) -> u64 {
    if bits == 0 { 0 } else { u64::MAX >> (64 - bits) }
}
