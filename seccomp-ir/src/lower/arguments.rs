//! The steps that compute a function of the arguments.

use super::calls::Verdicts;
use super::condition::{ArgumentWord, Conditions, Meaning, Operand, SymbolTest, View};
use super::function::{Function, Map, Node, TooComplex, Word};
use super::graph::{Graph, Step, StepId};
use super::search::Tree;
use super::word::WordSolver;
use crate::abi::Endian;

/// Turns functions into steps.
pub(super) struct Emitter<'a> {
    pub(super) conditions: &'a mut Conditions,
    pub(super) verdicts: &'a Verdicts,
    pub(super) graph: &'a mut Graph,
    pub(super) endian: Endian,
    known: Map<(Function, Option<View>), StepId>,
    trees: Map<(Function, Word), Tree>,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(
        conditions: &'a mut Conditions,
        verdicts: &'a Verdicts,
        graph: &'a mut Graph,
        endian: Endian,
    ) -> Self {
        let (known, trees) = (Map::default(), Map::default());
        Self { conditions, verdicts, graph, endian, known, trees }
    }

    /// The first step of `function` where the accumulator holds `held`.
    pub(super) fn emit(
        &mut self,
        function: Function,
        held: Option<View>,
    ) -> Result<StepId, TooComplex> {
        let Node::Split { bit, low, high } = self.conditions.functions.node(function) else {
            let answer = self.conditions.functions.answer(function).unwrap_or_default();
            return Ok(self.graph.add(Step::Return(self.verdicts.verdict(answer))));
        };
        if let Some(&known) = self.known.get(&(function, held)) {
            return Ok(known);
        }
        let step = match self.conditions.word_meaning(bit.word()) {
            Meaning::Test(SymbolTest { view, relation, operand }) => {
                let yes = self.emit(high, Some(view))?;
                let no = self.emit(low, Some(view))?;
                let branch = self.graph.add(Step::Branch { relation, operand, yes, no });
                self.bring(view, held, branch)
            }
            Meaning::Argument(word) => {
                let view = View { word, mask: None, flip: 0 };
                let tree = self.word_tree(function, bit.word())?;
                let tests = self.emit_tree(&tree, view)?;
                self.bring(view, held, tests)
            }
        };
        self.known.insert((function, held), step);
        Ok(step)
    }

    /// The tests of the first word of a function; the outcomes are functions.
    fn word_tree(&mut self, function: Function, word: Word) -> Result<Tree, TooComplex> {
        if let Some(known) = self.trees.get(&(function, word)) {
            return Ok(known.clone());
        }
        let lifted = self.conditions.functions.read_first(function, word)?;
        let hints = self.conditions.masks.get(&word).map_or(&[][..], Vec::as_slice);
        let tree = WordSolver::new(&mut self.conditions.functions, word, hints).solve(lifted)?;
        self.trees.insert((function, word), tree.clone());
        Ok(tree)
    }

    fn emit_tree(&mut self, tree: &Tree, view: View) -> Result<StepId, TooComplex> {
        match tree {
            Tree::Outcome(function) => self.emit(Function(*function), Some(view)),
            Tree::Test { relation, value, yes, no } => {
                let yes = self.emit_tree(yes, view)?;
                let no = self.emit_tree(no, view)?;
                let (relation, operand) = (*relation, Operand::Known(*value));
                Ok(self.graph.add(Step::Branch { relation, operand, yes, no }))
            }
            Tree::Keep { mask, then } => {
                let operand = Operand::Known(*mask);
                let next = self.emit_tree(then, View { mask: Some(operand), ..view })?;
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
        if held == Some(View { mask: None, flip: 0, ..view }) {
            return step;
        }
        let ArgumentWord { argument, half } = view.word;
        let offset = self.endian.argument_offset(argument, half);
        self.graph.add(Step::Load { offset, next: step })
    }
}

/// The steps of a tree over call numbers, whose outcomes are functions.
pub(super) fn emit_numbers(emitter: &mut Emitter<'_>, tree: &Tree) -> Result<StepId, TooComplex> {
    match tree {
        Tree::Outcome(function) => emitter.emit(Function(*function), None),
        Tree::Test { relation, value, yes, no } => {
            let yes = emit_numbers(emitter, yes)?;
            let no = emit_numbers(emitter, no)?;
            let (relation, operand) = (*relation, Operand::Known(*value));
            Ok(emitter.graph.add(Step::Branch { relation, operand, yes, no }))
        }
        Tree::Keep { mask, then } => {
            let next = emit_numbers(emitter, then)?;
            Ok(emitter.graph.add(Step::And { operand: Operand::Known(*mask), next }))
        }
    }
}
