//! Where the general registers of each architecture are, in a core and in a stopped thread: both have the same set, `NT_PRSTATUS`.
//!
//! The kernel puts the registers back as they were before a call that a filter denies (`syscall_rollback` in `__seccomp_filter`,
//! `kernel/seccomp.c`, Linux 6.12), so all arguments are there.
//!
//! Sources, Linux 6.12: the order of the registers is that of `arch/x86/include/asm/user_64.h` and `user_32.h`,
//! `arch/arm64/include/uapi/asm/ptrace.h`, `arch/arm/include/asm/ptrace.h`, `arch/riscv/include/uapi/asm/ptrace.h`,
//! `arch/s390/include/uapi/asm/ptrace.h`, `arch/loongarch/include/uapi/asm/ptrace.h`,
//! `arch/powerpc/include/uapi/asm/ptrace.h`. Which of them are arguments is in `syscall_get_arguments` of
//! `arch/*/include/asm/syscall.h`; which of them has the result is in syscall(2), "Architecture calling conventions", Linux
//! man-pages 6.03.

use seccomp_bpf::abi::Abi;

/// The places of registers in the set of an architecture. Each is an index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RegisterLayout {
    /// The bytes of each register: 4 or 8.
    pub(crate) width: usize,
    /// The six arguments of a call of the program's own ABI.
    arguments: [usize; 6],
    /// The address of the next instruction.
    pub(crate) instruction: usize,
    /// The stack pointer.
    pub(crate) stack: usize,
    /// The frame pointer.
    pub(crate) frame: usize,
    /// The return address, on architectures that have a register for it.
    pub(crate) link: Option<usize>,
    /// The registers that a tracer needs in order to answer a call. `None` on architectures that the tracer does not serve.
    pub(crate) call: Option<CallRegisters>,
}

/// The registers of a call besides its arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallRegisters {
    /// The call number.
    pub(crate) number: usize,
    /// The result.
    pub(crate) result: usize,
}

const fn call(number: usize, result: usize) -> Option<CallRegisters> {
    Some(CallRegisters { number, result })
}

const X86: RegisterLayout = RegisterLayout {
    width: 4,
    // bx, cx, dx, si, di, bp
    arguments: [0, 1, 2, 3, 4, 5],
    instruction: 12,
    stack: 15,
    frame: 5,
    link: None,
    // orig_ax, ax
    call: call(11, 6),
};

const X86_64: RegisterLayout = RegisterLayout {
    width: 8,
    // di, si, dx, r10, r8, r9
    arguments: [14, 13, 12, 7, 9, 8],
    instruction: 16,
    stack: 19,
    frame: 4,
    link: None,
    // orig_ax, ax
    call: call(15, 10),
};

/// The arguments of a call of x86 that a program of x86_64 or x32 makes: bx, cx, dx, si, di, bp.
const X86_ARGUMENTS_IN_X86_64: [usize; 6] = [5, 11, 12, 13, 14, 4];

const ARM: RegisterLayout = RegisterLayout {
    width: 4,
    // orig_r0 after cpsr, r1 to r5
    arguments: [17, 1, 2, 3, 4, 5],
    instruction: 15,
    stack: 13,
    frame: 11,
    link: Some(14),
    // r7, r0
    call: call(7, 0),
};

const AARCH64: RegisterLayout = RegisterLayout {
    width: 8,
    // x0 to x5; sp and pc after x30
    arguments: [0, 1, 2, 3, 4, 5],
    instruction: 32,
    stack: 31,
    frame: 29,
    link: Some(30),
    // x8, x0
    call: call(8, 0),
};

const RISCV64: RegisterLayout = RegisterLayout {
    width: 8,
    // a0 to a5; pc is first
    arguments: [10, 11, 12, 13, 14, 15],
    instruction: 0,
    stack: 2,
    frame: 8,
    link: Some(1),
    // a7, a0
    call: call(17, 10),
};

const S390X: RegisterLayout = RegisterLayout {
    width: 8,
    // orig_gpr2 after 16 access registers of 4 bytes, r3 to r7; psw is first
    arguments: [26, 5, 6, 7, 8, 9],
    instruction: 1,
    stack: 17,
    frame: 13,
    link: Some(16),
    call: None,
};

const LOONGARCH64: RegisterLayout = RegisterLayout {
    width: 8,
    // orig_a0 after 32 registers, a1 to a5
    arguments: [32, 5, 6, 7, 8, 9],
    instruction: 33,
    stack: 3,
    frame: 22,
    link: Some(1),
    call: None,
};

const PPC: RegisterLayout = RegisterLayout {
    width: 4,
    // orig_gpr3, r4 to r8
    arguments: [34, 4, 5, 6, 7, 8],
    instruction: 32,
    stack: 1,
    frame: 31,
    link: Some(36),
    call: None,
};

const PPC64: RegisterLayout = RegisterLayout { width: 8, ..PPC };

impl RegisterLayout {
    /// The layout for programs of `abi`. `None` for architectures whose registers this tool does not know.
    pub(crate) const fn of(abi: Abi) -> Option<Self> {
        Some(match abi {
            Abi::X86 => X86,
            // x32 has the registers of x86_64.
            Abi::X86_64 | Abi::X32 => X86_64,
            Abi::Arm => ARM,
            Abi::Aarch64 => AARCH64,
            Abi::Riscv64 => RISCV64,
            Abi::S390x => S390X,
            Abi::Loongarch64 => LOONGARCH64,
            Abi::Ppc => PPC,
            Abi::Ppc64 | Abi::Ppc64le => PPC64,
            // Whatever else is added: its registers are not known before somebody writes them here.
            _ => return None,
        })
    }

    /// The places of the six arguments of a call of the ABI `call` in a program of `program`: a program of x86_64 can make calls
    /// of x86.
    pub(crate) const fn arguments(&self, program: Abi, call: Abi) -> [usize; 6] {
        match (program, call) {
            (Abi::X86_64 | Abi::X32, Abi::X86) => X86_ARGUMENTS_IN_X86_64,
            // Whatever else is added: a call of the program's own ABI.
            _ => self.arguments,
        }
    }
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
