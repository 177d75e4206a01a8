//! The decision graph: every step that the program takes, each stored once.
//!
//! Equal tails of different calls become one because a step is looked up before it is made. The
//! graph only grows and a step only points to earlier ones, so it has no cycles.

use super::map::{Key, Map, hashed};
use super::view::{Operand, Relation};
use crate::policy::Verdict;

/// A step of the graph, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct StepId(pub(super) u32);

/// What one instruction does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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

impl Key for Step {
    fn mixed(self) -> u64 {
        hashed(self)
    }
}

/// All steps of one program.
#[derive(Default)]
pub(super) struct Graph {
    steps: Vec<Step>,
    known: Map<Step, StepId>,
}

impl Graph {
    /// The number of `step`, which is stored unless it is already known.
    pub(super) fn add(&mut self, step: Step) -> StepId {
        if let Step::Branch { yes, no, .. } = step {
            if yes == no {
                return yes;
            }
        }
        if let Some(&id) = self.known.get(step) {
            return id;
        }
        let id = StepId(self.steps.len() as u32);
        self.steps.push(step);
        self.known.insert(step, id);
        id
    }

    /// The step of that number.
    pub(super) fn step(&self, id: StepId) -> Step {
        self.steps[id.0 as usize]
    }

    /// How many steps `first` leads to, with itself.
    pub(super) fn reachable(&self, first: StepId) -> usize {
        let mut seen = vec![false; self.len()];
        let mut count = 0;
        let mut open = vec![first];
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut seen[id.0 as usize], true) {
                continue;
            }
            count += 1;
            match self.step(id) {
                Step::Return(_) => {}
                Step::Load { next, .. } | Step::And { next, .. } | Step::Xor { next, .. } => {
                    open.push(next);
                }
                Step::Branch { yes, no, .. } => open.extend([yes, no]),
            }
        }
        count
    }

    /// How many steps there are, used or not.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }
}
