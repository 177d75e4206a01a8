//! One system call, in the instructions of each architecture.
//!
//! Source of every calling convention: syscall(2), Linux man-pages 6.03, "Architecture calling conventions". The
//! registers that the kernel changes are taken from its entry code, which each SAFETY comment names, in Linux 6.12.
//!
//! Every `asm!` block keeps these defaults: it may read and write all memory, and it changes the condition flags. On
//! RISC-V these flags include `vl`, `vtype`, `vxrm` and `vxsat` (the Rust reference, "Inline assembly",
//! `preserves_flags`).
//!
//! All six argument registers are set; those that a call does not use are set to 0. A filter around this program sees
//! all six, and what it sees must not depend on values that the compiler left in registers.
//!
//! Most calls of this crate have at most three arguments. They go through [`syscall`], which is all that a program with
//! an ordinary policy contains.

use core::arch::asm;

/// Makes the system call `number` and returns the kernel's result, or an errno as a negative number. The kernel
/// ignores arguments that the call does not have.
///
/// It is never inlined, so all system calls of this crate come from one address: two calls with equal arguments look
/// the same to every filter (see `set_filter` in the parent module).
///
/// # Safety
///
/// The call must not break a promise that the Rust code of this program relies on: the memory that the arguments
/// point at is valid for the reads and writes of the call, and nothing else uses it.
#[inline(never)]
pub(super) unsafe fn syscall(a: usize, b: usize, c: usize, number: u32) -> isize {
    // It is always inlined here, so that there is one such instruction.
    // SAFETY: the caller of this function promises what `raw_of_three` requires.
    unsafe { raw_of_three(number as usize, [a, b, c]) }
}

/// The same for a call with up to four arguments.
///
/// # Safety
///
/// See [`syscall`].
#[inline(never)]
pub(super) unsafe fn syscall_of_four(a: usize, b: usize, c: usize, d: usize, number: u32) -> isize {
    // SAFETY: the caller of this function promises what `raw` requires.
    unsafe { raw(number as usize, [a, b, c, d, 0, 0]) }
}

/// The same for a call with up to six arguments.
///
/// # Safety
///
/// See [`syscall`].
#[inline(never)]
pub(super) unsafe fn syscall_of_six(arguments: [usize; 6], number: u32) -> isize {
    // SAFETY: the caller of this function promises what `raw` requires.
    unsafe { raw(number as usize, arguments) }
}

/// A call with three arguments, with 0 in the other registers.
#[cfg(not(target_arch = "x86"))]
#[inline(always)]
unsafe fn raw_of_three(number: usize, [a, b, c]: [usize; 3]) -> isize {
    // SAFETY: the caller of this function promises what `raw` requires.
    unsafe { raw(number, [a, b, c, 0, 0, 0]) }
}

/// x86_64 and x32. `syscall` leaves the return address in rcx and the flags in r11.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn raw(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let value: i64;
    // SAFETY: `syscall` changes rax, rcx, r11 and what the caller vouches for: the entry code saves and
    // restores all other general registers (`entry_SYSCALL_64`, arch/x86/entry/entry_64.S, Linux 6.12),
    // and a system call does not touch the vector, mask, tile and x87 registers of the program
    // (`switch_fpu_return`, arch/x86/kernel/fpu/core.c, loads them back if the kernel has used them). The casts to 64 bits matter on x32, where
    // the kernel reads whole registers.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as u64 => value,
            in("rdi") a as u64,
            in("rsi") b as u64,
            in("rdx") c as u64,
            in("r10") d as u64,
            in("r8") e as u64,
            in("r9") f as u64,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    value as isize
}

/// 32-bit x86. `asm!` does not accept ebx, esi or ebp as operands, because LLVM may need them: they are saved on the
/// stack, and the first argument is passed in edi.
#[cfg(target_arch = "x86")]
#[inline(always)]
unsafe fn raw_of_three(number: usize, [a, b, c]: [usize; 3]) -> isize {
    let value: isize;
    // SAFETY: `int 0x80` changes eax and what the caller vouches for: the kernel saves and restores all
    // other registers that a 32-bit program has (`entry_INT80_32`, arch/x86/entry/entry_32.S, and
    // `do_int80_emulation`, arch/x86/entry/common.c, Linux 6.12). ebx, esi and ebp are restored and the stack
    // pointer is back where it was; edi is named as changed.
    unsafe {
        asm!(
            "push ebx",
            "push esi",
            "push ebp",
            "mov ebx, edi",
            "xor esi, esi",
            "xor edi, edi",
            "xor ebp, ebp",
            "int 0x80",
            "pop ebp",
            "pop esi",
            "pop ebx",
            inlateout("eax") number => value,
            in("ecx") b,
            in("edx") c,
            inlateout("edi") a => _,
        );
    }
    value
}

