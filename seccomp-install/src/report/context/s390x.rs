//! 64-bit S/390.

use core::arch::asm;
use core::mem::offset_of;

use super::Context;

/// The words before the registers: flags, link, stack, and the mask of the program status word.
///
/// Source: `arch/s390/include/uapi/asm/ucontext.h` and `sigcontext.h`, Linux 6.12.
pub(super) const WORDS_BEFORE: usize = 6;

/// The registers: the address of the program status word, and r0 to r15.
pub(super) const REGISTERS: usize = 17;

/// The place of the address among them.
const ADDRESS: usize = 0;

const _: () = assert!(offset_of!(Context, registers) == 48);

impl Context {
    /// Whether a kernel overwrites arguments before the handler runs.
    pub(in crate::report) const CAN_LOSE_ARGUMENTS: bool = true;

    /// `-ENOSYS`, which the kernel puts in the place of the first argument.
    const LOST: usize = -38_isize as usize;

    /// Stores the arguments of the call, and returns whether the first is known. Kernels put `-ENOSYS` in its register after a
    /// filter has trapped the call (`__do_syscall`, arch/s390/kernel/syscall.c, Linux 6.12).
    #[inline]
    pub(super) fn arguments(&self, _: u32, arguments: &mut [u64; 6]) -> bool {
        let [_, _, _, r2, r3, r4, r5, r6, r7, ..] = self.registers;
        *arguments = [r2 as u64, r3 as u64, r4 as u64, r5 as u64, r6 as u64, r7 as u64];
        r2 != Self::LOST
    }

    /// The length of `svc`.
    #[inline]
    pub(super) const fn instruction_bytes(&self) -> usize {
        2
    }

    #[inline]
    pub(super) fn go_to(&mut self, address: usize) {
        self.registers[ADDRESS] = address;
    }

    /// Loads all registers except r13 and jumps. r13 has the address.
    ///
    /// # Safety
    ///
    /// The caller promises the same as for `make_call_again`, and has called `go_to`.
    #[inline]
    pub(super) unsafe fn load(&self) -> ! {
        // SAFETY: r13 points at the context, whose layout is asserted above. All registers but r13 get the values
        // that they had at the call, and r1 is the number if the instruction has none; r2 may be lost, see
        // `arguments`. So the program is in the state in which it made the call, and makes it once more; by the
        // promise of the caller the filter traps it, so nothing runs after it.
        unsafe {
            asm!(
                "lmg %r0, %r12, 56(%r13)",
                "lmg %r14, %r15, 168(%r13)",
                "lg %r13, 48(%r13)",
                "br %r13",
                in("r13") self,
                options(noreturn),
            )
        }
    }
}
