//! 32-bit Arm, in Arm and in Thumb state.

use core::arch::asm;
use core::mem::offset_of;

use super::Context;

/// The words before the registers: flags, link, stack, then the trap, its error and the old mask.
///
/// Source: `arch/arm/include/asm/ucontext.h` and `arch/arm/include/uapi/asm/sigcontext.h`, Linux 6.12.
pub(super) const WORDS_BEFORE: usize = 8;

/// The registers: r0 to r12, sp, lr, pc and the state.
pub(super) const REGISTERS: usize = 17;

/// The places of some of them.
const SP: usize = 13;
const PC: usize = 15;
const STATE: usize = 16;

const _: () = assert!(offset_of!(Context, registers) == 32);
const _: () = assert!(offset_of!(Context, registers) + PC * size_of::<usize>() == 92);

impl Context {
    /// Whether a kernel overwrites arguments before the handler runs.
    pub(in crate::report) const CAN_LOSE_ARGUMENTS: bool = false;

    /// The bit of the state that means Thumb (`PSR_T_BIT`, `arch/arm/include/uapi/asm/ptrace.h`, Linux 6.12).
    const THUMB: usize = 1 << 5;

    /// Stores the arguments of the call, and returns whether the first is known.
    #[inline]
    pub(super) fn arguments(&self, _: u32, arguments: &mut [u64; 6]) -> bool {
        let [r0, r1, r2, r3, r4, r5, ..] = self.registers;
        *arguments = [r0 as u64, r1 as u64, r2 as u64, r3 as u64, r4 as u64, r5 as u64];
        true
    }

    /// The length of `svc`.
    #[inline]
    pub(super) const fn instruction_bytes(&self) -> usize {
        if self.registers[STATE] & Self::THUMB != 0 { 2 } else { 4 }
    }

    #[inline]
    pub(super) fn go_to(&mut self, address: usize) {
        let thumb = usize::from(self.registers[STATE] & Self::THUMB != 0);
        let address = address | thumb;
        self.registers[PC] = address;
        // No register is free for the address, so the jump reads it from memory below the stack pointer.
        let place = self.registers[SP] - 4;
        // SAFETY: the kernel put the frame of this signal on the program's stack, right below its stack pointer
        // (`get_sigframe`, arch/arm/kernel/signal.c, Linux 6.12), and this code runs below the frame. The frame's
        // uppermost bytes are the instructions for a return (`struct sigframe`, `retcode`), which nothing reads any
        // more, because this handler does not return.
        unsafe { core::ptr::with_exposed_provenance_mut::<usize>(place).write_unaligned(address) };
    }

    /// Loads all registers and jumps.
    ///
    /// # Safety
    ///
    /// The caller promises the same as for `make_call_again`, and has called `go_to`.
    #[inline]
    pub(super) unsafe fn load(&self) -> ! {
        // SAFETY: lr points at the registers in the context, whose layout is asserted above. All registers get the
        // values that they had at the call, and r7 is the number (`syscall_rollback`,
        // arch/arm/include/asm/syscall.h, Linux 6.12, puts r0 back). So the program is in the state in which it made
        // the call, and makes it once more; by the promise of the caller the filter traps it, so nothing runs after
        // it.
        unsafe {
            asm!(
                "ldr r12, [lr, #64]",
                "msr APSR_nzcvq, r12",
                "ldr r12, [lr, #52]",
                "mov sp, r12",
                "ldm lr, {{r0-r12}}",
                "ldr lr, [lr, #56]",
                "ldr pc, [sp, #-4]",
                in("lr") self.registers.as_ptr(),
                options(noreturn),
            )
        }
    }
}
