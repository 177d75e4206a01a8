//! The order in which a check reads the arguments, and the tests of each argument.
//!
//! Conditions on different arguments have no order of their own, so the check may next read any word
//! on which the remaining function depends. Two rules keep the search small. If only one outcome of a
//! word can still lead to acceptance, every accepting path must read that word, so reading another
//! first saves nothing. Then the words are ordered such that the remaining function is one that other
//! calls also leave. And a word is not tried if it leaves a much larger function than another word
//! does, because such a word makes copies. The other words are tried, each with its best tests, for up to
//! [`Budgets::trials`](super::Budgets::trials) functions of one call; after that the first word is taken.

use super::accumulator::{ArgumentWord, View, WordTest};
use super::bdd::{FunctionStore, TooComplex};
use super::condition_functions::WordMeaning;
use super::cost::Cost;
use super::function_node::{Function, FunctionNode, FunctionWord, LeafId};
use super::hints::Hints;
use super::map::Map;
use super::masks::WordSolver;
use super::planner::{First, HeldFunction, Planner};
use crate::sort::sort;

/// Reordering a function may take this many new nodes for each of its nodes.
const COPIES: usize = 8;

/// The budget for reordering counts this many nodes on top of the function's own.
const FREE_COPIES: usize = 200;

/// The check of one call while it is planned.
struct CallSearch<'a, 'b> {
    planner: &'a mut Planner<'b>,
    hints: &'a Hints,
    /// For each function, how many combinations of named values it accepts.
    masses: Map<Function, u64>,
    /// The weight of all these combinations.
    weight: Cost,
    whole: Function,
    trials: usize,
    /// How many functions are being decided, each within the previous one.
    depth: usize,
}

/// The most functions that are decided one within the other. Deeper ones become a chain, so that the compiler needs no more
/// than the 2 MiB of a thread's stack, even without optimisation, where each takes 1 KiB to 2 KiB.
const DEEPEST: usize = 640;

/// Plans `function`, the check of calls with this weight.
pub(super) fn plan(
    planner: &mut Planner<'_>,
    function: Function,
    weight: Cost,
    hints: &Hints,
) -> Result<(), TooComplex> {
    if planner.conditions.is_chain(function) {
        return Err(TooComplex);
    }
    let masses = Map::EMPTY;
    let mut search =
        CallSearch { planner, hints, masses, weight, whole: function, trials: 0, depth: 0 };
    search.best(function, None)?;
    Ok(())
}

impl CallSearch<'_, '_> {
    fn functions(&mut self) -> &mut FunctionStore {
        &mut self.planner.conditions.functions
    }

    /// The cost of `function` where the accumulator holds `held`.
    fn best(&mut self, function: Function, held: Option<View>) -> Result<Cost, TooComplex> {
        if self.depth == DEEPEST {
            return Err(TooComplex);
        }
        self.depth += 1;
        let cost = self.decide(function, held);
        self.depth -= 1;
        cost
    }

    fn decide(&mut self, function: Function, held: Option<View>) -> Result<Cost, TooComplex> {
        if self.planner.conditions.action_of(function).is_some() {
            return Ok(0);
        }
        let asked = self.planner.conditions.asked(function);
        if asked != function {
            // `asked` is needed whatever is chosen here, so its cost does not count.
            self.best(asked, held)?;
            return Ok(0);
        }
        let held = self.planner.useful(function, held);
        let key = HeldFunction { function, held };
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
        self.planner.shared_flags.number(&flags);
        self.planner.plans.insert(&key, best);
        Ok(cost)
    }

