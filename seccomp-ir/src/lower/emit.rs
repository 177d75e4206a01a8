//! Turns planned functions into steps of the graph.

use super::accumulator::{TestOperand, View};
use super::bdd::{Function, TooComplex};
use super::graph::{GraphStep, StepGraph, StepId};
use super::map::{Map, MapKey};
use super::order::{First, HeldFunction, Planner};
use super::search::{TestTree, TreeId};
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

    /// The first step of `function` where the accumulator holds `held`.
    pub(super) fn emit(
        &mut self,
        function: Function,
        held: Option<View>,
    ) -> Result<StepId, TooComplex> {
        if let Some(action) = self.planner.conditions.action_of(function) {
            return Ok(self.graph.add(GraphStep::Return(action)));
        }
        let held = self.planner.useful(function, held);
        if let (Some(&chosen), None) = (self.chosen.get(&function), held) {
            return Ok(chosen);
        }
        let function = self.planner.conditions.asked(function);
        let held = self.planner.useful(function, held);
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
            TestTree::Outcome(function) => {
                // Plans exist for a whole word or for nothing in the accumulator.
                let held = held.filter(|view| view.mask.is_none());
                self.emit(Function(function), held)
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
