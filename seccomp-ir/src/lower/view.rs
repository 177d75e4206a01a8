//! What the accumulator can hold, and what one instruction can ask of it.

use crate::abi::Half;
use crate::program::SymbolOperand;

/// An operand of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Operand {
    Known(u32),
    Symbol(SymbolOperand),
}

/// Half of an argument: argument 0 to 5, and which half.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct ArgumentWord {
    pub(super) argument: u8,
    pub(super) half: Half,
}

/// What the accumulator holds: a word of an argument, some of its bits, its sign bit flipped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct View {
    pub(super) word: ArgumentWord,
    pub(super) mask: Option<Operand>,
    pub(super) flip: u32,
}

impl View {
    /// All of a word.
    pub(super) const fn whole(word: ArgumentWord) -> Self {
        Self { word, mask: None, flip: 0 }
    }

    /// The instructions between the load of the word and this.
    pub(super) fn steps(self) -> u64 {
        u64::from(self.mask.is_some()) + u64::from(self.flip != 0)
    }
}

/// A relation that one instruction tests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Relation {
    /// `A == k`
    Equal,
    /// `A > k`
    Greater,
    /// `A >= k`
    GreaterOrEqual,
    /// `A & k != 0`
    AnyBit,
}

/// A test whose outcome rustc's value decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct SymbolTest {
    pub(super) view: View,
    pub(super) relation: Relation,
    pub(super) operand: Operand,
}
