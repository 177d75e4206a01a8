//! Comparisons with symbols: values that rustc or the running program evaluates.
//!
//! The compiler does not know such a value, so each relation between half an argument and half a
//! symbol is a test of its own. It knows how tests of the same two sides go together: exactly one of
//! less, equal and greater holds.

use super::accumulator::{ArgumentWord, TestOperand, TestRelation, View, WordTest};
use super::bdd::{FunctionStore, TooComplex};
use super::condition_functions::{ARGUMENT_WORDS, Conditions, WordMeaning};
use super::function_node::{Function, FunctionWord};
use super::map::Map;
use crate::abi::Half;
use crate::filter::SymbolOperand;
use crate::policy::{Comparison, Operator, Value};

impl Conditions {
    /// A comparison with a symbol as value or as mask; its negation is already resolved.
    pub(super) fn symbol_comparison(
        &mut self,
        comparison: &Comparison,
    ) -> Result<Function, TooComplex> {
        let (positive, is_negated) = positive(comparison);
        let tests = half_tests(&positive);
        let low = self.half(tests.low)?;
        let mut holds = low;
        if let Some(equal) = tests.high_equal {
            let equal = self.half(equal)?;
            holds = self.functions.and(equal, low)?;
        }
        if let Some(greater) = tests.high_greater {
            let greater = self.half(greater)?;
            holds = self.functions.or(greater, holds)?;
        }
        if is_negated { self.functions.not(holds) } else { Ok(holds) }
    }

    /// The function that is 1 where one half of a comparison holds.
    fn half(&mut self, test: HalfTest) -> Result<Function, TooComplex> {
        match test {
            HalfTest::Constant(false) => Ok(FunctionStore::FALSE),
            HalfTest::Constant(true) => Ok(FunctionStore::TRUE),
            HalfTest::Holds(test) => self.test(test),
            HalfTest::Fails(test) => {
                let holds = self.test(test)?;
                self.functions.not(holds)
            }
        }
    }

    /// `function`, with any value where tests of the same two sides would contradict each other. The
    /// result is constant if `function` is constant for all possible values.
    pub(super) fn possible(&mut self, function: Function) -> Result<Function, TooComplex> {
        // The tests of the same two sides, by their numbers.
        let mut sides: Map<WordTest, Vec<u32>> = Map::EMPTY;
        for &word in &self.functions.words(function) {
            if let WordMeaning::Test(test) = self.word_meaning(FunctionWord(word)) {
                let number = word - ARGUMENT_WORDS;
                sides.value_or(&unflipped(test), Vec::new()).push(number);
            }
        }
        let mut possible = FunctionStore::TRUE;
        for tests in sides.values() {
            if tests.len() > 1 {
                possible = self.without_contradictions(tests, possible)?;
            }
        }
        let smaller = self.functions.restrict(function, possible)?;
        let is_smaller = self.functions.size(smaller) < self.functions.size(function);
        Ok(if is_smaller { smaller } else { function })
    }

    /// Like [`Self::possible`], for `tests` that all have the same two sides.
    fn without_contradictions(
        &mut self,
        tests: &[u32],
        mut possible: Function,
    ) -> Result<Function, TooComplex> {
        let equal = self.test(unflipped(self.tests[tests[0] as usize]))?;
        for &number in tests {
            let test = self.tests[number as usize];
            if test.relation != TestRelation::Greater {
                continue;
            }
            let greater = self.test(test)?;
            let both = self.functions.and(equal, greater)?;
            possible = self.functions.choose(both, FunctionStore::FALSE, possible)?;
            let at_least = WordTest { relation: TestRelation::GreaterOrEqual, ..test };
            if self.test_numbers.find(&at_least).is_some_and(|n| tests.contains(&n)) {
                let (at_least, either) = (self.test(at_least)?, self.functions.or(equal, greater)?);
                let (yes, no) = (either, self.functions.not(either)?);
                let agree = self.functions.choose(at_least, yes, no)?;
                possible = self.functions.and(possible, agree)?;
            }
        }
        for &number in tests {
            let test = self.tests[number as usize];
            if test.relation == TestRelation::GreaterOrEqual {
                let at_least = self.test(test)?;
                let below = self.functions.not(at_least)?;
                let both = self.functions.and(equal, below)?;
                possible = self.functions.choose(both, FunctionStore::FALSE, possible)?;
            }
        }
        Ok(possible)
    }

