//! The least cost of a tree of tests that tells call numbers apart, by dynamic programming.
//!
//! A tree tells runs of numbers apart: neighbours whose calls are decided differently. Its tests are
//!
//! - `JGT` and `JGE` anywhere between runs;
//! - `JEQ` with a run of one number;
//! - `JSET`, where at most [`MOST_BITS`] runs can still occur and each of them has bits of the mask either
//!   in all of its numbers or in none;
//! - `AND` and `JEQ`, where at most [`MOST_BITS`] runs can still occur and each side has one outcome.
//!
//! The cost of a tree is that of its instructions and, for each run, its weight times the instructions on
//! its path. Leaves cost nothing: every tree needs the returns and the checks of arguments at them. A
//! jump may be of any length.
//!
//! **The bound.** A subproblem is a set of runs: what is the least cost if no others can occur? With
//! comparisons alone these sets are intervals, and there are few. `JEQ` takes any run out of an interval,
//! so that there are too many. The way out is to move each `JEQ` down. Let `JEQ` take run `s` out, and
//! let the next test lead the others to two sides, where `Y` is the one that `s` would not be led to.
//! If the two tests change places, the calls of `Y` take a step less, `s` takes a step more, and the number
//! of instructions is the same. So a tree costs at least what it costs with each `JEQ` moved down, less
//! `w(s) - w(Y)` for each test that it was moved past. Only what the *lightest* possible `Y` allows is
//! taken off, which is nothing for most tests. So the bound is near the best tree, and equal to it where
//! nothing is taken off:
//!
//! - The heaviest runs of one number ([`Limits::heavy`] of them) are not moved: for them the exact cost of
//!   every order is found.
//! - A `JEQ` is not moved into a set of at most [`Limits::small`] runs. These are searched exactly.
//!
//! In exact searches the same exchange shows which trees need not be tried: after a `JEQ` that takes out
//! `s` comes a test with `w(Y) < w(s)`, or else the two can change places at no cost.

use std::collections::{BTreeSet, HashMap};

use seccomp_ir::bpf::{Opcode, SockFilter};
use seccomp_ir::lower::NumberRun;

/// A set of runs, by their places.
type Set = u128;

/// The most sets that are searched. Beyond that, the search claims nothing.
const MOST_SETS: usize = 1_000_000;

/// `JSET` and `AND` are possible where at most this many runs can still occur, as for the compiler.
pub const MOST_BITS: u32 = 8;

/// The limits of the exact search.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many runs of one number, the heaviest, are taken out at every place.
    pub heavy: usize,
    /// A set of at most this many runs is searched exactly; not less than [`MOST_BITS`].
    pub small: u32,
    /// `JSET` is even considered where this many runs can still occur; not less than [`MOST_BITS`].
    pub bits: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { heavy: 4, small: 10, bits: 20 }
    }
}

/// What a cost counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measure {
    /// The cost of an instruction.
    pub instruction: u64,
    /// The factor of a run's weight; 0 counts no steps.
    pub step: u64,
}

/// The cost of a tree, in parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TreeCost {
    /// The number of tests and masks.
    pub instructions: u64,
    /// For each run, its weight times the tests and masks on its path.
    pub steps: u64,
}

impl TreeCost {
    /// The sum.
    #[must_use]
    pub fn by(self, measure: Measure) -> u64 {
        measure.instruction * self.instructions + measure.step * self.steps
    }

    fn and(self, other: Self) -> Self {
        Self {
            instructions: self.instructions + other.instructions,
            steps: self.steps + other.steps,
        }
    }
}

/// The tests of the call number in `filter`, which loads it at `load`: their number, and the steps of all
/// runs. Unconditional jumps count.
///
/// # Panics
///
/// If the numbers of a run are not led to the same place.
#[must_use]
pub fn made(filter: &[SockFilter], load: usize, runs: &[NumberRun]) -> TreeCost {
    let mut used = BTreeSet::new();
    let mut cost = TreeCost::default();
    for run in runs {
        let (first, end) = walk(filter, load + 1, run.first, &mut used);
        let (last, other) = walk(filter, load + 1, run.last, &mut used);
        assert_eq!((first, end), (last, other), "a run is led to one place");
        cost.steps += run.weight * first;
    }
    cost.instructions = used.len() as u64;
    cost
}

