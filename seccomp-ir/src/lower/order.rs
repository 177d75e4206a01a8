//! The order in which a check looks at the arguments, and the tests of each.
//!
//! Conditions on different arguments have no order of their own, so any word on which what is left
//! depends may be read next. Two rules keep the search small. If there is one way only to be
//! accepted after a word, that word is needed on every such way, and no step is won by reading
//! another before it; then the order is the one after which is left what other calls leave, too. And
//! a word after which much more is left to do than after another is not worth trying: it makes
//! copies. What remains is tried, each word with the best tests for it, for up to [`MOST_TRIALS`]
//! functions of one call; beyond, the first word is taken.

use super::accumulator::{ArgumentWord, View, WordTest};
use super::bdd::{Function, FunctionNode, FunctionStore, InputWord, TooComplex};
use super::condition::{Conditions, Hints, WordMeaning};
use super::cost::Cost;
use super::map::{Keys, Map};
use super::masks::WordSolver;
use super::numbers::Checks;
use super::search::{TreeId, Trees};

/// The most functions that are brought into another order to plan one call.
const MOST_TRIALS: usize = 64;

/// A function of more nodes is not brought into another order.
const MOST_NODES: usize = 2048;

/// To bring a function into another order may take so many new nodes for each that it has.
const COPIES: usize = 8;

/// As if it had so many nodes more.
const FREE_COPIES: usize = 200;

/// What is done first for a function.
#[derive(Clone, Copy)]
pub(super) enum First {
    /// Tests of a word, which end in functions.
    Word(ArgumentWord, TreeId),
    /// One test with a value left to rustc, and what is left if it holds and if not.
    Test(WordTest, Function, Function),
}

/// Chooses what is done first for functions.
pub(super) struct Planner<'a> {
    pub(super) conditions: &'a mut Conditions,
    pub(super) trees: Trees,
    /// The checks of all calls.
    checks: &'a Checks<'a>,
    /// The words of what is shared or may be.
    shared_flags: Keys,
    /// For each function, and what the accumulator holds, the cost of all that is left to do.
    plans: Map<(Cost, First)>,
    /// How many nodes the trials have taken.
    tried: usize,
}

/// One call's check while it is planned.
struct CallSearch<'a, 'b> {
    planner: &'a mut Planner<'b>,
    hints: &'a Hints,
    /// How many combinations of named values are accepted, by function.
    masses: Map<u64>,
    /// The weight of all of them.
    weight: Cost,
    whole: Function,
    trials: usize,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        conditions: &'a mut Conditions,
        trees: Trees,
        checks: &'a Checks<'a>,
    ) -> Self {
        let mut shared_flags = Keys::new();
        for check in checks.values() {
            shared_flags.number(&key_of_flags(conditions.functions.flags(check.function)));
        }
        Self { conditions, trees, checks, shared_flags, plans: Map::new(), tried: 0 }
    }

    /// Plans `function`, the check of calls with that weight.
    pub(super) fn plan(
        &mut self,
        function: Function,
        weight: Cost,
        hints: &Hints,
    ) -> Result<(), TooComplex> {
        if self.conditions.is_chain(function) {
            return Err(TooComplex);
        }
        let masses = Map::new();
        let mut check =
            CallSearch { planner: self, hints, masses, weight, whole: function, trials: 0 };
        check.best(function, None)?;
        Ok(())
    }

    /// What is done first for a function that was planned.
    pub(super) fn first(&self, function: Function, held: Option<View>) -> Option<First> {
        self.plans.get(&key_of(function, held)).map(|&(_, first)| first)
    }

    /// Whether other calls leave `function` to decide, too.
    fn is_shared(&self, function: Function) -> bool {
        self.checks.get(&[function.0]).is_some()
            || self.plans.get(&key_of(function, None)).is_some()
    }

    /// `held` as far as it can matter to `function`.
    pub(super) fn useful(&self, function: Function, held: Option<View>) -> Option<View> {
        held.filter(|view| self.conditions.may_depend_on(function, view.word))
    }
}

impl CallSearch<'_, '_> {
    fn functions(&mut self) -> &mut FunctionStore {
        &mut self.planner.conditions.functions
    }

