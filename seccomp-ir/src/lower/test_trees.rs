//! Trees of tests of the accumulator, and what their searches have spent.
//!
//! `search` and `masks` make the trees of one policy, `emit` turns them into steps, and a tree is never changed.

use super::accumulator::TestRelation;
use super::bdd::TooComplex;
use super::budgets::Budgets;
use super::cost::Cost;
use super::function_node::LeafId;

/// Tests of the accumulator that end in outcomes.
#[derive(Clone, Copy)]
pub(super) enum TestTree {
    /// Nothing is left to test.
    Outcome(LeafId),
    /// One test.
    Test { relation: TestRelation, value: u32, yes: TreeId, no: TreeId },
    /// From here on, only these bits of the accumulator matter.
    Keep { mask: u32, then: TreeId },
    /// The accumulator gets the whole word again.
    Load { then: TreeId },
}

/// A tree, by its place among the [`Trees`].
#[derive(Clone, Copy)]
pub(super) struct TreeId(pub(super) u32);

/// The trees of one policy, and how they are searched.
pub(super) struct Trees {
    all: Vec<TestTree>,
    /// For each tree whether some path through it loses bits of the accumulator.
    keeping: Vec<bool>,
    /// What an instruction costs.
    pub(super) instruction: Cost,
    pub(super) budgets: Budgets,
    /// How many sets were searched so far.
    sets: usize,
    /// How many functions were tried so far.
    functions: usize,
}

impl Trees {
    pub(super) fn new(instruction: Cost, budgets: Budgets) -> Self {
        let (all, keeping) = (Vec::new(), Vec::new());
        Self { all, keeping, instruction, budgets, sets: 0, functions: 0 }
    }

    /// Adds a tree to those there are.
    pub(super) fn add(&mut self, tree: TestTree) -> TreeId {
        let keeps = match tree {
            TestTree::Outcome(_) => false,
            TestTree::Test { yes, no, .. } => self.keeps(yes) || self.keeps(no),
            TestTree::Keep { .. } => true,
            TestTree::Load { then } => self.keeps(then),
        };
        self.keeping.push(keeps);
        self.all.push(tree);
        TreeId(self.all.len() as u32 - 1)
    }

    /// The tree with this number.
    pub(super) fn tree(&self, id: TreeId) -> TestTree {
        self.all[id.0 as usize]
    }

    /// Whether some path through a tree loses bits of the accumulator.
    pub(super) fn keeps(&self, id: TreeId) -> bool {
        self.keeping[id.0 as usize]
    }

    /// Counts a tried function and stops a search that would take too long: the kernel would not take a
    /// filter that decides so many functions.
    pub(super) fn try_function(&mut self) -> Result<(), TooComplex> {
        self.functions += 1;
        if self.functions > self.budgets.functions { Err(TooComplex) } else { Ok(()) }
    }

    /// Counts a searched set.
    pub(super) fn search_set(&mut self) {
        self.sets += 1;
    }

    /// Whether the budget for sets is spent.
    pub(super) fn is_spent(&self) -> bool {
        self.sets >= self.budgets.sets
    }
}