    /// For each word that is worth reading first, `function` in the form that reads it first.
    fn promising(&mut self, function: Function) -> Result<Vec<Function>, TooComplex> {
        if self.is_spent() {
            if let FunctionNode::Split { bit, .. } = self.functions().node(function) {
                return Ok(vec![self.functions().read_first(function, bit.word())?]);
            }
        }
        let words = self.functions().words(function);
        let first = self.functions().read_first(function, FunctionWord(words[0]))?;
        let size = self.functions().size(function);
        if words.len() == 1 || size > self.planner.conditions.budgets.reordered_nodes {
            return Ok(vec![first]);
        }
        if let Some(left) = self.only_way(first) {
            return Ok(vec![self.before_what_is_shared(function, &words, left).unwrap_or(first)]);
        }
        let mut candidates = vec![first];
        let mut by_size = vec![(self.size_left(first) as u64, 0)];
        for &word in &words[1..] {
            if let Some(lifted) = self.read_first(function, FunctionWord(word)) {
                by_size.push((self.size_left(lifted) as u64, candidates.len() as u64));
                candidates.push(lifted);
            }
        }
        sort(&mut by_size);
        let most = by_size[0].0 + by_size[0].0 / 4;
        let mut promising = Vec::with_capacity(candidates.len());
        for &(size, candidate) in &by_size {
            if size <= most {
                promising.push(candidates[candidate as usize]);
            }
        }
        Ok(promising)
    }

