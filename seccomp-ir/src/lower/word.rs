//! Tests for a function of one word, masks included.
//!
//! Mostly the values of a word fall into few runs, and `search` finds the tree of tests. A mask
//! can make billions of runs of it. Then several bits are tested at once (`JSET`), or the word is cut
//! down to the bits that matter, until few runs are left. The masks that the policy uses are tried,
//! and the cheapest result is taken; beyond [`MOST_TRIALS`], the first that works, so that time is
//! bounded by the size of the diagram.

use super::cost::{Cost, MOST_WEIGHT, RUN};
use super::function::{Function, Functions, TooComplex, Word};
use super::map::Map;
use super::runs::runs;
use super::search::{Run, Tree, TreeId, Trees, tree, weight_of};
use super::view::Relation;

/// So few runs of values need no masks tried on them: `search` does that better.
const FEW_RUNS: usize = 64;

/// The most runs of values that are handed to the search.
const MOST_RUNS: usize = 1 << 16;

/// The same, where masks may do better.
const MOST_MASKED_RUNS: usize = 1024;

/// The most functions of one word for which every mask is tried.
const MOST_TRIALS: usize = 24;

/// The most tests of one word that are found by masks: more than a program can hold.
const MOST_TESTS: usize = 8192;

/// Finds tests for functions of one word.
pub(super) struct WordSolver<'a> {
    pub(super) functions: &'a mut Functions,
    pub(super) trees: &'a mut Trees,
    pub(super) word: Word,
    /// The masks that the policy uses on this word.
    pub(super) masks: &'a [u32],
    /// The values that it names.
    pub(super) marks: &'a [u32],
    /// The weight of each value with that outcome.
    pub(super) weight: &'a dyn Fn(u32) -> Cost,
    /// The best tests for a function, once the masks of a set were tried on the way.
    pub(super) known: Map<Solved>,
}

/// Tests for a function.
#[derive(Clone, Copy)]
pub(super) struct Solved {
    pub(super) tree: TreeId,
    pub(super) cost: Cost,
    /// The weight of all values.
    weight: Cost,
    /// The number of tests.
    size: usize,
}

impl WordSolver<'_> {
    /// The tests for `function`, whose only word is this one.
    pub(super) fn solve(mut self, function: Function) -> Result<Solved, TooComplex> {
        self.best(function, 0)
    }

    /// The best tests once the masks of the set `used` were tried on the way.
    fn best(&mut self, function: Function, used: u32) -> Result<Solved, TooComplex> {
        if let Some(outcome) = self.functions.answer(function) {
            let weight = (self.weight)(outcome).saturating_add(RUN).min(MOST_WEIGHT);
            let tree = self.trees.add(Tree::Outcome(outcome));
            return Ok(Solved { tree, cost: 0, weight, size: 0 });
        }
        let key = [function.0, used];
        if let Some(&known) = self.known.get(&key) {
            return Ok(known);
        }
        self.trees.try_function()?;
        let most = if self.masks.is_empty() { MOST_RUNS } else { FEW_RUNS };
        let best = match runs(self.functions, function, self.word, u32::MAX, most) {
            Some(runs) => self.in_runs(runs, u32::MAX),
            None => self.with_masks(function, used)?,
        };
        self.known.insert(&key, best);
        Ok(best)
    }

    /// The tests that tell runs of the word under `mask` apart.
    fn in_runs(&mut self, mut runs: Vec<Run>, mask: u32) -> Solved {
        self.weigh(&mut runs, mask);
        let weight = weight_of(&runs);
        let (tree, cost) = tree(&runs, self.trees);
        // No tree has more than one test for each run but the first.
        let size = runs.len();
        if mask == u32::MAX {
            return Solved { tree, cost, weight, size };
        }
        let tree = self.trees.add(Tree::Keep { mask, then: tree });
        let cost = cost + self.trees.instruction + weight;
        Solved { tree, cost, weight, size: size + 1 }
    }

    /// The tests that begin with a mask.
    fn with_masks(&mut self, function: Function, used: u32) -> Result<Solved, TooComplex> {
        let support = self.functions.support(function);
        let mut best = None;
        if let Some(runs) = runs(self.functions, function, self.word, support, MOST_MASKED_RUNS) {
            best = Some(self.in_runs(runs, support));
        }
        let mut masks = vec![support];
        for mask in self.masks {
            masks.push(mask & support);
        }
        // One bit always leads on; it is what is left when nothing better does.
        masks.push(1 << support.ilog2());
        let last = masks.len() - 1;
        for index in 0..masks.len() {
            let mask = masks[index];
            let seen = mask == 0 || masks[..index].contains(&mask);
            let tried = 1_u32.checked_shl(index as u32).unwrap_or(0);
            let enough =
                best.is_some() && (index == last || self.known.values().len() >= MOST_TRIALS);
            if seen || used & tried != 0 || enough {
                continue;
            }
            let none = self.none_set(mask)?;
            let any = self.functions.not(none)?;
            let no = self.functions.restrict(function, none)?;
            let yes = self.functions.restrict(function, any)?;
            if yes == function || no == function {
                continue;
            }
            // A single bit is settled for good; of several it may be asked again.
            let now = if index == last { used } else { used | tried };
            let (yes, no) = (self.best(yes, now)?, self.best(no, now)?);
            let weight = yes.weight + no.weight;
            let cost = self.trees.instruction + weight + yes.cost + no.cost;
            let size = 1 + yes.size + no.size;
            match &best {
                Some(best) if best.cost <= cost => {}
                _ => {
                    let (relation, value) = (Relation::AnyBit, mask);
                    let (yes, no) = (yes.tree, no.tree);
                    let tree = self.trees.add(Tree::Test { relation, value, yes, no });
                    best = Some(Solved { tree, cost, weight, size });
                }
            }
        }
        match best {
            Some(best) if best.size <= MOST_TESTS => Ok(best),
            _ => Err(TooComplex),
        }
    }

    /// Where no bit of `mask` is set.
    fn none_set(&mut self, mask: u32) -> Result<Function, TooComplex> {
        let mut none = Functions::TRUE;
        for bit in 0..32 {
            if mask >> bit & 1 == 1 {
                none = self.functions.split(self.word.bit(bit), none, Functions::FALSE)?;
            }
        }
        Ok(none)
    }

    /// Gives `runs` the weight of the values that the policy names in them, under `mask`.
    fn weigh(&self, runs: &mut [Run], mask: u32) {
        let mut marks = Vec::with_capacity(self.marks.len());
        for mark in self.marks {
            marks.push(mark & mask);
        }
        marks.sort_unstable();
        marks.dedup();
        let mut next = 0;
        for run in runs {
            let before = next;
            while next < marks.len() && marks[next] <= run.last {
                next += 1;
            }
            // What is not named may come once.
            let named = (next - before).max(1) as Cost;
            let weight = (self.weight)(run.outcome).saturating_mul(named);
            run.weight = weight.saturating_add(RUN).min(MOST_WEIGHT);
        }
    }
}