/// 32-bit x86 with six arguments, which the instructions load from memory, as there are too few registers to name.
#[cfg(target_arch = "x86")]
#[inline(always)]
unsafe fn raw(number: usize, arguments: [usize; 6]) -> isize {
    let value: isize;
    // SAFETY: as above for `int 0x80` and the three registers that are saved. The loads read the six words of
    // `arguments`, before edi, which points at them, is overwritten. ecx, edx and edi are named as changed.
    unsafe {
        asm!(
            "push ebx",
            "push esi",
            "push ebp",
            "mov ebx, [edi]",
            "mov ecx, [edi + 4]",
            "mov edx, [edi + 8]",
            "mov esi, [edi + 12]",
            "mov ebp, [edi + 20]",
            "mov edi, [edi + 16]",
            "int 0x80",
            "pop ebp",
            "pop esi",
            "pop ebx",
            inlateout("eax") number => value,
            inlateout("edi") arguments.as_ptr() => _,
            lateout("ecx") _,
            lateout("edx") _,
        );
    }
    value
}

/// 64-bit Arm.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
unsafe fn raw(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let value: isize;
    macro_rules! call {
        ($($upper:tt)*) => {
            asm!(
                "svc 0",
                in("x8") number,
                inlateout("x0") a => value,
                in("x1") b,
                in("x2") c,
                in("x3") d,
                in("x4") e,
                in("x5") f,
                out("v0") _, out("v1") _, out("v2") _, out("v3") _,
                out("v4") _, out("v5") _, out("v6") _, out("v7") _,
                $($upper)*
                out("v16") _, out("v17") _, out("v18") _, out("v19") _,
                out("v20") _, out("v21") _, out("v22") _, out("v23") _,
                out("v24") _, out("v25") _, out("v26") _, out("v27") _,
                out("v28") _, out("v29") _, out("v30") _, out("v31") _,
                out("p0") _, out("p1") _, out("p2") _, out("p3") _,
                out("p4") _, out("p5") _, out("p6") _, out("p7") _,
                out("p8") _, out("p9") _, out("p10") _, out("p11") _,
                out("p12") _, out("p13") _, out("p14") _, out("p15") _,
                out("ffr") _,
                options(nostack),
            )
        };
    }
    // A function has to keep the low 64 bits of v8 to v15 for its caller (AAPCS64, "SIMD and Floating-Point registers"), so
    // naming these costs instructions that save them. Without SVE in this code, they have no bits above the 128 that the kernel
    // keeps; a caller with SVE keeps nothing in the rest, because this code is part of functions that are never inlined.
    // Of SME the kernel keeps ZA and leaves streaming mode (Documentation/arch/arm64/sme.rst, section 4, Linux 6.12): no Rust
    // function is in it, since functions with an ordinary interface are entered and left outside of it (AAPCS64, "SME state").
    #[cfg(not(target_feature = "sve"))]
    // SAFETY: `svc` changes x0 and what the caller vouches for: the kernel restores the other general
    // registers (`kernel_entry` and `kernel_exit`, arch/arm64/kernel/entry.S, Linux 6.12). Of SVE it keeps
    // the low 128 bits of z0 to z31, which are v0 to v31, and zeroes the rest, p0 to p15 and ffr
    // (`fpsimd_syscall_enter`, arch/arm64/kernel/entry-common.c; Documentation/arch/arm64/sve.rst,
    // section 3, Linux 6.12), so all of these are named as changed; of SME, see above.
    unsafe {
        call!()
    };
    #[cfg(target_feature = "sve")]
    // SAFETY: as above; v8 to v15 are among the registers that are named.
    unsafe {
        call!(
            out("v8") _, out("v9") _, out("v10") _, out("v11") _,
            out("v12") _, out("v13") _, out("v14") _, out("v15") _,
        )
    };
    value
}

/// 32-bit Arm, EABI, in Arm and in Thumb state. The number must be in r7, which is the frame pointer in Thumb state,
/// where `asm!` does not accept it as an operand: r12 keeps its value meanwhile.
#[cfg(target_arch = "arm")]
#[inline(always)]
unsafe fn raw(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let value: isize;
    // SAFETY: `svc` changes r0 and what the caller vouches for: the kernel saves r0 to r12, sp, lr and
    // the flags and restores all but r0 (`vector_swi` and `ret_fast_syscall`,
    // arch/arm/kernel/entry-common.S, Linux 6.12); the floating-point and Neon registers are switched
    // with the thread and otherwise left alone (arch/arm/vfp/vfpmodule.c). r7 is restored from r12, which
    // the kernel so preserves, and which is named as changed.
    unsafe {
        asm!(
            "mov r12, r7",
            "mov r7, r8",
            "svc 0",
            "mov r7, r12",
            in("r8") number,
            inlateout("r0") a => value,
            in("r1") b,
            in("r2") c,
            in("r3") d,
            in("r4") e,
            in("r5") f,
            out("r12") _,
            options(nostack),
        );
    }
    value
}

