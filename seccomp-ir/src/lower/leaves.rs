//! The leaves of functions: actions and other ways to decide.

use super::bdd::{Function, FunctionStore};
use super::map::Keys;
use crate::policy::PolicyAction;

/// An answer, which a leaf of a function names by its number.
pub(super) enum LeafAnswer {
    /// This action.
    Action(PolicyAction),
    /// The other function decides. The two would be too large as one function.
    Ask(Function),
    /// The chain of the check with this number decides. Its conditions do not make a function.
    Chain(u32),
}

/// All answers of a policy, numbered.
pub(super) struct Leaves {
    all: Vec<LeafAnswer>,
    numbers: Keys,
}

impl Leaves {
    pub(super) fn new() -> Self {
        Self { all: Vec::new(), numbers: Keys::new() }
    }

    /// The number of `answer`.
    pub(super) fn number(&mut self, answer: LeafAnswer) -> u32 {
        let number = self.numbers.number(&match answer {
            LeafAnswer::Action(action) => key(action),
            LeafAnswer::Ask(Function(function)) => [2, function],
            LeafAnswer::Chain(check) => [3, check],
        });
        if number as usize == self.all.len() {
            self.all.push(answer);
        }
        number
    }

    /// The action of `function`, if it is constant.
    pub(super) fn action(
        &self,
        functions: &FunctionStore,
        function: Function,
    ) -> Option<PolicyAction> {
        match self.all.get(functions.answer(function)? as usize) {
            Some(&LeafAnswer::Action(action)) => Some(action),
            _ => None,
        }
    }

    /// The function that `function` asks, or `function` itself.
    pub(super) fn asked(&self, functions: &FunctionStore, function: Function) -> Function {
        let answer = functions.answer(function).and_then(|answer| self.all.get(answer as usize));
        // A function that is asked never asks another.
        if let Some(&LeafAnswer::Ask(other)) = answer { other } else { function }
    }
}

/// An action as the key of a map.
pub(super) fn key(action: PolicyAction) -> [u32; 2] {
    match action {
        PolicyAction::Action(action) => [0, action.to_return_value()],
        PolicyAction::ErrnoOf(symbol) => [1, symbol.0],
    }
}

/// Whether the kernel makes a call with this action, if only the filter decides.
pub(super) fn accepts(action: PolicyAction) -> bool {
    !action.forbids()
}
