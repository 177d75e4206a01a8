//! A second thread, by clone(2).
#![allow(unsafe_code)] // A system call that returns twice, on two stacks.

use core::arch::asm;

use crate::arena::Arena;
use crate::call::NUMBERS;

/// `CLONE_VM`, `CLONE_FS`, `CLONE_FILES`, `CLONE_SIGHAND`, `CLONE_THREAD`, `CLONE_SYSVSEM`: what a thread shares
/// (`include/uapi/linux/sched.h`, Linux 6.12).
const FLAGS: usize = 0x5_0f00;

/// Starts a thread that runs `body`. Returns its id, or an errno below zero.
pub(crate) fn spawn(body: extern "C" fn() -> !) -> isize {
    /// Values of 16 bytes, which all calling conventions ask stacks to be aligned to.
    static STACK: Arena<u128, 4096> = Arena::new(0);
    let Some(stack) = STACK.take(4096) else { return -1 };
    // s390x has a save area of 160 bytes above the stack pointer of a function.
    let stack = stack.as_mut_ptr_range().end as usize - 160;
    let value: isize;
    // SAFETY: the call returns twice. In the caller it changes what a system call changes. The new thread has all of its registers
    // but the stack pointer and the result 0, so it branches to `body`, which does not return, on a stack that nothing else uses.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!("syscall", "test rax, rax", "jnz 2f", "xor ebp, ebp", "call r9", "2:",
            inlateout("rax") NUMBERS.clone => value, in("rdi") FLAGS, in("rsi") stack, in("rdx") 0,
            in("r10") 0, in("r8") 0, in("r9") body, lateout("rcx") _, lateout("r11") _);
    }
    // SAFETY: as above; ebx, which holds the flags, and esi are restored from the stack of the caller.
    #[cfg(target_arch = "x86")]
    unsafe {
        asm!("push ebx", "push esi", "mov ebx, edx", "xor edx, edx", "xor esi, esi", "int 0x80",
            "test eax, eax", "jnz 2f", "xor ebp, ebp", "call edi", "2:", "pop esi", "pop ebx",
            inlateout("eax") NUMBERS.clone => value, inlateout("edx") FLAGS => _,
            in("ecx") stack, in("edi") body);
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!("svc 0", "cbnz x0, 2f", "mov x29, #0", "blr x9", "2:",
            in("x8") NUMBERS.clone, inlateout("x0") FLAGS => value, in("x1") stack, in("x2") 0,
            in("x3") 0, in("x4") 0, in("x9") body, clobber_abi("C"));
    }
    // SAFETY: as above; r7 is restored from r12.
    #[cfg(target_arch = "arm")]
    unsafe {
        asm!("mov r12, r7", "mov r7, lr", "svc 0", "mov r7, r12", "cmp r0, #0", "bne 2f", "blx r5", "2:",
            inlateout("lr") NUMBERS.clone => _, inlateout("r0") FLAGS => value, in("r1") stack,
            in("r2") 0, in("r3") 0, in("r4") 0, in("r5") body, out("r12") _);
    }
    // SAFETY: as above.
    #[cfg(target_arch = "riscv64")]
    unsafe {
        asm!("ecall", "bnez a0, 2f", "jalr t1", "2:",
            in("a7") NUMBERS.clone, inlateout("a0") FLAGS => value, in("a1") stack, in("a2") 0,
            in("a3") 0, in("a4") 0, in("t1") body, clobber_abi("C"));
    }
    // SAFETY: as above. The stack comes first (clone(2), Linux man-pages 6.03).
    #[cfg(target_arch = "s390x")]
    unsafe {
        asm!("svc 0", "ltgr %r2, %r2", "jne 2f", "basr %r14, %r8", "2:",
            in("r1") NUMBERS.clone, inlateout("r2") stack => value, in("r3") FLAGS, in("r4") 0,
            in("r5") 0, in("r6") 0, in("r8") body, out("r14") _);
    }
    value
}
