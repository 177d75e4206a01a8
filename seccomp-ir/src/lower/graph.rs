//! The decision graph: every step of the filter, each stored once.
//!
//! Equal tails of different calls become one, because a step is looked up before it is made. The
//! graph only grows, and a step points only to earlier ones, so there are no cycles.

use super::accumulator::{ArgumentWord, TestOperand, TestRelation, View};
use super::map::{Keys, MapKey};
use crate::abi::Endian;
use crate::policy::PolicyAction;

/// A step of the graph, by number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct StepId(pub(super) u32);

/// What one instruction does.
#[derive(Clone, Copy)]
pub(super) enum GraphStep {
    /// Ends the filter.
    Return(PolicyAction),
    /// Loads the word at this offset in bytes.
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
}

impl MapKey for GraphStep {
    type Words = Vec<u32>;

    fn words(&self) -> Vec<u32> {
        let mut key = Vec::with_capacity(8);
        match *self {
            Self::Return(action) => {
                key.push(0);
                key.extend_from_slice(&action.words());
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

/// All steps of one filter.
pub(super) struct StepGraph {
    steps: Vec<GraphStep>,
    /// For each step the number of steps on the longest path from it.
    depths: Vec<u32>,
    known: Keys<GraphStep>,
}

impl StepGraph {
    pub(super) fn new() -> Self {
        Self { steps: Vec::new(), depths: Vec::new(), known: Keys::EMPTY }
    }

    /// The number of `step`. A new step is stored first.
    pub(super) fn add(&mut self, step: GraphStep) -> StepId {
        if let GraphStep::Branch { yes, no, .. } = step {
            if yes == no {
                return yes;
            }
        }
        let id = self.known.number(&step);
        if id as usize == self.steps.len() {
            let mut deepest = 0;
            step.each_next(&mut |next| deepest = deepest.max(self.depths[next.0 as usize]));
            self.steps.push(step);
            self.depths.push(deepest + 1);
        }
        StepId(id)
    }

    /// The steps before `next` that put `view` into the accumulator, which holds `held`.
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

    /// The step with this number.
    pub(super) fn step(&self, id: StepId) -> GraphStep {
        self.steps[id.0 as usize]
    }

    /// For each step up to `first`, which reaches all others, the number of places that lead to it.
    pub(super) fn uses(&self, first: StepId) -> Vec<u64> {
        let mut uses = vec![0; first.0 as usize + 1];
        uses[first.0 as usize] = 1;
        // A step comes after the steps that it leads to.
        for id in (0..uses.len()).rev() {
            if uses[id] > 0 {
                self.steps[id].each_next(&mut |next| uses[next.0 as usize] += 1);
            }
        }
        uses
    }

    /// The number of steps on the longest path from `first`, itself included.
    pub(super) fn depth(&self, first: StepId) -> u32 {
        self.depths[first.0 as usize]
    }

    /// Marks `first` and all steps that it leads to as used. Returns how many were not used before.
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

    /// The number of steps, used or not.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }
}
