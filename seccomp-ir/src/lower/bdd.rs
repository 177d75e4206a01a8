//! The function that a check of arguments computes, in canonical form: a reduced ordered decision
//! diagram over single bits, with numbers at its leaves.
//!
//! The diagram only combines and compares conditions. `argument_order`, `search` and `masks` choose the
//! instructions. The canonical form makes this simple: two checks are the same exactly if their
//! [`Function`]s are equal, and a fact that is established on a path no longer occurs in the function
//! that remains.
//!
//! A road not taken is one node for each word with its runs of values at the edges. It is smaller
//! for lists of values, but masks do not fit it, and policies mix both on one argument.

use super::function_node::{Bit, Function, FunctionNode, LeafId, Stored};
use super::map::{Keys, Map};

/// The functions built so far need more memory than one policy may take.
pub(super) struct TooComplex;

/// All functions of one compilation, each stored once.
pub(super) struct FunctionStore {
    nodes: Vec<Stored>,
    /// For each node the words on which it depends, one bit each; the last bit means all words from 63 on.
    words: Vec<u64>,
    unique: Keys<Stored>,
    /// The most nodes that are ever built.
    most: usize,
    /// The current limit on the number of nodes.
    limit: usize,
    chosen: Map<[Function; 3], Function>,
    restricted: Map<[Function; 2], Function>,
}

impl FunctionStore {
    pub(super) const FALSE: Function = Function(0);
    pub(super) const TRUE: Function = Function(1);

    /// A store of at most this many nodes, leaves not counted.
    pub(super) fn new(most: usize) -> Self {
        let mut functions = Self {
            nodes: Vec::new(),
            words: Vec::new(),
            unique: Keys::EMPTY,
            most,
            limit: most,
            chosen: Map::EMPTY,
            restricted: Map::EMPTY,
        };
        functions.store(Stored { bit: Bit::LEAF, low: 0, high: 0 });
        functions.store(Stored { bit: Bit::LEAF, low: 1, high: 0 });
        functions
    }

    fn store(&mut self, stored: Stored) -> Function {
        let Stored { bit, low, high } = stored;
        let function = Function(self.unique.number(&stored));
        if (function.0 as usize) < self.nodes.len() {
            return function;
        }
        self.nodes.push(stored);
        let below = |half: u32| self.words[half as usize];
        self.words.push(match bit {
            Bit::LEAF => 0,
            bit => bit.word().flag() | below(low) | below(high),
        });
        function
    }

    /// The constant function with this number.
    pub(super) fn leaf(&mut self, leaf: LeafId) -> Function {
        self.store(Stored { bit: Bit::LEAF, low: leaf.0, high: 0 })
    }

    /// The function that is `high` if `bit` is set, else `low`. Both must depend on later bits only.
    pub(super) fn split(
        &mut self,
        bit: Bit,
        low: Function,
        high: Function,
    ) -> Result<Function, TooComplex> {
        if low == high {
            return Ok(low);
        }
        if self.nodes.len() >= self.limit {
            return Err(TooComplex);
        }
        Ok(self.store(Stored { bit, low: low.0, high: high.0 }))
    }

    /// The function, split at its first bit.
    pub(super) fn node(&self, function: Function) -> FunctionNode {
        let Stored { bit, low, high } = self.nodes[function.0 as usize];
        if bit == Bit::LEAF {
            FunctionNode::Leaf(LeafId(low))
        } else {
            FunctionNode::Split { bit, low: Function(low), high: Function(high) }
        }
    }

    /// The end of a constant function.
    pub(super) fn leaf_of(&self, function: Function) -> Option<LeafId> {
        match self.node(function) {
            FunctionNode::Leaf(leaf) => Some(leaf),
            FunctionNode::Split { .. } => None,
        }
    }

    /// The first bit on which `function` depends.
    pub(super) fn first_bit(&self, function: Function) -> Bit {
        self.nodes[function.0 as usize].bit
    }

