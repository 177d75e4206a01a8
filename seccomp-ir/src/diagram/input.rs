//! The inputs of a filter as inputs of diagrams: the 512 bits of `seccomp_data`, and comparisons
//! with symbols.
//!
//! **Order.** `arch` first, then `nr`, then each argument with its high word before its low word, and
//! the instruction pointer; the most significant bit of a word first. Policies and filters decide in
//! about this order, which keeps diagrams small. A comparison of a word with a symbol
//! comes right after the bits of that word; if it is half of an argument, after the bits of both halves. So the two halves of a
//! comparison of 64 bits are close together: in a set of symbols, with all high halves before all low ones, a diagram
//! would have to remember which of the high halves are equal, and would double with each symbol.
//!
//! **Symbols.** The compiler does not know a symbol's value, so a relation between a word and a symbol
//! is an input of its own (an *atom*). Three facts are built in, because equal filters rely on them:
//! exactly one of less, equal and greater holds; flipping the same bits of both sides does not change
//! equality; and a masked word cannot exceed its mask. Otherwise atoms are taken as independent. That
//! is sound: functions that are equal under more combinations than can occur are equal under those that
//! can. It is not complete: a filter that uses another fact is refused.

#[cfg(feature = "compare")]
mod solve;

use std::fmt;

use super::{Diagrams, Level, Ref, TooLarge};
use crate::abi::{ArgumentIndex, Call, Endian, Half};

/// A 32-bit word of `seccomp_data`, or none, numbered in the order of [`Level`]s.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub(crate) struct InputWord(u8);

/// A level has the word's number above this many bits, and the place among its bits and atoms below.
const PLACE_BITS: u32 = 16;

/// The bits of a level that hold the place.
const PLACES: u32 = (1 << PLACE_BITS) - 1;

/// The place of the first atom. The bits of the word have the places below.
const FIRST_ATOM: u32 = 32;

impl InputWord {
    /// `seccomp_data.arch`.
    pub(crate) const ARCH: Self = Self(0);
    /// `seccomp_data.nr`.
    pub(crate) const NR: Self = Self(1);
    /// No word of the input: the left side is a constant.
    const NONE: Self = Self(16);

    /// A half of an argument.
    pub(crate) const fn argument(index: ArgumentIndex, half: Half) -> Self {
        Self(2 + 2 * index as u8 + low(half))
    }

    /// The argument that the word is a half of.
    pub(crate) const fn argument_of(self) -> Option<ArgumentIndex> {
        ArgumentIndex::new((self.0 / 2).wrapping_sub(1))
    }

    /// A half of the instruction pointer.
    pub(crate) const fn instruction_pointer(half: Half) -> Self {
        Self(14 + low(half))
    }

    /// The word that a filter loads from `offset` in bytes of `seccomp_data`; `None` if it cannot load from there.
    pub(crate) fn loaded(offset: u32, endian: Endian) -> Option<Self> {
        if offset % 4 != 0 || offset >= Call::SIZE {
            return None;
        }
        Some(match (offset, endian.argument_at(offset)) {
            (_, Some((argument, half))) => Self::argument(argument, half),
            (Call::NR, None) => Self::NR,
            (Call::ARCH, None) => Self::ARCH,
            (_, None) => Self::instruction_pointer(endian.half_at(offset)),
        })
    }

    /// The low half of what this is the high half of; any other word itself.
    const fn last_half(self) -> Self {
        if self.0 < Self::argument(ArgumentIndex::A0, Half::High).0 || self.0 >= Self::NONE.0 {
            return self;
        }
        Self(self.0 | 1)
    }

    /// The level of bit `bit` (0 is the least significant).
    pub(crate) const fn level(self, bit: u32) -> Level {
        ((self.0 as u32) << PLACE_BITS) | (31 - bit)
    }

    /// The word and bit at `level`; `None` for an atom.
    pub(crate) const fn at(level: Level) -> Option<(Self, u32)> {
        let place = level & PLACES;
        if place < FIRST_ATOM {
            Some((Self((level >> PLACE_BITS) as u8), 31 - place))
        } else {
            None
        }
    }

