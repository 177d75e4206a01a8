//! The registers of stopped threads: the call that a thread has made, and the answer that it gets instead of a call.
//!
//! Sources: `struct user_regs_struct` and `user_regs_struct32` of x86, `struct user_pt_regs` of arm64, `struct user_regs_struct`
//! of RISC-V, and `struct pt_regs` of arm, in `arch/*/include/uapi/asm/ptrace.h` and `arch/x86/include/asm/user*.h`, Linux 6.12;
//! syscall(2), "Architecture calling conventions", Linux man-pages 6.03.

use anyhow::{Context as _, Result, bail};
use seccomp_bpf::abi::{Abi, Call};
use seccomp_install::tracer;

/// More than the registers of any architecture here: 34 of 8 bytes.
const MOST: usize = 512;

/// The places of registers in the set of an architecture, each an index.
struct Layout {
    /// The width of each in bytes.
    width: usize,
    number: usize,
    arguments: [usize; 6],
    /// The result of a call.
    result: usize,
    stack: usize,
    /// The frame pointer, and on architectures that have one the register of the return address.
    frame: usize,
    link: Option<usize>,
}

const X86_64: Layout = Layout {
    width: 8,
    number: 15,
    arguments: [14, 13, 12, 7, 9, 8],
    result: 10,
    stack: 19,
    frame: 4,
    link: None,
};
const X86: Layout = Layout {
    width: 4,
    number: 11,
    arguments: [0, 1, 2, 3, 4, 5],
    result: 6,
    stack: 15,
    frame: 5,
    link: None,
};
const AARCH64: Layout = Layout {
    width: 8,
    number: 8,
    arguments: [0, 1, 2, 3, 4, 5],
    result: 0,
    stack: 31,
    frame: 29,
    link: Some(30),
};
const ARM: Layout = Layout {
    width: 4,
    number: 7,
    arguments: [0, 1, 2, 3, 4, 5],
    result: 0,
    stack: 13,
    frame: 11,
    link: Some(14),
};
const RISCV64: Layout = Layout {
    width: 8,
    number: 17,
    arguments: [10, 11, 12, 13, 14, 15],
    result: 10,
    stack: 2,
    frame: 8,
    link: Some(1),
};

/// The architectures whose calls the tracer can answer.
pub(super) const SERVED: &str = "x86_64, x86, aarch64, arm and riscv64";

/// The general registers of a stopped thread.
pub(crate) struct Registers {
    thread: u32,
    bytes: [u8; MOST],
    length: usize,
    layout: &'static Layout,
}

/// Whether the tracer can answer calls on the architecture that this tool is built for.
pub(super) fn is_served() -> bool {
    layout(Abi::NATIVE, if Abi::NATIVE.register_bits() == 64 { 256 } else { 72 }).is_some()
}

/// The layout of a set of this size in the program of this tool's architecture.
fn layout(native: Abi, length: usize) -> Option<&'static Layout> {
    // 17 registers of 4 bytes is the set of a 32-bit program on x86; 18 of 4 that of one on arm.
    match native {
        Abi::X86_64 | Abi::X32 | Abi::X86 => Some(if length <= 72 { &X86 } else { &X86_64 }),
        Abi::Aarch64 | Abi::Arm => Some(if length <= 72 { &ARM } else { &AARCH64 }),
        Abi::Riscv64 => Some(&RISCV64),
        Abi::Loongarch64
        | Abi::M68k
        | Abi::Mips
        | Abi::Mipsel
        | Abi::Mips64
        | Abi::Mipsel64
        | Abi::Mips64N32
        | Abi::Mipsel64N32
        | Abi::Parisc
        | Abi::Parisc64
        | Abi::Ppc
        | Abi::Ppc64
        | Abi::Ppc64le
        | Abi::S390
        | Abi::S390x
        | Abi::Sh
        | Abi::Sheb => None,
    }
}

impl Registers {
    /// Those of a stopped thread.
    ///
    /// # Errors
    ///
    /// If the thread is gone, or the architecture is not served.
    pub(crate) fn of(thread: u32) -> Result<Self> {
        let mut bytes = [0; MOST];
        let length = tracer::registers(thread, &mut bytes).context("cannot read registers")?;
        let Some(layout) = layout(Abi::NATIVE, length) else {
            bail!("registers can be read on {SERVED}, and not on {}", Abi::NATIVE)
        };
        Ok(Self { thread, bytes, length, layout })
    }

    fn get(&self, index: usize) -> u64 {
        let at = index * self.layout.width;
        match self.layout.width {
            4 => {
                let mut word = [0; 4];
                word.copy_from_slice(&self.bytes[at..at + 4]);
                u32::from_ne_bytes(word).into()
            }
            _ => {
                let mut word = [0; 8];
                word.copy_from_slice(&self.bytes[at..at + 8]);
                u64::from_ne_bytes(word)
            }
        }
    }

    fn set(&mut self, index: usize, value: i64) {
        let at = index * self.layout.width;
        let value = value.to_ne_bytes();
        match self.layout.width {
            // The ABIs here are little-endian: the low half comes first.
            4 => self.bytes[at..at + 4].copy_from_slice(&value[..4]),
            _ => self.bytes[at..at + 8].copy_from_slice(&value),
        }
    }

    /// The call in the registers, which a filter has just denied: the kernel has put the first argument back where it was
    /// (`syscall_rollback`).
    pub(super) fn call(&self, arch: u32, instruction_pointer: u64) -> Call {
        let mut args = [0; 6];
        for (argument, index) in args.iter_mut().zip(self.layout.arguments) {
            *argument = self.get(index);
        }
        Call { nr: self.get(self.layout.number) as u32, arch, instruction_pointer, args }
    }

    /// The stack pointer, the frame pointer and, where there is one, the register of the return address.
    pub(crate) fn stack(&self) -> (u64, u64, Option<u64>) {
        let link = self.layout.link.map(|index| self.get(index));
        (self.get(self.layout.stack), self.get(self.layout.frame), link)
    }

    /// Whether they are those of a 64-bit program.
    pub(crate) fn is_wide(&self) -> bool {
        self.layout.width == 8
    }

    /// Answers the call at whose start the thread is stopped, in the place of the kernel: the call is not made.
    ///
    /// # Errors
    ///
    /// If the thread is gone.
    pub(super) fn answer(mut self, value: i64) -> Result<()> {
        // A number of -1 is no call, and then the kernel leaves the result as the tracer has set it (`__seccomp_filter`,
        // `kernel/seccomp.c`, Linux 6.12). arm and arm64 keep the number apart from the registers.
        match Abi::NATIVE {
            Abi::Aarch64 | Abi::Arm => {
                tracer::set_arm_call(self.thread, -1).context("cannot skip a call")?;
            }
            Abi::X86_64
            | Abi::X32
            | Abi::X86
            | Abi::Riscv64
            | Abi::Loongarch64
            | Abi::M68k
            | Abi::Mips
            | Abi::Mipsel
            | Abi::Mips64
            | Abi::Mipsel64
            | Abi::Mips64N32
            | Abi::Mipsel64N32
            | Abi::Parisc
            | Abi::Parisc64
            | Abi::Ppc
            | Abi::Ppc64
            | Abi::Ppc64le
            | Abi::S390
            | Abi::S390x
            | Abi::Sh
            | Abi::Sheb => self.set(self.layout.number, -1),
        }
        self.set(self.layout.result, value);
        tracer::set_registers(self.thread, &self.bytes[..self.length])
            .context("cannot set registers")
    }
}
