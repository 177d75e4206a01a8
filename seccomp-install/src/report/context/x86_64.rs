//! 64-bit x86.

use core::arch::asm;
use core::mem::offset_of;

use seccomp_bpf::abi::Abi;

use super::Context;

/// The words before the registers: flags, link, stack.
///
/// Source: `include/uapi/asm-generic/ucontext.h` and `struct sigcontext` for 64 bits in
/// `arch/x86/include/uapi/asm/sigcontext.h`, Linux 6.12.
pub(super) const WORDS_BEFORE: usize = 5;

/// The registers: r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip and the flags.
pub(super) const REGISTERS: usize = 18;

/// The places of some of them.
const RSP: usize = 15;
const RIP: usize = 16;
const FLAGS: usize = 17;

const _: () = assert!(offset_of!(Context, registers) == 40);
const _: () = assert!(offset_of!(Context, registers) + RIP * size_of::<usize>() == 168);
const _: () = assert!(offset_of!(Context, registers) + FLAGS * size_of::<usize>() == 176);

/// The places of the registers with the arguments: rdi, rsi, rdx, r10, r8, r9, and for calls of x86 rbx, rcx, rdx, rsi, rdi,
/// rbp. Source: syscall(2), Linux man-pages 6.03.
const ARGUMENTS: [u8; 6] = [8, 9, 12, 2, 0, 1];
const ARGUMENTS_OF_X86: [u8; 6] = [11, 14, 12, 9, 8, 10];

/// The bytes below the stack pointer that a function may use, and that a signal leaves alone: System V ABI,
/// AMD64 supplement, section 3.2.2.
const RED_ZONE: usize = 128;

impl Context {
    /// Whether a kernel overwrites arguments before the handler runs.
    pub(in crate::report) const CAN_LOSE_ARGUMENTS: bool = false;

    /// Stores the arguments of the call through this ABI, and returns whether the first is known.
    #[inline]
    pub(super) fn arguments(&self, arch: u32, arguments: &mut [u64; 6]) -> bool {
        let (places, used) = if arch == const { Abi::X86.audit_arch() } {
            (&ARGUMENTS_OF_X86, u32::MAX.into())
        } else {
            (&ARGUMENTS, u64::MAX)
        };
        for (argument, place) in arguments.iter_mut().zip(places) {
            // The mask shows the bound to the compiler, so that it adds no bounds check.
            *argument = self.registers[usize::from(place & 15)] as u64 & used;
        }
        true
    }

    /// The length of `syscall`, `int 0x80` and `sysenter`.
    #[inline]
    pub(super) const fn instruction_bytes(&self) -> usize {
        2
    }

    #[inline]
    pub(super) fn go_to(&mut self, address: usize) {
        self.registers[RIP] = address;
        // No register is free for the address, so the jump reads it from memory below the red zone.
        let place = self.registers[RSP] - RED_ZONE - 8;
        // SAFETY: the kernel put the frame of this signal on the program's stack, right below the red zone
        // (`get_sigframe`, arch/x86/kernel/signal.c, Linux 6.12), and this code runs below the frame. The frame's
        // uppermost bytes are the state of the floating-point unit, of at least 512 bytes
        // (`fpu__alloc_mathframe`, arch/x86/kernel/fpu/signal.c), which nothing reads any more, because this
        // handler does not return. The stack pointer of a program need not be aligned.
        unsafe { core::ptr::with_exposed_provenance_mut::<usize>(place).write_unaligned(address) };
    }

    /// Loads all registers and jumps.
    ///
    /// # Safety
    ///
    /// The caller promises the same as for `make_call_again`, and has called `go_to`.
    #[inline]
    pub(super) unsafe fn load(&self) -> ! {
        // SAFETY: rdi points at the context, whose layout is asserted above. The stack pointer moves through the
        // context, and `pop` reads from there; all signals are masked, so none is delivered meanwhile and nothing
        // writes below the stack pointer. All registers get the values that they had at the call, and rax is the number
        // (`syscall_rollback`, arch/x86/include/asm/syscall.h, Linux 6.12). So the program is in the state in which it
        // made the call, and makes it once more; by the promise of the caller the filter traps it, so nothing runs
        // after it.
        unsafe {
            asm!(
                "push qword ptr [rdi + 176]",
                "popfq",
                "lea rsp, [rdi + 40]",
                "pop r8",
                "pop r9",
                "pop r10",
                "pop r11",
                "pop r12",
                "pop r13",
                "pop r14",
                "pop r15",
                "pop rdi",
                "pop rsi",
                "pop rbp",
                "pop rbx",
                "pop rdx",
                "pop rax",
                "pop rcx",
                "pop rsp",
                "jmp qword ptr [rsp - 136]",
                in("rdi") self,
                options(noreturn),
            )
        }
    }
}
