//! The registers of a thread in a core, and the call that is in them.
//!
//! The kernel puts the registers back as they were before a call that it kills (`syscall_rollback` in `__seccomp_filter`,
//! `kernel/seccomp.c`, Linux 6.12), so all arguments are there.
//!
//! Sources, Linux 6.12: the layout of `pr_reg` is that of `arch/x86/include/asm/user_64.h` and `user_32.h`,
//! `arch/arm64/include/uapi/asm/ptrace.h`, `arch/arm/include/asm/ptrace.h`, `arch/riscv/include/uapi/asm/ptrace.h`,
//! `arch/s390/include/uapi/asm/ptrace.h`, `arch/loongarch/include/uapi/asm/ptrace.h`,
//! `arch/powerpc/include/uapi/asm/ptrace.h`. Which of them are arguments is in `syscall_get_arguments` of
//! `arch/*/include/asm/syscall.h`.

use object::Endianness;
use object::elf::{
    EM_386, EM_AARCH64, EM_ARM, EM_LOONGARCH, EM_PPC, EM_PPC64, EM_RISCV, EM_S390, EM_X86_64,
};
use seccomp_bpf::abi::Abi;

use super::Layout;

/// A thread in a core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Its number, `pr_pid`.
    pub id: u32,
    /// The signal that it got, `pr_cursig`.
    pub signal: u16,
    /// Its registers, in the order of the kernel's `elf_gregset_t`.
    registers: Vec<u64>,
}

/// The ABI of the program of a core with this layout.
pub(super) fn abi(layout: Layout) -> Option<Abi> {
    let little = layout.endian == Endianness::Little;
    Some(match (layout.machine, layout.word) {
        (EM_X86_64, 8) => Abi::X86_64,
        (EM_X86_64, _) => Abi::X32,
        (EM_386, _) => Abi::X86,
        (EM_AARCH64, 8) if little => Abi::Aarch64,
        (EM_ARM, _) if little => Abi::Arm,
        (EM_RISCV, 8) => Abi::Riscv64,
        (EM_S390, 8) => Abi::S390x,
        (EM_LOONGARCH, 8) => Abi::Loongarch64,
        (EM_PPC64, _) if little => Abi::Ppc64le,
        (EM_PPC64, _) => Abi::Ppc64,
        (EM_PPC, _) => Abi::Ppc,
        _ => return None,
    })
}

/// Where the registers of an ABI are in `elf_gregset_t`, as indices.
struct Places {
    arguments: [usize; 6],
    instruction: usize,
    stack: usize,
    frame: usize,
    /// The return address, on architectures that have it in a register.
    link: Option<usize>,
}

/// The places for a program of `program` that made a call of `call`: a program of x86_64 can make calls of x86.
fn places(program: Abi, call: Abi) -> Option<Places> {
    let x86_64 = |arguments| Places { arguments, instruction: 16, stack: 19, frame: 4, link: None };
    Some(match (program, call) {
        // bx, cx, dx, si, di, bp
        (Abi::X86_64 | Abi::X32, Abi::X86) => x86_64([5, 11, 12, 13, 14, 4]),
        // di, si, dx, r10, r8, r9
        (Abi::X86_64 | Abi::X32, _) => x86_64([14, 13, 12, 7, 9, 8]),
        // bx, cx, dx, si, di, bp
        (Abi::X86, _) => Places {
            arguments: [0, 1, 2, 3, 4, 5],
            instruction: 12,
            stack: 15,
            frame: 5,
            link: None,
        },
        // x0 to x5; sp and pc after x30
        (Abi::Aarch64, _) => Places {
            arguments: [0, 1, 2, 3, 4, 5],
            instruction: 32,
            stack: 31,
            frame: 29,
            link: Some(30),
        },
        // orig_r0 after cpsr, r1 to r5
        (Abi::Arm, _) => Places {
            arguments: [17, 1, 2, 3, 4, 5],
            instruction: 15,
            stack: 13,
            frame: 11,
            link: Some(14),
        },
        // a0 to a5; pc is first
        (Abi::Riscv64, _) => Places {
            arguments: [10, 11, 12, 13, 14, 15],
            instruction: 0,
            stack: 2,
            frame: 8,
            link: Some(1),
        },
        // orig_gpr2 after 16 access registers of 4 bytes, r3 to r7; psw is first
        (Abi::S390x, _) => Places {
            arguments: [26, 5, 6, 7, 8, 9],
            instruction: 1,
            stack: 17,
            frame: 13,
            link: Some(16),
        },
        // orig_a0 after 32 registers, a1 to a5
        (Abi::Loongarch64, _) => Places {
            arguments: [32, 5, 6, 7, 8, 9],
            instruction: 33,
            stack: 3,
            frame: 22,
            link: Some(1),
        },
        // orig_gpr3, r4 to r8
        (Abi::Ppc | Abi::Ppc64 | Abi::Ppc64le, _) => Places {
            arguments: [34, 4, 5, 6, 7, 8],
            instruction: 32,
            stack: 1,
            frame: 31,
            link: Some(36),
        },
        (
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
            | Abi::Sheb,
            _,
        ) => return None,
    })
}

/// Where a stack begins, for unwinding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackStart {
    /// The address of the next instruction.
    pub instruction: u64,
    /// The stack pointer.
    pub stack: u64,
    /// The frame pointer.
    pub frame: u64,
    /// The register of the return address; 0 on architectures that have none.
    pub link: u64,
}

impl Thread {
    /// The thread of a `NT_PRSTATUS`. `None` if it is too short.
    ///
    /// `elf_prstatus` has 12 bytes of `pr_info`, `pr_cursig` in 4 with padding, two words, four numbers of processes in 4
    /// bytes each, four times in two words each, and then the registers.
    pub(super) fn of_status(bytes: &[u8], layout: Layout) -> Option<Self> {
        let word = layout.word;
        let pid = 16 + 2 * word;
        let registers_at = pid + 16 + 8 * word;
        // x32 has the registers of x86_64.
        let wide = word == 8 || abi(layout) == Some(Abi::X32);
        let size = if wide { 8 } else { 4 };
        // `pr_fpvalid` ends it, in 4 bytes, on 64-bit architectures with padding.
        let count = bytes.len().checked_sub(registers_at)?.checked_sub(size)? / size;
        let at = |index| layout.number(bytes, registers_at + index * size, size);
        Some(Self {
            id: layout.u32(bytes, pid)?,
            signal: u16::try_from(layout.number(bytes, 12, 2)?).ok()?,
            registers: (0..count).map_while(at).collect(),
        })
    }

    /// The six arguments of the call of the ABI `call` that the thread has made in a program of `program`; `None` for each
    /// that is not known.
    #[must_use]
    pub fn arguments(&self, program: Abi, call: Abi) -> [Option<u64>; 6] {
        let Some(places) = places(program, call) else { return [None; 6] };
        let ones = if call.register_bits() == 32 { u64::from(u32::MAX) } else { u64::MAX };
        places.arguments.map(|index| self.registers.get(index).map(|value| value & ones))
    }

    /// Where its stack begins; `None` for an architecture whose registers are not known.
    #[must_use]
    pub fn stack_start(&self, program: Abi) -> Option<StackStart> {
        let places = places(program, program)?;
        let register = |index: usize| self.registers.get(index).copied();
        Some(StackStart {
            instruction: register(places.instruction)?,
            stack: register(places.stack)?,
            frame: register(places.frame)?,
            link: places.link.and_then(register).unwrap_or(0),
        })
    }
}
