//! What the cost model says about the call numbers of a policy, for tools that compare a filter with the best
//! possible one.

use super::Frequency;
use super::attempt::{Attempt, Chains, How, PolicyFunctions};
use super::budgets::Budgets;
use super::cost::{INSTRUCTION, weigh};
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
    /// What the filter does with these calls. Two runs have the same outcome if their arguments are checked alike, or
    /// if both have the same action whatever their arguments are.
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

#[cfg(test)]
mod tests {
    use super::super::test_support::{self, NUMBERS};
    use super::number_runs;
    use crate::abi::{Abi, Call};
    use crate::action::Action;
    use crate::policy::{
        AbiPolicy, Condition, Origin, Policy, PolicyAction, PolicyParts, Rule, meaning,
    };

    #[test]
    fn each_number_is_in_one_run_and_runs_with_one_outcome_have_one_meaning() {
        let mut rng = test_support::rng(21);
        for _ in 0..60 {
            let policy = test_support::policy(&mut rng, false);
            let runs = number_runs(&policy, Abi::X86_64, &|_, _| 0);
            assert_eq!((runs[0].first, runs[runs.len() - 1].last), (0, u32::MAX));
            for pair in runs.windows(2) {
                assert_eq!(pair[0].last + 1, pair[1].first);
                assert_ne!(pair[0].outcome, pair[1].outcome, "neighbours are one run: {runs:?}");
            }
            for _ in 0..20 {
                let call = test_support::call(&mut rng);
                let action = |nr| meaning(&policy, &Call { nr, ..call }, &test_support::value_of);
                for run in &runs {
                    let alike = runs.iter().filter(|other| other.outcome == run.outcome);
                    for other in alike {
                        assert_eq!(action(run.first), action(other.last), "{run:?} {other:?}");
                    }
                }
            }
        }
    }

    /// A policy with an unconditional rule for each of [`NUMBERS`].
    fn policy(rules: [(Action, bool); 3]) -> Policy {
        let rules = rules.into_iter().zip(NUMBERS).enumerate();
        let rules = rules.map(|(origin, ((action, hot), number))| Rule {
            numbers: vec![number],
            condition: Condition::Always,
            action: PolicyAction::Action(action),
            hot,
            origin: Origin(origin as u32),
        });
        let kill = PolicyAction::Action(Action::KillProcess);
        let part =
            AbiPolicy { abi: Abi::X86_64, rules: rules.collect(), unknown: None, default: kill };
        Policy::new(PolicyParts { abis: vec![part], bad_arch: kill }).expect("a valid policy")
    }

    #[test]
    fn a_step_costs_most_for_hot_calls_and_least_for_denied_ones() {
        let policy =
            policy([(Action::Allow, false), (Action::Errno(1), false), (Action::Allow, true)]);
        let runs = number_runs(&policy, Abi::X86_64, &|_, _| 0);
        let weight = |number| {
            let run = runs.iter().find(|run| (run.first..=run.last).contains(&number));
            run.expect("a run for each number").weight
        };
        let [allowed, denied, hot] = NUMBERS.map(weight);
        assert!(denied < allowed && allowed < hot, "{runs:?}");
    }

    #[test]
    fn frequent_calls_cost_more() {
        let policy =
            policy([(Action::Allow, false), (Action::Errno(1), false), (Action::Allow, false)]);
        let frequency = |_: Abi, number: u32| if number == NUMBERS[2] { 900 } else { 100 };
        let runs = number_runs(&policy, Abi::X86_64, &frequency);
        let weight = |number| runs.iter().find(|run| run.first == number).map(|run| run.weight);
        assert!(weight(NUMBERS[0]) < weight(NUMBERS[2]), "{runs:?}");
    }
}
