//! The decision graph: every step that the program takes, each stored once.
//!
//! Equal tails of different calls become one because a step is looked up before it is made. The
//! graph only grows and a step only points to earlier ones, so it has no cycles.

use super::accumulator::{ArgumentWord, TestOperand, TestRelation, View};
use super::leaves;
use super::map::Keys;
use crate::abi::Endian;
use crate::policy::PolicyAction;

/// A step of the graph, by number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct StepId(pub(super) u32);

/// What one instruction does.
#[derive(Clone, Copy)]
pub(super) enum GraphStep {
    /// Ends the program.
    Return(PolicyAction),
    /// Loads the word at that offset in bytes.
    Load { offset: u32, next: StepId },
    /// Keeps bits of the accumulator.
    And { operand: TestOperand, next: StepId },
    /// Flips bits of the accumulator.
    Xor { bits: u32, next: StepId },
    /// Tests the accumulator.
    Branch { relation: TestRelation, operand: TestOperand, yes: StepId, no: StepId },
}

impl GraphStep {
    /// Calls `with` for each step that may come next.
    pub(super) fn each_next(self, with: &mut dyn FnMut(StepId)) {
        match self {
            Self::Return(_) => {}
            Self::Load { next, .. } | Self::And { next, .. } | Self::Xor { next, .. } => with(next),
            Self::Branch { yes, no, .. } => {
                with(yes);
                with(no);
            }
        }
    }

    /// It as the key of a map.
    fn key(self) -> Vec<u32> {
        let mut key = Vec::with_capacity(8);
        match self {
            Self::Return(action) => {
                key.push(0);
                key.extend_from_slice(&leaves::key(action));
            }
            Self::Load { offset, next } => key.extend_from_slice(&[1, offset, next.0]),
            Self::And { operand, next } => {
                key.extend_from_slice(&[2, next.0]);
                operand.add_to(&mut key);
            }
            Self::Xor { bits, next } => key.extend_from_slice(&[3, bits, next.0]),
            Self::Branch { relation, operand, yes, no } => {
                key.extend_from_slice(&[4, relation as u32, yes.0, no.0]);
                operand.add_to(&mut key);
            }
        }
        key
    }
}

/// All steps of one program.
pub(super) struct StepGraph {
    steps: Vec<GraphStep>,
    /// For each step how many the longest path from it has.
    depths: Vec<u32>,
    known: Keys,
}

impl StepGraph {
    pub(super) fn new() -> Self {
        Self { steps: Vec::new(), depths: Vec::new(), known: Keys::new() }
    }

    /// The number of `step`, which is stored unless it is already known.
    pub(super) fn add(&mut self, step: GraphStep) -> StepId {
        if let GraphStep::Branch { yes, no, .. } = step {
            if yes == no {
                return yes;
            }
        }
        let id = self.known.number(&step.key());
        if id as usize == self.steps.len() {
            let mut deepest = 0;
            step.each_next(&mut |next| deepest = deepest.max(self.depths[next.0 as usize]));
            self.steps.push(step);
            self.depths.push(deepest + 1);
        }
        StepId(id)
    }

    /// The steps that put `view` into the accumulator, which holds `held`, before `next`.
    pub(super) fn bring(
        &mut self,
        view: View,
        held: Option<View>,
        next: StepId,
        endian: Endian,
    ) -> StepId {
        if held == Some(view) {
            return next;
        }
        let mut step = next;
        if view.flip != 0 {
            step = self.add(GraphStep::Xor { bits: view.flip, next: step });
        }
        if let Some(operand) = view.mask {
            step = self.add(GraphStep::And { operand, next: step });
        }
        match held {
            Some(held) if view.follows(held) => step,
            _ => {
                let ArgumentWord { argument, half } = view.word;
                let offset = endian.argument_offset(argument, half);
                self.add(GraphStep::Load { offset, next: step })
            }
        }
    }

    /// The step of that number.
    pub(super) fn step(&self, id: StepId) -> GraphStep {
        self.steps[id.0 as usize]
    }

    /// For each step up to `first`, from which all others are reached, from how many places it is.
    pub(super) fn uses(&self, first: StepId) -> Vec<u64> {
        let mut uses = vec![0; first.0 as usize + 1];
        uses[first.0 as usize] = 1;
        // What leads to a step comes after it.
        for id in (0..uses.len()).rev() {
            if uses[id] > 0 {
                self.steps[id].each_next(&mut |next| uses[next.0 as usize] += 1);
            }
        }
        uses
    }

    /// How many steps the longest path from `first` has, with itself.
    pub(super) fn depth(&self, first: StepId) -> u32 {
        self.depths[first.0 as usize]
    }

    /// Marks the steps to which `first` leads, itself among them, as used; how many were not before.
    pub(super) fn use_all(&self, first: StepId, used: &mut Vec<bool>) -> usize {
        used.resize(self.len(), false);
        let mut open = vec![first];
        let mut count = 0;
        while let Some(step) = open.pop() {
            if !used[step.0 as usize] {
                used[step.0 as usize] = true;
                count += 1;
                self.step(step).each_next(&mut |next| open.push(next));
            }
        }
        count
    }

    /// How many steps there are, used or not.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }
}
