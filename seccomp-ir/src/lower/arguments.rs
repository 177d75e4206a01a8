//! The steps that compute a function of the arguments, as planned.

use super::function::{Function, TooComplex};
use super::graph::{Graph, Step, StepId};
use super::map::Map;
use super::plan::{First, Planner, key_of};
use super::search::{Tree, TreeId};
use super::view::{ArgumentWord, Operand, View};
use crate::abi::Endian;

/// Turns functions into steps.
pub(super) struct Emitter<'a> {
    pub(super) planner: Planner<'a>,
    pub(super) graph: Graph,
    endian: Endian,
    /// The first step of each function, and what the accumulator holds there.
    known: Map<u32>,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(planner: Planner<'a>, endian: Endian) -> Self {
        Self { planner, graph: Graph::new(), endian, known: Map::new() }
    }

    /// The number of steps of a check that was emitted.
    pub(super) fn length(&self, check: Function) -> usize {
        self.known.get(&key_of(check, None)).map_or(0, |&step| self.graph.reachable(StepId(step)))
    }

    /// The first step of `function` where the accumulator holds `held`.
    pub(super) fn emit(
        &mut self,
        function: Function,
        held: Option<View>,
    ) -> Result<StepId, TooComplex> {
        if let Some(verdict) = self.planner.conditions.verdict_of(function) {
            return Ok(self.graph.add(Step::Return(verdict)));
        }
        let function = self.planner.conditions.asked(function);
        let held = self.planner.useful(function, held);
        let key = key_of(function, held);
        if let Some(&known) = self.known.get(&key) {
            return Ok(StepId(known));
        }
        let Some(first) = self.planner.first(function, held) else { return Err(TooComplex) };
        let step = match first {
            First::Test(test, yes, no) => {
                let yes = self.emit(yes, Some(test.view))?;
                let no = self.emit(no, Some(test.view))?;
                let (relation, operand) = (test.relation, test.operand);
                let branch = self.graph.add(Step::Branch { relation, operand, yes, no });
                self.bring(test.view, held, branch)
            }
            First::Word(word, tree) => {
                let view = View::whole(word);
                let tests = self.emit_tree(tree, Some(view))?;
                self.bring(view, held, tests)
            }
        };
        self.known.insert(&key, step.0);
        Ok(step)
    }

    /// The steps of a tree whose outcomes are functions, where the accumulator holds `held`, and
    /// its value is what the tree tests.
    pub(super) fn emit_tree(
        &mut self,
        tree: TreeId,
        held: Option<View>,
    ) -> Result<StepId, TooComplex> {
        match self.planner.trees.tree(tree) {
            Tree::Outcome(function) => {
                // What is planned is planned for a whole word, or for nothing, in the accumulator.
                let held = held.filter(|view| view.mask.is_none());
                self.emit(Function(function), held)
            }
            Tree::Test { relation, value, yes, no } => {
                let yes = self.emit_tree(yes, held)?;
                let no = self.emit_tree(no, held)?;
                let (relation, operand) = (relation, Operand::Known(value));
                Ok(self.graph.add(Step::Branch { relation, operand, yes, no }))
            }
            Tree::Keep { mask, then } => {
                let operand = Operand::Known(mask);
                let held = held.map(|view| View { mask: Some(operand), ..view });
                let next = self.emit_tree(then, held)?;
                Ok(self.graph.add(Step::And { operand, next }))
            }
        }
    }

    /// The steps that put `view` into the accumulator, which holds `held`, before `next`.
    fn bring(&mut self, view: View, held: Option<View>, next: StepId) -> StepId {
        if held == Some(view) {
            return next;
        }
        let mut step = next;
        if view.flip != 0 {
            step = self.graph.add(Step::Xor { bits: view.flip, next: step });
        }
        if let Some(operand) = view.mask {
            step = self.graph.add(Step::And { operand, next: step });
        }
        if held == Some(View::whole(view.word)) {
            return step;
        }
        let ArgumentWord { argument, half } = view.word;
        let offset = self.endian.argument_offset(argument, half);
        self.graph.add(Step::Load { offset, next: step })
    }
}
