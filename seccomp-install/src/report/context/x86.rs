//! 32-bit x86.

use core::arch::asm;
use core::mem::offset_of;

use super::Context;

/// The words before the registers: flags, link, stack, then gs, fs, es and ds.
///
/// Source: `include/uapi/asm-generic/ucontext.h` and `struct sigcontext` for 32 bits in
/// `arch/x86/include/uapi/asm/sigcontext.h`, Linux 6.12.
pub(super) const WORDS_BEFORE: usize = 9;

/// The registers: edi, esi, ebp, esp, ebx, edx, ecx, eax, the trap and its error, eip, cs and the flags.
pub(super) const REGISTERS: usize = 13;

/// The places of some of them.
const ESP: usize = 3;
const EIP: usize = 10;
const FLAGS: usize = 12;

const _: () = assert!(offset_of!(Context, registers) + ESP * size_of::<usize>() == 48);
const _: () = assert!(offset_of!(Context, registers) + FLAGS * size_of::<usize>() == 84);

impl Context {
    /// Whether a kernel overwrites arguments before the handler runs.
    pub(in crate::report) const CAN_LOSE_ARGUMENTS: bool = false;

    /// Stores the arguments of the call, and returns whether the first is known.
    #[inline]
    pub(super) fn arguments(&self, _: u32, arguments: &mut [u64; 6]) -> bool {
        let [edi, esi, ebp, _, ebx, edx, ecx, ..] = self.registers;
        *arguments = [ebx as u64, ecx as u64, edx as u64, esi as u64, edi as u64, ebp as u64];
        true
    }

    /// The length of `int 0x80`. The calls by `sysenter` and `syscall` return to the address after such an
    /// instruction in the vDSO (arch/x86/entry/vdso/vdso32/system_call.S, Linux 6.12).
    #[inline]
    pub(super) const fn instruction_bytes(&self) -> usize {
        2
    }

    #[inline]
    pub(super) fn go_to(&mut self, address: usize) {
        self.registers[EIP] = address;
        // No register is free for the address, so the jump reads it from memory below the stack pointer.
        let place = self.registers[ESP] - 4;
        // SAFETY: the kernel put the frame of this signal on the program's stack, right below its stack pointer
        // (`get_sigframe`, arch/x86/kernel/signal.c, Linux 6.12), and this code runs below the frame. The frame's
        // uppermost bytes are the state of the floating-point unit (`fpu__alloc_mathframe`,
        // arch/x86/kernel/fpu/signal.c), which nothing reads any more, because this handler does not return. The
        // stack pointer of a program need not be aligned.
        unsafe { core::ptr::with_exposed_provenance_mut::<usize>(place).write_unaligned(address) };
    }

    /// Loads all registers and jumps.
    ///
    /// # Safety
    ///
    /// The caller promises the same as for `make_call_again`, and has called `go_to`.
    #[inline]
    pub(super) unsafe fn load(&self) -> ! {
        // SAFETY: eax points at the context, whose layout is asserted above. All registers get the values that they
        // had at the call, and eax is the number (`syscall_rollback`, arch/x86/include/asm/syscall.h, Linux
        // 6.12). So the program is in the state in which it made the call, and makes it once more; by the promise of
        // the caller the filter traps it, so nothing runs after it.
        unsafe {
            asm!(
                "push dword ptr [eax + 84]",
                "popfd",
                "mov edi, [eax + 36]",
                "mov esi, [eax + 40]",
                "mov ebp, [eax + 44]",
                "mov ebx, [eax + 52]",
                "mov edx, [eax + 56]",
                "mov ecx, [eax + 60]",
                "mov esp, [eax + 48]",
                "mov eax, [eax + 64]",
                "jmp dword ptr [esp - 4]",
                in("eax") self,
                options(noreturn),
            )
        }
    }
}
