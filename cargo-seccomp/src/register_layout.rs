//! The places of the general registers of each architecture, in a core and in a stopped thread: both have the set
//! `NT_PRSTATUS`.
//!
//! The kernel puts the registers back as they were before a call that a filter denies (`syscall_rollback` in
//! `__seccomp_filter`, `kernel/seccomp.c`, Linux 6.12), so all arguments are in these registers.
//!
//! Sources, Linux 6.12: the order of the registers is that of `arch/x86/include/asm/user_64.h` and `user_32.h`,
//! `arch/arm64/include/uapi/asm/ptrace.h`, `arch/arm/include/asm/ptrace.h`, `arch/riscv/include/uapi/asm/ptrace.h`,
//! `arch/s390/include/uapi/asm/ptrace.h`, `arch/loongarch/include/uapi/asm/ptrace.h`,
//! `arch/powerpc/include/uapi/asm/ptrace.h`. The registers of arguments are those of `syscall_get_arguments` in
//! `arch/*/include/asm/syscall.h`; the register of the result is that in syscall(2), "Architecture calling
//! conventions", Linux man-pages 6.03.

use seccomp_bpf::abi::Abi;

/// A register, by its place in the set of an architecture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RegisterIndex(pub(crate) usize);

/// The registers of an architecture that this tool needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RegisterLayout {
    /// The bytes of each register: 4 or 8.
    pub(crate) width: usize,
    /// The six arguments of a call of the program's own ABI.
    arguments: [RegisterIndex; 6],
    /// The address of the next instruction.
    pub(crate) instruction: RegisterIndex,
    /// The stack pointer.
    pub(crate) stack: RegisterIndex,
    /// The frame pointer.
    pub(crate) frame: RegisterIndex,
    /// The return address, on architectures that have a register for it.
    pub(crate) link: Option<RegisterIndex>,
    /// The registers that a tracer needs in order to answer a call. `None` on architectures that the tracer does not serve.
    pub(crate) call: Option<CallRegisters>,
}

/// The registers of a call besides its arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallRegisters {
    /// The call number.
    pub(crate) number: RegisterIndex,
    /// The result.
    pub(crate) result: RegisterIndex,
}

/// The arguments of a call of x86 that a program of x86_64 or x32 makes: bx, cx, dx, si, di, bp.
const X86_ARGUMENTS_IN_X86_64: [RegisterIndex; 6] = arguments([5, 11, 12, 13, 14, 4]);

impl RegisterLayout {
    /// The layout for programs of `abi`. `None` for architectures whose registers this tool does not know.
    pub(crate) const fn of(abi: Abi) -> Option<Self> {
        let row = match abi {
            // bx, cx, dx, si, di, bp; orig_ax, ax
            Abi::X86 => row(4, [0, 1, 2, 3, 4, 5], [12, 15, 5]).call(11, 6),
            // di, si, dx, r10, r8, r9; orig_ax, ax. x32 has the registers of x86_64.
            Abi::X86_64 | Abi::X32 => row(8, [14, 13, 12, 7, 9, 8], [16, 19, 4]).call(15, 10),
            // orig_r0 after cpsr, r1 to r5; r7, r0
            Abi::Arm => row(4, [17, 1, 2, 3, 4, 5], [15, 13, 11]).link(14).call(7, 0),
            // x0 to x5; sp and pc after x30; x8, x0
            Abi::Aarch64 => row(8, [0, 1, 2, 3, 4, 5], [32, 31, 29]).link(30).call(8, 0),
            // a0 to a5; pc is first; a7, a0
            Abi::Riscv64 => row(8, [10, 11, 12, 13, 14, 15], [0, 2, 8]).link(1).call(17, 10),
            // orig_gpr2 after 16 access registers of 4 bytes, r3 to r7; psw is first
            Abi::S390x => row(8, [26, 5, 6, 7, 8, 9], [1, 17, 13]).link(16),
            // orig_a0 after 32 registers, a1 to a5
            Abi::Loongarch64 => row(8, [32, 5, 6, 7, 8, 9], [33, 3, 22]).link(1),
            // orig_gpr3, r4 to r8
            Abi::Ppc => row(4, [34, 4, 5, 6, 7, 8], [32, 1, 31]).link(36),
            Abi::Ppc64 | Abi::Ppc64le => row(8, [34, 4, 5, 6, 7, 8], [32, 1, 31]).link(36),
            // Whatever else is added: its registers are not known until somebody adds a row here.
            _ => return None,
        };
        Some(row)
    }

    const fn link(mut self, link: usize) -> Self {
        self.link = Some(RegisterIndex(link));
        self
    }

    const fn call(mut self, number: usize, result: usize) -> Self {
        let (number, result) = (RegisterIndex(number), RegisterIndex(result));
        self.call = Some(CallRegisters { number, result });
        self
    }

    /// The registers of the six arguments of a call of the ABI `call` in a program of `program`: a program of x86_64 can make calls
    /// of x86.
    pub(crate) const fn arguments(&self, program: Abi, call: Abi) -> [RegisterIndex; 6] {
        match (program, call) {
            (Abi::X86_64 | Abi::X32, Abi::X86) => X86_ARGUMENTS_IN_X86_64,
            // Whatever else is added: a call of the program's own ABI.
            _ => self.arguments,
        }
    }
}

const fn row(width: usize, places: [usize; 6], others: [usize; 3]) -> RegisterLayout {
    let [instruction, stack, frame] = others;
    RegisterLayout {
        width,
        arguments: arguments(places),
        instruction: RegisterIndex(instruction),
        stack: RegisterIndex(stack),
        frame: RegisterIndex(frame),
        link: None,
        call: None,
    }
}

const fn arguments(places: [usize; 6]) -> [RegisterIndex; 6] {
    let [a, b, c, d, e, f] = places;
    [
        RegisterIndex(a),
        RegisterIndex(b),
        RegisterIndex(c),
        RegisterIndex(d),
        RegisterIndex(e),
        RegisterIndex(f),
    ]
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
