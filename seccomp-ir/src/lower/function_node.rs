//! The parts of functions: the bits that they ask for, and what they end in.

use super::map::MapKey;

/// One bit of the input. The bits of a [`FunctionWord`] are adjacent in the order, the highest first.
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

    /// This word in a set of words of 64 bits, which has one bit for all words from 63 on.
    pub(super) const fn flag(self) -> u64 {
        1 << if self.0 < 63 { self.0 } else { 63 }
    }
}

impl Bit {
    /// After every bit: what a leaf has in the place of a bit.
    pub(super) const LEAF: Self = Self(u32::MAX);

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

/// A function of the input, by its node in [`FunctionStore`](super::bdd::FunctionStore).
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

/// A function as [`FunctionStore`](super::bdd::FunctionStore) has it. With [`Bit::LEAF`], `low` is the number of the leaf.
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

#[cfg(test)]
mod tests {
    use super::super::map::assert_keys_differ;
    use super::{Bit, Function, FunctionWord, LeafId, Stored};

    #[test]
    fn functions_do_not_collide_as_keys() {
        let functions = [0, 1, 2, u32::MAX].map(Function);
        let equal = |a: &Function, b: &Function| a == b;
        assert_keys_differ::<Function>(&functions, equal);
        assert_keys_differ::<FunctionWord>(&functions.map(|f| FunctionWord(f.0)), |a, b| a == b);
        assert_keys_differ::<LeafId>(&functions.map(LeafId::of), |a, b| a == b);
        let (mut pairs, mut triples, mut nodes) = (Vec::new(), Vec::new(), Vec::new());
        for a in functions {
            for b in functions {
                pairs.push([a, b]);
                triples.extend(functions.map(|c| [a, b, c]));
                nodes.extend(functions.map(|c| Stored { bit: Bit(a.0), low: b.0, high: c.0 }));
            }
        }
        assert_keys_differ::<[Function; 2]>(&pairs, |a, b| a == b);
        assert_keys_differ::<[Function; 3]>(&triples, |a, b| a == b);
        assert_keys_differ::<Stored>(&nodes, |a, b| {
            (a.bit, a.low, a.high) == (b.bit, b.low, b.high)
        });
    }
}