    /// Sets bit `bit` of this word in `call`.
    pub(crate) fn set(self, call: &mut Call, bit: u32) {
        let wide = 1 << (bit + if self.0 % 2 == 0 { 32 } else { 0 });
        match (self, self.argument_of()) {
            (_, Some(argument)) => call.args[argument as usize] |= wide,
            (Self::ARCH, None) => call.arch |= 1 << bit,
            (Self::NR, None) => call.nr |= 1 << bit,
            (Self::NONE, None) => {}
            (_, None) => call.instruction_pointer |= wide,
        }
    }
}

/// The level of an input about which nothing is known. It comes after all others, and after this many `earlier` ones of its
/// kind.
pub(crate) const fn opaque(earlier: usize) -> Level {
    (((InputWord::NONE.0 + 1) as u32) << PLACE_BITS) + earlier as u32
}

const fn low(half: Half) -> u8 {
    match half {
        Half::High => 0,
        Half::Low => 1,
    }
}

/// The left operand of a comparison, `(word & and & mask) ^ xor`, where `mask` is a half of a symbol: the content of a
/// filter's accumulator, and the left side of a policy's comparison.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub(crate) struct LeftOperand {
    word: InputWord,
    pub(crate) and: u32,
    pub(crate) mask: Option<(u32, Half)>,
    pub(crate) xor: u32,
}

impl LeftOperand {
    /// The word as it is.
    pub(crate) const fn word(word: InputWord) -> Self {
        Self { word, and: u32::MAX, mask: None, xor: 0 }
    }

    /// A constant.
    pub(crate) const fn constant(value: u32) -> Self {
        Self { word: InputWord::NONE, and: 0, mask: None, xor: value }
    }

    /// The word of the input, if it is not constant.
    pub(crate) fn input(self) -> Option<InputWord> {
        if self.and != 0 { Some(self.word) } else { None }
    }

    /// The normal form: a left side that keeps no bits has no word.
    fn canonical(self) -> Self {
        if self.and == 0 { Self::constant(self.xor) } else { self }
    }

    /// `self & value`.
    #[must_use]
    pub(crate) fn masked(self, value: u32) -> Self {
        Self { and: self.and & value, xor: self.xor & value, ..self }.canonical()
    }

    /// `self ^ value`.
    #[must_use]
    pub(crate) const fn flipped(self, value: u32) -> Self {
        Self { xor: self.xor ^ value, ..self }
    }

    /// `self & half of symbol`. There must be no such mask yet, and no flipped bits.
    #[must_use]
    pub(crate) fn masked_by(self, symbol: u32, half: Half) -> Self {
        debug_assert!(self.mask.is_none() && self.xor == 0);
        Self { mask: Some((symbol, half)), ..self }.canonical()
    }

    /// The bits that are the same for every input, and the least and greatest value.
    const fn range(self) -> (u32, u32, u32) {
        (!self.and, self.xor & !self.and, self.xor | self.and)
    }
}

/// The right operand of a comparison: an operand of a filter, and the value of a policy's comparison.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub(crate) enum RightOperand {
    /// A number.
    Known(u32),
    /// `(half of the symbol & keep) ^ flip`.
    Symbol {
        /// The symbol's number.
        symbol: u32,
        /// Which half of it.
        half: Half,
        /// The bits of it that are kept.
        keep: u32,
        /// The bits that are flipped.
        flip: u32,
    },
}

impl RightOperand {
    const fn range(self) -> (u32, u32, u32) {
        match self {
            Self::Known(value) => (u32::MAX, value, value),
            Self::Symbol { keep, flip, .. } => (!keep, flip & !keep, flip | keep),
        }
    }

    const fn without_flip(self) -> (Self, u32) {
        match self {
            Self::Known(value) => (Self::Known(0), value),
            Self::Symbol { symbol, half, keep, flip } => {
                (Self::Symbol { symbol, half, keep, flip: 0 }, flip)
            }
        }
    }
}

/// The conditions that the left side is less than the right side, and that they are equal; otherwise it is greater.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    pub(crate) less: Ref,
    pub(crate) equal: Ref,
}

/// The meaning of an atom.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub(crate) enum Atom {
    /// The two are equal. `LeftOperand::xor` holds all flips of both sides.
    Equal(LeftOperand, RightOperand),
    /// The left one is less.
    Less(LeftOperand, RightOperand),
}

