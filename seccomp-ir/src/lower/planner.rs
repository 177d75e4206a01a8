//! The plans for the functions of one policy: the first step of each.
//!
//! `argument_order` plans the check of one call after the other, and `emit` turns the plans into steps.

use super::accumulator::{ArgumentWord, View, WordTest};
use super::condition_functions::Conditions;
use super::cost::Cost;
use super::function_node::Function;
use super::map::{Keys, Map, MapKey};
use super::number_runs::Checks;
use super::test_trees::{TreeId, Trees};

/// The first step of a function.
#[derive(Clone, Copy)]
pub(super) enum First {
    /// Tests of one word. Their outcomes are functions.
    Word(ArgumentWord, TreeId),
    /// One test of a symbol, then the functions that remain if the test holds and if it fails.
    Test(WordTest, Function, Function),
}

/// Chooses the first step of functions.
pub(super) struct Planner<'a> {
    pub(super) conditions: &'a mut Conditions,
    pub(super) trees: Trees,
    /// The checks of all calls.
    checks: &'a Checks<'a>,
    /// The words of functions that are shared or may be shared.
    pub(super) shared_flags: Keys<u64>,
    /// For each function and content of the accumulator, the cost of all remaining steps.
    pub(super) plans: Map<HeldFunction, (Cost, First)>,
    /// The nodes that the trials have taken so far.
    pub(super) tried: usize,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        conditions: &'a mut Conditions,
        trees: Trees,
        checks: &'a Checks<'a>,
    ) -> Self {
        let mut shared_flags = Keys::EMPTY;
        for check in checks.values() {
            shared_flags.number(&conditions.functions.flags(check.function));
        }
        Self { conditions, trees, checks, shared_flags, plans: Map::EMPTY, tried: 0 }
    }

    /// The first step of a function that was planned.
    pub(super) fn first(&self, function: Function, held: Option<View>) -> Option<First> {
        self.plans.get(&HeldFunction { function, held }).map(|&(_, first)| first)
    }

    /// Whether other calls also leave `function` to decide.
    pub(super) fn is_shared(&self, function: Function) -> bool {
        self.checks.get(&function).is_some()
            || self.plans.get(&HeldFunction { function, held: None }).is_some()
    }

    /// `held` if it can matter to `function`.
    pub(super) fn useful(&self, function: Function, held: Option<View>) -> Option<View> {
        held.filter(|view| self.conditions.may_depend_on(function, view.word))
    }
}

/// A function, and the content of the accumulator where that can matter.
pub(super) struct HeldFunction {
    pub(super) function: Function,
    pub(super) held: Option<View>,
}

impl MapKey for HeldFunction {
    type Words = Vec<u32>;

    fn words(&self) -> Vec<u32> {
        let mut words = vec![self.function.0];
        if let Some(view) = self.held {
            view.add_to(&mut words);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::super::map::assert_keys_differ;
    use super::{ArgumentWord, Function, HeldFunction, View};
    use crate::abi::ArgumentIndex;
    use crate::abi::Half;

    #[test]
    fn functions_with_a_held_word_do_not_collide_as_keys() {
        let mut keys = Vec::new();
        for function in [0, 1, 2].map(Function) {
            keys.push(HeldFunction { function, held: None });
            for argument in ArgumentIndex::ALL {
                for half in [Half::Low, Half::High] {
                    let held = Some(View::whole(ArgumentWord { argument, half }));
                    keys.push(HeldFunction { function, held });
                }
            }
        }
        assert_keys_differ::<HeldFunction>(&keys, |_, _| false);
    }
}
