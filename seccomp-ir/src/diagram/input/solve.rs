//! Values of symbols that make given comparisons true: for a call that shows a difference.

use super::{Atom, InputWord, LeftOperand, RightOperand};
use crate::abi::{Call, Half};

/// Gives each symbol its value.
type Values<'a> = &'a dyn Fn(u32) -> u64;

impl InputWord {
    /// The word in `call`.
    const fn of(self, call: &Call) -> u32 {
        let half = if self.0 % 2 == 0 { Half::High } else { Half::Low };
        match (self, self.argument_of()) {
            (_, Some(argument)) => half.of(call.argument(argument)),
            (Self::ARCH, None) => call.arch,
            (Self::NR, None) => call.nr,
            (_, None) => half.of(call.instruction_pointer),
        }
    }
}

impl LeftOperand {
    /// Its value for `call`.
    fn value(self, call: &Call, values: Values<'_>) -> u32 {
        let mask = self.mask.map_or(u32::MAX, |(symbol, half)| half.of(values(symbol)));
        (self.word.of(call) & self.and & mask) ^ self.xor
    }
}

impl RightOperand {
    fn value(self, values: Values<'_>) -> u32 {
        match self {
            Self::Known(value) => value,
            Self::Symbol { symbol, half, keep, flip } => (half.of(values(symbol)) & keep) ^ flip,
        }
    }

    fn symbol(self) -> Option<(u32, Half)> {
        match self {
            Self::Known(_) => None,
            Self::Symbol { symbol, half, .. } => Some((symbol, half)),
        }
    }
}

impl Atom {
    const fn sides(self) -> (LeftOperand, RightOperand) {
        let (Self::Equal(left, right) | Self::Less(left, right)) = self;
        (left, right)
    }

    /// Whether it is true for `call` with these values of the symbols.
    pub(crate) fn holds(self, call: &Call, values: Values<'_>) -> bool {
        let (left, right) = self.sides();
        let (left, right) = (left.value(call, values), right.value(values));
        match self {
            Self::Equal(..) => left == right,
            Self::Less(..) => left < right,
        }
    }

    /// Whether this half of a symbol is the only one that it mentions.
    pub(crate) fn is_about(self, symbol: u32, half: Half) -> bool {
        let (left, right) = self.sides();
        let mut mentioned = left.mask.into_iter().chain(right.symbol()).peekable();
        mentioned.peek().is_some() && mentioned.all(|one| one == (symbol, half))
    }

    /// Values of the half of a symbol around which the comparison changes, for `call`.
    pub(crate) fn turning_points(self, call: &Call) -> [u32; 4] {
        let (left, right) = self.sides();
        // Without its masks, each side is the value that the symbol would have to be.
        let word = left.word.of(call) & left.and;
        let at = match (left.mask, right) {
            (Some(_), RightOperand::Known(value)) => value ^ left.xor,
            (_, RightOperand::Symbol { flip, .. }) => word ^ left.xor ^ flip,
            (None, RightOperand::Known(_)) => word,
        };
        [at, at.wrapping_add(1), at.wrapping_sub(1), word]
    }
}
