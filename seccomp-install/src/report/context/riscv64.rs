//! 64-bit RISC-V.

use core::arch::asm;
use core::mem::offset_of;

use super::Context;

/// The words before the registers: flags, link, stack, the mask in 128 bytes, and a gap.
///
/// Source: `arch/riscv/include/uapi/asm/ucontext.h`, `sigcontext.h` and `ptrace.h`, Linux 6.12.
pub(super) const WORDS_BEFORE: usize = 22;

/// The registers: pc and x1 to x31.
pub(super) const REGISTERS: usize = 32;

/// The place of pc among them.
const PC: usize = 0;

const _: () = assert!(offset_of!(Context, registers) == 176);

impl Context {
    /// Whether a kernel overwrites arguments before the handler runs.
    pub(in crate::report) const CAN_LOSE_ARGUMENTS: bool = false;

    /// Stores the arguments of the call, and returns whether the first is known.
    #[inline]
    pub(super) fn arguments(&self, _: u32, arguments: &mut [u64; 6]) -> bool {
        // a0 is x10.
        let [_, _, _, _, _, _, _, _, _, _, a0, a1, a2, a3, a4, a5, ..] = self.registers;
        *arguments = [a0 as u64, a1 as u64, a2 as u64, a3 as u64, a4 as u64, a5 as u64];
        true
    }

    /// The length of `ecall`.
    #[inline]
    pub(super) const fn instruction_bytes(&self) -> usize {
        4
    }

    #[inline]
    pub(super) fn go_to(&mut self, address: usize) {
        self.registers[PC] = address;
    }

    /// Loads all registers except t6 and jumps. t6 has the address; a call of a function may change it (RISC-V
    /// calling convention, "Integer Register Convention").
    ///
    /// # Safety
    ///
    /// The caller promises the same as for `make_call_again`, and has called `go_to`.
    #[inline]
    pub(super) unsafe fn load(&self) -> ! {
        // SAFETY: a0 points at the context, whose layout is asserted above. All registers but t6 get the values that
        // they had at the call, and a7 is the number (`syscall_rollback`, arch/riscv/include/asm/syscall.h,
        // Linux 6.12, puts a0 back). So the program is in the state in which it made the call, and makes it once
        // more; by the promise of the caller the filter traps it, so nothing runs after it.
        unsafe {
            asm!(
                "ld t6, 176(a0)",
                "ld x1, 184(a0)",
                "ld x2, 192(a0)",
                "ld x3, 200(a0)",
                "ld x4, 208(a0)",
                "ld x5, 216(a0)",
                "ld x6, 224(a0)",
                "ld x7, 232(a0)",
                "ld x8, 240(a0)",
                "ld x9, 248(a0)",
                "ld x11, 264(a0)",
                "ld x12, 272(a0)",
                "ld x13, 280(a0)",
                "ld x14, 288(a0)",
                "ld x15, 296(a0)",
                "ld x16, 304(a0)",
                "ld x17, 312(a0)",
                "ld x18, 320(a0)",
                "ld x19, 328(a0)",
                "ld x20, 336(a0)",
                "ld x21, 344(a0)",
                "ld x22, 352(a0)",
                "ld x23, 360(a0)",
                "ld x24, 368(a0)",
                "ld x25, 376(a0)",
                "ld x26, 384(a0)",
                "ld x27, 392(a0)",
                "ld x28, 400(a0)",
                "ld x29, 408(a0)",
                "ld x30, 416(a0)",
                "ld x10, 256(a0)",
                "jr t6",
                in("a0") self,
                options(noreturn),
            )
        }
    }
}
