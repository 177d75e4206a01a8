//! Comparisons with values left to rustc.
//!
//! Nothing is known of such a value, so each relation between half an argument and half of it is a
//! test of its own. What is known is how tests of the same two sides go together: of less, equal and
//! greater exactly one holds.

use super::condition::{ARGUMENT_WORDS, Conditions, Meaning};
use super::function::{Function, Functions, TooComplex, Word};
use super::map::Map;
use super::values::half_of;
use super::view::{ArgumentWord, Operand, Relation, SymbolTest, View};
use crate::abi::Half;
use crate::policy::{Comparison, Operator, Value};
use crate::program::SymbolOperand;

/// The most comparisons with values left to rustc that one policy may make.
const MOST_TESTS: usize = 2048;

impl Conditions {
    /// A comparison with a value or a mask left to rustc, negation already resolved.
    pub(super) fn symbol_comparison(
        &mut self,
        comparison: &Comparison,
    ) -> Result<Function, TooComplex> {
        let (positive, low_relation) = match comparison.operator {
            Operator::Equal | Operator::NotEqual => (Operator::Equal, Relation::Equal),
            Operator::Greater | Operator::LessOrEqual => (Operator::Greater, Relation::Greater),
            Operator::GreaterOrEqual | Operator::Less => {
                (Operator::GreaterOrEqual, Relation::GreaterOrEqual)
            }
        };
        let low = self.half_comparison(comparison, Half::Low, low_relation)?;
        let holds = if comparison.width.bits() < 64 {
            low
        } else {
            let high_equal = self.half_comparison(comparison, Half::High, Relation::Equal)?;
            let greater = match positive {
                Operator::Equal => Functions::FALSE,
                _ => self.half_comparison(comparison, Half::High, Relation::Greater)?,
            };
            let equal_so_far = self.functions.and(high_equal, low)?;
            self.functions.or(greater, equal_so_far)?
        };
        if positive == comparison.operator { Ok(holds) } else { self.functions.not(holds) }
    }

    /// Where half of the subject has that relation to half of the value.
    fn half_comparison(
        &mut self,
        comparison: &Comparison,
        half: Half,
        relation: Relation,
    ) -> Result<Function, TooComplex> {
        let test = half_test(comparison, half, relation);
        // At the ends of the order some relations are others, or none.
        match (test.relation, test.operand) {
            (Relation::GreaterOrEqual, Operand::Known(0)) => Ok(Functions::TRUE),
            (Relation::Greater, Operand::Known(u32::MAX)) => Ok(Functions::FALSE),
            (Relation::GreaterOrEqual, Operand::Known(u32::MAX)) => self.equal(test),
            (Relation::Greater, Operand::Known(0)) => {
                let equal = self.equal(test)?;
                self.functions.not(equal)
            }
            (Relation::Equal, _) => self.equal(test),
            _ => self.test(test),
        }
    }

    /// Where the two sides of `test` are equal.
    fn equal(&mut self, test: SymbolTest) -> Result<Function, TooComplex> {
        let test = unflipped(test);
        // That no bit of a mask is set is one test, that the masked word is 0 would be two.
        match test {
            SymbolTest {
                view: View { word, mask: Some(mask @ Operand::Symbol(_)), flip: 0 },
                relation: Relation::Equal,
                operand: Operand::Known(0),
            } => {
                let view = View::whole(word);
                let any =
                    self.test(SymbolTest { view, relation: Relation::AnyBit, operand: mask })?;
                self.functions.not(any)
            }
            _ => self.test(test),
        }
    }

    /// `function` where it does not matter what it would be if tests of the same two sides
    /// contradicted each other. It is constant then if it is for all values that there are.
    pub(super) fn possible(&mut self, function: Function) -> Result<Function, TooComplex> {
        // The tests of the same two sides, by number.
        let mut sides: Map<Vec<u32>> = Map::new();
        for &word in &self.functions.words(function) {
            if let Meaning::Test(test) = self.word_meaning(Word(word)) {
                let number = word - ARGUMENT_WORDS;
                sides.value_or(&unflipped(test).key(), Vec::new()).push(number);
            }
        }
        let mut possible = Functions::TRUE;
        for tests in sides.values() {
            if tests.len() > 1 {
                possible = self.without_contradictions(tests, possible)?;
            }
        }
        let smaller = self.functions.restrict(function, possible)?;
        let is_smaller = self.functions.size(smaller) < self.functions.size(function);
        Ok(if is_smaller { smaller } else { function })
    }

    /// `possible` where `tests`, all of the same two sides, do not contradict each other.
    fn without_contradictions(
        &mut self,
        tests: &[u32],
        mut possible: Function,
    ) -> Result<Function, TooComplex> {
        let equal = self.test(unflipped(self.tests[tests[0] as usize]))?;
        for &number in tests {
            let test = self.tests[number as usize];
            if test.relation != Relation::Greater {
                continue;
            }
            let greater = self.test(test)?;
            let both = self.functions.and(equal, greater)?;
            possible = self.functions.choose(both, Functions::FALSE, possible)?;
            let at_least = SymbolTest { relation: Relation::GreaterOrEqual, ..test };
            if self.test_numbers.find(&at_least.key()).is_some_and(|n| tests.contains(&n)) {
                let (at_least, either) = (self.test(at_least)?, self.functions.or(equal, greater)?);
                let (yes, no) = (either, self.functions.not(either)?);
                let agree = self.functions.choose(at_least, yes, no)?;
                possible = self.functions.and(possible, agree)?;
            }
        }
        for &number in tests {
            let test = self.tests[number as usize];
            if test.relation == Relation::GreaterOrEqual {
                let at_least = self.test(test)?;
                let below = self.functions.not(at_least)?;
                let both = self.functions.and(equal, below)?;
                possible = self.functions.choose(both, Functions::FALSE, possible)?;
            }
        }
        Ok(possible)
    }

    /// Where `test` holds.
    fn test(&mut self, test: SymbolTest) -> Result<Function, TooComplex> {
        let key = test.key();
        if self.tests.len() >= MOST_TESTS && self.test_numbers.find(&key).is_none() {
            return Err(TooComplex);
        }
        let number = self.test_numbers.number(&key);
        if number as usize == self.tests.len() {
            self.tests.push(test);
        }
        let word = Word(ARGUMENT_WORDS + number);
        self.functions.split(word.bit(0), Functions::FALSE, Functions::TRUE)
    }
}

/// The test whether the two sides of `test` are equal, which they are flipped or not.
fn unflipped(test: SymbolTest) -> SymbolTest {
    let flip = test.view.flip;
    let operand = match test.operand {
        Operand::Known(value) => Operand::Known(value ^ flip),
        Operand::Symbol(SymbolOperand::Word { symbol, half, keep, .. }) => {
            Operand::Symbol(SymbolOperand::Word { symbol, half, keep, flip: 0 })
        }
        other => other,
    };
    let relation = match test.relation {
        Relation::AnyBit => Relation::AnyBit,
        _ => Relation::Equal,
    };
    SymbolTest { view: View { flip: 0, ..test.view }, relation, operand }
}

/// The test of one half of a comparison with a symbol.
fn half_test(comparison: &Comparison, half: Half, relation: Relation) -> SymbolTest {
    let ones = half_of(comparison.width.ones(), half);
    let ordered = !matches!(comparison.operator, Operator::Equal | Operator::NotEqual);
    let sign = comparison.width.ones() ^ (comparison.width.ones() >> 1);
    // In signed order values are compared as if their sign bits were flipped.
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
