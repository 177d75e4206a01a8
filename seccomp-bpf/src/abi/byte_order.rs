//! Byte orders, and the halves of 64-bit arguments.

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
    /// The offset in bytes of half of argument `index` (0 to 5) in `struct seccomp_data`
    /// (`include/uapi/linux/seccomp.h`, Linux 6.12: `args` begins at offset 16).
    #[inline]
    #[must_use]
    pub const fn argument_offset(self, index: u8, half: Half) -> u32 {
        let second = match (self, half) {
            (Self::Little, Half::High) | (Self::Big, Half::Low) => 4,
            (Self::Little, Half::Low) | (Self::Big, Half::High) => 0,
        };
        16 + 8 * index as u32 + second
    }
}
