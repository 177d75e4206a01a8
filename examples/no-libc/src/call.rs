//! The system calls of this program.
//!
//! Calling conventions and changed registers: syscall(2), Linux man-pages 6.03; `tools/include/nolibc/arch-*.h`, Linux 6.12.
#![allow(unsafe_code)] // System calls.

use core::arch::asm;

use seccomp_runtime::call;

// The numbers that the policy has for the same names.
const WRITE: usize = call!(write()).nr as usize;
const EXIT_GROUP: usize = call!(exit_group()).nr as usize;
const SOCKET: usize = call!(socket()).nr as usize;

/// Makes a system call with three arguments. Returns what the kernel answers: an errno is below zero.
///
/// # Safety
///
/// What the kernel does with memory must be sound: see each use.
#[inline(never)] // There is one such instruction for all calls, to keep the program small.
unsafe fn syscall(a: usize, b: usize, c: usize, number: usize) -> isize {
    let answer: isize;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: `syscall` changes rax, rcx, r11 and what the caller vouches for.
    unsafe {
        asm!("syscall", inlateout("rax") number => answer, in("rdi") a, in("rsi") b, in("rdx") c,
            lateout("rcx") _, lateout("r11") _);
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: `svc` changes x0, the SVE registers but for their low 128 bits, and what the caller vouches
    // for (`fpsimd_syscall_enter`, arch/arm64/kernel/entry-common.c, Linux 6.12). This program has no
    // code for SVE: the target is not built with it.
    unsafe {
        asm!("svc 0", in("x8") number, inlateout("x0") a => answer, in("x1") b, in("x2") c);
    }
    #[cfg(target_arch = "riscv64")]
    // SAFETY: `ecall` changes a0, the state of the V extension, and what the caller vouches for
    // (`do_trap_ecall_u`, arch/riscv/kernel/traps.c, Linux 6.12): no more than a C function may change.
    unsafe {
        asm!("ecall", in("a7") number, inlateout("a0") a => answer, in("a1") b, in("a2") c,
            clobber_abi("C"));
    }
    answer
}

/// write(2), as much as the descriptor takes.
pub(crate) fn write(fd: usize, bytes: &[u8]) {
    // SAFETY: write(2) reads the bytes of this slice.
    unsafe { syscall(fd, bytes.as_ptr() as usize, bytes.len(), WRITE) };
}

/// exit_group(2).
pub(crate) fn exit_group(status: u8) -> ! {
    loop {
        // SAFETY: exit_group(2) takes a number and does not return.
        unsafe { syscall(status.into(), 0, 0, EXIT_GROUP) };
    }
}

/// socket(2): a TCP socket of IPv4, which nothing uses.
pub(crate) fn open_socket() -> isize {
    /// `AF_INET` and `SOCK_STREAM` (`include/linux/socket.h`, `include/linux/net.h`, Linux 6.12) on the architectures above.
    const IPV4_TCP: [usize; 2] = [2, 1];
    let [family, kind] = IPV4_TCP;
    // SAFETY: socket(2) takes three numbers.
    unsafe { syscall(family, kind, 0, SOCKET) }
}
