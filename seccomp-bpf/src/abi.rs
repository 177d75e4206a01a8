//! The ABIs of Linux that seccomp supports, and how a filter tells them apart.
//!
//! An ABI here is one way to call the kernel: a value of `seccomp_data.arch`, a byte order, a width of registers and
//! a numbering of system calls. The call numbers are in `seccomp_ir::table`.
//!
//! Sources: `include/uapi/linux/audit.h` and `elf-em.h` (`AUDIT_ARCH_*`), each architecture's
//! `syscall_get_arch`, Linux 6.12; names as libseccomp gives them.

mod argument_index;
mod byte_order;
mod call;
mod native;

pub use argument_index::ArgumentIndex;
pub use byte_order::{Endian, Half};
pub use call::Call;

use core::fmt;
use core::str::FromStr;

/// The properties of an ABI. Each row lists all of them, so that a new ABI gets no property by default.
struct Properties {
    name: &'static str,
    column: usize,
    audit_arch: u32,
    endian: Endian,
    long_bits: u32,
    register_bits: u32,
    numbers: (u32, u32),
    base: u32,
    apart: Option<(u32, u32)>,
}

/// The call numbers of an ABI that shares its value of `seccomp_data.arch` with no other.
const ALL: (u32, u32) = (0, u32::MAX);

/// The call numbers of x86_64; those with bit 30 belong to x32.
const BELOW_X32: (u32, u32) = (0, Abi::X32_BIT - 1);

/// The call numbers of x32; those above belong to no ABI.
const OF_X32: (u32, u32) = (Abi::X32_BIT, 2 * Abi::X32_BIT - 1);

/// The x32 calls whose arguments differ from x86_64 (`arch/x86/entry/syscalls/syscall_64.tbl`, Linux 6.12).
const X32_OWN: Option<(u32, u32)> = Some((Abi::X32_BIT + 512, Abi::X32_BIT + 547));

/// The private calls of Arm (`__ARM_NR_BASE`, `arch/arm/include/uapi/asm/unistd.h`, Linux 6.12).
const ARM_PRIVATE: Option<(u32, u32)> = Some((0x000f_0000, u32::MAX));

macro_rules! abis {
    ($(
        $(#[$doc:meta])*
        $variant:ident $name:literal, column $column:literal, audit $audit:literal, $endian:ident,
        long $long:literal, register $register:literal, numbers $numbers:ident from $base:expr, apart $apart:ident;
    )*) => {
        /// An ABI of Linux.
        ///
        /// It is not `#[non_exhaustive]`: a new ABI is a new major version, and every `match` that does not handle
        /// it fails to compile.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Abi {
            $($(#[$doc])* $variant,)*
        }

        impl Abi {
            /// All ABIs.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The properties of each, in the same order.
            const PROPERTIES: &'static [Properties] = &[$(Properties {
                name: $name,
                column: $column,
                audit_arch: $audit,
                endian: Endian::$endian,
                long_bits: $long,
                register_bits: $register,
                numbers: $numbers,
                base: $base,
                apart: $apart,
            },)*];
        }
    };
}

