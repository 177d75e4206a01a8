//! What the accumulator can hold, and what one instruction can test.

use super::map::MapKey;
use crate::abi::{ArgumentIndex, Half};
use crate::filter::SymbolOperand;

/// An operand of an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TestOperand {
    Known(u32),
    Symbol(SymbolOperand),
}

impl TestOperand {
    /// Adds the operand to the words of a key. Its first word says how many words follow, so the next part of the key cannot
    /// be confused with it.
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

/// Half of an argument: which argument, and which half.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ArgumentWord {
    pub(super) argument: ArgumentIndex,
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
        key.extend_from_slice(&[argument as u32, half as u32, flip]);
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

#[cfg(test)]
mod tests {
    use super::super::map::assert_keys_differ;
    use super::super::test_support;
    use super::{ArgumentWord, TestOperand, TestRelation, View, WordTest};
    use crate::abi::ArgumentIndex::{A0, A1, A5};
    use crate::abi::Half;
    use crate::filter::SymbolOperand;
    use crate::policy::Symbol;

    const HALVES: [Half; 2] = [Half::Low, Half::High];

    fn operands() -> Vec<TestOperand> {
        let mut all: Vec<_> = [0, 1, 2, 3, u32::MAX].map(TestOperand::Known).into();
        for symbol in [Symbol(0), Symbol(1), Symbol(3)] {
            all.push(TestOperand::Symbol(SymbolOperand::ReturnErrno(symbol)));
            for half in HALVES {
                for (keep, flip) in [(u32::MAX, 0), (u32::MAX, 1 << 31), (0xffff, 0), (0, 1)] {
                    let operand = SymbolOperand::Word { symbol, half, keep, flip };
                    all.push(TestOperand::Symbol(operand));
                }
            }
        }
        all
    }

    fn views() -> Vec<View> {
        let masks = || operands().into_iter().map(Some).chain([None]);
        let words = [A0, A1, A5].map(|argument| HALVES.map(|half| ArgumentWord { argument, half }));
        let words = words.as_flattened().iter();
        words
            .flat_map(|&word| masks().map(move |mask| (word, mask)))
            .flat_map(|(word, mask)| [0, 1, 1 << 31].map(|flip| View { word, mask, flip }))
            .collect()
    }

    #[test]
    fn tests_do_not_collide_as_keys() {
        use TestRelation::{AnyBit, Equal, Greater, GreaterOrEqual};
        let mut tests = Vec::new();
        for relation in [Equal, Greater, GreaterOrEqual, AnyBit] {
            for &operand in &operands() {
                for &view in views().iter().step_by(3) {
                    tests.push(WordTest { view, relation, operand });
                }
            }
        }
        let equal = |a: &WordTest, b: &WordTest| {
            (a.view, a.relation, a.operand) == (b.view, b.relation, b.operand)
        };
        assert_keys_differ::<WordTest>(&tests, equal);
    }

    /// If `follows` is true of bits that the first view has lost, the second view is wrong.
    #[test]
    fn a_view_follows_another_only_if_all_of_its_bits_are_still_there() {
        let known = |mask: Option<u32>| View {
            mask: mask.map(TestOperand::Known),
            ..View::whole(ArgumentWord { argument: A0, half: Half::Low })
        };
        let masks = [None, Some(0xff), Some(0xf0), Some(0xf00), Some(0), Some(u32::MAX)];
        for held in masks.map(known) {
            for wanted in masks.map(known) {
                let bits = |view: View| view.mask.map_or(u32::MAX, test_support::operand);
                let there = bits(wanted) & !bits(held) == 0;
                // A mask of all bits is never made, and counts as any other.
                let is_whole = wanted.mask.is_none() && held.mask.is_some();
                assert_eq!(wanted.follows(held), there && !is_whole);
            }
        }
        for held in views() {
            for wanted in views().into_iter().step_by(7).filter(|wanted| wanted.follows(held)) {
                assert!(wanted.word == held.word && (held.flip == 0 || wanted == held));
            }
        }
    }

    #[test]
    fn a_mask_and_a_flip_are_an_instruction_each() {
        for view in views() {
            let steps = view.mask.iter().count() + usize::from(view.flip > 0);
            assert_eq!(view.steps(), steps as u64);
        }
    }
}
