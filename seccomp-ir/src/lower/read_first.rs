//! A function of several words, with one of them read first.

use super::bdd::{FunctionStore, TooComplex};
use super::function_node::{Bit, Function, FunctionNode, FunctionWord, LeafId, Stored};
use super::map::Map;

impl FunctionStore {
    /// `function` with `word` read first: a function of that word alone, whose leaves are the numbers
    /// of the functions that remain once the word is known.
    pub(super) fn read_first(
        &mut self,
        function: Function,
        word: FunctionWord,
    ) -> Result<Function, TooComplex> {
        Lift { functions: self, word, lifted: Map::EMPTY, paired: Map::EMPTY }.lift(function)
    }
}

/// Moves the bits of one word to the front.
struct Lift<'a> {
    functions: &'a mut FunctionStore,
    word: FunctionWord,
    lifted: Map<Function, Function>,
    paired: Map<Stored, Function>,
}

impl Lift<'_> {
    fn lift(&mut self, function: Function) -> Result<Function, TooComplex> {
        let FunctionNode::Split { bit, low, high } = self.functions.node(function) else {
            return Ok(self.functions.leaf(LeafId::of(function)));
        };
        if bit.word().0 > self.word.0 {
            return Ok(self.functions.leaf(LeafId::of(function)));
        }
        if let Some(&known) = self.lifted.get(&function) {
            return Ok(known);
        }
        let low = self.lift(low)?;
        let high = self.lift(high)?;
        let lifted = if bit.word() == self.word {
            self.functions.split(bit, low, high)?
        } else {
            self.pair(bit, low, high)?
        };
        self.lifted.insert(&function, lifted);
        Ok(lifted)
    }

    /// Moves the earlier `bit` below two lifted functions.
    fn pair(&mut self, bit: Bit, low: Function, high: Function) -> Result<Function, TooComplex> {
        if let (Some(a), Some(b)) = (self.functions.leaf_of(low), self.functions.leaf_of(high)) {
            let rest = self.functions.split(bit, a.rest(), b.rest())?;
            return Ok(self.functions.leaf(LeafId::of(rest)));
        }
        let key = Stored { bit, low: low.0, high: high.0 };
        if let Some(&known) = self.paired.get(&key) {
            return Ok(known);
        }
        let first = self.functions.first_bit(low).min(self.functions.first_bit(high));
        let (low0, low1) = self.functions.cofactors(low, first);
        let (high0, high1) = self.functions.cofactors(high, first);
        let zero = self.pair(bit, low0, high0)?;
        let one = self.pair(bit, low1, high1)?;
        let paired = self.functions.split(first, zero, one)?;
        self.paired.insert(&key, paired);
        Ok(paired)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bdd::tests::{HIGH, LOW, random, value};
    use super::super::test_support;
    use super::FunctionStore;

    #[test]
    fn a_function_in_another_order_leaves_the_same_functions() {
        let mut store = FunctionStore::new(1 << 16);
        let mut rng = test_support::rng(4);
        for _ in 0..100 {
            let function = random(&mut store, &mut rng, 3);
            let Ok(lifted) = store.read_first(function, HIGH) else { panic!("room") };
            assert!(store.words(lifted).iter().all(|&word| word == HIGH.0));
            for input in 0..16 {
                let high = (input >> 2 & 1) << 5 | (input >> 3 & 1) << 4;
                let rest = store.at(lifted, HIGH, high);
                let rest = store.leaf_of(rest).expect("a function of one word").rest();
                assert!(!store.may_depend_on(rest, HIGH) || store.words(rest) == [LOW.0]);
                assert_eq!(value(&store, rest, input), value(&store, function, input));
            }
        }
    }
}
