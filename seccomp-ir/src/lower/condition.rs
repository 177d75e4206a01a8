//! Conditions on arguments, as [`Function`]s.
//!
//! A comparison with a known value becomes a set of values of the masked argument: ranges. A signed
//! comparison is one or two unsigned ranges. Alternatives on the same argument under the same mask
//! are united while they are still ranges, which is far cheaper than uniting diagrams: many policies
//! hold lists of hundreds of `ioctl` commands.
//!
//! A function of several conditions is usually little larger than the conditions together. Some
//! conditions make it exponentially larger, so it is built only while its size stays in proportion.
//! After that, one condition decides alone and its outcomes *ask* another function
//! ([`FunctionLeaf::Ask`]), as if the rules were tested one after the other.

use super::accumulator::{ArgumentWord, TestRelation, WordTest};
use super::bdd::{Function, FunctionNode, FunctionStore, FunctionWord, TooComplex};
use super::budgets::Budgets;
use super::candidates::MaskTest;
use super::intervals::{Ranges, SetSubject, by_high_half, half_of, known_set, negation, united};
use super::leaves::{FunctionLeaf, Leaves, accepts};
use super::map::{Keys, Map};
use crate::abi::Half;
use crate::policy::{Comparison, Condition, Operator, PolicyAction, Value};
use crate::sort::sort_once;

/// The meaning of an [`FunctionWord`] of a function.
pub(super) enum WordMeaning {
    Argument(ArgumentWord),
    Test(WordTest),
}

pub(super) const ARGUMENT_WORDS: u32 = 12;

/// How large a function of several conditions may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// In proportion to the conditions.
    InProportion,
    /// No function is made of several conditions.
    OfOne,
    /// Of any size.
    OfAll,
}

/// The node budget of a function: so many per node of its conditions, plus a fixed allowance.
const PROPORTION: usize = 4;
const SPARE_NODES: usize = 128;

/// Sets of more ranges than this are not separated by masks.
const MOST_RANGES_OF_TESTS: usize = 24;

/// The number of inputs that are tried to find out whether a function may be constant.
const SAMPLES: usize = 256;

/// The word of a function for half an argument. Low halves come first, because they decide most. The
/// tests of high halves, mostly that they are 0, are then a tail that calls share.
pub(super) fn argument_word(argument: u8, half: Half) -> FunctionWord {
    FunctionWord(u32::from(argument) + if half == Half::High { 6 } else { 0 })
}

/// Builds functions from conditions.
pub(super) struct Conditions {
    pub(super) budgets: Budgets,
    pub(super) functions: FunctionStore,
    leaves: Leaves,
    size: Size,
    pub(super) tests: Vec<WordTest>,
    pub(super) test_numbers: Keys<WordTest>,
    hints: Hints,
    /// Whether a function has asked another since the hints were last taken.
    asked: bool,
    /// The number of nodes when the present function was begun.
    begun: usize,
    /// The number of nodes of the conditions in it.
    parts: usize,
}

/// What the conditions as written say beyond what they compute. It helps to choose tests.
pub(super) struct Hints {
    /// Masks under which known values of a word are compared.
    masks: Map<FunctionWord, Vec<u32>>,
    /// The tests of a word to which comparisons with known values reduce.
    tests: Map<FunctionWord, Vec<MaskTest>>,
    /// Values of a word on either side of a comparison.
    marks: Map<FunctionWord, Vec<u32>>,
}

impl Hints {
    fn new() -> Self {
        Self { masks: Map::EMPTY, tests: Map::EMPTY, marks: Map::EMPTY }
    }

    /// The masks of `word`.
    pub(super) fn masks_of(&self, word: FunctionWord) -> &[u32] {
        self.masks.get(&word).map_or(&[], Vec::as_slice)
    }

    /// The tests of `word` that the policy makes.
    pub(super) fn tests_of(&self, word: FunctionWord) -> &[MaskTest] {
        self.tests.get(&word).map_or(&[], Vec::as_slice)
    }