    /// The functions that remain of `function` if `bit`, which is not after its first bit, is 0 and 1.
    pub(super) fn cofactors(&self, function: Function, bit: Bit) -> (Function, Function) {
        match self.node(function) {
            FunctionNode::Split { bit: first, low, high } if first == bit => (low, high),
            _ => (function, function),
        }
    }

    /// `yes` where `condition` is 1, `no` where it is 0.
    pub(super) fn choose(
        &mut self,
        condition: Function,
        yes: Function,
        no: Function,
    ) -> Result<Function, TooComplex> {
        if condition == Self::TRUE || yes == no {
            return Ok(yes);
        }
        if condition == Self::FALSE {
            return Ok(no);
        }
        if yes == Self::TRUE && no == Self::FALSE {
            return Ok(condition);
        }
        let key = [condition, yes, no];
        if let Some(&known) = self.chosen.get(&key) {
            return Ok(known);
        }
        let bit = self.first_bit(condition).min(self.first_bit(yes)).min(self.first_bit(no));
        let (c0, c1) = self.cofactors(condition, bit);
        let (y0, y1) = self.cofactors(yes, bit);
        let (n0, n1) = self.cofactors(no, bit);
        let low = self.choose(c0, y0, n0)?;
        let high = self.choose(c1, y1, n1)?;
        let chosen = self.split(bit, low, high)?;
        self.chosen.insert(&key, chosen);
        Ok(chosen)
    }

    /// The number of nodes.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// From now on refuses more nodes than this.
    pub(super) fn limit(&mut self, most: usize) {
        self.limit = self.most.min(most);
    }

    /// From now on refuses only more nodes than the budget has.
    pub(super) fn unlimit(&mut self) {
        self.limit = self.most;
    }

    /// The function that is 1 where `condition` is 0.
    pub(super) fn not(&mut self, condition: Function) -> Result<Function, TooComplex> {
        self.choose(condition, Self::FALSE, Self::TRUE)
    }

    /// The function that is 1 where both are 1.
    pub(super) fn and(&mut self, a: Function, b: Function) -> Result<Function, TooComplex> {
        self.choose(a, b, Self::FALSE)
    }

    /// The function that is 1 where at least one of them is 1.
    pub(super) fn or(&mut self, a: Function, b: Function) -> Result<Function, TooComplex> {
        self.choose(a, Self::TRUE, b)
    }

    /// A function that equals `function` wherever `care` is 1. Elsewhere it is chosen freely, to be
    /// as small as that makes it (restriction after Coudert and Madre).
    pub(super) fn restrict(
        &mut self,
        function: Function,
        care: Function,
    ) -> Result<Function, TooComplex> {
        if care == Self::TRUE || care == Self::FALSE || self.leaf_of(function).is_some() {
            return Ok(function);
        }
        let key = [function, care];
        if let Some(&known) = self.restricted.get(&key) {
            return Ok(known);
        }
        let first = self.first_bit(function);
        let bit = first.min(self.first_bit(care));
        let (care0, care1) = self.cofactors(care, bit);
        let (f0, f1) = self.cofactors(function, bit);
        let restricted = if care0 == Self::FALSE {
            self.restrict(f1, care1)?
        } else if care1 == Self::FALSE {
            self.restrict(f0, care0)?
        } else if bit < first {
            let either = self.or(care0, care1)?;
            self.restrict(function, either)?
        } else {
            let low = self.restrict(f0, care0)?;
            let high = self.restrict(f1, care1)?;
            self.split(bit, low, high)?
        };
        self.restricted.insert(&key, restricted);
        Ok(restricted)
    }