    /// The function that is 1 where `test` holds.
    fn test(&mut self, test: WordTest) -> Result<Function, TooComplex> {
        if self.tests.len() >= self.budgets.symbol_tests && self.test_numbers.find(&test).is_none()
        {
            return Err(TooComplex);
        }
        let number = self.test_numbers.number(&test);
        if number as usize == self.tests.len() {
            self.tests.push(test);
        }
        let word = FunctionWord(ARGUMENT_WORDS + number);
        self.functions.split(word.bit(0), FunctionStore::FALSE, FunctionStore::TRUE)
    }
}

/// A comparison with `==`, `>` or `>=`, and whether it is the opposite of `comparison`.
pub(super) fn positive(comparison: &Comparison) -> (Comparison, bool) {
    let (operator, is_negated) = match comparison.operator {
        Operator::NotEqual => (Operator::Equal, true),
        Operator::LessOrEqual => (Operator::Greater, true),
        Operator::Less => (Operator::GreaterOrEqual, true),
        operator => (operator, false),
    };
    (Comparison { operator, ..*comparison }, is_negated)
}

/// One half of a comparison.
#[derive(Clone, Copy)]
pub(super) enum HalfTest {
    /// It holds always, or never.
    Constant(bool),
    /// It holds where the test does.
    Holds(WordTest),
    /// It holds where the test does not.
    Fails(WordTest),
}

/// The tests of a positive comparison. It holds where the high half is greater, or where the high
/// halves are equal and the low half is as demanded.
pub(super) struct HalfTests {
    pub(super) low: HalfTest,
    /// Only for a comparison of 64 bits.
    pub(super) high_equal: Option<HalfTest>,
    /// Only for an ordered comparison.
    pub(super) high_greater: Option<HalfTest>,
}

/// The tests of `comparison`, which is positive.
pub(super) fn half_tests(comparison: &Comparison) -> HalfTests {
    let relation = match comparison.operator {
        Operator::Greater => TestRelation::Greater,
        Operator::GreaterOrEqual => TestRelation::GreaterOrEqual,
        _ => TestRelation::Equal,
    };
    let of = |half, relation| normal(half_test(comparison, half, relation));
    let low = of(Half::Low, relation);
    if comparison.width.bits() < 64 {
        return HalfTests { low, high_equal: None, high_greater: None };
    }
    let high_equal = Some(of(Half::High, TestRelation::Equal));
    let high_greater = match relation {
        TestRelation::Equal => None,
        _ => Some(of(Half::High, TestRelation::Greater)),
    };
    HalfTests { low, high_equal, high_greater }
}

/// The normal form of a test. At the ends of the order, some relations become others or constants.
fn normal(test: WordTest) -> HalfTest {
    match (test.relation, test.operand) {
        (TestRelation::GreaterOrEqual, TestOperand::Known(0)) => HalfTest::Constant(true),
        (TestRelation::Greater, TestOperand::Known(u32::MAX)) => HalfTest::Constant(false),
        (TestRelation::GreaterOrEqual, TestOperand::Known(u32::MAX)) | (TestRelation::Equal, _) => {
            equal(test)
        }
        (TestRelation::Greater, TestOperand::Known(0)) => match equal(test) {
            HalfTest::Holds(equal) => HalfTest::Fails(equal),
            HalfTest::Fails(any) => HalfTest::Holds(any),
            constant @ HalfTest::Constant(_) => constant,
        },
        _ => HalfTest::Holds(test),
    }
}

/// The test whether the two sides of `test` are equal.
fn equal(test: WordTest) -> HalfTest {
    let test = unflipped(test);
    // "No bit of a mask is set" takes one test; "the masked word is 0" would take two.
    match test {
        WordTest {
            view: View { word, mask: Some(mask @ TestOperand::Symbol(_)), flip: 0 },
            relation: TestRelation::Equal,
            operand: TestOperand::Known(0),
        } => {
            let view = View::whole(word);
            HalfTest::Fails(WordTest { view, relation: TestRelation::AnyBit, operand: mask })
        }
        _ => HalfTest::Holds(test),
    }
}