    /// The marks of `word`.
    pub(super) fn marks_of(&self, word: FunctionWord) -> &[u32] {
        self.marks.get(&word).map_or(&[], Vec::as_slice)
    }
}

impl Conditions {
    pub(super) fn new(size: Size, budgets: Budgets) -> Self {
        Self {
            budgets,
            size,
            functions: FunctionStore::new(budgets.nodes),
            leaves: Leaves::new(),
            tests: Vec::new(),
            test_numbers: Keys::EMPTY,
            hints: Hints::new(),
            asked: false,
            begun: 0,
            parts: 0,
        }
    }

    /// From now on functions have this size. Returns the size until now.
    pub(super) fn sized(&mut self, size: Size) -> Size {
        std::mem::replace(&mut self.size, size)
    }

    /// The meaning of `word`.
    pub(super) fn word_meaning(&self, word: FunctionWord) -> WordMeaning {
        match word.0.checked_sub(ARGUMENT_WORDS) {
            Some(test) => WordMeaning::Test(self.tests[test as usize]),
            None => WordMeaning::Argument(ArgumentWord {
                argument: (word.0 % 6) as u8,
                half: if word.0 < 6 { Half::Low } else { Half::High },
            }),
        }
    }

    /// Whether `function` may depend on `word` or on a test of it.
    pub(super) fn may_depend_on(&self, function: Function, word: ArgumentWord) -> bool {
        let mut depends =
            self.functions.may_depend_on(function, argument_word(word.argument, word.half));
        for index in 0..self.tests.len() {
            if self.tests[index].view.word == word {
                let test = FunctionWord(ARGUMENT_WORDS + index as u32);
                depends |= self.functions.may_depend_on(function, test);
            }
        }
        depends
    }

    /// Takes the hints noted since the last time, sorted.
    pub(super) fn take_hints(&mut self) -> Hints {
        self.begin();
        self.asked = false;
        let mut hints = std::mem::replace(&mut self.hints, Hints::new());
        for masks in hints.masks.values_mut() {
            sort_once(masks);
        }
        for marks in hints.marks.values_mut() {
            sort_once(marks);
        }
        hints
    }

    fn mark(&mut self, (argument, bits, _): SetSubject, comparison: &Comparison) {
        let Value::Known(value) = comparison.value else { return };
        let (first, second) = match comparison.operator {
            Operator::Equal | Operator::NotEqual => (value, value),
            Operator::Less | Operator::GreaterOrEqual => (value.wrapping_sub(1), value),
            Operator::LessOrEqual | Operator::Greater => (value, value.wrapping_add(1)),
        };
        let ones = comparison.width.ones();
        for &half in &[Half::High, Half::Low] {
            if half == Half::Low || bits == 64 {
                let word = argument_word(argument, half);
                let marks = self.hints.marks.value_or(&word, Vec::new());
                marks.push(half_of(first & ones, half));
                marks.push(half_of(second & ones, half));
            }
        }
    }

    /// The function that has this action for every input.
    pub(super) fn action(&mut self, action: PolicyAction) -> Function {
        let number = self.leaves.number(FunctionLeaf::Action(action));
        self.functions.leaf(number)
    }

    /// A function that only the chain of this check decides.
    pub(super) fn chain(&mut self, check: u32) -> Function {
        let number = self.leaves.number(FunctionLeaf::Chain(check));
        self.functions.leaf(number)
    }

    /// Whether only a chain decides `function`.
    pub(super) fn is_chain(&self, function: Function) -> bool {
        self.functions.leaf_of(function).is_some()
            && self.action_of(function).is_none()
            && self.asked(function) == function
    }

    /// The action of `function`, if it is constant.
    pub(super) fn action_of(&self, function: Function) -> Option<PolicyAction> {
        self.leaves.action(&self.functions, function)
    }

    /// The function that `function` asks, or `function` itself.
    pub(super) fn asked(&self, function: Function) -> Function {
        self.leaves.asked(&self.functions, function)
    }

