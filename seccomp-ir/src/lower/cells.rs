//! The values of a word, grouped by the results of tests.

use super::accumulator::TestRelation;
use super::bdd::FunctionStore;
use super::candidates::MaskTest;
use super::cost::Cost;
use super::function_node::{Function, FunctionNode, FunctionWord, LeafId};
use super::map::{Keys, MapKey};

/// All values with the same outcome and the same result of every test. A cell has at least one value.
pub(super) struct Cell {
    /// The results of the tests, the first in the lowest bit.
    pub(super) results: u64,
    pub(super) outcome: LeafId,
    pub(super) weight: Cost,
}

/// The cells of `word` under at most 64 tests, with the outcomes of `function`. None if the first bits
/// of the word lead to more than `most_states` states: then there are too many cells.
///
/// The word is read bit by bit from the highest bit down. Two facts decide how the remaining bits can
/// change a test: whether the bits so far are equal to the demanded ones, and whether they are already
/// greater. So values that begin differently but leave the same tests open, and the same function, are
/// one state, and there are few states at each bit.
pub(super) fn cells(
    functions: &FunctionStore,
    function: Function,
    word: FunctionWord,
    tests: &[MaskTest],
    most_states: usize,
) -> Option<Vec<Cell>> {
    let (mut ordered, mut index) = (0_u64, 0);
    while index < tests.len() {
        ordered |= u64::from(tests[index].relation != TestRelation::Equal) << index;
        index += 1;
    }
    let all = if tests.is_empty() { 0 } else { u64::MAX >> (64 - tests.len()) };
    let mut states = Keys::EMPTY;
    states.number(&CellState { equal: all, greater: 0, function });
    for place in (0..32).rev() {
        // The tests that keep this bit, and the tests that demand it.
        let (mut kept, mut set) = (0_u64, 0_u64);
        let mut index = 0;
        while index < tests.len() {
            kept |= u64::from(tests[index].mask >> place & 1) << index;
            set |= u64::from(tests[index].value >> place & 1) << index;
            index += 1;
        }
        let mut next = Keys::EMPTY;
        for state in 0..states.len() {
            let CellState { equal, greater, function } = CellState::of_words(states.words(state));
            let (low, high) = match functions.node(function) {
                FunctionNode::Split { bit, low, high } if bit == word.bit(place) => (low, high),
                _ => (function, function),
            };
            next.number(&CellState { equal: equal & !(kept & set), greater, function: low });
            let above = equal & kept & !set;
            let greater = greater | above & ordered;
            next.number(&CellState { equal: equal & !above, greater, function: high });
        }
        if next.len() > most_states {
            return None;
        }
        states = next;
    }
    let mut cells = Vec::with_capacity(states.len());
    // Paths with the same end are one cell. For an ordered test, equality no longer matters here.
    let mut known = Keys::EMPTY;
    for state in 0..states.len() {
        let CellState { equal, greater, function } = CellState::of_words(states.words(state));
        let results = equal & !ordered | greater;
        let outcome = functions.leaf_of(function)?;
        if known.number(&(results, outcome.0)) as usize == cells.len() {
            cells.push(Cell { results, outcome, weight: 0 });
        }
    }
    Some(cells)
}

/// What the first bits of a word decide.
pub(super) struct CellState {
    /// The tests whose value is equal so far, the first in the lowest bit.
    pub(super) equal: u64,
    /// The tests whose value is greater.
    pub(super) greater: u64,
    /// The function that remains.
    pub(super) function: Function,
}

impl MapKey for CellState {
    type Words = [u32; 5];

    fn words(&self) -> [u32; 5] {
        let Self { equal, greater, function } = *self;
        [equal as u32, (equal >> 32) as u32, greater as u32, (greater >> 32) as u32, function.0]
    }
}

impl CellState {
    /// The state with these [`MapKey::words`].
    pub(super) fn of_words(words: &[u32]) -> Self {
        let wide = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let (equal, greater) = (wide(words[0], words[1]), wide(words[2], words[3]));
        Self { equal, greater, function: Function(words[4]) }
    }
}

/// The results and the outcome of a cell.
impl MapKey for (u64, u32) {
    type Words = [u32; 3];

    fn words(&self) -> [u32; 3] {
        [self.0 as u32, (self.0 >> 32) as u32, self.1]
    }
}

#[cfg(test)]
mod tests {
    use super::super::accumulator::TestRelation;
    use super::super::bdd::{FunctionStore, TooComplex};
    use super::super::candidates::MaskTest;
    use super::super::function_node::FunctionWord;
    use super::super::map::assert_keys_differ;
    use super::super::test_support;
    use super::{CellState, cells};

    #[test]
    fn states_and_cells_do_not_collide_as_keys() {
        let sets = [0, 1, 1 << 31, 1 << 32, u64::MAX];
        let (mut states, mut results) = (Vec::new(), Vec::new());
        for equal in sets {
            for greater in sets {
                for function in [0, 1, u32::MAX].map(super::Function) {
                    states.push(CellState { equal, greater, function });
                }
            }
            results.extend([0, 1, u32::MAX].map(|outcome| (equal, outcome)));
        }
        for state in &states {
            let CellState { equal, greater, function } =
                CellState::of_words(&super::MapKey::words(state));
            assert!((equal, greater) == (state.equal, state.greater) && function == state.function);
        }
        assert_keys_differ::<CellState>(&states, |_, _| false);
        assert_keys_differ::<(u64, u32)>(&results, |a, b| a == b);
    }

    /// Where the highest byte of the word is 0x54.
    fn function(functions: &mut FunctionStore) -> Result<super::Function, TooComplex> {
        let mut holds = FunctionStore::TRUE;
        for place in 24..32 {
            let (low, high) = if 0x5400_0000_u32 >> place & 1 == 1 {
                (FunctionStore::FALSE, holds)
            } else {
                (holds, FunctionStore::FALSE)
            };
            holds = functions.split(FunctionWord(0).bit(place), low, high)?;
        }
        Ok(holds)
    }

    #[test]
    fn every_word_is_in_the_cell_of_what_the_tests_and_the_function_say() {
        let mut functions = FunctionStore::new(1 << 10);
        let Ok(function) = function(&mut functions) else { panic!("a small function") };
        let mut rng = test_support::rng(1);
        let relations = [TestRelation::Equal, TestRelation::Greater, TestRelation::AnyBit];
        for _ in 0..50 {
            let tests: Vec<MaskTest> = (0..4)
                .map(|_| {
                    let (relation, mask) = (relations[rng.usize(..3)], rng.u32(..) & rng.u32(..));
                    let value =
                        if relation == TestRelation::AnyBit { 0 } else { rng.u32(..) & mask };
                    MaskTest { mask, relation, value }
                })
                .collect();
            let Some(cells) = cells(&functions, function, FunctionWord(0), &tests, 256) else {
                continue;
            };
            for _ in 0..200 {
                // A value near the compared ones, or any value.
                let near = tests[rng.usize(..4)];
                let word = (near.value ^ (1 << rng.u32(..32))) | rng.u32(..) & !near.mask;
                for word in [word, near.value, rng.u32(..), 0x5400_0000 | rng.u32(..) >> 8] {
                    let results = (0..4).map(|index| u64::from(tests[index].holds(word)) << index);
                    let results: u64 = results.sum();
                    let outcome = u32::from(word >> 24 == 0x54);
                    let found = cells
                        .iter()
                        .filter(|cell| cell.results == results && cell.outcome.0 == outcome);
                    assert_eq!(found.count(), 1, "{word:#x}");
                }
            }
        }
    }
}
