//! Finds tests for a function of one word, masks included.
//!
//! Mostly the values of a word form few runs, and `search` finds the tree of tests. A mask can
//! make billions of runs. Then the values are grouped by the results of tests: all values for which
//! all tests that may be useful (`candidates`) have the same results are one *cell*. There are few
//! cells (`cells`). The search is over sets of cells, as `search` is over sets of runs: what is the
//! best first test, if no other cells occur? The content of the accumulator matters too, because a
//! masked word must be loaded again before bits outside of the mask can be tested.
//!
//! [`Budgets::cell_sets`](super::Budgets::cell_sets) bounds the search. After that many sets, the test that seems best comes first. A road
//! not taken is a row of tests that lead to one place if they fail (a range, a field as tests of bits):
//! only one of two hundred words used it, and filters were no shorter.

use super::accumulator::TestRelation;
use super::bdd::{FunctionStore, TooComplex};
use super::candidates::{MaskTest, candidates};
use super::cells::{Cell, cells};
use super::cost::{Cost, MOST_WEIGHT, RUN};
use super::function_node::{Function, FunctionWord, LeafId};
use super::hints::Hints;
use super::map::{Map, MapKey};
use super::runs::runs;
use super::search::{ValueRun, tree, weight_of};
use super::test_trees::{TestTree, TreeId, Trees};
use crate::sort::{sort, sort_once};

/// At most this many runs of values are handed to `search`, with or without masks.
const FEW_RUNS: usize = 64;

/// All cells of a word together weigh as much as this many runs with unknown frequency.
const RUNS_OF_WORD: Cost = 8;

/// How many tests are tried first for a set: those that seem to leave the least.
const WINDOW: usize = 12;

/// Finds tests for functions of one word.
pub(super) struct WordSolver<'a> {
    pub(super) functions: &'a FunctionStore,
    pub(super) trees: &'a mut Trees,
    pub(super) word: FunctionWord,
    /// What the policy says about this word.
    pub(super) hints: &'a Hints,
    /// The weight of each value with the given outcome.
    pub(super) weight: &'a dyn Fn(LeafId) -> Cost,
}

/// Tests for a function.
#[derive(Clone, Copy)]
pub(super) struct Solved {
    pub(super) tree: TreeId,
    pub(super) cost: Cost,
}

impl WordSolver<'_> {
    /// The tests for `function`, which depends on this word only.
    pub(super) fn solve(mut self, function: Function) -> Result<Solved, TooComplex> {
        self.trees.try_function()?;
        let is_masked = !self.hints.masks_of(self.word).is_empty();
        let budgets = self.trees.budgets;
        let most = if is_masked { FEW_RUNS.min(budgets.runs) } else { budgets.runs };
        let mut best = None;
        if let Some(runs) = runs(self.functions, function, self.word, u32::MAX, most) {
            best = Some(self.in_runs(runs, u32::MAX));
        }
        if is_masked {
            self.offer(&mut best, |solver| solver.in_cells(function));
            let support = self.functions.support(function);
            if support != u32::MAX {
                let most = budgets.masked_runs;
                let runs = runs(self.functions, function, self.word, support, most);
                self.offer(&mut best, |solver| Some(solver.in_runs(runs?, support)));
            }
        }
        best.ok_or(TooComplex)
    }

    fn offer(
        &mut self,
        best: &mut Option<Solved>,
        other: impl FnOnce(&mut Self) -> Option<Solved>,
    ) {
        match (&best, other(self)) {
            (Some(best), Some(other)) if best.cost <= other.cost => {}
            (_, None) => {}
            (_, other) => *best = other,
        }
    }

    /// The tests that separate runs of the word under `mask`.
    fn in_runs(&mut self, mut runs: Vec<ValueRun>, mask: u32) -> Solved {
        self.weigh(&mut runs, mask);
        let weight = weight_of(&runs);
        if runs.len() == 2 && runs[0].last == 0 {
            let yes = self.trees.add(TestTree::Outcome(runs[1].outcome));
            let no = self.trees.add(TestTree::Outcome(runs[0].outcome));
            let (relation, value) = (TestRelation::AnyBit, mask);
            let tree = self.trees.add(TestTree::Test { relation, value, yes, no });
            return Solved { tree, cost: self.trees.instruction + weight };
        }
        let (tree, cost) = tree(&runs, self.trees);
        if mask == u32::MAX {
            return Solved { tree, cost };
        }
        let tree = self.trees.add(TestTree::Keep { mask, then: tree });
        Solved { tree, cost: cost + self.trees.instruction + weight }
    }

    /// The tests that separate cells, if there are few enough cells.
    fn in_cells(&mut self, function: Function) -> Option<Solved> {
        let tests = candidates(self.hints.tests_of(self.word));
        let most = self.trees.budgets.cell_states;
        let mut cells = cells(self.functions, function, self.word, &tests, most)?;
        for &mark in self.hints.marks_of(self.word) {
            let rest = self.functions.at(function, self.word, mark);
            let outcome = self.functions.leaf_of(rest)?;
            let results = results(&tests, mark);
            for cell in &mut cells {
                if cell.results == results {
                    let weight = cell.weight.saturating_add((self.weight)(outcome));
                    cell.weight = weight.min(MOST_WEIGHT);
                }
            }
        }
        let of_one = RUNS_OF_WORD * RUN / cells.len() as Cost;
        for cell in &mut cells {
            if cell.weight == 0 {
                // A value that the policy does not name may occur once.
                cell.weight = (self.weight)(cell.outcome).min(MOST_WEIGHT);
            }
            cell.weight += of_one;
        }
        CellSearch::new(&cells, &tests, self.trees)?.solve()
    }

    /// Gives each of `runs` the weight of the values in it that the policy names, under `mask`.
    fn weigh(&self, runs: &mut [ValueRun], mask: u32) {
        let mut marks = Vec::new();
        for mark in self.hints.marks_of(self.word) {
            marks.push(mark & mask);
        }
        sort_once(&mut marks);
        let mut next = 0;
        for run in runs {
            let before = next;
            while next < marks.len() && marks[next] <= run.last {
                next += 1;
            }
            // A value that the policy does not name may occur once.
            let named = (next - before).max(1) as Cost;
            let weight = (self.weight)(run.outcome).saturating_mul(named);
            run.weight = weight.saturating_add(RUN).min(MOST_WEIGHT);
        }
    }
}