    /// Whether `function` may accept some call.
    pub(super) fn may_accept(&self, function: Function) -> bool {
        self.action_of(function).is_none_or(accepts)
    }

    /// `yes` where one of `alternatives` holds, else `no`.
    pub(super) fn any(
        &mut self,
        mut alternatives: Alternatives<'_>,
        yes: Function,
        no: Function,
    ) -> Result<Function, TooComplex> {
        let holding = self.holding(&mut alternatives)?;
        let mut decided = no;
        while let Some((all, negated)) = alternatives.nested.pop() {
            decided = match self.all_hold(all, negated) {
                Ok(holds) => self.choose(holds, yes, decided)?,
                Err(TooComplex) => {
                    // All hold unless one fails.
                    let one_fails = self.alternatives(all, !negated)?;
                    self.any(one_fails, decided, yes)?
                }
            };
        }
        for &holds in &holding {
            decided = self.choose(holds, yes, decided)?;
        }
        Ok(decided)
    }

    /// Where all of `conditions` hold; each is negated first if `negated`. Its size is in proportion to
    /// them, as in [`Self::choose`].
    fn all_hold(
        &mut self,
        conditions: &[Condition],
        negated: bool,
    ) -> Result<Function, TooComplex> {
        let mut alternatives = self.alternatives(conditions, !negated)?;
        let mut failing = self.holding(&mut alternatives)?;
        if self.size == Size::OfOne && !alternatives.nested.is_empty() {
            return Err(TooComplex);
        }
        for &(all, negated) in &alternatives.nested {
            failing.push(self.all_hold(all, negated)?);
        }
        if self.size != Size::OfAll {
            let mut parts = 0;
            for &part in &failing {
                parts += self.functions.size(part);
            }
            self.functions.limit(self.functions.len() + PROPORTION * parts + SPARE_NODES);
        }
        let all_hold = match self.union(failing) {
            Ok(one_fails) => self.functions.not(one_fails),
            too_complex => too_complex,
        };
        self.functions.unlimit();
        all_hold
    }

