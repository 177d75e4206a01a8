//! Which numbers fit an argument: the same rule for a number in a policy and for a value that rustc
//! evaluates.
//!
//! The compiler checks numbers that are written in the policy. It cannot see the value of a constant
//! of the program, so the same function checks that value where rustc evaluates it. The constant then
//! means what the number would mean, or is rejected for the same reason.

use crate::action::Action;

/// What a policy uses a value for, which determines the numbers that fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValuePurpose {
    /// Compared by order: a number of the type.
    Order,
    /// Compared for equality: also the bits of a signed type, written without a sign.
    Equality,
    /// A mask of bits, without a sign.
    Mask,
    /// A pointer, which can only be null.
    Null,
    /// The number of `errno`.
    Errno,
}

/// The most values that a running program may give to one policy. They are on the stack while the policy is installed.
pub const MOST_RUN_TIME_VALUES: usize = 1024;

/// The numbers that fit an argument of some width, or an errno.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The width compared: 16, 32 or 64.
    pub bits: u32,
    /// Whether the type is signed.
    pub signed: bool,
    /// The use of the number.
    pub purpose: ValuePurpose,
}

/// Why a number does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// It is negative, and no sign is allowed.
    Negative,
    /// It is above the highest number of a signed type, but not wider than that type.
    AboveSigned,
    /// It is wider than the type, or not a valid number for this use.
    Outside,
}

/// A value with the lowest `bits` bits set, 1 to 64.
#[inline]
#[must_use]
pub const fn ones(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

/// The highest of `bits` bits, 1 to 64: the sign bit of a number in two's complement.
#[inline]
#[must_use]
pub const fn sign(bits: u32) -> u64 {
    1 << (bits - 1)
}

impl Bounds {
    /// All bits of this width.
    #[must_use]
    pub const fn ones(self) -> u64 {
        ones(self.bits)
    }

    /// The sign bit; 0 if the type is unsigned.
    #[must_use]
    pub const fn sign(self) -> u64 {
        if self.signed { sign(self.bits) } else { 0 }
    }

    /// The lowest number that fits.
    #[must_use]
    pub const fn lowest(self) -> i128 {
        match self.purpose {
            ValuePurpose::Order | ValuePurpose::Equality if self.signed => {
                -(self.ones() as i128 / 2) - 1
            }
            ValuePurpose::Order
            | ValuePurpose::Equality
            | ValuePurpose::Mask
            | ValuePurpose::Null
            | ValuePurpose::Errno => 0,
        }
    }

    /// The highest number that fits.
    #[must_use]
    pub const fn highest(self) -> i128 {
        match self.purpose {
            ValuePurpose::Order if self.signed => self.ones() as i128 / 2,
            ValuePurpose::Order | ValuePurpose::Equality | ValuePurpose::Mask => {
                self.ones() as i128
            }
            ValuePurpose::Null => 0,
            ValuePurpose::Errno => Action::MAX_ERRNO as i128,
        }
    }

    /// The reason why `number` does not fit; `None` if it fits.
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

/// Which relations to a value satisfy a comparison: for `<=`, less and equal do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fulfilled {
    /// A number less than the value satisfies it.
    pub less: bool,
    /// The value itself satisfies it.
    pub equal: bool,
    /// A number greater than the value satisfies it.
    pub greater: bool,
}

impl Bounds {
    /// The number with these bits.
    const fn number(self, bits: u64) -> i128 {
        let bits = bits & self.ones();
        let negative = bits & self.sign() != 0;
        bits as i128 - if negative { self.ones() as i128 + 1 } else { 0 }
    }

    /// Whether any argument satisfies a comparison of its bits `mask` with `value`.
    #[must_use]
    pub const fn some_argument(self, mask: u64, value: u64, fulfilled: Fulfilled) -> bool {
        let (mask, value) = (mask & self.ones(), value & self.ones());
        let sign = self.sign();
        // An argument can have any bits under the mask, so in the lowest number only the sign bit is
        // set.
        let (lowest, highest) = (self.number(mask & sign), self.number(mask & !sign));
        fulfilled.less && lowest < self.number(value)
            || fulfilled.greater && highest > self.number(value)
            || fulfilled.equal && value & !mask == 0
    }
}