/// The results of the tests for `value`, the first test in the lowest bit.
fn results(tests: &[MaskTest], value: u32) -> u64 {
    let (mut results, mut index) = (0, 0);
    while index < tests.len() {
        results |= u64::from(tests[index].holds(value)) << index;
        index += 1;
    }
    results
}

/// Cells by their place in the list, at most 128.
type CellSet = u128;

/// A mask under which the word is tested, by its place in [`CellSearch::views`].
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(test, derive(Debug))]
struct ViewIndex(usize);

impl ViewIndex {
    /// All bits.
    const WHOLE: Self = Self(0);
}

/// A test, by its place in [`CellSearch::candidates`].
#[derive(Clone, Copy)]
struct CandidateIndex(usize);

/// What the search knows about a test.
struct CellTest {
    test: MaskTest,
    /// The cells for which the test holds.
    holds: CellSet,
    /// What the accumulator must hold. None for a test of bits: it works under any mask that keeps these bits.
    view: Option<ViewIndex>,
}

struct CellSearch<'a> {
    cells: &'a [Cell],
    trees: &'a mut Trees,
    candidates: Vec<CellTest>,
    /// The masks under which the word is tested; the first keeps all bits.
    views: Vec<u32>,
    /// For each cell, the cells with the same outcome.
    alike: Vec<CellSet>,
    /// For each set and content of the accumulator, the cost of the remaining tests, and the first of
    /// them.
    known: Map<(CellSet, ViewIndex), (Cost, CandidateIndex)>,
}

impl<'a> CellSearch<'a> {
    /// None if there are more cells than a set can hold.
    fn new(cells: &'a [Cell], tests: &[MaskTest], trees: &'a mut Trees) -> Option<Self> {
        if cells.len() > CellSet::BITS as usize {
            return None;
        }
        let mut views = vec![u32::MAX];
        let mut candidates = Vec::with_capacity(tests.len());
        for &test in tests {
            let (mut holds, mut place) = (0, 0);
            while place < cells.len() {
                holds |= CellSet::from(cells[place].results >> candidates.len() & 1) << place;
                place += 1;
            }
            let mut view = None;
            if test.relation != TestRelation::AnyBit {
                let mut known = 0;
                while known < views.len() && views[known] != test.mask {
                    known += 1;
                }
                if known == views.len() {
                    views.push(test.mask);
                }
                view = Some(ViewIndex(known));
            }
            candidates.push(CellTest { test, holds, view });
        }
        let mut alike = Vec::with_capacity(cells.len());
        for cell in cells {
            let (mut set, mut place) = (0, 0);
            while place < cells.len() {
                set |= CellSet::from(cells[place].outcome == cell.outcome) << place;
                place += 1;
            }
            alike.push(set);
        }
        Some(Self { cells, trees, candidates, views, alike, known: Map::EMPTY })
    }

