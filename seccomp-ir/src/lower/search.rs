//! Finds a tree of tests that tells runs of values apart at the least cost.
//!
//! A value is in one of many runs, each with an outcome and a weight. A test of the accumulator
//! splits the runs into two sets. The cost of a tree is the cost of its instructions plus, for each
//! run, its weight times the number of tests on its path; equal neighbours need no test between them.
//! The search is over *sets* of runs: what is the best tree for these runs, if no others occur? A set
//! is one word of bits. Its best tree is computed once. The candidates for its first test are
//!
//! - a comparison (`JGT`) between two neighbours that differ;
//! - an equality (`JEQ`) that takes out a single value, so that its neighbours become one, or so
//!   that a heavy value is decided early;
//! - bits (`JSET`) that no value of some runs has and all values of the others have: `{0, 1,
//!   0x80, 0x81}` is `A & !0x81 == 0`, one instruction;
//! - `AND` and `JEQ`, if the values of a set share some bits that no value outside has.
//!
//! For optimal trees of comparisons and equalities it is known that each node needs to consider only
//! one equality, the one with the heaviest value (Anderson, Kannan, Karloff, Ladner, "Thresholds and
//! optimal binary comparison search trees", 2002), and the best comparison is near the middle of the
//! weights. Where length counts and neighbours may be alike neither is a theorem, but both are
//! good rules for what to try: three times as many trials gained less than a hundredth on
//! seven policies. [`Budgets::sets`](super::Budgets::sets) bounds the time for every policy. After that many sets the search
//! tries little except the middle. A list with more runs than a set can hold is cut there first.
//!
//! A road not taken is dynamic programming over intervals of runs alone, as textbooks build search
//! trees. It is faster, but its filters are up to a sixth longer: it cannot take single values out of
//! an interval, and it cannot test bits.

use super::accumulator::TestRelation;
use super::cost::Cost;
use super::function_node::LeafId;
use super::map::Map;
use super::run_bits::{below_top, bits_of, has_bits};
use super::test_trees::{TestTree, TreeId, Trees};
use crate::sort::{sort, sort_once};

/// Values with one outcome, to be told apart from others. The values between the last value of a run
/// and the first of the next cannot occur.
#[derive(Clone, Copy)]
pub(super) struct ValueRun {
    /// The lowest value that can occur.
    pub(super) first: u32,
    /// The highest value that can occur.
    pub(super) last: u32,
    /// The outcome of the values.
    pub(super) outcome: LeafId,
    /// How often they occur.
    pub(super) weight: Cost,
}

/// Runs by their place in the list, at most [`MOST_RUNS`] of them.
type RunSet = u128;

/// The most runs that are searched as one set.
const MOST_RUNS: usize = 128;

/// How many comparisons are tried first for a set: those that split its weights most evenly.
const WINDOW: usize = 10;

/// How many single values are tried first for a set: the heaviest.
const SINGLES: usize = 3;

/// For a set of at most this many runs, everything is tried.
const FEW: usize = 8;

/// For a set of at most this many runs, every single value between equal neighbours is tried.
const FEW_SINGLES: usize = 8;

/// In larger sets a single value is tried if it has at least this fraction (1/n) of the weight.
const HEAVY: Cost = 8;

/// The tree for `runs`, which has at least one run, and its cost.
pub(super) fn tree(runs: &[ValueRun], trees: &mut Trees) -> (TreeId, Cost) {
    if runs.len() > MOST_RUNS {
        return halves(runs, trees);
    }
    let mut bits = Vec::with_capacity(runs.len());
    let mut alike = Vec::with_capacity(runs.len());
    for run in runs {
        bits.push(bits_of(run));
        alike.push(alike_to(run, runs));
    }
    let mut search = RunSearch { runs, trees, bits: &bits, alike: &alike, known: Map::EMPTY };
    let all = RunSet::MAX >> (MOST_RUNS - runs.len());
    let cost = search.best(all);
    (search.tree(all), cost)
}

