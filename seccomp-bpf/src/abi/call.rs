//! A system call as a filter sees it.

use super::{Abi, ArgumentIndex, Endian};

/// A system call as a filter sees it: the fields of its input, in the layout of the kernel.
///
/// Source: `struct seccomp_data`, `include/uapi/linux/seccomp.h`, Linux 6.12. The kernel declares `nr` as `int`; BPF
/// reads it as 32 unsigned bits.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Call {
    /// The call number, as 32 unsigned bits.
    pub nr: u32,
    /// The ABI of the call: [`Abi::audit_arch`].
    pub arch: u32,
    /// The address of the instruction that made the call.
    pub instruction_pointer: u64,
    /// The six arguments as 64-bit registers; 32-bit ABIs leave the high halves 0.
    pub args: [u64; 6],
}

impl Call {
    /// Offset in bytes of [`Self::nr`].
    pub const NR: u32 = 0;
    /// Offset in bytes of [`Self::arch`].
    pub const ARCH: u32 = 4;
    /// Offset in bytes of [`Self::args`].
    pub const ARGS: u32 = 16;
    /// The size of the structure in bytes; a filter cannot load from this offset on.
    pub const SIZE: u32 = 64;

    /// A call on `abi` with instruction pointer 0. `nr` is the number that the kernel sees (with [`Abi::X32_BIT`]
    /// for x32), and `args` are the registers.
    #[inline]
    #[must_use]
    pub const fn new(abi: Abi, nr: u32, args: [u64; 6]) -> Self {
        Self { nr, arch: abi.audit_arch(), instruction_pointer: 0, args }
    }

    /// The 32-bit word that `LD W ABS` loads from `offset` (in bytes) on a kernel with this byte order, or `None` if
    /// `offset` is not a multiple of 4 below [`Self::SIZE`].
    #[inline]
    #[must_use]
    pub const fn word(&self, offset: u32, endian: Endian) -> Option<u32> {
        if offset % 4 != 0 || offset >= Self::SIZE {
            return None;
        }
        let whole = match offset {
            Self::NR => return Some(self.nr),
            Self::ARCH => return Some(self.arch),
            8 | 12 => self.instruction_pointer,
            _ => self.args[((offset - Self::ARGS) / 8) as usize],
        };
        Some(endian.half_at(offset).of(whole))
    }

    /// The register of an argument.
    #[inline]
    #[must_use]
    pub const fn argument(&self, index: ArgumentIndex) -> u64 {
        self.args[index as usize]
    }
}

const _: () = assert!(core::mem::size_of::<Call>() == Call::SIZE as usize);
const _: () = assert!(core::mem::offset_of!(Call, args) == Call::ARGS as usize);

#[cfg(test)]
mod tests {
    use super::{ArgumentIndex, Call, Endian};
    use crate::abi::Half;

    #[test]
    fn a_word_is_found_where_its_offset_says() {
        let mut data = Call { nr: 7, arch: 9, ..Call::default() };
        data.args[5] = 0x1122_3344_5566_7788;
        for endian in [Endian::Little, Endian::Big] {
            assert_eq!(data.word(Call::NR, endian), Some(7));
            assert_eq!(data.word(Call::ARCH, endian), Some(9));
            let high = endian.argument_offset(ArgumentIndex::A5, Half::High);
            let low = endian.argument_offset(ArgumentIndex::A5, Half::Low);
            assert_eq!(data.word(high, endian), Some(0x1122_3344));
            assert_eq!(data.word(low, endian), Some(0x5566_7788));
            assert_eq!(data.word(64, endian), None);
            assert_eq!(data.word(2, endian), None);
        }
    }

    #[test]
    fn an_argument_is_at_its_offset_and_nowhere_else() {
        for endian in [Endian::Little, Endian::Big] {
            let mut found = 0;
            for offset in 0..2 * Call::SIZE {
                let Some((argument, half)) = endian.argument_at(offset) else { continue };
                assert_eq!(endian.argument_offset(argument, half), offset);
                found += 1;
            }
            assert_eq!(found, 12);
        }
    }
}
