//! The cost of a filter: one sum of its length and of the steps of calls. Every choice of the lowering
//! makes it as small as it can.
//!
//! The cost of a filter depends on the kernel. Since Linux 5.11 the kernel emulates a new filter once
//! for each call number, and a call that is allowed for all arguments never runs the filter again.
//! There, time goes into installing, by length and by the depth of all numbers, and into calls whose
//! arguments are checked or that are denied. Before 5.11 every call runs the filter. One setting serves
//! both, so that the user need not choose. A step is worth, in units of one step of every allowed call,
//!
//! | for | share | because |
//! |---|--:|---|
//! | all allowed calls alike | 1 | installing emulates all of them, and no guess of frequencies is right for every program |
//! | allowed calls by frequency | 0.1 | before 5.11 that is the time it takes |
//! | checked calls by frequency | 0.2 | since 5.11 only they run the filter in a program that behaves |
//! | denied calls alike | 0.2 | a program meets them when it probes for calls, and installing emulates them |
//! | each run of numbers or values | 0.001 | it bounds the depth of runs without any other weight |
//!
//! An instruction costs 0.004 of such a step: installing takes about 90 ns for each instruction,
//! which is the time of some 500 steps. In a check of arguments it costs 0.01: there the model counts the longest
//! path, which is that of calls that are denied or are not made at all.
//!
//! The shares were chosen on seven policies (`tests/workloads`) among twenty thousand settings. They
//! meet most of the target figures at once, and no figure is more than a step behind that of any other
//! compiler. `docs/figures.md` lists the figures, and what other shares would give.

use super::condition_functions::Conditions;
use super::function_node::LeafId;
use super::leaves::accepts;
use super::number_runs::CallRun;
use super::search::ValueRun;

/// A cost, in millionths of a step of every allowed call.
///
/// **No cost overflows.** A run weighs at most [`MOST_WEIGHT`], 2³², and at most 2¹⁶ runs are searched
/// at once, so that all of them weigh at most 2⁴⁸. No path of a tree is longer than 2¹³ tests. So no
/// sum over one tree exceeds 2⁶², and plain additions cannot overflow. A sum over *functions* has no
/// such bound, because a function that is reached in two ways counts twice, and the functions below it
/// four times. These sums saturate. A choice that costs [`Cost::MAX`] is never taken if there is
/// another, and between two such choices it does not matter which is taken.
pub(super) type Cost = u64;

const UNIT: f64 = 1e6;

/// The largest weight of a run of numbers or values. All calls of a policy together weigh 2²¹.
pub(super) const MOST_WEIGHT: Cost = 1 << 32;

/// The cost of one instruction.
pub(super) const INSTRUCTION: Cost = 4_000;

/// The cost of an instruction in a check of arguments. The steps of a check are counted on its longest path, which few
/// calls take.
pub(super) const CHECK_INSTRUCTION: Cost = 10_000;

/// The cost of an instruction if the filter would otherwise be too long.
pub(super) const LONG_INSTRUCTION: Cost = 300_000;

/// The cost of an instruction if only length counts.
pub(super) const SHORTEST_INSTRUCTION: Cost = 100_000_000;

/// The cost of one step for a run of numbers or values about which nothing else is known.
pub(super) const RUN: Cost = 1_000;

const ALLOWED: f64 = 1.0;
const ALLOWED_BY_FREQUENCY: f64 = 0.1;
const CHECKED_BY_FREQUENCY: f64 = 0.2;
const DENIED: f64 = 0.2;

/// What `#[hot]` adds to the frequency of a call, in hundredths of a call per about a hundred calls: as
/// much as the most frequent call has.
pub(super) const HOT: u64 = 1400;

/// At most this many unnamed numbers of a run are counted. Most of them are not calls at all.
const MOST_UNNAMED: u64 = 8;

/// Sums over runs.
struct Sums {
    allowed: u64,
    allowed_frequency: u64,
    checked_frequency: u64,
    denied: u64,
}

/// The properties of a run of numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RunKind {
    Allowed,
    Checked,
    Denied,
}