/// The tree for more runs than one set holds: they are cut where the weights balance.
fn halves(runs: &[ValueRun], trees: &mut Trees) -> (TreeId, Cost) {
    let total = weight_of(runs);
    let (mut middle, mut below) = (0, 0);
    // The cut stays away from the ends, so that the depth is bounded for all weights.
    let least = runs.len() / 4;
    while middle < least || (middle < runs.len() - least && 2 * below < total) {
        below += runs[middle].weight;
        middle += 1;
    }
    let (low, high) = runs.split_at(middle);
    let (low_tree, low_cost) = tree(low, trees);
    let (high_tree, high_cost) = tree(high, trees);
    let (relation, value) = (TestRelation::Greater, low[low.len() - 1].last);
    let test = trees.add(TestTree::Test { relation, value, yes: high_tree, no: low_tree });
    (test, trees.instruction + total + low_cost + high_cost)
}

/// The first test of a set of runs.
#[derive(Clone, Copy)]
enum FirstTest {
    /// One test.
    Test { relation: TestRelation, value: u32, yes: RunSet },
    /// Some bits kept and compared; both sides are outcomes.
    Masked { mask: u32, value: u32, yes: LeafId, no: LeafId },
}

struct RunSearch<'a> {
    runs: &'a [ValueRun],
    trees: &'a mut Trees,
    /// For each run, all bits that are set in some of its values.
    bits: &'a [u32],
    /// For each run, the runs with its outcome.
    alike: &'a [RunSet],
    /// For each set with more than one outcome, its cost and its first test.
    known: Map<RunSet, (Cost, FirstTest)>,
}

/// The best first test that was found for a set so far.
struct Best {
    set: RunSet,
    /// The cost of the first test: its instruction and its steps.
    here: Cost,
    cost: Cost,
    first: Option<FirstTest>,
}