    /// Among words that are all needed, a word after which a function remains that other calls also leave: then
    /// that function exists once. None if the first word, which leaves `left`, is already such a word.
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
            let word = FunctionWord(word);
            let left = self.functions().flags_without(function, word);
            if self.planner.shared_flags.find(&left).is_none() {
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

    /// Whether no further word is tried.
    fn is_spent(&self) -> bool {
        let budgets = self.planner.conditions.budgets;
        self.trials >= budgets.trials || self.planner.tried >= budgets.nodes / 4
    }

    /// `function` in the form that reads `word` first, unless that form takes many copies.
    fn read_first(&mut self, function: Function, word: FunctionWord) -> Option<Function> {
        if self.is_spent() {
            return None;
        }
        self.trials += 1;
        let before = self.functions().len();
        let size = self.functions().size(function);
        self.functions().limit(before + COPIES * (size + FREE_COPIES));
        let lifted = self.functions().read_first(function, word);
        self.functions().unlimit();
        self.planner.tried += self.functions().len() - before;
        lifted.ok()
    }

    /// The function that remains after the first word of `lifted`, if only one outcome can be accepted.
    fn only_way(&mut self, lifted: Function) -> Option<Function> {
        let mut only = None;
        for &outcome in &self.functions().leaves_of(lifted) {
            if self.planner.conditions.may_accept(outcome.rest()) {
                if only.is_some() {
                    return None;
                }
                only = Some(outcome.rest());
            }
        }
        only.or(Some(lifted))
    }

    /// The size of all functions that can remain after the first word of `lifted`.
    fn size_left(&mut self, lifted: Function) -> usize {
        let mut size = 0;
        for &left in &self.functions().leaves_of(lifted) {
            size += self.functions().size(left.rest());
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
        let no = self.functions().leaf_of(low).ok_or(TooComplex)?.rest();
        let yes = self.functions().leaf_of(high).ok_or(TooComplex)?.rest();
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
        word: FunctionWord,
        lifted: Function,
        argument: ArgumentWord,
    ) -> Result<(Cost, First), TooComplex> {
        let view = View::whole(argument);
        let weight = self.weight_of(function)?;
        let mut cost = self.bring(view, held, weight);
        let outcomes = self.functions().leaves_of(lifted);
        let mut weights: Map<LeafId, Cost> = Map::EMPTY;
        for &outcome in &outcomes {
            weights.insert(&outcome, self.weight_of(outcome.rest())?);
        }
        let solver = WordSolver {
            functions: &self.planner.conditions.functions,
            trees: &mut self.planner.trees,
            word,
            hints: self.hints,
            weight: &|outcome| weights.get(&outcome).copied().unwrap_or(0),
        };
        let solved = solver.solve(lifted)?;
        cost = cost.saturating_add(solved.cost);
        for &outcome in &outcomes {
            cost = cost.saturating_add(self.best(outcome.rest(), Some(view))?);
            if self.planner.trees.keeps(solved.tree) {
                // Some paths to it have lost the word.
                self.best(outcome.rest(), None)?;
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

    /// The weight of the calls that reach `function`.
    fn weight_of(&mut self, function: Function) -> Result<Cost, TooComplex> {
        let whole = self.mass(self.whole)?.max(1);
        // A part may seem to weigh more than the whole if no value that the policy names leads to it.
        let mass = self.mass(function)?.min(whole);
        Ok((u128::from(self.weight) * u128::from(mass) / u128::from(whole)) as Cost)
    }

    /// The number of accepted combinations of values that the policy names. A symbol counts as one, in
    /// either case.
    fn mass(&mut self, function: Function) -> Result<u64, TooComplex> {
        let function = self.planner.conditions.asked(function);
        let FunctionNode::Split { bit, low, high } = self.functions().node(function) else {
            return Ok(u64::from(self.planner.conditions.may_accept(function)));
        };
        if let Some(&known) = self.masses.get(&function) {
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
        self.masses.insert(&function, mass);
        Ok(mass)
    }
}

#[cfg(test)]
mod tests {
    use super::super::attempt::PolicyFunctions;
    use super::super::test_support;
    use super::{ArgumentWord, First, plan};
    use crate::abi::ArgumentIndex::{self, A0, A1, A2};
    use crate::abi::Half;
    use crate::policy::{Comparison, Condition, Operator, Policy, Value, Width};

    fn is(argument: ArgumentIndex, width: Width, value: Value) -> Condition {
        let operator = Operator::Equal;
        let comparison = Comparison { argument, width, signed: false, mask: None, operator, value };
        Condition::Compare(comparison)
    }

    /// A policy of one rule for each of these calls, with these conditions.
    fn policy(conditions: Vec<(u32, Condition)>) -> Policy {
        let mut parts = test_support::policy(&mut test_support::rng(1), false).into_parts();
        let rule = parts.abis[0].rules[0].clone();
        parts.abis[0].rules.clear();
        for (number, condition) in conditions {
            let numbers = vec![number];
            parts.abis[0].rules.push(crate::policy::Rule { numbers, condition, ..rule.clone() });
        }
        Policy::new(parts).expect("a valid policy")
    }

    /// The first step of the check of each call, in the order of the checks.
    fn firsts(policy: &Policy) -> Vec<First> {
        let attempt = test_support::attempt(policy);
        let mut conditions = attempt.conditions();
        let functions = PolicyFunctions::of(&attempt, &mut conditions);
        let mut emitter = functions.emitter(&attempt, &mut conditions);
        let mut firsts = Vec::new();
        for check in functions.checks.values() {
            assert!(
                emitter.planner.first(check.function, None).is_none(),
                "nothing is planned yet"
            );
            assert!(plan(&mut emitter.planner, check.function, 1000, &check.hints).is_ok());
            firsts.push(emitter.planner.first(check.function, None).expect("just planned"));
        }
        firsts
    }

    #[test]
    fn an_argument_is_read_before_it_is_tested_and_a_symbol_is_one_test() {
        let policy = policy(vec![
            (3, is(A1, Width::W32, Value::Known(5))),
            (4, is(A0, Width::W32, Value::Symbol(crate::policy::Symbol(0)))),
        ]);
        let firsts = firsts(&policy);
        let word = ArgumentWord { argument: A1, half: Half::Low };
        assert!(matches!(firsts[0], First::Word(read, _) if read == word));
        assert!(matches!(firsts[1], First::Test(test, ..) if test.view.word.argument == A0));
    }

    /// `a1 == 7` is left of the first call, so the second reads what differs first, whichever argument it
    /// names first.
    #[test]
    fn a_test_that_another_call_also_needs_comes_last() {
        let shared = || is(A1, Width::W32, Value::Known(7));
        for own in [A0, A2] {
            let both = Condition::All(vec![shared(), is(own, Width::W32, Value::Known(3))]);
            let policy = policy(vec![(3, shared()), (4, both)]);
            let firsts = firsts(&policy);
            assert!(matches!(firsts[1], First::Word(read, _) if read.argument == own), "{own}");
        }
    }
}
