//! The call numbers of the five system calls that this crate makes.

use seccomp_bpf::abi::Abi;

/// The numbers on one ABI, as the kernel takes them (with bit 30 on x32).
///
/// Source: each architecture's system call table, Linux 6.12; a test below compares them with the
/// tables of the compiler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Numbers {
    pub(super) prctl: u32,
    pub(super) seccomp: u32,
    pub(super) write: u32,
    pub(super) exit: u32,
    pub(super) exit_group: u32,
}

impl Numbers {
    /// The numbers on `abi`, or `None` if this crate does not support it.
    pub(super) const fn of(abi: Abi) -> Option<Self> {
        let [prctl, seccomp, write, exit, exit_group] = match abi {
            Abi::X86 => [172, 354, 4, 1, 252],
            Abi::X86_64 => [157, 317, 1, 60, 231],
            Abi::X32 => {
                let bit = Abi::X32_BIT;
                [bit | 157, bit | 317, bit | 1, bit | 60, bit | 231]
            }
            Abi::Arm => [172, 383, 4, 1, 248],
            Abi::Aarch64 | Abi::Loongarch64 | Abi::Riscv64 => [167, 277, 64, 93, 94],
            Abi::Ppc | Abi::Ppc64 | Abi::Ppc64le => [171, 358, 4, 1, 234],
            Abi::S390x => [172, 348, 4, 1, 248],
            Abi::M68k
            | Abi::Mips
            | Abi::Mipsel
            | Abi::Mips64
            | Abi::Mipsel64
            | Abi::Mips64N32
            | Abi::Mipsel64N32
            | Abi::Parisc
            | Abi::Parisc64
            | Abi::S390
            | Abi::Sh
            | Abi::Sheb => return None,
        };
        Some(Self { prctl, seccomp, write, exit, exit_group })
    }
}

#[cfg(test)]
mod tests {
    use seccomp_bpf::abi::Abi;
    use seccomp_ir::table::{Constant, ConstantLookup, constant, number};

    use super::Numbers;
    use crate::errno::Errno;

    #[test]
    fn the_numbers_of_every_abi_are_those_of_the_tables() {
        let mut served = 0;
        for &abi in Abi::ALL {
            let Some(numbers) = Numbers::of(abi) else { continue };
            served += 1;
            for (name, here) in [
                ("prctl", numbers.prctl),
                ("seccomp", numbers.seccomp),
                ("write", numbers.write),
                ("exit", numbers.exit),
                ("exit_group", numbers.exit_group),
            ] {
                assert_eq!(Some(here), number(abi, name), "{name} on {abi:?}");
            }
        }
        assert_eq!(served, 11);
    }

    #[test]
    fn every_named_errno_is_that_of_the_tables_on_every_abi_that_is_served() {
        for &abi in Abi::ALL.iter().filter(|&&abi| Numbers::of(abi).is_some()) {
            for &(name, errno) in Errno::NAMED {
                let value = u64::try_from(errno.raw_os_error()).unwrap();
                let expected = ConstantLookup::Value(Constant { value, negative: false });
                assert_eq!(constant(abi, name), expected, "{name} on {abi}");
            }
        }
        assert!(Errno::NAMED.len() > 130, "{}", Errno::NAMED.len());
    }
}