abis! {
    /// 32-bit x86.
    X86 "x86", column 0, audit 0x4000_0003, Little,
        long 32, register 32, numbers ALL from 0, apart None;
    /// 64-bit x86.
    X86_64 "x86_64", column 1, audit 0xc000_003e, Little,
        long 64, register 64, numbers BELOW_X32 from 0, apart None;
    /// x86_64 with 32-bit pointers; its call numbers have bit 30 set.
    X32 "x32", column 2, audit 0xc000_003e, Little,
        long 32, register 64, numbers OF_X32 from Abi::X32_BIT, apart X32_OWN;
    /// 32-bit Arm, EABI.
    Arm "arm", column 3, audit 0x4000_0028, Little,
        long 32, register 32, numbers ALL from 0, apart ARM_PRIVATE;
    /// 64-bit Arm.
    Aarch64 "aarch64", column 4, audit 0xc000_00b7, Little,
        long 64, register 64, numbers ALL from 0, apart None;
    /// 64-bit LoongArch.
    Loongarch64 "loongarch64", column 5, audit 0xc000_0102, Little,
        long 64, register 64, numbers ALL from 0, apart None;
    /// Motorola 68000.
    M68k "m68k", column 6, audit 0x0000_0004, Big,
        long 32, register 32, numbers ALL from 0, apart None;
    /// MIPS o32, big-endian.
    Mips "mips", column 7, audit 0x0000_0008, Big,
        long 32, register 32, numbers ALL from 4000, apart None;
    /// MIPS o32, little-endian.
    Mipsel "mipsel", column 7, audit 0x4000_0008, Little,
        long 32, register 32, numbers ALL from 4000, apart None;
    /// MIPS n64, big-endian.
    Mips64 "mips64", column 8, audit 0x8000_0008, Big,
        long 64, register 64, numbers ALL from 5000, apart None;
    /// MIPS n64, little-endian.
    Mipsel64 "mipsel64", column 8, audit 0xc000_0008, Little,
        long 64, register 64, numbers ALL from 5000, apart None;
    /// MIPS n32, big-endian.
    Mips64N32 "mips64n32", column 9, audit 0xa000_0008, Big,
        long 32, register 64, numbers ALL from 6000, apart None;
    /// MIPS n32, little-endian.
    Mipsel64N32 "mipsel64n32", column 9, audit 0xe000_0008, Little,
        long 32, register 64, numbers ALL from 6000, apart None;
    /// 32-bit PA-RISC.
    Parisc "parisc", column 10, audit 0x0000_000f, Big,
        long 32, register 32, numbers ALL from 0, apart None;
    /// 64-bit PA-RISC.
    Parisc64 "parisc64", column 11, audit 0x8000_000f, Big,
        long 64, register 64, numbers ALL from 0, apart None;
    /// 32-bit PowerPC.
    Ppc "ppc", column 12, audit 0x0000_0014, Big,
        long 32, register 32, numbers ALL from 0, apart None;
    /// 64-bit PowerPC, big-endian.
    Ppc64 "ppc64", column 13, audit 0x8000_0015, Big,
        long 64, register 64, numbers ALL from 0, apart None;
    /// 64-bit PowerPC, little-endian.
    Ppc64le "ppc64le", column 13, audit 0xc000_0015, Little,
        long 64, register 64, numbers ALL from 0, apart None;
    /// 64-bit RISC-V.
    Riscv64 "riscv64", column 14, audit 0xc000_00f3, Little,
        long 64, register 64, numbers ALL from 0, apart None;
    /// 31-bit S/390.
    S390 "s390", column 15, audit 0x0000_0016, Big,
        long 32, register 32, numbers ALL from 0, apart None;
    /// 64-bit S/390.
    S390x "s390x", column 16, audit 0x8000_0016, Big,
        long 64, register 64, numbers ALL from 0, apart None;
    /// SuperH, little-endian.
    Sh "sh", column 17, audit 0x4000_002a, Little,
        long 32, register 32, numbers ALL from 0, apart None;
    /// SuperH, big-endian.
    Sheb "sheb", column 17, audit 0x0000_002a, Big,
        long 32, register 32, numbers ALL from 0, apart None;
}

impl Abi {
    /// The number of columns in the tables.
    pub const COLUMNS: usize = 18;

    /// Set in every call number of [`Self::X32`] (`__X32_SYSCALL_BIT`,
    /// `arch/x86/include/uapi/asm/unistd.h`, Linux 6.12).
    pub const X32_BIT: u32 = 0x4000_0000;

    #[inline]
    const fn properties(self) -> &'static Properties {
        &Self::PROPERTIES[self as usize]
    }

    /// Its name in an `arch` item of a policy.
    #[inline]
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.properties().name
    }

    /// The value of `seccomp_data.arch` (`AUDIT_ARCH_*`). [`Self::X86_64`] and
    /// [`Self::X32`] share one and differ in bit 30 of the call number.
    #[inline]
    #[must_use]
    pub const fn audit_arch(self) -> u32 {
        self.properties().audit_arch
    }

    /// The byte order of the kernel.
    #[inline]
    #[must_use]
    pub const fn endian(self) -> Endian {
        self.properties().endian
    }

    /// The width in bits of `long`, `size_t` and pointers: 32 or 64.
    #[inline]
    #[must_use]
    pub const fn long_bits(self) -> u32 {
        self.properties().long_bits
    }

    /// Its column in the tables; ABIs that differ only in byte order share one.
    #[inline]
    #[must_use]
    pub const fn column(self) -> usize {
        self.properties().column
    }

    /// The ABI with this name, if there is one.
    #[inline]
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|abi| abi.name() == name).copied()
    }

    /// The ABI of a system call with these values of `seccomp_data`, if there is one.
    #[inline]
    #[must_use]
    pub fn of_call(arch: u32, nr: u32) -> Option<Self> {
        Self::ALL.iter().find(|abi| abi.has_call(arch, nr)).copied()
    }

    /// Whether a system call with these values of `seccomp_data` belongs to this ABI.
    #[inline]
    #[must_use]
    pub const fn has_call(self, arch: u32, nr: u32) -> bool {
        let (first, last) = self.numbers();
        self.audit_arch() == arch && (first <= nr && nr <= last || nr == Self::SKIPPED)
    }

    /// The number of a call that is not made, -1: a tracer that skips a call sets it, and then the filter
    /// runs (`ptrace_report_syscall_entry` before `__secure_computing` in `syscall_trace_enter`,
    /// `kernel/entry/common.c`, Linux 6.12). It belongs to each of the ABIs that share an [`Self::audit_arch`].
    pub const SKIPPED: u32 = u32::MAX;

    /// The width in bits of an argument's register. It is the width of `long`, except on x32 and MIPS n32, which
    /// have a narrow `long` on a 64-bit machine.
    #[inline]
    #[must_use]
    pub const fn register_bits(self) -> u32 {
        self.properties().register_bits
    }

    /// The first and last call number of this ABI among those with the same [`Self::audit_arch`]. All numbers belong
    /// to it, except on x86_64 and x32: bit 30 separates these two, and the numbers above both belong to no ABI,
    /// except [`Self::SKIPPED`].
    #[inline]
    #[must_use]
    pub const fn numbers(self) -> (u32, u32) {
        self.properties().numbers
    }

    /// The number from which its calls are counted, as in `seccomp_data.nr`: bit 30 on x32; on MIPS the base that
    /// tells its three ABIs apart (`__NR_Linux`, `arch/mips/include/uapi/asm/unistd.h`, Linux 6.12); otherwise 0.
    #[inline]
    #[must_use]
    pub const fn base(self) -> u32 {
        self.properties().base
    }

    /// The first and last number of the range that the architecture reserves for calls of its own, as in
    /// `seccomp_data.nr`; `None` if it reserves none.
    #[inline]
    #[must_use]
    pub const fn apart(self) -> Option<(u32, u32)> {
        self.properties().apart
    }
}