impl Atom {
    /// The atom's level if there are this many `earlier` atoms. The level follows those of all earlier atoms of the
    /// same word, so `Less` comes after its `Equal`, and no diagram asks for it where the two are equal.
    const fn level(self, earlier: usize) -> Level {
        let (Self::Equal(left, _) | Self::Less(left, _)) = self;
        ((left.word.last_half().0 as u32) << PLACE_BITS) | (FIRST_ATOM + earlier as u32)
    }
}

/// The atoms in use.
#[derive(Default)]
pub(crate) struct Atoms {
    /// The atoms in the order of their first use. They are few, so a linear search is enough.
    asked: Vec<Atom>,
}

impl Atoms {
    /// More atoms than this are refused, which bounds the depth of a diagram.
    const LIMIT: usize = 2048;

    /// The number of atoms.
    pub(crate) fn len(&self) -> usize {
        self.asked.len()
    }

    /// The atom at `level`.
    pub(crate) fn at(&self, level: Level) -> Option<Atom> {
        let index = (level & PLACES).checked_sub(FIRST_ATOM)? as usize;
        let atom = *self.asked.get(index)?;
        if atom.level(index) == level { Some(atom) } else { None }
    }

    /// How `left` compares with `right`, as unsigned numbers, if one of them has a symbol.
    pub(crate) fn order(
        &mut self,
        diagrams: &mut Diagrams,
        left: LeftOperand,
        right: RightOperand,
    ) -> Result<Order, TooLarge> {
        let left = left.canonical();
        let (left_fixed, left_least, left_most) = left.range();
        let (right_fixed, right_least, right_most) = right.range();
        let differing = (left_least ^ right_least) & left_fixed & right_fixed;
        let equal = if differing != 0 {
            Ref::FALSE
        } else {
            let (plain, flip) = right.without_flip();
            self.ask(diagrams, Atom::Equal(left.flipped(flip), plain))?
        };
        let less = if left_most < right_least {
            Ref::TRUE
        } else if left_least >= right_most {
            Ref::FALSE
        } else if left_most <= right_least {
            diagrams.not(equal)?
        } else {
            let less = self.ask(diagrams, Atom::Less(left, right))?;
            diagrams.choose(equal, Ref::FALSE, less)?
        };
        Ok(Order { less, equal })
    }

    fn ask(&mut self, diagrams: &mut Diagrams, atom: Atom) -> Result<Ref, TooLarge> {
        let mut index = 0;
        while index < self.asked.len() && self.asked[index] != atom {
            index += 1;
        }
        if index == Self::LIMIT {
            return Err(TooLarge);
        }
        if index == self.asked.len() {
            self.asked.push(atom);
        }
        diagrams.ask(atom.level(index), Ref::FALSE, Ref::TRUE)
    }
}

impl fmt::Display for LeftOperand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { word, and, mask, xor } = *self;
        if self.input().is_none() {
            return write!(f, "{xor:#x}");
        }
        let half = if word.0 % 2 == 0 { "high" } else { "low" };
        match (word, word.argument_of()) {
            (_, Some(argument)) => write!(f, "({half} half of argument {argument}")?,
            (InputWord::ARCH, None) => f.write_str("(arch")?,
            (InputWord::NR, None) => f.write_str("(nr")?,
            (_, None) => write!(f, "({half} half of the instruction pointer")?,
        }
        if and != u32::MAX {
            write!(f, " & {and:#x}")?;
        }
        if let Some((symbol, half)) = mask {
            write!(f, " & {} of symbol {symbol}", half_name(half))?;
        }
        f.write_str(")")?;
        if xor != 0 { write!(f, " ^ {xor:#x}") } else { Ok(()) }
    }
}

impl fmt::Display for RightOperand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (symbol, half, keep, flip) = match *self {
            Self::Known(value) => return write!(f, "{value:#x}"),
            Self::Symbol { symbol, half, keep, flip } => (symbol, half, keep, flip),
        };
        write!(f, "({} of symbol {symbol}", half_name(half))?;
        if keep != u32::MAX {
            write!(f, " & {keep:#x}")?;
        }
        f.write_str(")")?;
        if flip != 0 { write!(f, " ^ {flip:#x}") } else { Ok(()) }
    }
}

