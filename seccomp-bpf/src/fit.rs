//! Which numbers fit: the one rule for a number that the policy's compiler sees, and for a value that
//! rustc evaluates for the program.
//!
//! The compiler judges what is written as a number. What it cannot see, a constant of the program,
//! is judged by the same function where rustc evaluates the constant, so that the constant means what
//! the number would have meant, or is refused for the same reason.

use crate::action::Action;

/// What a value is for: decides which numbers fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Compared for order: the value as a number of the type.
    Order,
    /// Compared for equality: also the bits of a signed type, written without sign.
    Equality,
    /// Bits: no sign.
    Mask,
    /// A pointer: null, and nothing else.
    Null,
    /// The number of `errno`.
    Errno,
}

/// The numbers that fit an argument of some width, or an errno.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The width compared: 16, 32 or 64.
    pub bits: u32,
    /// Whether the type is signed.
    pub signed: bool,
    /// What the number is for.
    pub purpose: Use,
}

/// Why a number does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// It is negative, where there is no sign.
    Negative,
    /// It is above the highest number of a signed type, though no wider than that type.
    AboveSigned,
    /// It is wider than the type, or not one of the numbers that there are.
    Outside,
}

/// A value with the lowest `bits` bits set, 1 to 64.
#[inline]
#[must_use]
pub const fn ones(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

/// The highest of `bits` bits, 1 to 64: the sign of a number in two's complement.
#[inline]
#[must_use]
pub const fn sign(bits: u32) -> u64 {
    1 << (bits - 1)
}

impl Bounds {
    /// All bits of the width.
    #[must_use]
    pub const fn ones(self) -> u64 {
        ones(self.bits)
    }

    /// The bit that is the sign; 0 if there is none.
    #[must_use]
    pub const fn sign(self) -> u64 {
        if self.signed { sign(self.bits) } else { 0 }
    }

    /// The lowest number that fits.
    #[must_use]
    pub const fn lowest(self) -> i128 {
        match self.purpose {
            Use::Order | Use::Equality if self.signed => -(self.ones() as i128 / 2) - 1,
            Use::Order | Use::Equality | Use::Mask | Use::Null | Use::Errno => 0,
        }
    }

    /// The highest number that fits.
    #[must_use]
    pub const fn highest(self) -> i128 {
        match self.purpose {
            Use::Order if self.signed => self.ones() as i128 / 2,
            Use::Order | Use::Equality | Use::Mask => self.ones() as i128,
            Use::Null => 0,
            Use::Errno => Action::MAX_ERRNO as i128,
        }
    }

    /// Why `number` does not fit; `None` if it does.
    #[must_use]
    pub const fn misfit(self, number: i128) -> Option<Misfit> {
        if self.lowest() <= number && number <= self.highest() {
            return None;
        }
        Some(if number < 0 && self.lowest() == 0 {
            Misfit::Negative
        } else if self.lowest() < 0 && number > 0 && number <= self.ones() as i128 {
            Misfit::AboveSigned
        } else {
            Misfit::Outside
        })
    }
}

/// Which relations to a value fulfil a comparison: `<=` is fulfilled by less and by equal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fulfilled {
    /// By less than the value.
    pub less: bool,
    /// By the value.
    pub equal: bool,
    /// By more than the value.
    pub greater: bool,
}

impl Bounds {
    /// The number that has these bits.
    const fn number(self, bits: u64) -> i128 {
        let bits = bits & self.ones();
        let negative = bits & self.sign() != 0;
        bits as i128 - if negative { self.ones() as i128 + 1 } else { 0 }
    }

    /// Whether there is an argument that fulfils a comparison of its bits `mask` with `value`.
    #[must_use]
    pub const fn some_argument(self, mask: u64, value: u64, fulfilled: Fulfilled) -> bool {
        let (mask, value) = (mask & self.ones(), value & self.ones());
        let sign = self.sign();
        // Under the mask an argument has any of its bits, so the lowest number has none but the sign.
        let (lowest, highest) = (self.number(mask & sign), self.number(mask & !sign));
        fulfilled.less && lowest < self.number(value)
            || fulfilled.greater && highest > self.number(value)
            || fulfilled.equal && value & !mask == 0
    }
}
