//! A thread in a core, and the call in its registers.

use object::Endianness;
use object::elf::{
    EM_386, EM_AARCH64, EM_ARM, EM_LOONGARCH, EM_PPC, EM_PPC64, EM_RISCV, EM_S390, EM_X86_64,
};
use seccomp_bpf::abi::Abi;

use super::DumpLayout;
use crate::register_layout::{RegisterIndex, RegisterLayout, StackStart};

/// A thread in a core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpThread {
    /// Its number, `pr_pid`.
    pub id: u32,
    /// The signal that it received, `pr_cursig`.
    pub signal: u16,
    /// Its registers, in the order of the kernel's `elf_gregset_t`.
    registers: Vec<u64>,
}

/// The ABI of the program of a core with this layout.
pub(super) fn abi(layout: DumpLayout) -> Option<Abi> {
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

impl DumpThread {
    /// The thread of a `NT_PRSTATUS`. `None` if the bytes are too short.
    ///
    /// `elf_prstatus` has 12 bytes of `pr_info`, `pr_cursig` in 4 with padding, two words, four numbers of processes in 4
    /// bytes each, four times in two words each, and then the registers.
    pub(super) fn of_status(bytes: &[u8], layout: DumpLayout) -> Option<Self> {
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

    /// The six arguments of the call that the thread has made through the ABI `call`, in a program of the ABI
    /// `program`. `None` for an argument that is not known.
    #[must_use]
    pub fn arguments(&self, program: Abi, call: Abi) -> [Option<u64>; 6] {
        let Some(layout) = RegisterLayout::of(program) else { return [None; 6] };
        let ones = if call.register_bits() == 32 { u64::from(u32::MAX) } else { u64::MAX };
        layout
            .arguments(program, call)
            .map(|index| self.registers.get(index.0).map(|value| value & ones))
    }

    /// Where its stack begins; `None` for an architecture whose registers are not known.
    #[must_use]
    pub fn stack_start(&self, program: Abi) -> Option<StackStart> {
        let layout = RegisterLayout::of(program)?;
        let register = |index: RegisterIndex| self.registers.get(index.0).copied();
        Some(StackStart {
            instruction: register(layout.instruction)?,
            stack: register(layout.stack)?,
            frame: register(layout.frame)?,
            link: layout.link.and_then(register).unwrap_or(0),
        })
    }
}
