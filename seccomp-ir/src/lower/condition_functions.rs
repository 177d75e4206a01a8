//! Conditions on arguments, as [`Function`]s.
//!
//! A comparison with a known value becomes a set of values of the masked argument: ranges. A signed
//! comparison is one or two unsigned ranges. Alternatives on the same argument under the same mask
//! are united while they are still ranges, which is far cheaper than uniting diagrams: many policies
//! hold lists of hundreds of `ioctl` commands. `value_sets` makes functions of the ranges.
//!
//! A function of several conditions is usually little larger than the conditions together. Some
//! conditions make it exponentially larger, so it is built only while its size stays in proportion.
//! After that, one condition decides alone and its outcomes *ask* another function
//! ([`FunctionLeaf::Ask`]), as if the rules were tested one after the other.

use super::accumulator::{ArgumentWord, WordTest};
use super::bdd::{FunctionStore, TooComplex};
use super::budgets::Budgets;
use super::function_node::{Function, FunctionWord};
use super::hints::Hints;
use super::intervals::{Ranges, SetSubject, known_set, negation, united};
use super::leaves::{FunctionLeaf, Leaves, accepts};
use super::map::{Keys, Map};
use crate::abi::{ArgumentIndex, Half};
use crate::policy::{Comparison, Condition, PolicyAction};

/// The meaning of a [`FunctionWord`] of a function.
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

/// The word of a function for half an argument. Low halves come first, because they decide most. The
/// tests of high halves, mostly that they are 0, are then a tail that calls share.
pub(super) fn argument_word(argument: ArgumentIndex, half: Half) -> FunctionWord {
    FunctionWord(argument as u32 + if half == Half::High { 6 } else { 0 })
}

/// Builds functions from conditions.
pub(super) struct Conditions {
    pub(super) budgets: Budgets,
    pub(super) functions: FunctionStore,
    leaves: Leaves,
    size: Size,
    pub(super) tests: Vec<WordTest>,
    pub(super) test_numbers: Keys<WordTest>,
    pub(super) hints: Hints,
    /// Whether a function has asked another since the hints were last taken.
    pub(super) has_asked: bool,
    /// The number of nodes when the present function was begun.
    begun: usize,
    /// The number of nodes of the conditions in it.
    parts: usize,
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
            hints: Hints::NONE,
            has_asked: false,
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
                argument: ArgumentIndex::ALL[(word.0 % 6) as usize],
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

    /// The function that is 1 where all of `conditions` hold; each is negated first if `negated`. Its size is in
    /// proportion to them, as in [`Self::choose`].
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
                self.hints.mark(subject, comparison);
                to.sets.value_or(&subject, (subject, Ranges::new())).1.extend_from_slice(&ranges);
            }
        }
        Ok(())
    }

    /// Functions that are 1 where the comparisons among `alternatives` hold.
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
    pub(super) fn begin(&mut self) {
        self.begun = self.functions.len();
        self.parts = 0;
    }

    /// The function that asks `function`.
    fn ask(&mut self, function: Function) -> Function {
        if self.functions.leaf_of(function).is_some() {
            return function;
        }
        self.has_asked = true;
        let number = self.leaves.number(FunctionLeaf::Ask(function));
        self.functions.leaf(number)
    }

    /// The function that is 1 where at least one of `parts` is 1.
    pub(super) fn union(&mut self, mut parts: Vec<Function>) -> Result<Function, TooComplex> {
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

/// Conditions, taken apart. At least one of them must hold.
pub(super) struct Alternatives<'c> {
    /// The functions of the conditions that are not comparisons with known values.
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

#[cfg(test)]
mod tests {
    use super::super::budgets::Budgets;
    use super::super::number_runs::decided;
    use super::super::test_support;
    use super::{Conditions, Size};
    use crate::policy::{PolicyAction, RuleIndex, meaning};

    /// This includes functions in which one condition asks another: a small size forces that.
    #[test]
    fn a_function_has_the_action_of_the_rules_at_every_size() {
        let mut rng = test_support::rng(5);
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
}
