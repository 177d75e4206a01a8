//! 64-bit Arm.

use core::arch::asm;
use core::mem::offset_of;

use super::Context;

/// The words before the registers: flags, link, stack, the mask in 128 bytes, a gap, and the address of a fault.
///
/// Source: `arch/arm64/include/uapi/asm/ucontext.h` and `sigcontext.h`, Linux 6.12.
pub(super) const WORDS_BEFORE: usize = 23;

/// The registers: x0 to x30, sp, pc and the state.
pub(super) const REGISTERS: usize = 34;

/// The place of pc among them.
const PC: usize = 32;

const _: () = assert!(offset_of!(Context, registers) == 184);
const _: () = assert!(offset_of!(Context, registers) + PC * size_of::<usize>() == 440);

impl Context {
    /// Whether a kernel overwrites arguments before the handler runs.
    pub(in crate::report) const CAN_LOSE_ARGUMENTS: bool = false;

    /// Stores the arguments of the call, and returns whether the first is known.
    #[inline]
    pub(super) fn arguments(&self, _: u32, arguments: &mut [u64; 6]) -> bool {
        let [x0, x1, x2, x3, x4, x5, ..] = self.registers;
        *arguments = [x0 as u64, x1 as u64, x2 as u64, x3 as u64, x4 as u64, x5 as u64];
        true
    }

    /// The length of `svc`.
    #[inline]
    pub(super) const fn instruction_bytes(&self) -> usize {
        4
    }

    #[inline]
    pub(super) fn go_to(&mut self, address: usize) {
        self.registers[PC] = address;
    }

    /// Loads all registers except x17 and jumps. x17 has the address; a call of a function may change it (AAPCS64,
    /// "General-purpose registers"). `ret` needs no mark at its target, which `br` would, where the program has such
    /// marks (BTI).
    ///
    /// # Safety
    ///
    /// The caller promises the same as for `make_call_again`, and has called `go_to`.
    #[inline]
    pub(super) unsafe fn load(&self) -> ! {
        // SAFETY: x0 points at the context, whose layout is asserted above. All registers but x17 get the values
        // that they had at the call, and x8 is the number (`syscall_rollback`,
        // arch/arm64/include/asm/syscall.h, Linux 6.12, puts x0 back). So the program is in the state in which it made
        // the call, and makes it once more; by the promise of the caller the filter traps it, so nothing runs after
        // it.
        unsafe {
            asm!(
                "ldr x1, [x0, #448]",
                "msr nzcv, x1",
                "ldr x1, [x0, #432]",
                "mov sp, x1",
                "ldp x2, x3, [x0, #200]",
                "ldp x4, x5, [x0, #216]",
                "ldp x6, x7, [x0, #232]",
                "ldp x8, x9, [x0, #248]",
                "ldp x10, x11, [x0, #264]",
                "ldp x12, x13, [x0, #280]",
                "ldp x14, x15, [x0, #296]",
                "ldr x16, [x0, #312]",
                "ldr x17, [x0, #440]",
                "ldp x18, x19, [x0, #328]",
                "ldp x20, x21, [x0, #344]",
                "ldp x22, x23, [x0, #360]",
                "ldp x24, x25, [x0, #376]",
                "ldp x26, x27, [x0, #392]",
                "ldp x28, x29, [x0, #408]",
                "ldr x30, [x0, #424]",
                "ldp x0, x1, [x0, #184]",
                "ret x17",
                in("x0") self,
                options(noreturn),
            )
        }
    }
}