    /// `conditions` as alternatives; each is negated first if `negated`.
    fn alternatives<'c>(
        &mut self,
        conditions: &'c [Condition],
        negated: bool,
    ) -> Result<Alternatives<'c>, TooComplex> {
        let mut alternatives = Alternatives::new();
        for condition in conditions {
            self.add(condition, negated, &mut alternatives)?;
        }
        Ok(alternatives)
    }

    /// Adds a condition, negated if `negated`, to the alternatives. Nested alternatives are flattened.
    pub(super) fn add<'c>(
        &mut self,
        condition: &'c Condition,
        negated: bool,
        to: &mut Alternatives<'c>,
    ) -> Result<(), TooComplex> {
        match condition {
            Condition::Always if negated => {}
            Condition::Always => to.holding.push(FunctionStore::TRUE),
            Condition::Compare(comparison) if negated => {
                self.add_comparison(&negation(comparison), to)?;
            }
            Condition::Compare(comparison) => self.add_comparison(comparison, to)?,
            Condition::Not(inner) => self.add(inner, !negated, to)?,
            Condition::Any(all) | Condition::All(all) => {
                let alternatives = matches!(condition, Condition::Any(_)) != negated;
                if alternatives || all.len() == 1 {
                    for one in all {
                        self.add(one, negated, to)?;
                    }
                } else {
                    to.nested.push((all, negated));
                }
            }
        }
        Ok(())
    }

    fn add_comparison(
        &mut self,
        comparison: &Comparison,
        to: &mut Alternatives<'_>,
    ) -> Result<(), TooComplex> {
        match known_set(comparison) {
            None => to.holding.push(self.symbol_comparison(comparison)?),
            Some((subject, ranges)) => {
                self.mark(subject, comparison);
                to.sets.value_or(&subject, (subject, Ranges::new())).1.extend_from_slice(&ranges);
            }
        }
        Ok(())
    }

    /// Where the comparisons among `alternatives` hold.
    fn holding(
        &mut self,
        alternatives: &mut Alternatives<'_>,
    ) -> Result<Vec<Function>, TooComplex> {
        let mut holding = std::mem::take(&mut alternatives.holding);
        for (subject, ranges) in alternatives.sets.values_mut() {
            holding.push(self.set(*subject, &united(ranges))?);
        }
        Ok(holding)
    }

    /// Where the subject is in `ranges`.
    fn set(
        &mut self,
        (argument, bits, mask): SetSubject,
        ranges: &[(u64, u64)],
    ) -> Result<Function, TooComplex> {
        for &half in &[Half::High, Half::Low] {
            let kept = half_of(mask, half);
            let all = if half == Half::High && bits < 64 { 0 } else { u32::MAX };
            if kept != all {
                let word = argument_word(argument, half);
                self.hints.masks.value_or(&word, Vec::new()).push(kept);
            }
        }
        let mut parts = Vec::new();
        for (high, low) in &mut by_high_half(ranges) {
            let low = self.half_set(argument, Half::Low, bits.min(32), mask, low)?;
            let high = match bits {
                64 => self.half_set(argument, Half::High, 32, mask, &united(high))?,
                _ => FunctionStore::TRUE,
            };
            parts.push(self.functions.and(low, high)?);
        }
        self.union(parts)
    }

    /// Where one half of the subject is in `ranges`.
    fn half_set(
        &mut self,
        argument: u8,
        half: Half,
        bits: u32,
        mask: u64,
        ranges: &[(u64, u64)],
    ) -> Result<Function, TooComplex> {
        let (word, mask) = (argument_word(argument, half), half_of(mask, half));
        self.note_tests(word, mask, ranges);
        SetBuilder { functions: &mut self.functions, word, mask: mask.into() }
            .build(bits, 0, ranges)
    }

    /// Notes the tests of `word` under `mask` that decide whether it is in `ranges`.
    fn note_tests(&mut self, word: FunctionWord, mask: u32, ranges: &[(u64, u64)]) {
        if ranges.len() > MOST_RANGES_OF_TESTS {
            return;
        }
        let tests = self.hints.tests.value_or(&word, Vec::new());
        let mut note = |relation, value| {
            // A value is greater than 0 if it does not equal 0.
            let relation = if value == 0 { TestRelation::Equal } else { relation };
            tests.push(MaskTest { mask, relation, value });
        };
        // The end of the last range, unless that range has been noted completely.
        let mut end = None;
        for &(first, last) in ranges {
            let (first, last) = (first as u32, last as u32);
            match (end, first.checked_sub(1)) {
                // All values except one.
                (Some(end), Some(left_out)) if end + 1 == left_out => {
                    note(TestRelation::Equal, left_out);
                }
                (end, below) => {
                    for &bound in &[end, below] {
                        if let Some(bound) = bound {
                            note(TestRelation::Greater, bound);
                        }
                    }
                }
            }
            end = if first == last { None } else { Some(last) };
            if first == last {
                note(TestRelation::Equal, first);
            }
        }
        if let Some(end) = end {
            note(TestRelation::Greater, end);
        }
    }

    /// `yes` where `condition` holds, else `no`.
    ///
    /// The result is one function if its size stays in proportion to its parts. Conditions that belong
    /// together in pairs can make a function that grows with two to the power of their number; then
    /// `condition` decides alone and asks the other functions.
    fn choose(
        &mut self,
        condition: Function,
        yes: Function,
        no: Function,
    ) -> Result<Function, TooComplex> {
        self.parts += self.functions.size(condition);
        self.functions.limit(match self.size {
            Size::InProportion => self.begun + PROPORTION * self.parts + SPARE_NODES,
            Size::OfOne => self.functions.len(),
            Size::OfAll => usize::MAX,
        });
        let chosen = self.functions.choose(condition, yes, no);
        self.functions.unlimit();
        if chosen.is_ok() {
            return chosen;
        }
        let (yes, no) = (self.ask(yes), self.ask(no));
        self.begin();
        self.functions.choose(condition, yes, no)
    }

    /// Begins a new function.
    fn begin(&mut self) {
        self.begun = self.functions.len();
        self.parts = 0;
    }

    /// The function that asks `function`.
    fn ask(&mut self, function: Function) -> Function {
        if self.functions.leaf_of(function).is_some() {
            return function;
        }
        self.asked = true;
        let number = self.leaves.number(FunctionLeaf::Ask(function));
        self.functions.leaf(number)
    }

    /// Whether `function` asks others and gives the same action for many tried inputs. Then it may be
    /// constant although its form does not show it.
    pub(super) fn may_be_constant(&self, function: Function) -> bool {
        if !self.asked {
            return false;
        }
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let action = self.sample(function, &mut random);
        for _ in 1..SAMPLES {
            if self.sample(function, &mut random) != action {
                return false;
            }
        }
        true
    }

    /// The action for some input near the values that the conditions name.
    fn sample(&self, function: Function, random: &mut u64) -> Option<PolicyAction> {
        let mut values: Map<FunctionWord, u32> = Map::EMPTY;
        let mut left = function;
        loop {
            left = self.asked(left);
            let FunctionNode::Split { bit, .. } = self.functions.node(left) else {
                return self.action_of(left);
            };
            let word = bit.word();
            let value = match values.get(&word) {
                Some(&value) => value,
                None => {
                    let value = self.value_near(word, random);
                    values.insert(&word, value);
                    value
                }
            };
            left = self.functions.at(left, word, value);
        }
    }

    /// Some value of `word` near the values that the conditions name.
    fn value_near(&self, word: FunctionWord, random: &mut u64) -> u32 {
        // xorshift64 (Marsaglia 2003)
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let marks = self.hints.marks_of(word);
        match *random % 4 {
            0 => (*random >> 32) as u32,
            _ if marks.is_empty() => (*random >> 32) as u32 & 1,
            near => {
                let mark = marks[(*random >> 32) as usize % marks.len()];
                mark.wrapping_add(near as u32).wrapping_sub(2)
            }
        }
    }

    fn union(&mut self, mut parts: Vec<Function>) -> Result<Function, TooComplex> {
        // Pairwise, so that the cost of many parts grows as n log n.
        while parts.len() > 1 {
            let mut halved = Vec::with_capacity(parts.len().div_ceil(2));
            let mut next = 0;
            while next + 1 < parts.len() {
                halved.push(self.functions.or(parts[next], parts[next + 1])?);
                next += 2;
            }
            halved.extend_from_slice(&parts[next..]);
            parts = halved;
        }
        Ok(if parts.is_empty() { FunctionStore::FALSE } else { parts[0] })
    }
}

