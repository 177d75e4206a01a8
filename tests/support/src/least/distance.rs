//! The distance of filters from their lower bounds.

use std::collections::BTreeSet;

use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::action::Action;
use seccomp_ir::filter::Filter;
use seccomp_ir::lower::{INSTRUCTION_COST, NumberRun, lower, number_runs};
use seccomp_ir::policy::{Comparison, Condition, Policy, PolicyAction, Width};
use seccomp_ir::table::frequency;

use super::count::least_tests;
use super::known::{self, FRAME};
use super::numbers::{self, Limits, Measure, TreeCost};
use super::words::Problem;
use crate::calls::collect;
use crate::workloads::workloads;

/// A figure of a filter, and a lower bound for that figure.
#[derive(Clone, Copy, Debug)]
pub struct Distance {
    /// The figure of the filter.
    pub made: f64,
    /// The lower bound.
    pub least: f64,
}

impl Distance {
    /// The ratio of the figure to the bound.
    #[must_use]
    pub fn ratio(self) -> f64 {
        self.made / self.least
    }

    /// "made / least (ratio)".
    #[must_use]
    pub fn cell(self, decimals: usize) -> String {
        let Self { made, least } = self;
        format!("{made:.decimals$} / {least:.decimals$} ({:.2})", self.ratio())
    }
}

/// The tests of the call number of one workload.
#[derive(Clone, Debug)]
pub struct NumberTree {
    /// The name of the workload.
    pub name: String,
    /// The number of runs of call numbers.
    pub runs: usize,
    /// A trivial bound for the number of instructions.
    pub trivial: u64,
    /// The sum that the compiler minimises, in steps of every allowed call, without the instructions that
    /// every filter has.
    pub cost: Distance,
    /// Instructions only.
    pub instructions: Distance,
    /// Steps only, by the weights of the cost model.
    pub steps: Distance,
    /// The exact least number of equalities and comparisons: as it is, and if -1, the number of a skipped call,
    /// had the action of its neighbours.
    pub least_tests: [u64; 2],
}

/// The measures: the sum, instructions only, steps only.
const MEASURES: [Measure; 3] = [
    Measure { instruction: INSTRUCTION_COST, step: 1 },
    Measure { instruction: 1, step: 0 },
    Measure { instruction: 0, step: 1 },
];

/// The unit of costs: a step of every allowed call.
const STEP: f64 = 1e6;

/// The tests of the call number of each workload.
///
/// # Panics
///
/// If the search for a bound takes too long.
#[must_use]
pub fn number_trees() -> Vec<NumberTree> {
    let of = |workload: &crate::workloads::Workload| {
        let policy = workload.policy();
        let runs = number_runs(&policy, Abi::X86_64, &frequency);
        // A filter loads and tests the architecture, then loads the number.
        let made: TreeCost = numbers::made(&workload.lower(&policy).instructions, 2, &runs);
        let [cost, instructions, steps] = MEASURES.map(|measure| {
            let least = numbers::least(&runs, measure, Limits::default()).expect("a bound");
            Distance { made: made.by(measure) as f64, least: least.by(measure) as f64 }
        });
        let in_steps =
            |Distance { made, least }| Distance { made: made / STEP, least: least / STEP };
        NumberTree {
            name: workload.name.clone(),
            runs: runs.len(),
            trivial: numbers::trivial(&runs),
            cost: in_steps(cost),
            instructions,
            steps: in_steps(steps),
            least_tests: [least_tests(&runs), least_tests(&as_neighbours(&runs))],
        }
    };
    workloads().iter().map(of).collect()
}

/// The runs if a skipped call had no number of its own.
fn as_neighbours(runs: &[NumberRun]) -> Vec<NumberRun> {
    let mut runs = runs.to_vec();
    match &mut runs[..] {
        [.., before, last] if last.first == Abi::SKIPPED => {
            before.last = last.last;
            runs.pop();
        }
        [..] => {}
    }
    runs
}

/// The filter of a condition on one word.
#[derive(Clone, Debug)]
pub struct WordTree {
    /// The condition.
    pub name: String,
    /// The number of instructions with the returns, without the tests of architecture and number.
    pub length: Distance,
    /// The number of steps on the longest path.
    pub depth: Distance,
}

/// The conditions whose shortest filters are known, then each distinct check of a workload, with the types
/// of the kernel, that looks at one word only. A check on which the search gave up has no row; the second
/// result is the number of such checks.
#[must_use]
pub fn word_trees() -> (Vec<WordTree>, usize) {
    let mut trees = Vec::new();
    for known in known::known() {
        let filter = compiled(&known::policy(&known.rules));
        let distance = |made: usize, least: usize| Distance {
            made: (made - FRAME) as f64,
            least: least as f64,
        };
        let length = distance(filter.instructions.len(), known.length);
        let depth = distance(filter.longest_path(), known.depth);
        trees.push(WordTree { name: known.name.to_owned(), length, depth });
    }
    let (mut seen, mut given_up) = (BTreeSet::new(), 0);
    for workload in workloads() {
        let policy = workload.typed_policy();
        let numbers: BTreeSet<u32> =
            policy.abis[0].rules.iter().map(|rule| rule.numbers[0]).collect();
        for number in numbers {
            let Some(rules) = on_one_word(&policy, number) else { continue };
            if !seen.insert(format!("{rules:?}")) {
                continue;
            }
            let call = seccomp_ir::table::name(Abi::X86_64, number).unwrap_or_default();
            match word_tree(&known::policy(&rules)) {
                Some((length, depth)) => {
                    trees.push(WordTree {
                        name: format!("{} {call}", workload.name),
                        length,
                        depth,
                    });
                }
                None => given_up += 1,
            }
        }
    }
    (trees, given_up)
}

/// The filter of a policy of [`known::policy`] beside the least; `None` if the search gives up.
#[must_use]
pub fn word_tree(policy: &Policy) -> Option<(Distance, Distance)> {
    let problem = Problem::of(policy)?;
    let filter = compiled(policy);
    // Every filter has the load and the returns.
    let (length, returns) = (filter.instructions.len() - FRAME, problem.returns());
    let tests = length.checked_sub(1 + returns)?;
    let least = 1 + returns + problem.least(tests).ok()?.unwrap_or(tests);
    let depth = filter.longest_path() - FRAME;
    let least_depth = 2 + problem.least_depth(depth - 2).unwrap_or(depth - 2);
    let distance = |made: usize, least: usize| Distance { made: made as f64, least: least as f64 };
    Some((distance(length, least), distance(depth, least_depth)))
}

fn compiled(policy: &Policy) -> Filter {
    lower(policy, &frequency).expect("a filter")
}

/// The rules of a call, moved to argument 1; `None` unless all of them compare the low word of one
/// argument.
fn on_one_word(policy: &Policy, number: u32) -> Option<Vec<(bool, Condition)>> {
    let mut rules = Vec::new();
    let mut arguments = BTreeSet::new();
    for rule in policy.abis[0].rules.iter().filter(|rule| rule.numbers.contains(&number)) {
        let mut comparisons = Vec::new();
        collect(&rule.condition, &mut comparisons);
        if comparisons.is_empty() || comparisons.iter().any(|one| one.width != Width::W32) {
            return None;
        }
        arguments.extend(comparisons.iter().map(|comparison| comparison.argument));
        let moved = |comparison| {
            Condition::Compare(Comparison { argument: ArgumentIndex::A1, ..comparison })
        };
        let all = comparisons.into_iter().map(moved).collect();
        rules.push((rule.action == PolicyAction::Action(Action::Allow), Condition::All(all)));
    }
    (arguments.len() == 1).then_some(rules)
}