/// The number of tests that `number` takes, and the instruction after them.
fn walk(
    filter: &[SockFilter],
    from: usize,
    number: u32,
    used: &mut BTreeSet<usize>,
) -> (u64, usize) {
    let (mut at, mut accumulator, mut steps) = (from, number, 0);
    loop {
        let SockFilter { code, jt, jf, k } = filter[at];
        let holds = match code {
            Opcode::JEQ_K => accumulator == k,
            Opcode::JGT_K => accumulator > k,
            Opcode::JGE_K => accumulator >= k,
            Opcode::JSET_K => accumulator & k != 0,
            Opcode::AND_K | Opcode::JA => false,
            _ => return (steps, at),
        };
        used.insert(at);
        steps += 1;
        at += 1 + match code {
            Opcode::AND_K => {
                accumulator &= k;
                0
            }
            Opcode::JA => k as usize,
            _ => usize::from(if holds { jt } else { jf }),
        };
    }
}

/// A trivial bound for the number of instructions: each outcome but one needs a test that leads to it.
#[must_use]
pub fn trivial(runs: &[NumberRun]) -> u64 {
    let outcomes: BTreeSet<u32> = runs.iter().map(|run| run.outcome).collect();
    outcomes.len() as u64 - 1
}

/// A bound that no tree for `runs` is below, by `measure`. None if there are no runs, or more than 128, or
/// if the search was given up. The parts of the result are those of a tree with that bound, except for the
/// steps that were taken off.
#[must_use]
pub fn least(runs: &[NumberRun], measure: Measure, limits: Limits) -> Option<TreeCost> {
    if runs.is_empty() || runs.len() > 128 {
        return None;
    }
    let all = Set::MAX >> (128 - runs.len());
    Search::new(runs, measure, limits).best(all, None)
}

/// A test of more than one value.
#[derive(Clone, Copy)]
struct Split {
    /// The runs of the set for which it holds.
    yes: Set,
    /// The runs of the set for which it fails.
    no: Set,
    /// All runs for which it holds. A run may be in both if two operands tell the set apart alike.
    to_yes: Set,
    /// All runs for which it fails.
    to_no: Set,
}

/// A mask of `JSET`.
struct Mask {
    /// The runs that have none of its bits in any number.
    without: Set,
    /// The runs that have one of its bits in each number.
    with: Set,
}

struct Search<'a> {
    runs: &'a [NumberRun],
    measure: Measure,
    limits: Limits,
    /// For each run, the runs with its outcome.
    alike: Vec<Set>,
    /// The runs of one number.
    singles: Set,
    /// Those of them that are taken out at every place.
    heavy: Set,
    masks: Vec<Mask>,
    /// For each set, and the run that a `JEQ` took out of it just before.
    known: HashMap<(Set, Option<usize>), TreeCost>,
}

/// The best tree for a set so far.
struct Best {
    measure: Measure,
    cost: TreeCost,
}

impl Best {
    fn offer(&mut self, cost: TreeCost) {
        if cost.by(self.measure) < self.cost.by(self.measure) {
            self.cost = cost;
        }
    }
}

/// More than any tree costs.
const IMPOSSIBLE: TreeCost = TreeCost { instructions: 1 << 20, steps: 1 << 44 };

impl<'a> Search<'a> {
    fn new(runs: &'a [NumberRun], measure: Measure, limits: Limits) -> Self {
        let alike = runs.iter().map(|run| set_of(runs, |other| other.outcome == run.outcome));
        let alike = alike.collect();
        let singles = set_of(runs, |run| run.first == run.last);
        let (masks, known) = (masks(runs), HashMap::new());
        let mut search = Self { runs, measure, limits, alike, singles, heavy: 0, masks, known };
        search.heavy = search.heaviest(singles, limits.heavy);
        search
    }

    fn weight(&self, set: Set) -> u64 {
        members(set).map(|run| self.runs[run].weight).sum()
    }

    fn is_settled(&self, set: Set) -> bool {
        set & !self.alike[set.trailing_zeros() as usize] == 0
    }

    /// The least cost for `set`, after a `JEQ` has just taken the run `taken` out of it; none if that is too
    /// much to search.
    fn best(&mut self, set: Set, taken: Option<usize>) -> Option<TreeCost> {
        if self.is_settled(set) {
            return Some(TreeCost::default());
        }
        if set.count_ones() > self.limits.small {
            return self.relaxed(set);
        }
        if let Some(&known) = self.known.get(&(set, taken)) {
            return Some(known);
        }
        if self.known.len() >= MOST_SETS {
            return None;
        }
        let here = TreeCost { instructions: 1, steps: self.weight(set) };
        let mut best = Best { measure: self.measure, cost: IMPOSSIBLE };
        if self.masked_ends(set) {
            best.offer(here.and(here));
        }
        for split in self.splits(set) {
            if taken.is_some_and(|taken| self.may_come_before(split, taken)) {
                continue;
            }
            self.offer(here, split.yes, split.no, None, &mut best)?;
        }
        for single in members(set) {
            let run = self.runs[single];
            // Of two that follow each other, the heavier comes first.
            let is_later = taken.is_some_and(|taken| self.rank(single) > self.rank(taken));
            if run.first == run.last && !is_later {
                let one = 1 << single;
                self.offer(here, one, set & !one, Some(single), &mut best)?;
            }
        }
        self.known.insert((set, taken), best.cost);
        Some(best.cost)
    }