/// The runs of call numbers, each with the cost of one step for it.
pub(super) fn weigh(runs: &[CallRun], conditions: &Conditions) -> Vec<ValueRun> {
    let kind = |run: &CallRun| match conditions.action_of(run.check) {
        None => RunKind::Checked,
        Some(action) if accepts(action) => RunKind::Allowed,
        Some(_) => RunKind::Denied,
    };
    let mut sums = Sums { allowed: 0, allowed_frequency: 0, checked_frequency: 0, denied: 0 };
    for run in runs {
        match kind(run) {
            RunKind::Denied => sums.denied += calls(run),
            kind => {
                sums.allowed += calls(run);
                sums.allowed_frequency += run.frequency;
                if kind == RunKind::Checked {
                    sums.checked_frequency += run.frequency;
                }
            }
        }
    }
    let mut weighted = Vec::with_capacity(runs.len());
    for run in runs {
        let weight = match kind(run) {
            RunKind::Denied => share(DENIED, calls(run), sums.denied),
            kind => {
                let mut weight = share(ALLOWED, calls(run), sums.allowed);
                weight += share(ALLOWED_BY_FREQUENCY, run.frequency, sums.allowed_frequency);
                if kind == RunKind::Checked {
                    weight += share(CHECKED_BY_FREQUENCY, run.frequency, sums.checked_frequency);
                }
                weight
            }
        };
        let CallRun { first, last, check, .. } = *run;
        weighted.push(ValueRun { first, last, outcome: LeafId::of(check), weight: weight + RUN });
    }
    weighted
}

/// How many calls a run counts as.
fn calls(run: &CallRun) -> u64 {
    let all = u64::from(run.last.saturating_sub(run.first)) + 1;
    run.named + all.saturating_sub(run.named).min(MOST_UNNAMED)
}

fn share(of: f64, part: u64, whole: u64) -> Cost {
    if whole == 0 { 0 } else { (UNIT * of * part as f64 / whole as f64) as Cost }
}

#[cfg(test)]
mod tests {
    use super::super::budgets::Budgets;
    use super::super::condition_functions::Size;
    use super::{CallRun, Conditions, Cost, MOST_WEIGHT, weigh};
    use crate::action::Action;
    use crate::policy::PolicyAction;

    fn weights(runs: &[(u32, u32, Action, u64)]) -> Vec<Cost> {
        let mut conditions = Conditions::new(Size::InProportion, Budgets::DEFAULT);
        let runs: Vec<CallRun> = runs
            .iter()
            .map(|&(first, last, action, frequency)| {
                let check = conditions.action(PolicyAction::Action(action));
                CallRun { arch: 0, first, last, check, named: 1, frequency }
            })
            .collect();
        weigh(&runs, &conditions).iter().map(|run| run.weight).collect()
    }

    #[test]
    fn an_allowed_call_weighs_more_than_a_denied_one_and_a_frequent_one_most() {
        let (allow, kill) = (Action::Allow, Action::KillProcess);
        let weights =
            weights(&[(0, 0, allow, 1), (1, 1, allow, 500), (2, 2, kill, 500), (3, 3, kill, 1)]);
        assert!(weights[1] > weights[0] && weights[0] > weights[2]);
        assert_eq!(weights[2], weights[3]);
    }

    /// The bound of [`Cost`] rests on this.
    #[test]
    fn no_weight_exceeds_the_bound_and_none_is_zero() {
        for frequency in [0, 1, u64::from(u32::MAX)] {
            let runs = [
                (0, u32::MAX - 2, Action::Allow, frequency),
                (u32::MAX - 1, u32::MAX, Action::KillProcess, frequency),
            ];
            for weight in weights(&runs) {
                assert!(weight > 0 && weight <= MOST_WEIGHT);
            }
        }
    }

    #[test]
    fn numbers_without_a_name_count_only_up_to_a_bound() {
        let weights = weights(&[(0, 0, Action::Errno(1), 0), (1, 1 << 30, Action::Errno(2), 0)]);
        assert!(weights[1] < 20 * weights[0]);
    }
}
