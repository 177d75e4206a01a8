//! Where the program begins, and where it ends if it panics.
#![allow(unsafe_code)] // Assembly.

use core::arch::global_asm;
use core::panic::PanicInfo;

// The kernel enters a static program at `_start`, with the stack pointer at the number of words on the command line
// (each architecture's ELF ABI). That number is the argument of `begin`. The stack has to be aligned to 16 bytes at a call,
// as it is when the kernel enters the program.
#[cfg(target_arch = "x86_64")]
global_asm!(".globl _start", "_start:", "xor ebp, ebp", "mov rdi, [rsp]", "call {begin}", begin = sym begin);
#[cfg(target_arch = "aarch64")]
global_asm!(".globl _start", "_start:", "mov x29, #0", "mov x30, #0", "ldr x0, [sp]", "bl {begin}", begin = sym begin);
#[cfg(target_arch = "riscv64")]
global_asm!(".globl _start", "_start:", "mv ra, zero", "ld a0, 0(sp)", "call {begin}", begin = sym begin);
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
compile_error!(
    "this architecture needs an entry point here, and its system call in `call.rs`: `tests/no-std` has both"
);

// An empty section that is loaded, with which the linker script gives a segment to the notes of policies.
global_asm!(".pushsection .note.here,\"a\",@note", ".popsection");

extern "C" fn begin(words: usize) -> ! {
    crate::call::exit_group(crate::main(words))
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    crate::call::exit_group(101)
}