// These functions use loops over indices instead of iterators: they take most of the time of a
// compile, and without optimisation an iterator costs several calls per step.
impl RunSearch<'_> {
    /// Whether all runs of `set` have the same outcome.
    fn is_settled(&self, set: RunSet) -> bool {
        set & !self.alike[set.trailing_zeros() as usize] == 0
    }

    /// The cost of the best tree for `set`.
    fn best(&mut self, set: RunSet) -> Cost {
        if self.is_settled(set) {
            return 0;
        }
        if let Some(&(cost, _)) = self.known.get(&set) {
            return cost;
        }
        self.trees.search_set();
        let (cost, first) = self.try_all(set);
        self.known.insert(&set, (cost, first));
        cost
    }

    fn try_all(&mut self, set: RunSet) -> (Cost, FirstTest) {
        let mut members: Vec<usize> = Vec::with_capacity(16);
        let mut weight = 0;
        let mut left = set;
        while left != 0 {
            let member = left.trailing_zeros() as usize;
            members.push(member);
            weight += self.runs[member].weight;
            left &= left - 1;
        }
        let here = self.trees.instruction + weight;
        let mut best = Best { set, here, cost: Cost::MAX, first: None };
        self.try_comparisons(&members, weight, &mut best);
        if !self.trees.is_spent() || members.len() <= FEW_SINGLES {
            self.try_singles(&members, weight, &mut best);
        }
        if !self.trees.is_spent() && members.len() <= FEW {
            self.try_bits(&members, &mut best);
            self.try_masked(&members, &mut best);
        }
        // Two outcomes mean that two neighbours differ, so there is a comparison.
        let end = self.runs[members[0]].outcome;
        let first = FirstTest::Masked { mask: 0, value: 0, yes: end, no: end };
        let first = best.first.unwrap_or(first);
        (best.cost, first)
    }

    /// Tries a test that holds for the runs `yes`, whose weight is `part`.
    fn offer(
        &mut self,
        best: &mut Best,
        relation: TestRelation,
        value: u32,
        yes: RunSet,
        part: Cost,
    ) {
        let no = best.set & !yes;
        // Each side takes at least one more test, unless it has one outcome.
        let mut least = best.here;
        if !self.is_settled(yes) {
            least += self.trees.instruction + part;
        }
        if !self.is_settled(no) {
            least += best.here - part;
        }
        if least >= best.cost {
            return;
        }
        let mut cost = best.here + self.best(yes);
        if cost < best.cost {
            cost += self.best(no);
            if cost < best.cost {
                best.cost = cost;
                best.first = Some(FirstTest::Test { relation, value, yes });
            }
        }
    }

    /// Tries comparisons between neighbours that differ, those that split the weights most evenly first.
    fn try_comparisons(&mut self, members: &[usize], weight: Cost, best: &mut Best) {
        // For each cut, the place above it and the weight below it.
        let mut cuts: Vec<(usize, Cost)> = Vec::with_capacity(members.len());
        let mut middle = 0;
        let mut below = 0;
        let mut place = 1;
        while place < members.len() {
            let (low, high) = (&self.runs[members[place - 1]], &self.runs[members[place]]);
            below += low.weight;
            if low.outcome != high.outcome {
                cuts.push((place, below));
                if 2 * below <= weight {
                    middle = cuts.len();
                }
            }
            place += 1;
        }
        let window = if self.trees.is_spent() { 1 } else { WINDOW };
        // Those from `first` up to `end`, without `end`, were tried.
        let (mut first, mut end) = (middle, middle);
        while end - first < window.min(cuts.len()) {
            let below_is_next = end == cuts.len()
                || first > 0 && weight - 2 * cuts[first - 1].1 <= 2 * cuts[end].1 - weight;
            let (place, below) = if below_is_next {
                first -= 1;
                cuts[first]
            } else {
                end += 1;
                cuts[end - 1]
            };
            let (low, high) = (members[place - 1], members[place]);
            let above = best.set & (RunSet::MAX << high);
            self.offer(best, TestRelation::Greater, self.runs[low].last, above, weight - below);
        }
    }

    /// Tries equalities with single values that are heavy or that have equal neighbours.
    fn try_singles(&mut self, members: &[usize], weight: Cost, best: &mut Best) {
        let mut singles: Vec<(u64, u64)> = Vec::new();
        let mut place = 1;
        while place + 1 < members.len() {
            let run = &self.runs[members[place]];
            if run.first == run.last {
                let (before, after) = (members[place - 1], members[place + 1]);
                let joins = self.alike[before] >> after & 1 == 1;
                if joins && members.len() <= FEW_SINGLES || HEAVY * run.weight > weight {
                    singles.push((Cost::MAX - run.weight, members[place] as u64));
                }
            }
            place += 1;
        }
        sort(&mut singles);
        singles.truncate(if self.trees.is_spent() { 1 } else { SINGLES });
        for &(_, single) in &singles {
            let run = self.runs[single as usize];
            self.offer(best, TestRelation::Equal, run.first, 1 << single, run.weight);
        }
    }

    /// Tries tests of bits that no value of some runs has.
    fn try_bits(&mut self, members: &[usize], best: &mut Best) {
        let all = self.bits_in(members, best.set);
        let mut masks: Vec<u32> = Vec::with_capacity(2 * members.len());
        for &member in members {
            masks.push(all & !self.bits_in(members, self.alike[member]));
            masks.push(all & !self.bits[member]);
        }
        sort_once(&mut masks);
        for &mask in &masks {
            if let Some((yes, part)) = self.with_bits(members, mask) {
                if yes != 0 && yes != best.set {
                    self.offer(best, TestRelation::AnyBit, mask, yes, part);
                }
            }
        }
    }

    /// All bits that are set in some value of those `members` that are in `set`.
    fn bits_in(&self, members: &[usize], set: RunSet) -> u32 {
        let mut bits = 0;
        let mut index = 0;
        while index < members.len() {
            if set >> members[index] & 1 == 1 {
                bits |= self.bits[members[index]];
            }
            index += 1;
        }
        bits
    }

    /// The runs whose values all have bits of `mask`, if no other value has one, and their weight.
    fn with_bits(&self, members: &[usize], mask: u32) -> Option<(RunSet, Cost)> {
        let (mut with, mut weight) = (0, 0);
        let mut index = 0;
        while index < members.len() {
            let member = members[index];
            if self.bits[member] & mask != 0 {
                let run = &self.runs[member];
                if has_bits(run, mask, 0) {
                    return None;
                }
                with |= 1 << member;
                weight += run.weight;
            }
            index += 1;
        }
        Some((with, weight))
    }

    /// Tries `AND` and `JEQ` where they separate two outcomes.
    fn try_masked(&mut self, members: &[usize], best: &mut Best) {
        let cost = 2 * best.here;
        if cost >= best.cost {
            return;
        }
        let one = self.alike[members[0]];
        let others = best.set & !one;
        let other = others.trailing_zeros() as usize;
        if others & !self.alike[other] != 0 {
            return;
        }
        for &(inside, outside) in &[(members[0], other), (other, members[0])] {
            let base = self.runs[inside].first;
            let mut varying = 0;
            for &member in members {
                if self.alike[inside] >> member & 1 == 1 {
                    let run = &self.runs[member];
                    varying |= (run.first ^ base) | below_top(run.first ^ run.last);
                }
            }
            let (mask, value) = (!varying, base & !varying);
            let mut apart = true;
            for &member in members {
                if self.alike[outside] >> member & 1 == 1 {
                    apart &= !has_bits(&self.runs[member], mask, value);
                }
            }
            if apart {
                let (yes, no) = (self.runs[inside].outcome, self.runs[outside].outcome);
                best.cost = cost;
                best.first = Some(FirstTest::Masked { mask, value, yes, no });
                return;
            }
        }
    }

    /// The best tree for `set`, which was searched before.
    fn tree(&mut self, set: RunSet) -> TreeId {
        let tree = match self.known.get(&set) {
            Some(&(_, FirstTest::Test { relation, value, yes })) => {
                let (yes, no) = (self.tree(yes), self.tree(set & !yes));
                TestTree::Test { relation, value, yes, no }
            }
            Some(&(_, FirstTest::Masked { mask, value, yes, no })) => {
                let yes = self.trees.add(TestTree::Outcome(yes));
                let no = self.trees.add(TestTree::Outcome(no));
                let then = TestTree::Test { relation: TestRelation::Equal, value, yes, no };
                TestTree::Keep { mask, then: self.trees.add(then) }
            }
            None => TestTree::Outcome(self.runs[set.trailing_zeros() as usize].outcome),
        };
        self.trees.add(tree)
    }
}

