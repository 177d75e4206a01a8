//! Byte orders, and the halves of 64-bit arguments.

use super::{ArgumentIndex, Call};

/// The byte order in memory, which is also the order of the two halves of a 64-bit argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Endian {
    /// The low half of a 64-bit value comes first.
    Little,
    /// The high half of a 64-bit value comes first.
    Big,
}

/// One half of a 64-bit argument: BPF can load only 32 bits at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Half {
    /// Bits 63 to 32.
    High,
    /// Bits 31 to 0.
    Low,
}

impl Half {
    /// This half of `value`.
    #[inline]
    #[must_use]
    pub const fn of(self, value: u64) -> u32 {
        match self {
            Self::High => (value >> 32) as u32,
            Self::Low => value as u32,
        }
    }
}

impl Endian {
    /// The offset in bytes of half of an argument in `struct seccomp_data`: see [`Call::args`].
    #[inline]
    #[must_use]
    pub const fn argument_offset(self, argument: ArgumentIndex, half: Half) -> u32 {
        let second = match (self, half) {
            (Self::Little, Half::High) | (Self::Big, Half::Low) => 4,
            (Self::Little, Half::Low) | (Self::Big, Half::High) => 0,
        };
        Call::ARGS + 8 * argument as u32 + second
    }

    /// Which half of which argument is at this offset in bytes of `struct seccomp_data`, if one is: the reverse of
    /// [`Self::argument_offset`].
    #[inline]
    #[must_use]
    pub const fn argument_at(self, offset: u32) -> Option<(ArgumentIndex, Half)> {
        if offset < Call::ARGS || offset >= Call::SIZE || offset % 4 != 0 {
            return None;
        }
        let argument = ArgumentIndex::ALL[((offset - Call::ARGS) / 8) as usize];
        Some((argument, self.half_at(offset)))
    }

    /// Which half of a 64-bit field of `struct seccomp_data` is at this offset in bytes, a multiple of 4.
    #[inline]
    #[must_use]
    pub const fn half_at(self, offset: u32) -> Half {
        match (self, offset % 8 == 0) {
            (Self::Little, true) | (Self::Big, false) => Half::Low,
            (Self::Little, false) | (Self::Big, true) => Half::High,
        }
    }
}
