//! The bound that every filter keeps beside the straight chain of its policy.
//!
//! A chain tests the calls one after the other, and for each call the comparisons of its rules as they are
//! written. A search finds something shorter or shallower for nearly every policy, but nothing promises that.
//! The promise is made here: [`is_worth`] judges the tests of the call numbers and the way in which a check is
//! decided, each beside its own row or chain, and [`Limits`] judge the filter beside the whole chain.
//!
//! A tree of comparisons over single values that are not neighbours has more instructions than a row of
//! equalities, because the row needs no comparison that only halves. So a policy with a long list gets half
//! of the chain's length on top; otherwise a list of 500 calls would take 250 steps instead of 10
//! (`docs/figures.md` has what other bounds would cost). The longest path may not grow at all.

use crate::bpf::MAX_INSTRUCTIONS;
use crate::filter::Filter;
use crate::policy::Policy;

/// The most calls for which a row of tests is made where a row is shortest.
const MOST_CALLS_IN_ROW: usize = 16;

/// The most comparisons of one rule for which a row is made where a row is shortest.
const MOST_IN_ROW: usize = 48;

/// The number of instructions, and of steps on the longest path.
#[derive(Clone, Copy)]
pub(super) struct Dimensions {
    pub(super) length: usize,
    pub(super) depth: u32,
}

/// The most instructions of a tree that takes the place of a chain with `chain` instructions.
pub(super) fn most_instructions(chain: usize) -> usize {
    chain + chain / 2 + 1
}

/// Whether a tree of this size may take the place of a chain.
pub(super) fn is_worth(tree: Dimensions, chain: Dimensions) -> bool {
    tree.length <= most_instructions(chain.length) && tree.depth <= chain.depth
}

/// The limits of a filter's length and longest path.
pub(super) struct Limits {
    length: usize,
    depth: usize,
}

impl Limits {
    /// The limits of a filter for `policy`, whose straight chain is `chain`.
    pub(super) fn beside(chain: &Filter, policy: &Policy) -> Self {
        let length = chain.instructions.len();
        let most = if has_long_list(policy) { most_instructions(length) } else { length + 1 };
        Self { length: most.min(MAX_INSTRUCTIONS), depth: chain.longest_path() }
    }

    /// Whether a filter keeps the limits.
    pub(super) fn hold(&self, filter: &Filter) -> bool {
        filter.instructions.len() <= self.length && filter.longest_path() <= self.depth
    }
}

/// Whether the policy distinguishes so many calls or values that a tree is worth its extra length.
fn has_long_list(policy: &Policy) -> bool {
    for part in &policy.abis {
        let mut calls = 0;
        for rule in &part.rules {
            calls += rule.numbers.len();
            if calls > MOST_CALLS_IN_ROW || rule.condition.comparisons() > MOST_IN_ROW {
                return true;
            }
        }
    }
    false
}
