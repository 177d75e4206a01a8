//! Tests for a function of one word, masks included.
//!
//! Without masks the values of a word fall into few runs, and `search` finds the tree of
//! comparisons. A mask makes billions of runs of it. Then one bit or several are tested at once
//! (`JSET`), or the word is cut down to the bits that matter and the rest is runs again. All
//! useful masks are tried and the cheapest result is taken.

use super::condition::Relation;
use super::function::{Function, Functions, Map, Node, TooComplex, Word};
use super::runs::runs;
use super::search::{Tree, tree};

/// The most runs of values that are handed to the search for a tree.
const MOST_RUNS: usize = 1024;

/// The most functions of one word for which every mask is tried. Beyond, the first that works is
/// taken, and the time is bounded by the size of the diagram.
const MOST_TRIALS: usize = 20;

/// Finds tests for functions of one word.
pub(super) struct WordSolver<'a> {
    pub(super) functions: &'a mut Functions,
    pub(super) word: Word,
    /// The masks that the policy uses on this word.
    pub(super) hints: &'a [u32],
    known: Map<(Function, u32), (Tree, u64)>,
}

impl<'a> WordSolver<'a> {
    pub(super) fn new(functions: &'a mut Functions, word: Word, hints: &'a [u32]) -> Self {
        Self { functions, word, hints, known: Map::default() }
    }

    /// The tests for `function`, whose only word is this one.
    pub(super) fn solve(&mut self, function: Function) -> Result<Tree, TooComplex> {
        Ok(self.best(function, 0)?.0)
    }

    /// The best tests and their cost, once the masks of the set `used` were tried on the way.
    fn best(&mut self, function: Function, used: u32) -> Result<(Tree, u64), TooComplex> {
        if let Some(outcome) = self.functions.answer(function) {
            return Ok((Tree::Outcome(outcome), 0));
        }
        if let Some(known) = self.known.get(&(function, used)) {
            return Ok(known.clone());
        }
        let support = self.support(function);
        let mut best: Option<(Tree, u64)> = None;
        let mut offer = |tree: Tree| {
            let cost = cost(&tree);
            if best.as_ref().is_none_or(|(_, least)| cost < *least) {
                best = Some((tree, cost));
            }
        };
        if let Some(runs) = runs(self.functions, function, self.word, u32::MAX, MOST_RUNS) {
            offer(tree(&runs));
        }
        if support != u32::MAX {
            if let Some(runs) = runs(self.functions, function, self.word, support, MOST_RUNS) {
                offer(Tree::Keep { mask: support, then: Box::new(tree(&runs)) });
            }
        }
        let top = 1 << support.ilog2();
        let mut masks: Vec<u32> = vec![support, top];
        if self.known.len() < MOST_TRIALS {
            masks.extend(self.hints.iter().map(|hint| hint & support));
        }
        for (index, &mask) in masks.iter().enumerate() {
            let seen = mask == 0 || masks[..index].contains(&mask);
            if seen || used & mask_bit(index) != 0 {
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
            let now = if mask.is_power_of_two() { used } else { used | mask_bit(index) };
            let (yes, _) = self.best(yes, now)?;
            let (no, _) = self.best(no, now)?;
            offer(Tree::test(Relation::AnyBit, mask, yes, no));
        }
        let best = best.ok_or(TooComplex)?;
        self.known.insert((function, used), best.clone());
        Ok(best)
    }

    /// Where no bit of `mask` is set.
    fn none_set(&mut self, mask: u32) -> Result<Function, TooComplex> {
        let mut none = Functions::TRUE;
        for bit in (0..32).filter(|bit| mask >> bit & 1 == 1) {
            none = self.functions.split(self.word.bit(bit), none, Functions::FALSE)?;
        }
        Ok(none)
    }

    /// The bits on which `function` depends.
    fn support(&self, function: Function) -> u32 {
        let mut seen = Map::default();
        let mut open = vec![function];
        let mut support = 0;
        while let Some(function) = open.pop() {
            if seen.insert(function, ()).is_some() {
                continue;
            }
            if let Node::Split { bit, low, high } = self.functions.node(function) {
                support |= 1 << bit.place();
                open.extend([low, high]);
            }
        }
        support
    }
}

fn mask_bit(index: usize) -> u32 {
    1_u32.checked_shl(index as u32).unwrap_or(0)
}

/// The number of instructions of a tree.
fn cost(tree: &Tree) -> u64 {
    match tree {
        Tree::Outcome(_) => 0,
        Tree::Test { yes, no, .. } => 1 + cost(yes) + cost(no),
        Tree::Keep { then, .. } => 1 + cost(then),
    }
}