    /// The words on which `function` depends, as a set in which 63 means all words from there on.
    pub(super) fn flags(&self, function: Function) -> u64 {
        self.words[function.0 as usize]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::function_node::{Bit, Function, FunctionWord, LeafId};
    use super::super::test_support;
    use super::{FunctionStore, TooComplex};

    pub(in super::super) const LOW: FunctionWord = FunctionWord(0);
    pub(in super::super) const HIGH: FunctionWord = FunctionWord(70);

    /// Two bits of each of two words: the inputs of a function in these tests.
    pub(in super::super) const BITS: [Bit; 4] = [LOW.bit(31), LOW.bit(0), HIGH.bit(5), HIGH.bit(4)];

    pub(in super::super) fn bit(store: &mut FunctionStore, bit: Bit) -> Function {
        store.split(bit, FunctionStore::FALSE, FunctionStore::TRUE).ok().expect("room")
    }

    pub(in super::super) fn value(store: &FunctionStore, function: Function, input: u32) -> u32 {
        let word = |places: [u32; 2], at: u32| {
            (input >> at & 1) << places[0] | (input >> (at + 1) & 1) << places[1]
        };
        let left = store.at(function, LOW, word([31, 0], 0));
        let left = store.at(left, HIGH, word([5, 4], 2));
        store.leaf_of(left).expect("a function of two words").0
    }

    /// The values of `function` for all sixteen inputs.
    fn table(store: &FunctionStore, function: Function) -> Vec<u32> {
        (0..16).map(|input| value(store, function, input)).collect()
    }

    /// A function with these values.
    fn of_table(store: &mut FunctionStore, values: &[u32], next: usize) -> Function {
        if next == 4 {
            return store.leaf(LeafId(values[0]));
        }
        let half =
            |side: usize| -> Vec<u32> { values.iter().skip(side).step_by(2).copied().collect() };
        let low = of_table(store, &half(0), next + 1);
        let high = of_table(store, &half(1), next + 1);
        store.split(BITS[next], low, high).ok().expect("room")
    }

    pub(in super::super) fn random(
        store: &mut FunctionStore,
        rng: &mut fastrand::Rng,
        most: u32,
    ) -> Function {
        let values: Vec<u32> = (0..16).map(|_| rng.u32(..most)).collect();
        let function = of_table(store, &values, 0);
        assert_eq!(table(store, function), values);
        function
    }

    #[test]
    fn equal_functions_are_one() {
        let mut store = FunctionStore::new(1 << 12);
        let (a, b) = (bit(&mut store, BITS[0]), bit(&mut store, BITS[2]));
        let Ok(and) = store.and(a, b) else { panic!("room") };
        let Ok(not_and) = store.not(and) else { panic!("room") };
        let (Ok(not_a), Ok(not_b)) = (store.not(a), store.not(b)) else { panic!("room") };
        let Ok(or) = store.or(not_a, not_b) else { panic!("room") };
        assert!(or == not_and);
        let known = store.len();
        let Ok(again) = store.and(b, a) else { panic!("room") };
        assert!(again == and && store.len() == known);
    }

    #[test]
    fn combined_functions_have_the_combined_values() {
        let mut store = FunctionStore::new(1 << 16);
        let mut rng = test_support::rng(3);
        for _ in 0..200 {
            let condition = random(&mut store, &mut rng, 2);
            let (yes, no) = (random(&mut store, &mut rng, 5), random(&mut store, &mut rng, 5));
            let Ok(chosen) = store.choose(condition, yes, no) else { panic!("room") };
            let Ok(restricted) = store.restrict(yes, condition) else { panic!("room") };
            for input in 0..16 {
                let holds = value(&store, condition, input) == 1;
                let expected = value(&store, if holds { yes } else { no }, input);
                assert_eq!(value(&store, chosen, input), expected);
                if holds {
                    assert_eq!(value(&store, restricted, input), expected);
                }
            }
            let mut leaves = table(&store, yes);
            leaves.sort_unstable();
            leaves.dedup();
            let found: Vec<u32> = store.leaves_of(yes).iter().map(|leaf| leaf.0).collect();
            assert_eq!(found, leaves);
        }
    }

    #[test]
    fn no_more_nodes_are_made_than_the_budget_has() {
        let mut store = FunctionStore::new(8);
        let made = (0..32).map_while(|place| {
            store.split(LOW.bit(place), FunctionStore::FALSE, FunctionStore::TRUE).ok()
        });
        assert_eq!(made.count(), 6);
        store.limit(100);
        let beyond = store.split(HIGH.bit(0), FunctionStore::FALSE, FunctionStore::TRUE);
        assert!(matches!(beyond, Err(TooComplex)));
    }
}
