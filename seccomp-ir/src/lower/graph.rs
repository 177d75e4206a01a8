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
    /// The steps at which a chain begins to test a condition.
    pub(super) starts: Vec<StepId>,
}

impl StepGraph {
    pub(super) fn new() -> Self {
        Self { steps: Vec::new(), depths: Vec::new(), known: Keys::EMPTY, starts: Vec::new() }
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

#[cfg(test)]
mod tests {
    use super::super::accumulator::{ArgumentWord, TestOperand, TestRelation, View};
    use super::super::map::assert_keys_differ;
    use super::{GraphStep, StepGraph, StepId};
    use crate::abi::ArgumentIndex;
    use crate::abi::{Endian, Half};
    use crate::action::Action;
    use crate::policy::{PolicyAction, Symbol};

    const ALLOW: GraphStep = GraphStep::Return(PolicyAction::Action(Action::Allow));
    const KILL: GraphStep = GraphStep::Return(PolicyAction::Action(Action::KillProcess));

    fn branch(value: u32, yes: StepId, no: StepId) -> GraphStep {
        let (relation, operand) = (TestRelation::Equal, TestOperand::Known(value));
        GraphStep::Branch { relation, operand, yes, no }
    }

    #[test]
    fn equal_steps_are_stored_once_and_a_test_without_effect_never() {
        let mut graph = StepGraph::new();
        let (allow, kill) = (graph.add(ALLOW), graph.add(KILL));
        let test = graph.add(branch(1, allow, kill));
        assert!(graph.add(branch(1, allow, kill)) == test && graph.add(ALLOW) == allow);
        assert!(
            graph.add(branch(1, kill, allow)) != test && graph.add(branch(2, allow, kill)) != test
        );
        assert!(graph.add(branch(3, test, test)) == test);
        assert_eq!(graph.len(), 5);
    }

    #[test]
    fn depth_uses_and_length_are_those_of_the_steps_that_are_reached() {
        let mut graph = StepGraph::new();
        let (allow, kill) = (graph.add(ALLOW), graph.add(KILL));
        let inner = graph.add(branch(1, allow, kill));
        let outer = graph.add(branch(2, allow, inner));
        let unused = graph.add(branch(3, outer, allow));
        let first = graph.add(GraphStep::Load { offset: 16, next: outer });
        assert_eq!((graph.depth(allow), graph.depth(inner), graph.depth(first)), (1, 2, 4));
        assert_eq!(graph.uses(first), [2, 1, 1, 1, 0, 1]);
        let mut used = Vec::new();
        assert_eq!(graph.use_all(inner, &mut used), 3);
        assert_eq!(graph.use_all(first, &mut used), 2);
        assert_eq!(graph.use_all(unused, &mut used), 1);
    }

    #[test]
    fn a_word_is_loaded_only_if_it_is_not_held() {
        let word = ArgumentWord { argument: ArgumentIndex::A1, half: Half::High };
        let masked = View { mask: Some(TestOperand::Known(0xff)), ..View::whole(word) };
        let count = |view: View, held: Option<View>| {
            let mut graph = StepGraph::new();
            let last = graph.add(ALLOW);
            graph.bring(view, held, last, Endian::Big);
            graph.len() - 1
        };
        assert_eq!(count(masked, None), 2);
        assert_eq!(count(masked, Some(View::whole(word))), 1);
        assert_eq!(count(masked, Some(masked)), 0);
        assert_eq!(count(View::whole(word), Some(masked)), 1);
        let mut graph = StepGraph::new();
        let last = graph.add(ALLOW);
        let load = graph.bring(View::whole(word), None, last, Endian::Big);
        // On a big-endian kernel the high half of an argument comes first.
        assert!(matches!(graph.step(load), GraphStep::Load { offset: 24, .. }));
    }

    #[test]
    fn steps_do_not_collide_as_keys() {
        let ids = [0, 1, 2, 3].map(StepId);
        let actions = [Action::Allow, Action::Errno(0), Action::Errno(1), Action::Trap(1)];
        let mut steps: Vec<_> =
            actions.map(|action| GraphStep::Return(PolicyAction::Action(action))).into();
        steps.extend([0, 1].map(|n| GraphStep::Return(PolicyAction::ErrnoOf(Symbol(n)))));
        for next in ids {
            for number in [0, 1, 2, 3, 4] {
                let operand = TestOperand::Known(number);
                steps.push(GraphStep::Load { offset: number, next });
                steps.push(GraphStep::And { operand, next });
                steps.push(GraphStep::Xor { bits: number, next });
                for no in ids {
                    for relation in [TestRelation::Equal, TestRelation::AnyBit] {
                        steps.push(GraphStep::Branch { relation, operand, yes: next, no });
                    }
                }
            }
        }
        // Every step of the list is another one.
        assert_keys_differ::<GraphStep>(&steps, |_, _| false);
    }
}
