//! The leaves of functions: actions and other ways to decide.

use super::bdd::{Function, FunctionStore};
use super::map::{Keys, MapKey};
use crate::policy::PolicyAction;

/// The meaning of a leaf. A leaf holds its number.
pub(super) enum FunctionLeaf {
    /// This action.
    Action(PolicyAction),
    /// The other function decides. The two would be too large as one function.
    Ask(Function),
    /// The chain of the check with this number decides. Its conditions do not make a function.
    Chain(u32),
}

/// The leaves of all functions of a policy, numbered.
pub(super) struct Leaves {
    all: Vec<FunctionLeaf>,
    numbers: Keys<FunctionLeaf>,
}

impl Leaves {
    pub(super) fn new() -> Self {
        Self { all: Vec::new(), numbers: Keys::EMPTY }
    }

    /// The number of `leaf`.
    pub(super) fn number(&mut self, leaf: FunctionLeaf) -> u32 {
        let number = self.numbers.number(&leaf);
        if number as usize == self.all.len() {
            self.all.push(leaf);
        }
        number
    }

    /// The action of `function`, if it is constant.
    pub(super) fn action(
        &self,
        functions: &FunctionStore,
        function: Function,
    ) -> Option<PolicyAction> {
        match self.all.get(functions.leaf_of(function)? as usize) {
            Some(&FunctionLeaf::Action(action)) => Some(action),
            _ => None,
        }
    }

    /// The function that `function` asks, or `function` itself.
    pub(super) fn asked(&self, functions: &FunctionStore, function: Function) -> Function {
        let leaf = functions.leaf_of(function).and_then(|leaf| self.all.get(leaf as usize));
        // A function that is asked never asks another.
        if let Some(&FunctionLeaf::Ask(other)) = leaf { other } else { function }
    }
}

impl MapKey for PolicyAction {
    type Words = [u32; 2];

    fn words(&self) -> [u32; 2] {
        match self {
            Self::Action(action) => [0, action.to_return_value()],
            Self::ErrnoOf(symbol) => [1, symbol.0],
        }
    }
}

impl MapKey for FunctionLeaf {
    type Words = [u32; 2];

    fn words(&self) -> [u32; 2] {
        match self {
            Self::Action(action) => action.words(),
            Self::Ask(function) => [2, function.0],
            Self::Chain(check) => [3, *check],
        }
    }
}

/// Whether the kernel makes a call with this action, if only the filter decides.
pub(super) fn accepts(action: PolicyAction) -> bool {
    !action.forbids()
}
