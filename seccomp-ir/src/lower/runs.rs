//! A function of one word as runs of values.

use super::bdd::{Bit, Function, FunctionNode, FunctionStore, FunctionWord};
use super::condition::low_ones;
use super::map::Map;
use super::search::ValueRun;

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
        let FunctionNode::Split { bit, low, high } = self.functions.node(function) else {
            let ones = low_ones(left) as u32;
            let last = prefix | (self.mask & ones);
            let outcome = self.functions.leaf_of(function).unwrap_or_default();
            match self.runs.last_mut() {
                Some(run) if run.outcome == outcome => run.last = last,
                _ => self.runs.push(ValueRun { first: prefix, last, outcome, weight: 0 }),
            }
            return;
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