/// Conditions of which at least one must hold, taken apart.
pub(super) struct Alternatives<'c> {
    /// Where the conditions hold that are not comparisons with known values.
    holding: Vec<Function>,
    /// The values of each subject for which comparisons with known values hold.
    sets: Map<SetSubject, (SetSubject, Ranges)>,
    /// Conditions that must all hold, and whether each is negated.
    nested: Vec<(&'c [Condition], bool)>,
}

impl Alternatives<'_> {
    pub(super) fn new() -> Self {
        Self { holding: Vec::new(), sets: Map::EMPTY, nested: Vec::new() }
    }
}

/// Turns ranges of half a masked argument into a function, bit by bit from the highest bit down.
struct SetBuilder<'a> {
    functions: &'a mut FunctionStore,
    word: FunctionWord,
    mask: u64,
}

impl SetBuilder<'_> {
    /// The function for the masked values that begin with `prefix` and have `left` more bits.
    fn build(
        &mut self,
        left: u32,
        prefix: u64,
        ranges: &[(u64, u64)],
    ) -> Result<Function, TooComplex> {
        let last = prefix | (self.mask & low_ones(left));
        let (mut begin, mut end) = (0, ranges.len());
        while begin < end && ranges[begin].1 < prefix {
            begin += 1;
        }
        while begin < end && last < ranges[end - 1].0 {
            end -= 1;
        }
        let ranges = &ranges[begin..end];
        match ranges {
            [] => return Ok(FunctionStore::FALSE),
            [(first, end)] if *first <= prefix && last <= *end => return Ok(FunctionStore::TRUE),
            _ => {}
        }
        // No single range contains both ends, so at least one bit is left.
        let bit = left - 1;
        if self.mask >> bit & 1 == 0 {
            return self.build(bit, prefix, ranges);
        }
        let low = self.build(bit, prefix, ranges)?;
        let high = self.build(bit, prefix | 1 << bit, ranges)?;
        self.functions.split(self.word.bit(bit), low, high)
    }
}

