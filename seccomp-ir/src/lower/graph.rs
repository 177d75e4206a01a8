//! The decision graph: every step that the program takes, each stored once.
//!
//! Equal tails of different calls become one because a step is looked up before it is made. The
//! graph only grows and a step only points to earlier ones, so it has no cycles.

use super::answers;
use super::map::Keys;
use super::view::{Operand, Relation};
use crate::policy::Verdict;

/// A step of the graph, by number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct StepId(pub(super) u32);

/// What one instruction does.
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// Ends the program.
    Return(Verdict),
    /// Loads the word at that offset in bytes.
    Load { offset: u32, next: StepId },
    /// Keeps bits of the accumulator.
    And { operand: Operand, next: StepId },
    /// Flips bits of the accumulator.
    Xor { bits: u32, next: StepId },
    /// Tests the accumulator.
    Branch { relation: Relation, operand: Operand, yes: StepId, no: StepId },
}

impl Step {
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
            Self::Return(verdict) => {
                key.push(0);
                key.extend_from_slice(&answers::key(verdict));
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
pub(super) struct Graph {
    steps: Vec<Step>,
    known: Keys,
}

impl Graph {
    pub(super) fn new() -> Self {
        Self { steps: Vec::new(), known: Keys::new() }
    }

    /// The number of `step`, which is stored unless it is already known.
    pub(super) fn add(&mut self, step: Step) -> StepId {
        if let Step::Branch { yes, no, .. } = step {
            if yes == no {
                return yes;
            }
        }
        let id = self.known.number(&step.key());
        if id as usize == self.steps.len() {
            self.steps.push(step);
        }
        StepId(id)
    }

    /// The step of that number.
    pub(super) fn step(&self, id: StepId) -> Step {
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

    /// How many steps `first` leads to, with itself.
    pub(super) fn reachable(&self, first: StepId) -> usize {
        let mut found = Keys::new();
        found.number(&[first.0]);
        let mut next = 0;
        while next < found.len() {
            self.step(StepId(found.key(next)[0])).each_next(&mut |step| {
                found.number(&[step.0]);
            });
            next += 1;
        }
        found.len()
    }

    /// How many steps there are, used or not.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }
}
