//! What can be wrong with an instruction: shared by the load rules, which look at all of a program,
//! and by the interpreter, which may be given a program that no kernel would load.

use core::fmt;

use crate::abi::Call;

/// The longest program that the kernel loads, in instructions (`BPF_MAXINSNS`,
/// `include/uapi/linux/bpf_common.h`, Linux 6.12).
pub const MAX_INSTRUCTIONS: usize = 4096;

/// The number of 32-bit cells of memory that a program has (`BPF_MEMWORDS`,
/// `include/uapi/linux/filter.h`, Linux 6.12).
pub const MEMORY_CELLS: u32 = 16;

/// A rule of the kernel that a program breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Violation {
    /// The program has no instructions.
    Empty,
    /// The program has more than [`MAX_INSTRUCTIONS`]; it has that many.
    TooLong(usize),
    /// Seccomp knows no instruction of that code.
    UnknownCode(u16),
    /// A load from that offset in bytes, which is outside `seccomp_data` or between its words.
    Offset(u32),
    /// A division by the constant 0.
    DivisionByZero,
    /// A shift by that constant, which is 32 or more.
    Shift(u32),
    /// A cell of memory of that number, which is [`MEMORY_CELLS`] or more.
    NoSuchCell(u32),
    /// A load from that cell, which is not certain to have been stored to.
    UnwrittenCell(u32),
    /// A jump past the end of the program.
    JumpOutOfRange,
    /// The last instruction is not a return.
    NoReturnAtEnd,
}

impl fmt::Display for Violation {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = Call::SIZE;
        match self {
            Self::Empty => f.write_str("the program is empty; it needs at least a return"),
            Self::TooLong(len) => write!(
                f,
                "the program has {len} instructions; the kernel takes at most {MAX_INSTRUCTIONS}"
            ),
            Self::UnknownCode(code) => write!(f, "seccomp has no instruction of code {code:#06x}"),
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
                "reads cell {cell} of memory, which is not stored to on every way to here"
            ),
            Self::JumpOutOfRange => f.write_str("jumps past the end of the program"),
            Self::NoReturnAtEnd => {
                f.write_str("is the last instruction and not a return, so the program has no end")
            }
        }
    }
}