    /// The tree for all cells. None if the tests do not separate them.
    fn solve(mut self) -> Option<Solved> {
        let all = CellSet::MAX >> (CellSet::BITS as usize - self.cells.len());
        let cost = self.best(all, ViewIndex::WHOLE)?;
        Some(Solved { tree: self.tree(all, ViewIndex::WHOLE), cost })
    }

    fn is_settled(&self, set: CellSet) -> bool {
        set & !self.alike[set.trailing_zeros() as usize] == 0
    }

    fn weight(&self, set: CellSet) -> Cost {
        let mut weight = 0;
        let mut left = set;
        while left != 0 {
            weight += self.cells[left.trailing_zeros() as usize].weight;
            left &= left - 1;
        }
        weight
    }

    /// The instructions before `test` if the accumulator holds the word under the mask of `view`:
    /// whether the word is loaded again, whether it is masked, and what the accumulator then holds.
    fn bring(&self, test: &CellTest, view: ViewIndex) -> (bool, bool, ViewIndex) {
        let held = self.views[view.0];
        match test.view {
            None if test.test.mask & !held == 0 => (false, false, view),
            None => (true, false, ViewIndex::WHOLE),
            Some(needed) if needed == view => (false, false, needed),
            Some(needed) => {
                let mask = self.views[needed.0];
                (mask & !held != 0, mask != u32::MAX, needed)
            }
        }
    }

    /// The cost of the best tests for `set`.
    fn best(&mut self, set: CellSet, view: ViewIndex) -> Option<Cost> {
        if self.is_settled(set) {
            return Some(0);
        }
        let key = (set, view);
        if let Some(&(cost, _)) = self.known.get(&key) {
            return Some(cost);
        }
        let total = self.weight(set);
        let instruction = self.trees.instruction;
        // The cost of each test if one test more completed the rest.
        let mut firsts: Vec<(u64, u64)> = Vec::with_capacity(self.candidates.len());
        for index in 0..self.candidates.len() {
            let candidate = &self.candidates[index];
            let yes = set & candidate.holds;
            if yes == 0 || yes == set {
                continue;
            }
            let (load, mask, _) = self.bring(candidate, view);
            let here = (1 + Cost::from(load) + Cost::from(mask)) * (instruction + total);
            firsts.push((here + self.at_least(yes) + self.at_least(set & !yes), index as u64));
        }
        sort(&mut firsts);
        let is_spent = self.known.values().len() >= self.trees.budgets.cell_sets;
        firsts.truncate(if is_spent { 1 } else { WINDOW });
        let mut best: Option<(Cost, CandidateIndex)> = None;
        for &(least, index) in &firsts {
            if best.is_some_and(|(cost, _)| cost <= least) {
                break;
            }
            let candidate = &self.candidates[index as usize];
            let (load, mask, after) = self.bring(candidate, view);
            let (yes, no) = (set & candidate.holds, set & !candidate.holds);
            let mut cost = (1 + Cost::from(load) + Cost::from(mask)) * (instruction + total);
            cost += self.best(yes, after)? + self.best(no, after)?;
            if best.is_none_or(|(known, _)| cost < known) {
                best = Some((cost, CandidateIndex(index as usize)));
            }
        }
        let best = best?;
        self.known.insert(&key, best);
        Some(best.0)
    }

    /// A lower bound of the cost to separate the cells of `set`.
    fn at_least(&self, set: CellSet) -> Cost {
        if set == 0 || self.is_settled(set) { 0 } else { self.trees.instruction + self.weight(set) }
    }

    /// The best tree for `set`, which was searched before.
    fn tree(&mut self, set: CellSet, view: ViewIndex) -> TreeId {
        match self.known.get(&(set, view)) {
            Some(&(_, index)) => {
                let candidate = &self.candidates[index.0];
                let (load, mask, after) = self.bring(candidate, view);
                let MaskTest { mask: kept, relation, value } = candidate.test;
                let holds = candidate.holds;
                let (yes, no) = (self.tree(set & holds, after), self.tree(set & !holds, after));
                let value = if relation == TestRelation::AnyBit { kept } else { value };
                let mut tree = self.trees.add(TestTree::Test { relation, value, yes, no });
                if mask {
                    tree = self.trees.add(TestTree::Keep { mask: kept, then: tree });
                }
                if load { self.trees.add(TestTree::Load { then: tree }) } else { tree }
            }
            None => {
                let outcome = self.cells[set.trailing_zeros() as usize].outcome;
                self.trees.add(TestTree::Outcome(outcome))
            }
        }
    }
}

