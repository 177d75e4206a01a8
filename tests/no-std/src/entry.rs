//! Where the program begins, and what the compiler expects of a C library.
#![allow(unsafe_code)] // Entry points and memory functions are raw by nature.

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
    crate::print("panicked\n");
    crate::call::exit_group(101)
}

// What `core` calls and no C library is there to supply. The accesses are volatile so that the
// compiler does not recognise the loops and call these functions to do them.

/// memcpy(3).
///
/// # Safety
///
/// As memcpy(3): `len` bytes can be read at `from` and written at `to`, and do not overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    for i in 0..len {
        // SAFETY: `i` is below `len`, see above.
        let byte = unsafe { from.wrapping_add(i).read_volatile() };
        // SAFETY: as above.
        unsafe { to.wrapping_add(i).write_volatile(byte) };
    }
    to
}

/// memmove(3).
///
/// # Safety
///
/// As memmove(3): `len` bytes can be read at `from` and written at `to`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    for step in 0..len {
        let i = if to.cast_const() < from { step } else { len - 1 - step };
        // SAFETY: `i` is below `len`, see above.
        let byte = unsafe { from.wrapping_add(i).read_volatile() };
        // SAFETY: as above.
        unsafe { to.wrapping_add(i).write_volatile(byte) };
    }
    to
}

/// memset(3).
///
/// # Safety
///
/// As memset(3): `len` bytes can be written at `to`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    for i in 0..len {
        // SAFETY: `i` is below `len`, see above.
        unsafe { to.wrapping_add(i).write_volatile(byte as u8) };
    }
    to
}

/// memcmp(3).
///
/// # Safety
///
/// As memcmp(3): `len` bytes can be read at both.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    for i in 0..len {
        // SAFETY: `i` is below `len`, see above.
        let left = unsafe { a.wrapping_add(i).read_volatile() };
        // SAFETY: as above.
        let right = unsafe { b.wrapping_add(i).read_volatile() };
        if left != right {
            return i32::from(left) - i32::from(right);
        }
    }
    0
}

/// bcmp(3).
///
/// # Safety
///
/// As memcmp(3): `len` bytes can be read at both.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    // SAFETY: the caller's promise is the same.
    unsafe { memcmp(a, b, len) }
}
