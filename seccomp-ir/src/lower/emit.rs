//! Turns planned functions into steps of the graph.

use super::accumulator::{TestOperand, View};
use super::bdd::TooComplex;
use super::function_node::Function;
use super::graph::{GraphStep, StepGraph, StepId};
use super::map::{Map, MapKey};
use super::planner::{First, HeldFunction, Planner};
use super::test_trees::{TestTree, TreeId};
use crate::abi::Endian;

impl MapKey for (TreeId, View) {
    type Words = Vec<u32>;

    fn words(&self) -> Vec<u32> {
        let (TreeId(tree), view) = *self;
        let mut words = vec![tree];
        view.add_to(&mut words);
        words
    }
}

/// Turns functions into steps.
pub(super) struct Emitter<'a> {
    pub(super) planner: Planner<'a>,
    pub(super) graph: StepGraph,
    pub(super) endian: Endian,
    /// The first step of each check for which a way was chosen.
    chosen: Map<Function, StepId>,
    /// The first step of each function and content of the accumulator.
    known: Map<HeldFunction, StepId>,
    /// The first step of each tree that tests a word, and content of the accumulator.
    trees: Map<(TreeId, View), StepId>,
    #[cfg(feature = "show")]
    pub(super) record: super::pass_text::PassRecord,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(planner: Planner<'a>, endian: Endian) -> Self {
        Self {
            planner,
            graph: StepGraph::new(),
            endian,
            chosen: Map::EMPTY,
            known: Map::EMPTY,
            trees: Map::EMPTY,
            #[cfg(feature = "show")]
            record: super::pass_text::PassRecord::default(),
        }
    }

    /// The number of steps of a check for which a way was chosen.
    pub(super) fn length(&self, check: Function) -> usize {
        let chosen = self.chosen.get(&check);
        chosen.map_or(0, |&step| self.graph.use_all(step, &mut Vec::new()))
    }

    /// From now on `check` begins with `first`, where the content of the accumulator does not matter.
    pub(super) fn choose(&mut self, check: Function, first: StepId) {
        self.chosen.insert(&check, first);
    }

    /// From now on no check has a chosen way.
    pub(super) fn forget_choices(&mut self) {
        self.chosen = Map::EMPTY;
    }

    /// The first step of `function` where the accumulator holds `held`.
    pub(super) fn emit(
        &mut self,
        function: Function,
        held: Option<View>,
    ) -> Result<StepId, TooComplex> {
        if let Some(action) = self.planner.conditions.action_of(function) {
            return Ok(self.graph.add(GraphStep::Return(action)));
        }
        let asked = self.planner.conditions.asked(function);
        // What is held matters to the function that is asked, not to the one that asks.
        let held = self.planner.useful(asked, held);
        if let (Some(&chosen), None) = (self.chosen.get(&function), held) {
            return Ok(chosen);
        }
        let function = asked;
        let key = HeldFunction { function, held };
        if let Some(&known) = self.known.get(&key) {
            return Ok(known);
        }
        let Some(first) = self.planner.first(function, held) else { return Err(TooComplex) };
        let step = match first {
            First::Test(test, yes, no) => {
                let yes = self.emit(yes, Some(test.view))?;
                let no = self.emit(no, Some(test.view))?;
                let (relation, operand) = (test.relation, test.operand);
                let branch = self.graph.add(GraphStep::Branch { relation, operand, yes, no });
                self.graph.bring(test.view, held, branch, self.endian)
            }
            First::Word(word, tree) => {
                let view = View::whole(word);
                let tests = self.emit_tree(tree, Some(view))?;
                self.graph.bring(view, held, tests, self.endian)
            }
        };
        self.known.insert(&key, step);
        Ok(step)
    }

    /// The steps of a tree whose outcomes are functions. The accumulator holds `held`, and the tree tests
    /// its value.
    pub(super) fn emit_tree(
        &mut self,
        tree: TreeId,
        held: Option<View>,
    ) -> Result<StepId, TooComplex> {
        let Some(view) = held else { return self.tree_step(tree, None) };
        if let Some(&known) = self.trees.get(&(tree, view)) {
            return Ok(known);
        }
        let step = self.tree_step(tree, held)?;
        self.trees.insert(&(tree, view), step);
        Ok(step)
    }

    fn tree_step(&mut self, tree: TreeId, held: Option<View>) -> Result<StepId, TooComplex> {
        match self.planner.trees.tree(tree) {
            TestTree::Outcome(outcome) => {
                // Plans exist for a whole word or for nothing in the accumulator.
                let held = held.filter(|view| view.mask.is_none());
                self.emit(outcome.rest(), held)
            }
            TestTree::Test { relation, value, yes, no } => {
                let yes = self.emit_tree(yes, held)?;
                let no = self.emit_tree(no, held)?;
                let (relation, operand) = (relation, TestOperand::Known(value));
                Ok(self.graph.add(GraphStep::Branch { relation, operand, yes, no }))
            }
            TestTree::Keep { mask, then } => {
                let operand = TestOperand::Known(mask);
                let held = held.map(|view| View { mask: Some(operand), ..view });
                let next = self.emit_tree(then, held)?;
                Ok(self.graph.add(GraphStep::And { operand, next }))
            }
            TestTree::Load { then } => {
                let whole = held.map(|view| View::whole(view.word));
                let next = self.emit_tree(then, whole)?;
                match whole {
                    Some(whole) => Ok(self.graph.bring(whole, None, next, self.endian)),
                    None => Ok(next),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::accumulator::ArgumentWord;
    use super::super::argument_order::plan;
    use super::super::attempt::PolicyFunctions;
    use super::super::map::assert_keys_differ;
    use super::super::test_support;
    use super::{TreeId, View};
    use crate::abi::ArgumentIndex;
    use crate::abi::{Endian, Half};
    use crate::policy::{PolicyAction, meaning};

    /// This includes places where the accumulator already holds a word.
    #[test]
    fn the_steps_of_a_check_have_the_action_of_its_rules() {
        let mut rng = test_support::rng(14);
        for round in 0..150 {
            let policy = test_support::policy(&mut rng, round % 2 == 1);
            let attempt = test_support::attempt(&policy);
            let mut conditions = attempt.conditions();
            let functions = PolicyFunctions::of(&attempt, &mut conditions);
            let mut emitter = functions.emitter(&attempt, &mut conditions);
            for run in &functions.numbers(policy.abis[0].abi.audit_arch()) {
                let Some(check) = functions.checks.get(&run.check) else { continue };
                if plan(&mut emitter.planner, check.function, 1000, &check.hints).is_err() {
                    continue;
                }
                let Ok(first) = emitter.emit(check.function, None) else { panic!("it is planned") };
                for _ in 0..40 {
                    let mut call = test_support::call(&mut rng);
                    call.nr = run.first;
                    let expected = meaning(&policy, &call, &test_support::value_of);
                    let (graph, held) = (&emitter.graph, rng.u32(..));
                    let found = test_support::run(graph, first, &call, Endian::Little, held);
                    let found = match found {
                        PolicyAction::Action(action) => action,
                        PolicyAction::ErrnoOf(_) => panic!("no rule has such an action"),
                    };
                    assert_eq!(found, expected, "{call:x?}");
                }
            }
        }
    }

    #[test]
    fn trees_and_views_do_not_collide_as_keys() {
        let mut keys = Vec::new();
        for tree in [0, 1, 2].map(TreeId) {
            for argument in ArgumentIndex::ALL {
                for half in [Half::Low, Half::High] {
                    keys.push((tree, View::whole(ArgumentWord { argument, half })));
                }
            }
        }
        assert_keys_differ::<(TreeId, View)>(&keys, |_, _| false);
    }
}
