//! Which of the six arguments of a call.

use core::fmt;

/// Which argument of a call: one of the six registers that a filter sees.
///
/// The number of a variant is the place of the argument in [`Call::args`](super::Call::args):
/// `index as usize`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ArgumentIndex {
    /// The first argument.
    A0,
    /// The second argument.
    A1,
    /// The third argument.
    A2,
    /// The fourth argument.
    A3,
    /// The fifth argument.
    A4,
    /// The sixth argument.
    A5,
}

impl ArgumentIndex {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [Self::A0, Self::A1, Self::A2, Self::A3, Self::A4, Self::A5];

    /// The argument with this number, counted from 0. `None` from 6 on: a call has no more arguments.
    #[inline]
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::A0),
            1 => Some(Self::A1),
            2 => Some(Self::A2),
            3 => Some(Self::A3),
            4 => Some(Self::A4),
            5 => Some(Self::A5),
            _ => None,
        }
    }

    /// The argument after this one. `None` after the last.
    #[inline]
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        Self::new(self as u8 + 1)
    }

    /// The argument with the number that this ASCII digit is: the last byte of `a0`.
    #[inline]
    #[must_use]
    pub const fn from_digit(digit: u8) -> Option<Self> {
        Self::new(digit.wrapping_sub(b'0'))
    }
}

impl fmt::Display for ArgumentIndex {
    /// Its number, 0 to 5.
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&(*self as u8), f)
    }
}

#[cfg(test)]
mod tests {
    use super::ArgumentIndex;

    #[test]
    fn an_argument_has_the_number_that_it_is_made_of() {
        for number in 0..=u8::MAX {
            let index = ArgumentIndex::new(number);
            assert_eq!(index, ArgumentIndex::ALL.get(usize::from(number)).copied());
            assert!(index.is_none_or(|index| index as u8 == number));
            let after = ArgumentIndex::ALL.get(usize::from(number) + 1).copied();
            assert_eq!(index.and_then(ArgumentIndex::next), after);
            let digit = core::char::from_digit(number.into(), 10).filter(|_| number < 6);
            assert_eq!(index, digit.and_then(|digit| ArgumentIndex::from_digit(digit as u8)));
        }
    }
}