    /// A bound for a set of more than [`Limits::small`] runs.
    fn relaxed(&mut self, set: Set) -> Option<TreeCost> {
        if let Some(&known) = self.known.get(&(set, None)) {
            return Some(known);
        }
        if self.known.len() >= MOST_SETS {
            return None;
        }
        let mut best = Best { measure: self.measure, cost: IMPOSSIBLE };
        let mut seen = BTreeSet::new();
        for run in members(set) {
            let others = set & !self.alike[run];
            if others & !self.singles == 0 && seen.insert(others) {
                best.offer(self.taken_out(set, others, 0));
            }
        }
        // After many runs were taken out, the rest may be few enough for these tests.
        let count = set.count_ones();
        let at_end = if count > self.limits.bits { 1 } else { 2 };
        self.after_many(set, count - MOST_BITS, at_end, &mut best);
        let weight = self.weight(set);
        let all = TreeCost { instructions: 1, steps: weight };
        for single in members(set & self.heavy) {
            let one = 1 << single;
            self.offer(all, one, set & !one, None, &mut best)?;
        }
        for split in self.splits(set) {
            let Split { yes, no, .. } = split;
            let early = self.early(yes, no) + self.early(no, yes);
            let here = TreeCost { instructions: 1, steps: weight - early.min(weight) };
            let least = best.cost.by(self.measure);
            if here.by(self.measure) >= least {
                continue;
            }
            let cost = here.and(self.best(yes, None)?);
            if cost.by(self.measure) < least {
                best.offer(cost.and(self.best(no, None)?));
            }
        }
        self.known.insert((set, None), best.cost);
        Some(best.cost)
    }

    /// Offers the cost of taking `many` runs out of `set`, and of `more` steps for the rest.
    fn after_many(&self, set: Set, many: u32, more: u64, best: &mut Best) {
        let singles = set & self.singles;
        if singles.count_ones() >= many {
            best.offer(self.taken_out(set, self.heaviest(singles, many as usize), more));
        }
    }

    /// The cost of taking `singles` out of `set`, the heaviest first, and of `more` steps for the rest.
    fn taken_out(&self, set: Set, singles: Set, more: u64) -> TreeCost {
        let mut weights: Vec<u64> = members(singles).map(|run| self.runs[run].weight).collect();
        weights.sort_unstable_by(|a, b| b.cmp(a));
        let (mut left, mut steps) = (self.weight(set), 0);
        for weight in &weights {
            steps += left;
            left -= weight;
        }
        TreeCost { instructions: weights.len() as u64 + more, steps: steps + more * left }
    }

    fn heaviest(&self, singles: Set, count: usize) -> Set {
        let mut ranked: Vec<usize> = members(singles).collect();
        ranked.sort_unstable_by_key(|&run| u64::MAX - self.runs[run].weight);
        ranked.truncate(count);
        ranked.into_iter().fold(0, |set, run| set | 1 << run)
    }

    /// The most that single values on one side can gain if they are taken out before a test.
    fn early(&self, side: Set, other: Set) -> u64 {
        let light = self.singles & !self.heavy;
        let base = self.weight(other & !light);
        members(side & light).map(|run| self.runs[run].weight.saturating_sub(base)).sum()
    }

    /// Offers a test that leads to `yes` and `no`.
    fn offer(
        &mut self,
        here: TreeCost,
        yes: Set,
        no: Set,
        taken: Option<usize>,
        best: &mut Best,
    ) -> Option<()> {
        let least = best.cost.by(self.measure);
        let mut cost = here;
        // Each side takes at least one more test, unless it has one outcome.
        let one = |set| TreeCost { instructions: 1, steps: self.weight(set) };
        let rest = |set| if self.is_settled(set) { TreeCost::default() } else { one(set) };
        if cost.and(rest(yes)).and(rest(no)).by(self.measure) >= least {
            return Some(());
        }
        cost = cost.and(self.best(yes, None)?);
        if cost.by(self.measure) < least {
            best.offer(cost.and(self.best(no, taken)?));
        }
        Some(())
    }

