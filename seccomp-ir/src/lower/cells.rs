//! The values of a word by what tests say of them.

use super::accumulator::Relation;
use super::bdd::{Function, Functions, Node, Word};
use super::candidates::MaskTest;
use super::cost::Cost;
use super::map::Keys;

/// All values of which the tests say the same and that have the same outcome. There is at least one.
pub(super) struct Cell {
    /// What the tests say, the first in the lowest bit.
    pub(super) results: u64,
    pub(super) outcome: u32,
    pub(super) weight: Cost,
}

/// With more ways for the bits of a word to begin, there are too many cells.
const MOST_STATES: usize = 256;

/// The cells of `word` under at most 64 tests, where `function` has the outcomes; none if there are too
/// many.
///
/// The word is read bit by bit from the highest. What the rest of it can still make of each test is
/// whether it is as demanded so far, and whether it is already greater: two bits. So values that begin
/// differently but leave the same tests open, and the same of the function, are one state, and there are
/// few states at each bit.
pub(super) fn cells(
    functions: &Functions,
    function: Function,
    word: Word,
    tests: &[MaskTest],
) -> Option<Vec<Cell>> {
    let mut ordered = 0_u64;
    for (index, test) in tests.iter().enumerate() {
        ordered |= u64::from(test.relation != Relation::Equal) << index;
    }
    let all = if tests.is_empty() { 0 } else { u64::MAX >> (64 - tests.len()) };
    let mut states = Keys::new();
    states.number(&key(all, 0, function));
    for place in (0..32).rev() {
        // The tests that keep this bit, and those that demand it.
        let (mut kept, mut set) = (0_u64, 0_u64);
        for (index, test) in tests.iter().enumerate() {
            kept |= u64::from(test.mask >> place & 1) << index;
            set |= u64::from(test.value >> place & 1) << index;
        }
        let mut next = Keys::new();
        for state in 0..states.len() {
            let (equal, greater, function) = parts(states.key(state));
            let (low, high) = match functions.node(function) {
                Node::Split { bit, low, high } if bit == word.bit(place) => (low, high),
                _ => (function, function),
            };
            next.number(&key(equal & !(kept & set), greater, low));
            let above = equal & kept & !set;
            next.number(&key(equal & !above, greater | above & ordered, high));
        }
        if next.len() > MOST_STATES {
            return None;
        }
        states = next;
    }
    let mut cells = Vec::with_capacity(states.len());
    for state in 0..states.len() {
        let (equal, greater, function) = parts(states.key(state));
        let results = equal & !ordered | greater;
        let outcome = functions.answer(function)?;
        cells.push(Cell { results, outcome, weight: 0 });
    }
    // Ways that end alike are one cell: of what is not greater, it does not matter whether it is equal.
    let mut known = Keys::new();
    cells.retain(|cell| {
        let before = known.len();
        known.number(&[cell.results as u32, (cell.results >> 32) as u32, cell.outcome]);
        known.len() > before
    });
    Some(cells)
}

/// Which tests are as demanded so far, which are greater, and what is left of the function.
fn key(equal: u64, greater: u64, function: Function) -> [u32; 5] {
    [equal as u32, (equal >> 32) as u32, greater as u32, (greater >> 32) as u32, function.0]
}

fn parts(key: &[u32]) -> (u64, u64, Function) {
    let wide = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    (wide(key[0], key[1]), wide(key[2], key[3]), Function(key[4]))
}
