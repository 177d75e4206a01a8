//! What can be wrong with an instruction. Both the load rules, which check a whole filter, and the
//! interpreter, which may get a filter that no kernel would load, use this type.

use core::fmt;

use crate::abi::Call;

/// The greatest length of a filter that the kernel loads, in instructions (`BPF_MAXINSNS`,
/// `include/uapi/linux/bpf_common.h`, Linux 6.12).
pub const MAX_INSTRUCTIONS: usize = 4096;

/// The number of 32-bit cells of memory that a filter has (`BPF_MEMWORDS`,
/// `include/uapi/linux/filter.h`, Linux 6.12).
pub const MEMORY_CELLS: u32 = 16;

/// A rule of the kernel that a filter breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Violation {
    /// The filter has no instructions.
    Empty,
    /// The filter has this many instructions, more than [`MAX_INSTRUCTIONS`].
    TooLong(usize),
    /// Seccomp has no instruction with this code.
    UnknownCode(u16),
    /// A load from this offset in bytes, which is outside `seccomp_data` or not at the start of a
    /// word.
    Offset(u32),
    /// A division by the constant 0.
    DivisionByZero,
    /// A shift by this constant, which is 32 or more.
    Shift(u32),
    /// A cell of memory with this number, which is [`MEMORY_CELLS`] or more.
    NoSuchCell(u32),
    /// A load from this cell, which may not have been stored to.
    UnwrittenCell(u32),
    /// A jump past the end of the filter.
    JumpOutOfRange,
    /// The last instruction is not a return.
    NoReturnAtEnd,
}

impl fmt::Display for Violation {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = Call::SIZE;
        match self {
            Self::Empty => f.write_str("the filter is empty; it needs at least a return"),
            Self::TooLong(len) => write!(
                f,
                "the filter has {len} instructions; the kernel takes at most {MAX_INSTRUCTIONS}"
            ),
            Self::UnknownCode(code) => {
                write!(f, "seccomp has no instruction with code {code:#06x}")
            }
            Self::Offset(offset) => write!(
                f,
                "loads from byte {offset}; a load takes a multiple of 4 below {size}, \
                 the size of seccomp_data"
            ),
            Self::DivisionByZero => f.write_str("divides by the constant 0"),
            Self::Shift(by) => write!(f, "shifts 32 bits by {by}; the most is 31"),
            Self::NoSuchCell(cell) => write!(
                f,
                "uses cell {cell} of memory; the cells are numbered 0 to {}",
                MEMORY_CELLS - 1
            ),
            Self::UnwrittenCell(cell) => write!(
                f,
                "reads cell {cell} of memory, which is not stored to on every path to here"
            ),
            Self::JumpOutOfRange => f.write_str("jumps past the end of the filter"),
            Self::NoReturnAtEnd => {
                f.write_str("is the last instruction and not a return, so the filter has no end")
            }
        }
    }
}