/// The set of those `runs` that have the same outcome as `run`.
fn alike_to(run: &ValueRun, runs: &[ValueRun]) -> RunSet {
    let mut alike = 0;
    let mut place = 0;
    while place < runs.len() {
        if runs[place].outcome == run.outcome {
            alike |= 1 << place;
        }
        place += 1;
    }
    alike
}

/// The weight of all of `runs`.
pub(super) fn weight_of(runs: &[ValueRun]) -> Cost {
    let mut weight = 0;
    for run in runs {
        weight += run.weight;
    }
    weight
}

#[cfg(test)]
mod tests {
    use super::super::budgets::Budgets;
    use super::super::cost::Cost;
    use super::super::function_node::LeafId;
    use super::super::test_support;
    use super::super::test_trees::Trees;
    use super::{ValueRun, tree};

    /// Runs that cover all values up to some bound; some have single values.
    fn random_runs(rng: &mut fastrand::Rng, most: usize) -> Vec<ValueRun> {
        let mut runs: Vec<ValueRun> = Vec::new();
        let mut first = 0;
        for _ in 0..rng.usize(1..most) {
            let last = first + if rng.bool() { 0 } else { rng.u32(..5) };
            runs.push(ValueRun {
                first,
                last,
                outcome: LeafId(rng.u32(..3)),
                weight: rng.u64(1..5000),
            });
            first = last + 1;
        }
        runs
    }

    #[test]
    fn a_tree_tells_every_run_from_the_others_even_without_a_budget() {
        let mut rng = test_support::rng(9);
        for round in 0..300 {
            let runs = random_runs(&mut rng, if round % 50 == 0 { 300 } else { 20 });
            for budgets in [Budgets::DEFAULT, Budgets { sets: 0, ..Budgets::DEFAULT }] {
                let mut trees = Trees::new(1000, budgets);
                let (tree, _) = tree(&runs, &mut trees);
                for run in &runs {
                    for value in run.first..=run.last {
                        assert_eq!(test_support::outcome(&trees, tree, value).0, run.outcome);
                    }
                }
            }
        }
    }

    /// Without a budget the search takes the middle, which is never better.
    #[test]
    fn a_search_costs_what_it_says_and_no_more_than_none() {
        let mut rng = test_support::rng(10);
        for _ in 0..200 {
            let runs = random_runs(&mut rng, 9);
            let steps = |trees: &Trees, tree| -> Cost {
                runs.iter()
                    .map(|run| run.weight * test_support::outcome(trees, tree, run.first).1)
                    .sum()
            };
            // A cost without the cost of instructions is the weighted number of steps.
            let mut trees = Trees::new(0, Budgets::DEFAULT);
            let (searched, cost) = tree(&runs, &mut trees);
            // A single value under AND and JEQ may skip the second step.
            assert!(steps(&trees, searched) <= cost);
            let mut trees = Trees::new(0, Budgets { sets: 0, ..Budgets::DEFAULT });
            let (_, least) = tree(&runs, &mut trees);
            assert!(cost <= least, "{cost} {least}");
        }
    }
}
