//! What the accumulator can hold, and what one instruction can test.

use super::map::MapKey;
use crate::abi::Half;
use crate::filter::SymbolOperand;

/// An operand of an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TestOperand {
    Known(u32),
    Symbol(SymbolOperand),
}

impl TestOperand {
    /// Adds the operand to the words of a key. It cannot be confused with what is added next.
    pub(super) fn add_to(self, key: &mut Vec<u32>) {
        match self {
            Self::Known(value) => key.extend_from_slice(&[1, value]),
            Self::Symbol(SymbolOperand::ReturnErrno(symbol)) => {
                key.extend_from_slice(&[2, symbol.0]);
            }
            Self::Symbol(SymbolOperand::Word { symbol, half, keep, flip }) => {
                key.extend_from_slice(&[3 + half as u32, symbol.0, keep, flip]);
            }
        }
    }
}

/// Half of an argument: its position, 0 to 5, and which half.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ArgumentWord {
    pub(super) argument: u8,
    pub(super) half: Half,
}

/// The content of the accumulator: some bits of a word of an argument, perhaps with the sign bit flipped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    pub(super) word: ArgumentWord,
    pub(super) mask: Option<TestOperand>,
    pub(super) flip: u32,
}

impl View {
    /// All of a word.
    pub(super) const fn whole(word: ArgumentWord) -> Self {
        Self { word, mask: None, flip: 0 }
    }

    /// Adds the view to the words of a key.
    pub(super) fn add_to(self, key: &mut Vec<u32>) {
        let Self { word: ArgumentWord { argument, half }, mask, flip } = self;
        key.extend_from_slice(&[argument.into(), half as u32, flip]);
        match mask {
            None => key.push(0),
            Some(mask) => mask.add_to(key),
        }
    }

    /// Whether this view can be made from `held` without a load.
    pub(super) fn follows(self, held: Self) -> bool {
        if self.word != held.word || held.flip != 0 {
            return self == held;
        }
        match (held.mask, self.mask) {
            (None, _) => true,
            (Some(TestOperand::Known(held)), Some(TestOperand::Known(mask))) => mask & !held == 0,
            _ => self == held,
        }
    }

    /// The number of instructions between the load of the word and this view.
    pub(super) fn steps(self) -> u64 {
        u64::from(self.mask.is_some()) + u64::from(self.flip != 0)
    }
}

/// A relation that one instruction tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TestRelation {
    /// `A == k`
    Equal,
    /// `A > k`
    Greater,
    /// `A >= k`
    GreaterOrEqual,
    /// `A & k != 0`
    AnyBit,
}

/// A test of the content of the accumulator.
#[derive(Clone, Copy)]
pub(super) struct WordTest {
    pub(super) view: View,
    pub(super) relation: TestRelation,
    pub(super) operand: TestOperand,
}

impl MapKey for WordTest {
    type Words = Vec<u32>;

    fn words(&self) -> Vec<u32> {
        let mut words = vec![self.relation as u32];
        self.operand.add_to(&mut words);
        self.view.add_to(&mut words);
        words
    }
}
