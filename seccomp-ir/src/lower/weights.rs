//! What the cost model says of the call numbers of a policy, for tools that compare a filter with what is
//! possible.

use super::budgets::Budgets;
use super::cost::{INSTRUCTION, weigh};
use super::{Attempt, Chains, Frequency, How, PolicyFunctions};
use crate::abi::Abi;
use crate::policy::Policy;

/// The cost of one instruction, in the unit of [`NumberRun::weight`].
pub const INSTRUCTION_COST: u64 = INSTRUCTION;

/// Consecutive call numbers that a filter need not tell apart.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct NumberRun {
    /// The lowest number.
    pub first: u32,
    /// The highest number.
    pub last: u32,
    /// What is done with these calls: two runs have the same if their arguments are checked alike, or if
    /// both have the same action whatever their arguments are.
    pub outcome: u32,
    /// The cost of one step for these calls, in millionths of a step of every allowed call.
    pub weight: u64,
}

/// The runs of all numbers under the audit value of `abi`, ascending: the first begins at 0, and the last
/// ends with the number of a skipped call. Neighbours have different outcomes.
#[inline]
#[must_use]
pub fn number_runs(policy: &Policy, abi: Abi, frequency: Frequency<'_>) -> Vec<NumberRun> {
    let how = How::Searched { instruction: INSTRUCTION };
    let attempt =
        Attempt { policy, frequency, budgets: Budgets::DEFAULT, how, chains: Chains::OfNone };
    let mut conditions = attempt.conditions();
    let functions = PolicyFunctions::of(&attempt, &mut conditions);
    let runs = functions.numbers(abi.audit_arch());
    let mut all = Vec::with_capacity(runs.len());
    for run in weigh(&runs, &conditions) {
        let (first, last, outcome, weight) = (run.first, run.last, run.outcome.0, run.weight);
        all.push(NumberRun { first, last, outcome, weight });
    }
    all
}