/// A set, and the content of the accumulator.
impl MapKey for (CellSet, ViewIndex) {
    type Words = [u32; 5];

    fn words(&self) -> [u32; 5] {
        let [a, b, c, d] = self.0.words();
        [a, b, c, d, self.1.0 as u32]
    }
}

#[cfg(test)]
mod tests {
    use super::super::budgets::Budgets;
    use super::super::condition_functions::{Alternatives, Conditions, Size, argument_word};
    use super::super::map::{EDGES, assert_keys_differ};
    use super::super::test_support;
    use super::{CellSet, Trees, ViewIndex, WordSolver};
    use crate::abi::ArgumentIndex;
    use crate::abi::{Abi, Call, Half};
    use crate::action::Action;
    use crate::policy::{Comparison, Condition, Operator, PolicyAction, Value, Width};

    /// Some comparisons of one word, most of them under a mask.
    fn condition(rng: &mut fastrand::Rng) -> Condition {
        let masks = [0xff, 0xff00, 0xffff, 0x8000_00ff, 0x1, u64::from(u32::MAX)];
        let mut parts = Vec::new();
        for _ in 0..rng.usize(1..4) {
            let mask = masks[rng.usize(..masks.len())];
            let operator = [Operator::Equal, Operator::NotEqual, Operator::Greater][rng.usize(..3)];
            let (mask, value) = (Some(Value::Known(mask)), Value::Known(rng.u64(..) & mask));
            let (width, signed) = (Width::W32, false);
            let comparison =
                Comparison { argument: ArgumentIndex::A0, width, signed, mask, operator, value };
            parts.push(Condition::Compare(comparison));
        }
        if rng.bool() { Condition::Any(parts) } else { Condition::All(parts) }
    }

    #[test]
    fn the_tests_of_a_word_decide_as_its_function_at_every_budget() {
        // With other seeds a condition may need more than the usual budget.
        let mut rng = fastrand::Rng::with_seed(11);
        let few = Budgets { cell_states: 8, cell_sets: 1, masked_runs: 8, ..Budgets::DEFAULT };
        for _ in 0..150 {
            let condition = condition(&mut rng);
            for budgets in [Budgets::DEFAULT, few] {
                let mut conditions = Conditions::new(Size::InProportion, budgets);
                let mut alternatives = Alternatives::new();
                assert!(conditions.add(&condition, false, &mut alternatives).is_ok());
                let [yes, no] = [Action::Allow, Action::Errno(1)]
                    .map(|action| conditions.action(PolicyAction::Action(action)));
                let Ok(function) = conditions.any(alternatives, yes, no) else { panic!("small") };
                let hints = conditions.take_hints();
                let mut trees = Trees::new(1000, budgets);
                let word = argument_word(ArgumentIndex::A0, Half::Low);
                let solver = WordSolver {
                    functions: &conditions.functions,
                    trees: &mut trees,
                    word,
                    hints: &hints,
                    weight: &|_| 100,
                };
                let Ok(solved) = solver.solve(function) else {
                    assert!(budgets == few, "the usual budget suffices");
                    continue;
                };
                for _ in 0..60 {
                    let marks = hints.marks_of(word);
                    let near = marks.get(rng.usize(..marks.len().max(1))).copied().unwrap_or(0);
                    let value = [rng.u32(..), near, near ^ (1 << rng.u32(..32))][rng.usize(..3)];
                    let call = Call::new(Abi::X86_64, 0, [value.into(), 0, 0, 0, 0, 0]);
                    let left = conditions.functions.at(function, word, value);
                    let (outcome, _) = test_support::outcome(&trees, solved.tree, value);
                    assert_eq!(Some(outcome), conditions.functions.leaf_of(left), "{call:x?}");
                }
            }
        }
    }

    #[test]
    fn sets_of_cells_do_not_collide_as_keys() {
        let mut keys = Vec::new();
        for edge in EDGES {
            for set in [u128::from(edge), u128::from(edge) << 64] {
                keys.extend([0, 1, 64].map(|view| (set, ViewIndex(view))));
            }
        }
        assert_keys_differ::<(CellSet, ViewIndex)>(&keys, |a, b| a == b);
    }
}