fn half_name(half: Half) -> &'static str {
    match half {
        Half::High => "high half",
        Half::Low => "low half",
    }
}

#[cfg(test)]
mod tests {
    use super::{Atoms, InputWord, LeftOperand, Order, RightOperand};
    use crate::abi::{ArgumentIndex, Call, Endian, Half};
    use crate::diagram::{Diagrams, Ref};

    const A0: InputWord = InputWord::argument(ArgumentIndex::A0, Half::Low);

    fn symbol(keep: u32, flip: u32) -> RightOperand {
        RightOperand::Symbol { symbol: 5, half: Half::Low, keep, flip }
    }

    #[test]
    fn every_bit_of_the_input_has_a_level_of_its_own_in_the_stated_order() {
        let mut words = vec![(InputWord::ARCH, Call::ARCH), (InputWord::NR, Call::NR)];
        for index in ArgumentIndex::ALL {
            for half in [Half::High, Half::Low] {
                let offset = Endian::Big.argument_offset(index, half);
                words.push((InputWord::argument(index, half), offset));
            }
        }
        words.push((InputWord::instruction_pointer(Half::High), 8));
        words.push((InputWord::instruction_pointer(Half::Low), 12));
        let mut last = None;
        for (word, offset) in words {
            for bit in (0..32).rev() {
                let level = word.level(bit);
                assert!(last < Some(level));
                last = Some(level);
                assert_eq!(InputWord::at(level), Some((word, bit)));
                let mut call = Call::default();
                word.set(&mut call, bit);
                assert_eq!(call.word(offset, Endian::Big), Some(1 << bit));
            }
        }
        assert_eq!(InputWord::at(A0.level(0) + 1), None);
    }

    #[test]
    fn exactly_one_of_less_equal_and_greater_holds() {
        let (mut diagrams, mut atoms) = (Diagrams::new(1000), Atoms::default());
        let order = atoms.order(&mut diagrams, LeftOperand::word(A0), symbol(u32::MAX, 0));
        let Order { less, equal } = order.unwrap();
        assert_eq!(diagrams.and(less, equal), Ok(Ref::FALSE));
        let at_most = diagrams.or(less, equal).unwrap();
        assert!(at_most != Ref::TRUE && at_most != less && at_most != equal);
    }

    #[test]
    fn equality_ignores_flips_and_order_does_not() {
        let (mut diagrams, mut atoms) = (Diagrams::new(1000), Atoms::default());
        let sign = 1 << 31;
        let mut order = |xor, flip| {
            let left = LeftOperand::word(A0).flipped(xor);
            atoms.order(&mut diagrams, left, symbol(u32::MAX, flip)).unwrap()
        };
        let (plain, both, one) = (order(0, 0), order(sign, sign), order(sign, 0));
        assert_eq!(plain.equal, both.equal);
        assert_ne!(plain.less, both.less);
        assert_ne!(plain.equal, one.equal);
    }

    #[test]
    fn a_comparison_that_masks_decide_makes_no_atom() {
        let (mut diagrams, mut atoms) = (Diagrams::new(1000), Atoms::default());
        let mut order = |left: LeftOperand, right| {
            let Order { less, equal } = atoms.order(&mut diagrams, left, right).unwrap();
            (less, equal)
        };
        let masked = LeftOperand::word(A0).masked(0xff).masked_by(5, Half::Low);
        assert_eq!(order(masked, RightOperand::Known(0x100)), (Ref::TRUE, Ref::FALSE));
        let (less, equal) = order(masked, RightOperand::Known(0));
        assert_eq!(less, Ref::FALSE);
        assert!(equal != Ref::FALSE && equal != Ref::TRUE);
        // A constant 0 is less than the symbol or equal to it.
        let zero = LeftOperand::word(A0).masked(0);
        let (less, equal) = order(zero, symbol(u32::MAX, 0));
        assert_eq!(diagrams.not(equal), Ok(less));
        // The flipped bit is not among the bits that the symbol keeps.
        let flipped = LeftOperand::word(A0).masked(0xff).flipped(1 << 31);
        let (less, equal) = atoms
            .order(&mut diagrams, flipped, symbol(0xff, 0))
            .map(|o| (o.less, o.equal))
            .unwrap();
        assert_eq!((less, equal), (Ref::FALSE, Ref::FALSE));
    }
}
