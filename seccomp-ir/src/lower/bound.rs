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

#[cfg(test)]
mod tests {
    use super::super::budgets::Budgets;
    use super::super::lower_as_chain;
    use super::{Dimensions, Limits, MOST_CALLS_IN_ROW, MOST_IN_ROW, has_long_list, is_worth};
    use crate::abi::Abi;
    use crate::abi::ArgumentIndex;
    use crate::action::Action;
    use crate::filter::Filter;
    use crate::policy::{
        AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts,
        Rule, Value, Width,
    };

    fn policy(rules: Vec<(Vec<u32>, Condition)>) -> Policy {
        let [action, default] = [Action::Allow, Action::KillProcess].map(PolicyAction::Action);
        let rules = rules.into_iter().map(|(numbers, condition)| Rule {
            numbers,
            condition,
            action,
            hot: false,
            origin: Origin(0),
        });
        let part = AbiPolicy { abi: Abi::X86_64, rules: rules.collect(), unknown: None, default };
        Policy::new(PolicyParts { abis: vec![part], bad_arch: default }).expect("a valid policy")
    }

    /// `calls` calls, none of them the neighbour of another.
    fn calls(calls: usize) -> Vec<u32> {
        (0..calls as u32).map(|call| call * 2).collect()
    }

    /// One of `values` values of the first argument.
    fn values(values: usize) -> Condition {
        let values = (0..values as u64).map(|value| {
            Condition::Compare(Comparison {
                argument: ArgumentIndex::A0,
                width: Width::W32,
                signed: false,
                mask: None,
                operator: Operator::Equal,
                value: Value::Known(value * 3),
            })
        });
        Condition::Any(values.collect())
    }

    #[test]
    fn a_tree_may_be_longer_by_half_and_one_but_no_deeper() {
        let chain = Dimensions { length: 10, depth: 9 };
        for (length, depth, worth) in
            [(16, 9, true), (17, 9, false), (16, 10, false), (3, 10, false), (3, 2, true)]
        {
            assert_eq!(is_worth(Dimensions { length, depth }, chain), worth, "{length}, {depth}");
        }
    }

    #[test]
    fn a_list_is_long_by_its_calls_in_all_rules_or_its_comparisons_in_one() {
        let two = |first, second| {
            let (some, others) = (calls(first), calls(first + second).split_off(first));
            policy(vec![(some, Condition::Always), (others, Condition::Always)])
        };
        assert!(!has_long_list(&two(8, MOST_CALLS_IN_ROW - 8)));
        assert!(has_long_list(&two(8, MOST_CALLS_IN_ROW - 7)));
        let compared =
            |first, second| policy(vec![(vec![0], values(first)), (vec![2], values(second))]);
        assert!(!has_long_list(&compared(MOST_IN_ROW, MOST_IN_ROW)));
        assert!(has_long_list(&compared(1, MOST_IN_ROW + 1)));
    }

    #[test]
    fn the_limits_are_one_instruction_more_than_the_chain_or_half_as_many_for_a_long_list() {
        for (count, is_long) in [(MOST_CALLS_IN_ROW, false), (MOST_CALLS_IN_ROW + 1, true)] {
            let policy = policy(vec![(calls(count), Condition::Always)]);
            let Ok(chain) = lower_as_chain(&policy, &|_, _| 0, Budgets::DEFAULT) else {
                panic!("a short chain")
            };
            let limits = Limits::beside(&chain, &policy);
            let length = chain.instructions.len();
            let most = length + 1 + if is_long { length / 2 } else { 0 };
            // What is never reached makes a filter longer and not deeper.
            let longer = |length| {
                let mut instructions = chain.instructions.clone();
                instructions.resize(length, *chain.instructions.last().expect("a return"));
                Filter { instructions, relocations: Vec::new() }
            };
            assert!(limits.hold(&longer(length)) && limits.hold(&longer(most)), "{count}");
            assert!(!limits.hold(&longer(most + 1)), "{count}");
            // One more load at the start is a step more on every path.
            let mut deeper = chain.instructions.clone();
            deeper.insert(0, deeper[0]);
            assert!(!limits.hold(&Filter { instructions: deeper, relocations: Vec::new() }));
        }
    }
}