/// The test whether the two sides of `test` are equal, without the flip of the sign bits.
fn unflipped(test: WordTest) -> WordTest {
    let flip = test.view.flip;
    let operand = match test.operand {
        TestOperand::Known(value) => TestOperand::Known(value ^ flip),
        TestOperand::Symbol(SymbolOperand::Word { symbol, half, keep, .. }) => {
            TestOperand::Symbol(SymbolOperand::Word { symbol, half, keep, flip: 0 })
        }
        other => other,
    };
    let relation = match test.relation {
        TestRelation::AnyBit => TestRelation::AnyBit,
        _ => TestRelation::Equal,
    };
    WordTest { view: View { flip: 0, ..test.view }, relation, operand }
}

/// The test of one half of a comparison with a symbol.
fn half_test(comparison: &Comparison, half: Half, relation: TestRelation) -> WordTest {
    let ones = half.of(comparison.width.ones());
    let ordered = !matches!(comparison.operator, Operator::Equal | Operator::NotEqual);
    // Signed order is unsigned order of values whose sign bits are flipped.
    let flip = if ordered { half.of(comparison.sign()) } else { 0 };
    let word = |symbol, flip| SymbolOperand::Word { symbol, half, keep: ones, flip };
    let mask = match comparison.mask {
        None if ones == u32::MAX => None,
        None => Some(TestOperand::Known(ones)),
        Some(Value::Known(mask)) => match half.of(mask) & ones {
            u32::MAX => None,
            mask => Some(TestOperand::Known(mask)),
        },
        Some(Value::Symbol(mask)) => Some(TestOperand::Symbol(word(mask, 0))),
    };
    let view = View { word: ArgumentWord { argument: comparison.argument, half }, mask, flip };
    let operand = match comparison.value {
        Value::Known(value) => TestOperand::Known((half.of(value) & ones) ^ flip),
        Value::Symbol(value) => TestOperand::Symbol(word(value, flip)),
    };
    WordTest { view, relation, operand }
}

#[cfg(test)]
mod tests {
    use super::super::test_support;
    use super::{HalfTest, half_tests, positive};
    use crate::abi::{Abi, Call};
    use crate::action::Action;
    use crate::policy::{
        AbiPolicy, Condition, Origin, Policy, PolicyAction, PolicyParts, Rule, meaning,
    };

    #[test]
    fn the_tests_of_the_halves_decide_as_the_whole_comparison() {
        let mut rng = test_support::rng(7);
        for _ in 0..400 {
            let comparison = test_support::comparison(&mut rng, true);
            let (positive, is_negated) = positive(&comparison);
            let tests = half_tests(&positive);
            let [kill, allow] = [Action::KillProcess, Action::Allow].map(PolicyAction::Action);
            let condition = Condition::Compare(comparison);
            let (numbers, origin) = (vec![3], Origin(0));
            let rule = Rule { numbers, condition, action: allow, hot: false, origin };
            let part =
                AbiPolicy { abi: Abi::X86_64, rules: vec![rule], unknown: None, default: kill };
            let policy = Policy::new(PolicyParts { abis: vec![part], bad_arch: kill });
            let policy = policy.expect("a valid policy");
            for _ in 0..30 {
                let args =
                    [test_support::number(&mut rng), test_support::number(&mut rng), 0, 0, 0, 0];
                let holds = |test: HalfTest| match test {
                    HalfTest::Constant(holds) => holds,
                    HalfTest::Holds(test) => test_support::test_holds(test, &args),
                    HalfTest::Fails(test) => !test_support::test_holds(test, &args),
                };
                let equal = tests.high_equal.is_none_or(holds);
                let greater = tests.high_greater.is_some_and(holds);
                let found = (greater || equal && holds(tests.low)) != is_negated;
                let call = Call::new(Abi::X86_64, 3, args);
                let expected = meaning(&policy, &call, &test_support::value_of) == Action::Allow;
                assert_eq!(found, expected, "{comparison:?} {args:x?}");
            }
        }
    }
}