    /// The cost of `function` where the accumulator holds `held`.
    fn best(&mut self, function: Function, held: Option<View>) -> Result<Cost, TooComplex> {
        if self.planner.conditions.action_of(function).is_some() {
            return Ok(0);
        }
        let asked = self.planner.conditions.asked(function);
        if asked != function {
            // It is needed whatever is chosen here, so it does not count.
            self.best(asked, held)?;
            return Ok(0);
        }
        let held = self.planner.useful(function, held);
        let key = key_of(function, held);
        if let Some((cost, _)) = self.planner.plans.get(&key) {
            return Ok(*cost);
        }
        self.planner.trees.try_function()?;
        let mut best: Option<(Cost, First)> = None;
        for &lifted in &self.promising(function)? {
            let FunctionNode::Split { bit, .. } = self.functions().node(lifted) else {
                return Err(TooComplex);
            };
            let word = bit.word();
            let offered = match self.planner.conditions.word_meaning(word) {
                WordMeaning::Test(test) => self.test_first(function, held, lifted, test)?,
                WordMeaning::Argument(argument) => {
                    self.word_first(function, held, word, lifted, argument)?
                }
            };
            match &best {
                Some((cost, _)) if *cost <= offered.0 => {}
                _ => best = Some(offered),
            }
        }
        let Some(best) = best else { return Err(TooComplex) };
        let cost = best.0;
        let flags = self.functions().flags(function);
        self.planner.shared_flags.number(&key_of_flags(flags));
        self.planner.plans.insert(&key, best);
        Ok(cost)
    }

    /// For each word worth reading first `function` in the form that has it first.
    fn promising(&mut self, function: Function) -> Result<Vec<Function>, TooComplex> {
        let words = self.functions().words(function);
        let first = self.functions().read_first(function, InputWord(words[0]))?;
        let size = self.functions().size(function);
        if words.len() == 1 || size > MOST_NODES {
            return Ok(vec![first]);
        }
        if let Some(left) = self.only_way(first) {
            return Ok(vec![self.before_what_is_shared(function, &words, left).unwrap_or(first)]);
        }
        let mut candidates = vec![first];
        let mut by_size = vec![(self.size_left(first) as u64, 0)];
        for &word in &words[1..] {
            if let Some(lifted) = self.read_first(function, InputWord(word)) {
                by_size.push((self.size_left(lifted) as u64, candidates.len() as u64));
                candidates.push(lifted);
            }
        }
        by_size.sort_unstable();
        let most = by_size[0].0 + by_size[0].0 / 4;
        let mut promising = Vec::with_capacity(candidates.len());
        for &(size, candidate) in &by_size {
            if size <= most {
                promising.push(candidates[candidate as usize]);
            }
        }
        Ok(promising)
    }

    /// Of words that are all needed, one after which is left what other calls leave, too: that
    /// exists once then. None if that is so after the first, which leaves `left`.
    fn before_what_is_shared(
        &mut self,
        function: Function,
        words: &[u32],
        left: Function,
    ) -> Option<Function> {
        if self.planner.is_shared(left) {
            return None;
        }
        for &word in &words[1..] {
            let word = InputWord(word);
            let left = self.functions().flags_without(function, word);
            if self.planner.shared_flags.find(&key_of_flags(left)).is_none() {
                continue;
            }
            let Some(lifted) = self.read_first(function, word) else { continue };
            match self.only_way(lifted) {
                Some(left) if self.planner.is_shared(left) => return Some(lifted),
                _ => {}
            }
        }
        None
    }

    /// `function` in the form that has `word` first, unless that takes many copies.
    fn read_first(&mut self, function: Function, word: InputWord) -> Option<Function> {
        if self.trials >= MOST_TRIALS || self.planner.tried >= FunctionStore::MAX_NODES / 4 {
            return None;
        }
        self.trials += 1;
        let before = self.functions().len();
        let size = self.functions().size(function);
        self.functions().limit(before + COPIES * (size + FREE_COPIES));
        let lifted = self.functions().read_first(function, word);
        self.functions().limit(FunctionStore::MAX_NODES);
        self.planner.tried += self.functions().len() - before;
        lifted.ok()
    }

    /// What is left after the first word of `lifted`, if there is one way only to be accepted.
    fn only_way(&mut self, lifted: Function) -> Option<Function> {
        let mut only = None;
        for &outcome in &self.functions().answers(lifted) {
            if self.planner.conditions.may_accept(Function(outcome)) {
                if only.is_some() {
                    return None;
                }
                only = Some(Function(outcome));
            }
        }
        only.or(Some(lifted))
    }

    /// The size of all that may be left after the first word of `lifted`.
    fn size_left(&mut self, lifted: Function) -> usize {
        let mut size = 0;
        for &left in &self.functions().answers(lifted) {
            size += self.functions().size(Function(left));
        }
        size
    }

