//! The function that a check of arguments computes, in canonical form: a reduced ordered decision
//! diagram over single bits, with numbers at its leaves.
//!
//! The diagram only combines and compares conditions. `order`, `search` and `masks` choose the
//! instructions. The canonical form makes this simple: two checks are the same exactly if their
//! [`Function`]s are equal, and a fact that is established on a path no longer occurs in the function
//! that remains.
//!
//! A road not taken is one node for each word with its runs of values at the edges. It is smaller
//! for lists of values, but masks do not fit it, and policies mix both on one argument.

use super::map::{Keys, Map, MapKey};
use crate::sort::{sort, sort_once};

/// One bit of the input. The bits of an [`FunctionWord`] are adjacent in the order, the highest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bit(u32);

/// A group of bits that is read at once: half an argument, or one comparison with a symbol (then a
/// single bit).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct FunctionWord(pub(super) u32);

impl MapKey for FunctionWord {
    type Words = [u32; 1];

    fn words(&self) -> [u32; 1] {
        [self.0]
    }
}

impl FunctionWord {
    /// Bit `bit` of this word; 31 is the highest.
    pub(super) const fn bit(self, bit: u32) -> Bit {
        Bit(self.0 * 32 + (31 - bit))
    }

    const fn flag(self) -> u64 {
        1 << if self.0 < 63 { self.0 } else { 63 }
    }
}

impl Bit {
    const LEAF: Self = Self(u32::MAX);

    /// The word of the bit.
    pub(super) const fn word(self) -> FunctionWord {
        FunctionWord(self.0 / 32)
    }

    /// The place of the bit in its word; 31 is the highest.
    pub(super) const fn place(self) -> u32 {
        31 - self.0 % 32
    }

    /// The next bit in the same word.
    pub(super) const fn next(self) -> Option<Self> {
        if self.place() == 0 { None } else { Some(Self(self.0 + 1)) }
    }
}

/// A function of the input, by its node in [`FunctionStore`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Function(pub(super) u32);

impl MapKey for Function {
    type Words = [u32; 1];

    fn words(&self) -> [u32; 1] {
        [self.0]
    }
}

impl MapKey for [Function; 2] {
    type Words = [u32; 2];

    fn words(&self) -> [u32; 2] {
        [self[0].0, self[1].0]
    }
}

impl MapKey for [Function; 3] {
    type Words = [u32; 3];

    fn words(&self) -> [u32; 3] {
        [self[0].0, self[1].0, self[2].0]
    }
}

/// What a function ends in. In the function of a check it is the place of an action among the
/// [`Leaves`](super::leaves::Leaves). In a function of one word it is the function that remains when the word is known.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub(super) struct LeafId(pub(super) u32);

impl LeafId {
    /// The end of a function of one word after which `rest` remains.
    pub(super) fn of(rest: Function) -> Self {
        Self(rest.0)
    }

    /// The function that remains when the word is known.
    pub(super) fn rest(self) -> Function {
        Function(self.0)
    }
}

impl MapKey for LeafId {
    type Words = [u32; 1];

    fn words(&self) -> [u32; 1] {
        [self.0]
    }
}

/// A function, split at its first bit.
pub(super) enum FunctionNode {
    /// The same end for every input.
    Leaf(LeafId),
    /// The functions that remain if `bit` is 0 and if it is 1.
    Split { bit: Bit, low: Function, high: Function },
}

#[derive(Clone, Copy)]
pub(super) struct Stored {
    pub(super) bit: Bit,
    pub(super) low: u32,
    pub(super) high: u32,
}

impl MapKey for Stored {
    type Words = [u32; 3];

    fn words(&self) -> [u32; 3] {
        [self.bit.0, self.low, self.high]
    }
}

/// The functions built so far need more memory than one policy may take.
pub(super) struct TooComplex;

/// All functions of one compilation, each stored once.
pub(super) struct FunctionStore {
    nodes: Vec<Stored>,
    /// For each node the words below it, one bit each; the last bit means all words from 63 on.
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

    fn first_bit(&self, function: Function) -> Bit {
        self.nodes[function.0 as usize].bit
    }