    fn rank(&self, single: usize) -> (u64, usize) {
        (self.measure.step * self.runs[single].weight, single)
    }

    /// Whether `split` may come before the `JEQ` that takes `taken` out, without a greater cost.
    fn may_come_before(&self, split: Split, taken: usize) -> bool {
        let light = self.runs[taken].weight;
        let gains = |other| self.measure.step * self.weight(other) >= self.measure.step * light;
        split.to_yes >> taken & 1 == 1 && gains(split.no)
            || split.to_no >> taken & 1 == 1 && gains(split.yes)
    }

    /// All tests of more than one value that tell runs of `set` apart and cut none.
    fn splits(&self, set: Set) -> Vec<Split> {
        let mut splits = Vec::new();
        let mut before = None;
        for next in members(set) {
            if let Some(before) = before {
                let above = Set::MAX << next;
                let (yes, no) = (set & above, set & !above);
                // A run between the two may be on either side.
                let to_yes = Set::MAX << (before + 1);
                splits.push(Split { yes, no, to_yes, to_no: !above });
            }
            before = Some(next);
        }
        if set.count_ones() > self.limits.bits {
            return splits;
        }
        let mut seen = BTreeSet::new();
        for &Mask { without, with } in &self.masks {
            let no = set & without;
            let yes = set & !without;
            if no != 0 && yes != 0 && yes & !with == 0 && seen.insert(no) {
                splits.push(Split { yes, no, to_yes: with, to_no: without });
            }
        }
        splits
    }

    /// Whether `AND` and `JEQ` separate the outcomes of `set`.
    fn masked_ends(&self, set: Set) -> bool {
        let one = set & self.alike[set.trailing_zeros() as usize];
        let other = set & !one;
        if other & !self.alike[other.trailing_zeros() as usize] != 0 {
            return false;
        }
        [(one, other), (other, one)].iter().any(|&(inside, outside)| {
            let base = self.runs[inside.trailing_zeros() as usize].first;
            let varying = members(inside).fold(0, |varying, run| {
                let NumberRun { first, last, .. } = self.runs[run];
                varying | (first ^ base) | below_top(first ^ last)
            });
            members(outside).all(|run| !has(self.runs[run], !varying, base & !varying))
        })
    }
}

/// The masks of `JSET` that are worth trying. Let some runs have no bit of a mask. Then the mask with all
/// bits that none of their numbers has leads them the same way, and of the others no fewer to the other
/// side. So only these masks are needed; a test is given by the bits that are *not* in its mask.
fn masks(runs: &[NumberRun]) -> Vec<Mask> {
    let mut unions = BTreeSet::from([0_u32]);
    for run in runs {
        let bits = run.first | run.last | below_top(run.first ^ run.last);
        let joined: Vec<u32> = unions.iter().map(|union| union | bits).collect();
        unions.extend(joined);
    }
    let mask = |union: &u32| Mask {
        without: set_of(runs, |run| {
            (run.first | run.last | below_top(run.first ^ run.last)) & !union == 0
        }),
        with: set_of(runs, |run| !has(*run, !union, 0)),
    };
    unions.iter().map(mask).collect()
}

fn set_of(runs: &[NumberRun], is_in: impl Fn(&NumberRun) -> bool) -> Set {
    runs.iter().enumerate().fold(0, |set, (place, run)| set | Set::from(is_in(run)) << place)
}

fn members(set: Set) -> impl Iterator<Item = usize> {
    let mut left = set;
    std::iter::from_fn(move || {
        let next = left.trailing_zeros() as usize;
        left &= left.wrapping_sub(1);
        (next < 128).then_some(next)
    })
}

/// The highest bit of `bits` and all below it.
fn below_top(bits: u32) -> u32 {
    u32::MAX.checked_shr(bits.leading_zeros()).unwrap_or(0)
}

/// Whether a number of `run` equals `value` under `mask`.
pub(super) fn has(run: NumberRun, mask: u32, value: u32) -> bool {
    // The least such number from `first` on: its highest bits are those of `first`, then comes a 1 instead
    // of a 0, then what is demanded and otherwise 0; or it is `first` itself.
    let smallest = |kept: u32, bit: u32| kept | bit | value & mask & (bit - 1);
    let raised = (0..32).map(|place| 1_u32 << place).filter_map(|bit| {
        let kept = run.first & !(bit | (bit - 1));
        let least = smallest(kept, bit);
        (run.first & bit == 0 && least & mask == value & mask).then_some(least)
    });
    raised.chain((run.first & mask == value & mask).then_some(run.first)).any(|it| it <= run.last)
}
