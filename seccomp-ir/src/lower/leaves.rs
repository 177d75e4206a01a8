//! The leaves of functions: actions and other ways to decide.

use super::bdd::FunctionStore;
use super::function_node::{Function, LeafId};
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

    /// The place of `leaf`.
    pub(super) fn number(&mut self, leaf: FunctionLeaf) -> LeafId {
        let number = self.numbers.number(&leaf);
        if number as usize == self.all.len() {
            self.all.push(leaf);
        }
        LeafId(number)
    }

    /// The action of `function`, if it is constant.
    pub(super) fn action(
        &self,
        functions: &FunctionStore,
        function: Function,
    ) -> Option<PolicyAction> {
        match self.all.get(functions.leaf_of(function)?.0 as usize) {
            Some(&FunctionLeaf::Action(action)) => Some(action),
            _ => None,
        }
    }

    /// The function that `function` asks, or `function` itself.
    pub(super) fn asked(&self, functions: &FunctionStore, function: Function) -> Function {
        let leaf = functions.leaf_of(function).and_then(|leaf| self.all.get(leaf.0 as usize));
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

#[cfg(test)]
mod tests {
    use super::super::bdd::FunctionStore;
    use super::super::function_node::Function;
    use super::super::map::assert_keys_differ;
    use super::{FunctionLeaf, Leaves, accepts};
    use crate::action::Action;
    use crate::policy::{PolicyAction, Symbol};

    fn actions() -> Vec<PolicyAction> {
        let mut all: Vec<_> = [
            Action::KillProcess,
            Action::KillThread,
            Action::Trap(0),
            Action::Trap(1),
            Action::Errno(0),
            Action::Errno(1),
            Action::Notify,
            Action::Trace(0),
            Action::Trace(1),
            Action::Log,
            Action::Allow,
        ]
        .map(PolicyAction::Action)
        .into();
        all.extend([0, 1, 2].map(|symbol| PolicyAction::ErrnoOf(Symbol(symbol))));
        all
    }

    #[test]
    fn a_leaf_is_found_by_its_number() {
        let mut functions = FunctionStore::new(16);
        let mut leaves = Leaves::new();
        for action in actions() {
            let number = leaves.number(FunctionLeaf::Action(action));
            assert_eq!(leaves.number(FunctionLeaf::Action(action)), number);
            let function = functions.leaf(number);
            assert_eq!(leaves.action(&functions, function), Some(action));
            assert!(leaves.asked(&functions, function) == function);
        }
        let asked = Function(7);
        let number = leaves.number(FunctionLeaf::Ask(asked));
        let asking = functions.leaf(number);
        assert!(leaves.asked(&functions, asking) == asked);
        assert_eq!(leaves.action(&functions, asking), None);
    }

    #[test]
    fn leaves_do_not_collide_as_keys() {
        assert_keys_differ::<PolicyAction>(&actions(), |a, b| a == b);
        let mut leaves: Vec<_> = actions().into_iter().map(FunctionLeaf::Action).collect();
        for number in 0..3 {
            leaves.push(FunctionLeaf::Ask(Function(number)));
            leaves.push(FunctionLeaf::Chain(number));
        }
        assert_keys_differ::<FunctionLeaf>(&leaves, |_, _| false);
    }

    #[test]
    fn a_tracer_or_a_supervisor_may_accept_a_call() {
        for (action, accepted) in [
            (Action::Allow, true),
            (Action::Log, true),
            (Action::Trace(0), true),
            (Action::Notify, true),
            (Action::Errno(0), false),
            (Action::Trap(0), false),
            (Action::KillThread, false),
        ] {
            assert_eq!(accepts(PolicyAction::Action(action)), accepted, "{action}");
        }
    }
}