    /// The functions that remain of `function` if `bit`, which is not after its first bit, is 0 and 1.
    fn cofactors(&self, function: Function, bit: Bit) -> (Function, Function) {
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

    /// Where `condition` is 0.
    pub(super) fn not(&mut self, condition: Function) -> Result<Function, TooComplex> {
        self.choose(condition, Self::FALSE, Self::TRUE)
    }

    /// Where both are 1.
    pub(super) fn and(&mut self, a: Function, b: Function) -> Result<Function, TooComplex> {
        self.choose(a, b, Self::FALSE)
    }

    /// Where one of them is 1.
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

    /// `function` with `word` read first: a function of that word alone, whose leaves are the numbers
    /// of the functions that remain once the word is known.
    pub(super) fn read_first(
        &mut self,
        function: Function,
        word: FunctionWord,
    ) -> Result<Function, TooComplex> {
        Lift { functions: self, word, lifted: Map::EMPTY, paired: Map::EMPTY }.lift(function)
    }

    /// Whether `function` may depend on `word`; exact for words below 63.
    pub(super) fn may_depend_on(&self, function: Function, word: FunctionWord) -> bool {
        self.words[function.0 as usize] & word.flag() != 0
    }

    /// The words on which `function` depends, as a set in which 63 means all words from there on.
    pub(super) fn flags(&self, function: Function) -> u64 {
        self.words[function.0 as usize]
    }

    /// The same set without `word`.
    pub(super) fn flags_without(&self, function: Function, word: FunctionWord) -> u64 {
        self.flags(function) & !word.flag()
    }

    /// The numbers of the words on which `function` depends, ascending.
    pub(super) fn words(&self, function: Function) -> Vec<u32> {
        let flags = self.words[function.0 as usize];
        let mut words = Vec::new();
        for word in 0..63 {
            if flags & FunctionWord(word).flag() != 0 {
                words.push(word);
            }
        }
        if flags >> 63 == 1 {
            let mut later = Vec::new();
            for &left in &self.all_left(function) {
                match self.node(left) {
                    FunctionNode::Split { bit, .. } if bit.word().0 >= 63 => {
                        later.push(bit.word().0)
                    }
                    _ => {}
                }
            }
            sort_once(&mut later);
            words.extend_from_slice(&later);
        }
        words
    }

    /// The function that remains of `function` if `word`, its first, has this value.
    pub(super) fn at(&self, mut function: Function, word: FunctionWord, value: u32) -> Function {
        while let FunctionNode::Split { bit, low, high } = self.node(function) {
            if bit.word() != word {
                break;
            }
            function = if value >> bit.place() & 1 == 1 { high } else { low };
        }
        function
    }

    /// The numbers of the leaves of `function`, ascending.
    pub(super) fn leaves_of(&self, function: Function) -> Vec<LeafId> {
        let mut leaves = Vec::new();
        for &left in &self.all_left(function) {
            if let FunctionNode::Leaf(leaf) = self.node(left) {
                leaves.push(leaf);
            }
        }
        sort(&mut leaves);
        leaves
    }

    /// The bits on which `function`, of one word, depends.
    pub(super) fn support(&self, function: Function) -> u32 {
        let mut support = 0;
        for &left in &self.all_left(function) {
            if let FunctionNode::Split { bit, .. } = self.node(left) {
                support |= 1 << bit.place();
            }
        }
        support
    }

    /// The number of nodes of `function`.
    pub(super) fn size(&self, function: Function) -> usize {
        let mut size = 0;
        for &left in &self.all_left(function) {
            if let FunctionNode::Split { .. } = self.node(left) {
                size += 1;
            }
        }
        size
    }

    /// Every function that remains of `function` on some path, each once.
    fn all_left(&self, function: Function) -> Vec<Function> {
        let mut all = vec![function];
        let mut found = Keys::EMPTY;
        found.number(&function);
        let mut next = 0;
        while next < all.len() {
            if let FunctionNode::Split { low, high, .. } = self.node(all[next]) {
                if found.number(&low) as usize == all.len() {
                    all.push(low);
                }
                if found.number(&high) as usize == all.len() {
                    all.push(high);
                }
            }
            next += 1;
        }
        all
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
    use super::super::map::assert_keys_differ;
    use super::{Bit, Function, FunctionStore, FunctionWord, LeafId, Stored, TooComplex};

    const LOW: FunctionWord = FunctionWord(0);
    const HIGH: FunctionWord = FunctionWord(70);

    /// Two bits of each of two words: the inputs of a function in these tests.
    const BITS: [Bit; 4] = [LOW.bit(31), LOW.bit(0), HIGH.bit(5), HIGH.bit(4)];

    fn bit(store: &mut FunctionStore, bit: Bit) -> Function {
        store.split(bit, FunctionStore::FALSE, FunctionStore::TRUE).ok().expect("room")
    }

    fn value(store: &FunctionStore, function: Function, input: u32) -> u32 {
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

    fn random(store: &mut FunctionStore, rng: &mut fastrand::Rng, most: u32) -> Function {
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
        let mut rng = fastrand::Rng::with_seed(3);
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
    fn a_function_in_another_order_leaves_the_same_functions() {
        let mut store = FunctionStore::new(1 << 16);
        let mut rng = fastrand::Rng::with_seed(4);
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

    #[test]
    fn words_and_bits_of_a_function_are_those_that_change_it() {
        let mut store = FunctionStore::new(1 << 12);
        let (a, b) = (bit(&mut store, BITS[0]), bit(&mut store, BITS[3]));
        let Ok(both) = store.and(a, b) else { panic!("room") };
        assert_eq!(store.words(both), [LOW.0, HIGH.0]);
        assert_eq!((store.words(a), store.support(a)), (vec![LOW.0], 1 << 31));
        assert_eq!((store.words(b), store.support(b)), (vec![HIGH.0], 1 << 4));
        assert_eq!((store.size(both), store.size(FunctionStore::TRUE)), (2, 0));
        assert!(store.may_depend_on(both, LOW) && !store.may_depend_on(b, LOW));
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

    #[test]
    fn functions_do_not_collide_as_keys() {
        let functions = [0, 1, 2, u32::MAX].map(Function);
        let equal = |a: &Function, b: &Function| a == b;
        assert_keys_differ(&functions, equal);
        assert_keys_differ(&functions.map(|f| FunctionWord(f.0)), |a, b| a == b);
        assert_keys_differ(&functions.map(LeafId::of), |a, b| a == b);
        let (mut pairs, mut triples, mut nodes) = (Vec::new(), Vec::new(), Vec::new());
        for a in functions {
            for b in functions {
                pairs.push([a, b]);
                triples.extend(functions.map(|c| [a, b, c]));
                nodes.extend(functions.map(|c| Stored { bit: Bit(a.0), low: b.0, high: c.0 }));
            }
        }
        assert_keys_differ(&pairs, |a, b| a == b);
        assert_keys_differ(&triples, |a, b| a == b);
        assert_keys_differ(&nodes, |a, b| (a.bit, a.low, a.high) == (b.bit, b.low, b.high));
    }
}