    fn test_first(
        &mut self,
        function: Function,
        held: Option<View>,
        lifted: Function,
        test: WordTest,
    ) -> Result<(Cost, First), TooComplex> {
        let FunctionNode::Split { low, high, .. } = self.functions().node(lifted) else {
            return Err(TooComplex);
        };
        let no = Function(self.functions().answer(low).ok_or(TooComplex)?);
        let yes = Function(self.functions().answer(high).ok_or(TooComplex)?);
        let weight = self.weight_of(function)?;
        let mut cost = self.bring(test.view, held, weight);
        cost = cost.saturating_add(self.planner.trees.instruction + weight);
        cost = cost.saturating_add(self.best(yes, Some(test.view))?);
        cost = cost.saturating_add(self.best(no, Some(test.view))?);
        Ok((cost, First::Test(test, yes, no)))
    }

    fn word_first(
        &mut self,
        function: Function,
        held: Option<View>,
        word: InputWord,
        lifted: Function,
        argument: ArgumentWord,
    ) -> Result<(Cost, First), TooComplex> {
        let view = View::whole(argument);
        let weight = self.weight_of(function)?;
        let mut cost = self.bring(view, held, weight);
        let outcomes = self.functions().answers(lifted);
        let mut weights: Map<Cost> = Map::new();
        for &outcome in &outcomes {
            weights.insert(&[outcome], self.weight_of(Function(outcome))?);
        }
        let solver = WordSolver {
            functions: &self.planner.conditions.functions,
            trees: &mut self.planner.trees,
            word,
            hints: self.hints,
            weight: &|outcome| weights.get(&[outcome]).copied().unwrap_or(0),
        };
        let solved = solver.solve(lifted)?;
        cost = cost.saturating_add(solved.cost);
        for &outcome in &outcomes {
            cost = cost.saturating_add(self.best(Function(outcome), Some(view))?);
            if self.planner.trees.keeps(solved.tree) {
                // Some ways there have lost the word.
                self.best(Function(outcome), None)?;
            }
        }
        Ok((cost, First::Word(argument, solved.tree)))
    }

    /// The cost of putting `view` into the accumulator.
    fn bring(&self, view: View, held: Option<View>, weight: Cost) -> Cost {
        let steps = match held {
            Some(held) if held == view => 0,
            Some(held) if held == View::whole(view.word) => view.steps(),
            _ => 1 + view.steps(),
        };
        steps * (self.planner.trees.instruction + weight)
    }

    /// The weight of the calls for which `function` is left to do.
    fn weight_of(&mut self, function: Function) -> Result<Cost, TooComplex> {
        let whole = self.mass(self.whole)?.max(1);
        // A part may seem to weigh more than the whole: where no value that the policy names leads to it.
        let mass = self.mass(function)?.min(whole);
        Ok((u128::from(self.weight) * u128::from(mass) / u128::from(whole)) as Cost)
    }

    /// How many combinations of values that the policy names are accepted. One for a value left to
    /// rustc, either way.
    fn mass(&mut self, function: Function) -> Result<u64, TooComplex> {
        let function = self.planner.conditions.asked(function);
        let FunctionNode::Split { bit, low, high } = self.functions().node(function) else {
            return Ok(u64::from(self.planner.conditions.may_accept(function)));
        };
        if let Some(&known) = self.masses.get(&[function.0]) {
            return Ok(known);
        }
        let mut mass = 0_u64;
        match self.planner.conditions.word_meaning(bit.word()) {
            WordMeaning::Test(_) => {
                mass = self.mass(low)?.saturating_add(self.mass(high)?);
            }
            WordMeaning::Argument(_) => {
                let hints = self.hints;
                for &mark in hints.marks_of(bit.word()) {
                    let rest = self.functions().at(function, bit.word(), mark);
                    mass = mass.saturating_add(self.mass(rest)?);
                }
            }
        }
        let mass = mass.max(1);
        self.masses.insert(&[function.0], mass);
        Ok(mass)
    }
}

/// A function, and what the accumulator holds, as the key of a map.
pub(super) fn key_of(function: Function, held: Option<View>) -> Vec<u32> {
    let mut key = vec![function.0];
    if let Some(view) = held {
        view.add_to(&mut key);
    }
    key
}

/// The words of a function as the key of a map.
fn key_of_flags(flags: u64) -> [u32; 2] {
    [(flags >> 32) as u32, flags as u32]
}