/// The lowest `bits` bits set.
pub(super) fn low_ones(bits: u32) -> u64 {
    if bits == 0 { 0 } else { u64::MAX >> (64 - bits) }
}

#[cfg(test)]
mod tests {
    use super::super::budgets::Budgets;
    use super::super::numbers::decided;
    use super::super::test_support;
    use super::{Conditions, Size};
    use crate::action::Action;
    use crate::policy::{Condition, PolicyAction, RuleIndex, meaning};

    /// Also if one condition asks another, which a small size forces.
    #[test]
    fn a_function_has_the_action_of_the_rules_at_every_size() {
        let mut rng = fastrand::Rng::with_seed(5);
        for round in 0..120 {
            let policy = test_support::policy(&mut rng, round % 2 == 1);
            let part = &policy.abis[0];
            for size in [Size::InProportion, Size::OfOne, Size::OfAll] {
                let mut conditions = Conditions::new(size, Budgets::DEFAULT);
                for number in test_support::NUMBERS {
                    let rules: Vec<RuleIndex> = (0..part.rules.len() as u32)
                        .map(RuleIndex)
                        .filter(|&rule| part.rule(rule).numbers.contains(&number))
                        .collect();
                    let function = decided(part, &rules, part.default, &mut conditions);
                    let Ok(function) = function else { panic!("small conditions") };
                    for _ in 0..40 {
                        let mut call = test_support::call(&mut rng);
                        call.nr = number;
                        let expected = meaning(&policy, &call, &test_support::value_of);
                        let found = test_support::action(&conditions, function, &call.args);
                        assert_eq!(found, Some(PolicyAction::Action(expected)), "{call:x?}");
                    }
                }
            }
        }
    }

    #[test]
    fn hints_name_the_values_and_masks_of_the_conditions() {
        let mut conditions = Conditions::new(Size::InProportion, Budgets::DEFAULT);
        let mut rng = fastrand::Rng::with_seed(6);
        let comparison = loop {
            let comparison = test_support::comparison(&mut rng, false);
            if comparison.mask.is_some() && comparison.width.bits() == 32 {
                break comparison;
            }
        };
        let mut alternatives = super::Alternatives::new();
        let condition = Condition::Compare(comparison);
        assert!(conditions.add(&condition, false, &mut alternatives).is_ok());
        let yes = conditions.action(PolicyAction::Action(Action::Allow));
        let no = conditions.action(PolicyAction::Action(Action::KillProcess));
        assert!(conditions.any(alternatives, yes, no).is_ok());
        let hints = conditions.take_hints();
        let word = super::argument_word(comparison.argument, crate::abi::Half::Low);
        let crate::policy::Value::Known(value) = comparison.value else { panic!("no symbol") };
        assert_eq!(hints.masks_of(word).len(), 1);
        let near = |mark: &u32| mark.abs_diff(value as u32) <= 1 || *mark == u32::MAX;
        assert!(!hints.marks_of(word).is_empty() && hints.marks_of(word).iter().all(near));
        assert!(conditions.take_hints().marks_of(word).is_empty());
    }
}