/// The error for a name that no ABI has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownAbi;

impl fmt::Display for UnknownAbi {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no ABI of Linux has this name; the names are ")?;
        for (index, abi) in Abi::ALL.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(abi.name())?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownAbi {}

impl FromStr for Abi {
    type Err = UnknownAbi;

    /// The ABI with this name: [`Abi::name`].
    #[inline]
    fn from_str(name: &str) -> Result<Self, UnknownAbi> {
        Self::from_name(name).ok_or(UnknownAbi)
    }
}

impl fmt::Display for Abi {
    /// Its name: [`Abi::name`].
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Abi, Endian, UnknownAbi};

    #[test]
    fn no_two_abis_share_a_name_and_only_x32_shares_an_audit_value() {
        for (i, a) in Abi::ALL.iter().enumerate() {
            for b in &Abi::ALL[i + 1..] {
                assert_ne!(a.name(), b.name());
                let may_share = (*a, *b) == (Abi::X86_64, Abi::X32);
                assert_eq!(a.audit_arch() == b.audit_arch(), may_share, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn no_call_belongs_to_two_abis_and_each_counts_within_its_numbers() {
        for (i, a) in Abi::ALL.iter().enumerate() {
            let (first, last) = a.numbers();
            assert!(first <= a.base() && a.base() <= last, "{a}");
            if let Some((from, to)) = a.apart() {
                assert!(a.base() < from && from < to && to <= last, "{a}");
            }
            for b in &Abi::ALL[i + 1..] {
                let (other_first, other_last) = b.numbers();
                let apart = last < other_first || other_last < first;
                assert!(a.audit_arch() != b.audit_arch() || apart, "{a} {b}");
            }
        }
    }

    #[test]
    fn an_abi_is_read_as_it_is_shown() {
        extern crate std;
        use std::string::ToString as _;

        for &abi in Abi::ALL {
            assert_eq!(abi.to_string().parse(), Ok(abi));
        }
        for wrong in ["", "X86_64", "x86_64 ", "amd64"] {
            assert_eq!(wrong.parse::<Abi>(), Err(UnknownAbi));
        }
        let message = UnknownAbi.to_string();
        assert!(message.contains("the names are x86, x86_64, x32, arm,"), "{message}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_native_abi_is_laid_out_as_the_target_is() {
        assert_eq!(Abi::NATIVE.endian() == Endian::Big, cfg!(target_endian = "big"));
        assert_eq!(Abi::NATIVE.long_bits(), usize::BITS);
    }

    #[test]
    fn audit_values_say_width_and_byte_order_as_the_kernel_does() {
        for &abi in Abi::ALL {
            let little = abi.audit_arch() & 0x4000_0000 != 0;
            assert_eq!(little, abi.endian() == Endian::Little, "{abi:?}");
            let wide = abi.audit_arch() & 0x8000_0000 != 0;
            let ilp32 = matches!(abi, Abi::X32 | Abi::Mips64N32 | Abi::Mipsel64N32);
            assert_eq!(wide, abi.long_bits() == 64 || ilp32, "{abi:?}");
        }
    }
}
