//! A function of one word as runs of values.

use super::bdd::FunctionStore;
use super::function_node::{Bit, Function, FunctionNode, FunctionWord};
use super::map::Map;
use super::search::ValueRun;
use super::value_sets::low_ones;

/// The runs of `function`, which depends on `word` under `mask` only: ascending, without weights.
/// `None` if there are more than `most`. The other bits of the word count as 0.
pub(super) fn runs(
    functions: &FunctionStore,
    function: Function,
    word: FunctionWord,
    mask: u32,
    most: usize,
) -> Option<Vec<ValueRun>> {
    let mut counter = Counter { functions, mask, known: Map::EMPTY };
    if counter.count(function, word.bit(31)) > most as u64 {
        return None;
    }
    let mut lister = Lister { functions, word, mask, runs: Vec::new() };
    lister.list(function, 32, 0);
    Some(lister.runs)
}

struct Counter<'a> {
    functions: &'a FunctionStore,
    mask: u32,
    /// For each function, counted from its own first bit.
    known: Map<Function, u64>,
}

impl Counter<'_> {
    /// The number of runs if `from` and the bits after it vary.
    fn count(&mut self, function: Function, from: Bit) -> u64 {
        let FunctionNode::Split { bit, low, high } = self.functions.node(function) else {
            return 1;
        };
        let count = match self.known.get(&function) {
            Some(&count) => count,
            None => {
                let both = match bit.next() {
                    Some(next) => {
                        let low = self.count(low, next);
                        low.saturating_add(self.count(high, next))
                    }
                    None => 2,
                };
                let count = both - u64::from(self.end(low, false) == self.end(high, true));
                self.known.insert(&function, count);
                count
            }
        };
        // Each kept bit that is passed over doubles the list.
        let over = low_ones(from.place() + 1) & !low_ones(bit.place() + 1) & u64::from(self.mask);
        let times = 1_u64 << over.count_ones();
        let joined = u64::from(self.end(function, false) == self.end(function, true));
        count.saturating_mul(times).saturating_sub((times - 1) * joined)
    }

    /// The outcome of the lowest or the highest value.
    fn end(&self, mut function: Function, lowest: bool) -> Function {
        while let FunctionNode::Split { low, high, .. } = self.functions.node(function) {
            function = if lowest { low } else { high };
        }
        function
    }
}

struct Lister<'a> {
    functions: &'a FunctionStore,
    word: FunctionWord,
    mask: u32,
    runs: Vec<ValueRun>,
}

impl Lister<'_> {
    /// Lists the values that begin with `prefix` and have `left` more bits.
    fn list(&mut self, function: Function, left: u32, prefix: u32) {
        let (bit, low, high) = match self.functions.node(function) {
            FunctionNode::Split { bit, low, high } => (bit, low, high),
            FunctionNode::Leaf(outcome) => {
                let ones = low_ones(left) as u32;
                let last = prefix | (self.mask & ones);
                match self.runs.last_mut() {
                    Some(run) if run.outcome == outcome => run.last = last,
                    _ => self.runs.push(ValueRun { first: prefix, last, outcome, weight: 0 }),
                }
                return;
            }
        };
        let place = left - 1;
        let here = bit == self.word.bit(place);
        let (zero, one) = if here { (low, high) } else { (function, function) };
        self.list(zero, place, prefix);
        if self.mask >> place & 1 == 1 {
            self.list(one, place, prefix | 1 << place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bdd::FunctionStore;
    use super::super::function_node::{Function, FunctionWord, LeafId};
    use super::super::test_support;
    use super::runs;

    const WORD: FunctionWord = FunctionWord(3);

    /// The function of the lowest bits of a word that has these values.
    fn function(store: &mut FunctionStore, values: &[u32], place: u32) -> Function {
        if values.len() == 1 {
            return store.leaf(LeafId(values[0]));
        }
        let (low, high) = values.split_at(values.len() / 2);
        let below = place.wrapping_sub(1);
        let (low, high) = (function(store, low, below), function(store, high, below));
        store.split(WORD.bit(place), low, high).ok().expect("room")
    }

    #[test]
    fn runs_are_the_values_of_the_function_in_order() {
        let mut store = FunctionStore::new(1 << 16);
        let mut rng = test_support::rng(8);
        for _ in 0..200 {
            let mask = rng.u32(..16);
            let values: Vec<u32> = (0..16).map(|_| rng.u32(..3)).collect();
            // The function may not depend on bits outside of the mask.
            let values: Vec<u32> = (0..16).map(|value| values[(value & mask) as usize]).collect();
            let function = function(&mut store, &values, 3);
            let runs = runs(&store, function, WORD, mask, 16).expect("few runs");
            let mut next = 0;
            for run in &runs {
                assert!(next <= run.first && run.first <= run.last);
                for value in (run.first..=run.last.min(15)).filter(|value| value & !mask == 0) {
                    assert_eq!(values[value as usize], run.outcome.0);
                }
                next = run.last.saturating_add(1);
            }
            // Every value under the mask is in a run.
            for value in (0..16).filter(|value| value & !mask == 0) {
                assert!(runs.iter().any(|run| run.first <= value && value <= run.last));
            }
            assert!(runs.windows(2).all(|pair| pair[0].outcome != pair[1].outcome));
        }
    }

    #[test]
    fn a_function_of_more_runs_than_wanted_has_none() {
        let mut store = FunctionStore::new(1 << 10);
        let parity: Vec<u32> = (0_u32..16).map(|value| value & 1).collect();
        let parity = function(&mut store, &parity, 3);
        // The higher bits of the word do not matter, so the sixteen values occur again and again.
        assert!(runs(&store, parity, WORD, u32::MAX, 1 << 16).is_none());
        assert_eq!(runs(&store, parity, WORD, 15, 16).map(|runs| runs.len()), Some(16));
        assert!(runs(&store, parity, WORD, 15, 15).is_none());
    }
}
