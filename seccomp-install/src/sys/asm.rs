//! One system call, in each architecture's instructions.
//!
//! Source of every calling convention: syscall(2), Linux man-pages 6.03, "Architecture calling
//! conventions"; of the clobbered registers: the kernel's own wrappers in
//! `tools/include/nolibc/arch-*.h`, Linux 6.12.
//!
//! Every `asm!` block keeps its defaults: it may read and write all memory, and flags are lost.

use core::arch::asm;

/// Makes the system call `number` and returns what the kernel answers: a result, or an errno
/// below zero. Arguments that the call does not have are ignored by the kernel.
///
/// # Safety
///
/// The kernel must be able to do what the call asks for without breaking a promise that this
/// program's Rust code relies on: memory that the arguments point at is valid for what the call
/// reads and writes there, and is not otherwise in use.
#[inline]
pub(super) unsafe fn syscall(number: u32, arguments: [usize; 5]) -> isize {
    // SAFETY: the caller's promise is the one that this asks for.
    unsafe { raw(number as usize, arguments) }
}

/// x86_64 and x32. `syscall` leaves the return address in rcx and the flags in r11.
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn raw(number: usize, [a, b, c, d, e]: [usize; 5]) -> isize {
    let value: i64;
    // SAFETY: `syscall` changes rax, rcx, r11 and what the caller vouches for. The casts
    // to 64 bits matter on x32, where the kernel reads whole registers.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as u64 => value,
            in("rdi") a as u64,
            in("rsi") b as u64,
            in("rdx") c as u64,
            in("r10") d as u64,
            in("r8") e as u64,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    value as isize
}

/// 32-bit x86. `asm!` takes neither ebx nor esi as operands, because LLVM may need them, and five
/// arguments leave no other register free: they are saved on the stack, and three arguments come
/// from memory.
#[cfg(target_arch = "x86")]
#[inline]
unsafe fn raw(number: usize, [a, b, c, d, e]: [usize; 5]) -> isize {
    let value: isize;
    let from_memory = [a, d, e];
    // SAFETY: `int 0x80` changes eax and what the caller vouches for; ebx and esi are restored
    // and the stack pointer is back where it was. `from_memory` is read before the call.
    unsafe {
        asm!(
            "push ebx",
            "push esi",
            "mov ebx, [edi]",
            "mov esi, [edi + 4]",
            "mov edi, [edi + 8]",
            "int 0x80",
            "pop esi",
            "pop ebx",
            inlateout("eax") number => value,
            in("ecx") b,
            in("edx") c,
            inlateout("edi") from_memory.as_ptr() => _,
        );
    }
    value
}

/// 64-bit Arm.
#[cfg(target_arch = "aarch64")]
#[inline]
unsafe fn raw(number: usize, [a, b, c, d, e]: [usize; 5]) -> isize {
    let value: isize;
    // SAFETY: `svc` changes x0 and what the caller vouches for.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") a => value,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            in("x4") e,
        );
    }
    value
}

/// 32-bit Arm, EABI, in Arm and in Thumb state. The number goes into r7, which is the frame
/// pointer in Thumb state and no operand of `asm!` there: it is kept in r12 meanwhile.
#[cfg(target_arch = "arm")]
#[inline]
unsafe fn raw(number: usize, [a, b, c, d, e]: [usize; 5]) -> isize {
    let value: isize;
    // SAFETY: `svc` changes r0 and what the caller vouches for; r7 is restored from r12, which
    // the kernel preserves.
    unsafe {
        asm!(
            "mov r12, r7",
            "mov r7, r5",
            "svc 0",
            "mov r7, r12",
            in("r5") number,
            inlateout("r0") a => value,
            in("r1") b,
            in("r2") c,
            in("r3") d,
            in("r4") e,
            out("r12") _,
        );
    }
    value
}

/// 64-bit RISC-V.
#[cfg(target_arch = "riscv64")]
#[inline]
unsafe fn raw(number: usize, [a, b, c, d, e]: [usize; 5]) -> isize {
    let value: isize;
    // SAFETY: `ecall` changes a0 and what the caller vouches for.
    unsafe {
        asm!(
            "ecall",
            in("a7") number,
            inlateout("a0") a => value,
            in("a1") b,
            in("a2") c,
            in("a3") d,
            in("a4") e,
        );
    }
    value
}

/// 64-bit LoongArch. The kernel does not preserve the temporary registers t0 to t8.
#[cfg(target_arch = "loongarch64")]
#[inline]
unsafe fn raw(number: usize, [a, b, c, d, e]: [usize; 5]) -> isize {
    let value: isize;
    // SAFETY: `syscall` changes a0, t0 to t8 and what the caller vouches for.
    unsafe {
        asm!(
            "syscall 0",
            in("$a7") number,
            inlateout("$a0") a => value,
            in("$a1") b,
            in("$a2") c,
            in("$a3") d,
            in("$a4") e,
            lateout("$t0") _,
            lateout("$t1") _,
            lateout("$t2") _,
            lateout("$t3") _,
            lateout("$t4") _,
            lateout("$t5") _,
            lateout("$t6") _,
            lateout("$t7") _,
            lateout("$t8") _,
        );
    }
    value
}

/// 64-bit S/390.
#[cfg(target_arch = "s390x")]
#[inline]
unsafe fn raw(number: usize, [a, b, c, d, e]: [usize; 5]) -> isize {
    let value: isize;
    // SAFETY: `svc 0` takes the number from r1, changes r2 and what the caller vouches for.
    unsafe {
        asm!(
            "svc 0",
            in("r1") number,
            inlateout("r2") a => value,
            in("r3") b,
            in("r4") c,
            in("r5") d,
            in("r6") e,
        );
    }
    value
}

/// PowerPC, 32 and 64 bits, both byte orders. Rust has `asm!` there since 1.95. An error is told
/// by the summary-overflow bit of cr0, and its number is positive.
#[cfg(any(target_arch = "powerpc", target_arch = "powerpc64"))]
#[inline]
unsafe fn raw(number: usize, [a, b, c, d, e]: [usize; 5]) -> isize {
    let value: isize;
    // SAFETY: `sc` changes r0, r3 to r12, ctr, xer, cr0 and what the caller vouches for.
    unsafe {
        asm!(
            "sc",
            "bns+ 2f",
            "neg 3, 3",
            "2:",
            inlateout("r0") number => _,
            inlateout("r3") a => value,
            inlateout("r4") b => _,
            inlateout("r5") c => _,
            inlateout("r6") d => _,
            inlateout("r7") e => _,
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
            lateout("r12") _,
            lateout("ctr") _,
            lateout("xer") _,
            lateout("cr0") _,
        );
    }
    value
}
