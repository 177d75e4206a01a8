//! Where the program begins, and where it ends if it panics.
#![allow(unsafe_code)] // Assembly.

use core::arch::global_asm;
use core::panic::PanicInfo;

// The kernel enters a static program at `_start` with the stack pointer at the argument count
// (each architecture's ELF ABI). The calling conventions want a stack that is aligned as at a
// call, on s390x with a save area of 160 bytes above it.
#[cfg(target_arch = "x86_64")]
global_asm!(".globl _start", "_start:", "xor ebp, ebp", "and rsp, -16", "call {begin}", begin = sym begin);
#[cfg(target_arch = "x86")]
global_asm!(".globl _start", "_start:", "xor ebp, ebp", "and esp, -16", "call {begin}", begin = sym begin);
#[cfg(target_arch = "aarch64")]
global_asm!(".globl _start", "_start:", "mov x29, #0", "mov x30, #0", "bl {begin}", begin = sym begin);
// Also in a program of Thumb instructions: the kernel begins in the mode that the lowest bit of the
// address says, and `bl` to the other mode becomes `blx` in the linker.
#[cfg(target_arch = "arm")]
global_asm!(".globl _start", ".arm", "_start:", "mov r11, #0", "mov lr, #0", "bl {begin}", begin = sym begin);
#[cfg(target_arch = "riscv64")]
global_asm!(".globl _start", "_start:", "mv ra, zero", "call {begin}", begin = sym begin);
#[cfg(target_arch = "loongarch64")]
global_asm!(".globl _start", "_start:", "move $ra, $zero", "bl {begin}", begin = sym begin);
#[cfg(target_arch = "s390x")]
global_asm!(".globl _start", "_start:", "aghi %r15, -160", "brasl %r14, {begin}", begin = sym begin);

extern "C" fn begin() -> ! {
    crate::call::exit_group(crate::main())
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    #[cfg(not(target_arch = "loongarch64"))]
    crate::report::places::in_a_panic();
    crate::print("panicked\n");
    crate::call::exit_group(101)
}