/// 64-bit RISC-V.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
unsafe fn raw(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let value: isize;
    // SAFETY: `ecall` changes a0 and what the caller vouches for: the kernel saves and restores the other
    // general registers (`handle_exception` and `ret_from_exception`, arch/riscv/kernel/entry.S, Linux
    // 6.12) and keeps the floating-point registers. Of the V extension it discards everything: it fills
    // v0 to v31 with ones and makes vtype invalid (`do_trap_ecall_u`, arch/riscv/kernel/traps.c, calls
    // `riscv_v_vstate_discard`, arch/riscv/include/asm/vector.h; Documentation/arch/riscv/vector.rst,
    // section 3). The registers are named as changed; vl, vtype and vcsr are by default, see above.
    unsafe {
        asm!(
            "ecall",
            in("a7") number,
            inlateout("a0") a => value,
            in("a1") b,
            in("a2") c,
            in("a3") d,
            in("a4") e,
            in("a5") f,
            out("v0") _, out("v1") _, out("v2") _, out("v3") _,
            out("v4") _, out("v5") _, out("v6") _, out("v7") _,
            out("v8") _, out("v9") _, out("v10") _, out("v11") _,
            out("v12") _, out("v13") _, out("v14") _, out("v15") _,
            out("v16") _, out("v17") _, out("v18") _, out("v19") _,
            out("v20") _, out("v21") _, out("v22") _, out("v23") _,
            out("v24") _, out("v25") _, out("v26") _, out("v27") _,
            out("v28") _, out("v29") _, out("v30") _, out("v31") _,
            options(nostack),
        );
    }
    value
}

/// 64-bit LoongArch.
#[cfg(target_arch = "loongarch64")]
#[inline(always)]
unsafe fn raw(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let value: isize;
    // SAFETY: `syscall` changes a0, t0 to t8 and what the caller vouches for: the entry code neither
    // saves nor restores t0 to t8, uses them, and restores all other registers from where it saved them
    // (`handle_syscall`, arch/loongarch/kernel/entry.S; `RESTORE_ALL_AND_RET`,
    // arch/loongarch/include/asm/stackframe.h, Linux 6.12). The floating-point, LSX and LASX registers
    // are switched with the thread and otherwise left alone (arch/loongarch/include/asm/fpu.h).
    unsafe {
        asm!(
            "syscall 0",
            in("$a7") number,
            inlateout("$a0") a => value,
            in("$a1") b,
            in("$a2") c,
            in("$a3") d,
            in("$a4") e,
            in("$a5") f,
            lateout("$t0") _,
            lateout("$t1") _,
            lateout("$t2") _,
            lateout("$t3") _,
            lateout("$t4") _,
            lateout("$t5") _,
            lateout("$t6") _,
            lateout("$t7") _,
            lateout("$t8") _,
            options(nostack),
        );
    }
    value
}

/// 64-bit S/390.
#[cfg(target_arch = "s390x")]
#[inline(always)]
unsafe fn raw(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let value: isize;
    // SAFETY: `svc 0` takes the number from r1, changes r2 and what the caller vouches for: the kernel
    // saves r0 to r15 and the condition code with the program status word and restores them
    // (`system_call`, arch/s390/kernel/entry.S, Linux 6.12); it saves the floating-point and vector
    // registers before it uses any (`__kernel_fpu_begin`, arch/s390/kernel/fpu.c).
    unsafe {
        asm!(
            "svc 0",
            in("r1") number,
            inlateout("r2") a => value,
            in("r3") b,
            in("r4") c,
            in("r5") d,
            in("r6") e,
            in("r7") f,
            options(nostack),
        );
    }
    value
}

/// PowerPC, 32 and 64 bits, both byte orders. Rust has `asm!` there since 1.95. The summary-overflow bit of cr0 marks
/// an error, whose number is positive.
#[cfg(any(target_arch = "powerpc", target_arch = "powerpc64"))]
#[inline(always)]
unsafe fn raw(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let value: isize;
    // SAFETY: `sc` changes r0, r3 to r12, ctr, xer, cr0 and what the caller vouches for: the entry code
    // saves cr, lr and r13 to r31 and restores these alone (`transfer_to_syscall` and
    // `ret_from_syscall`, arch/powerpc/kernel/entry_32.S; `system_call_common`,
    // arch/powerpc/kernel/interrupt_64.S, Linux 6.12); floating-point and vector registers and cr1 to cr7
    // are preserved (Documentation/arch/powerpc/syscall64-abi.rst, "Register preservation rules").
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
            inlateout("r8") f => _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
            lateout("r12") _,
            lateout("ctr") _,
            lateout("xer") _,
            lateout("cr0") _,
            options(nostack),
        );
    }
    value
}
