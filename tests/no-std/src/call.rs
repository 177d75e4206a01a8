//! The system calls of this program, with all six arguments, so that it can try the filters of
//! `seccomp-runtime` without relying on the assembly of `seccomp-runtime`.
//!
//! Calling conventions and clobbered registers: syscall(2), Linux man-pages 6.03;
//! `tools/include/nolibc/arch-*.h`, Linux 6.12.
#![allow(unsafe_code)] // System calls.

use core::arch::asm;

/// A number that no architecture has given to a call: with a filter that lets it pass, the
/// kernel answers `ENOSYS`.
pub(crate) const PROBE: usize = 1000;

pub(crate) const ENOSYS: isize = 38;
pub(crate) const SIGKILL: u8 = 9;
pub(crate) const SIGSYS: u8 = 31;

/// How a child ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Exited(u8),
    Killed(u8),
}

struct Numbers {
    write: usize,
    exit: usize,
    exit_group: usize,
    clone: usize,
    wait4: usize,
    reboot: usize,
    getpid: usize,
}

// Source: each architecture's table of calls, Linux 6.12.
#[cfg(target_arch = "x86_64")]
const CALL: Numbers =
    Numbers { write: 1, exit: 60, exit_group: 231, clone: 56, wait4: 61, reboot: 169, getpid: 39 };
#[cfg(any(target_arch = "x86", target_arch = "arm", target_arch = "s390x"))]
const CALL: Numbers = Numbers {
    write: 4,
    exit: 1,
    exit_group: if cfg!(target_arch = "x86") { 252 } else { 248 },
    clone: 120,
    wait4: 114,
    reboot: 88,
    getpid: 20,
};
#[cfg(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "loongarch64"))]
const CALL: Numbers = Numbers {
    write: 64,
    exit: 93,
    exit_group: 94,
    clone: 220,
    wait4: 260,
    reboot: 142,
    getpid: 172,
};

/// Makes a system call; what the kernel answers.
///
/// # Safety
///
/// What the kernel does with memory must be sound: see each use.
unsafe fn syscall(number: usize, a: [usize; 6]) -> isize {
    let value: isize;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: `syscall` changes rax, rcx, r11 and what the caller vouches for.
    unsafe {
        asm!("syscall", inlateout("rax") number => value, in("rdi") a[0], in("rsi") a[1],
            in("rdx") a[2], in("r10") a[3], in("r8") a[4], in("r9") a[5],
            lateout("rcx") _, lateout("r11") _);
    }
    #[cfg(target_arch = "x86")]
    // SAFETY: `int 0x80` changes eax and what the caller vouches for; ebx, esi and ebp are
    // restored from the stack, which is as it was.
    unsafe {
        asm!("push ebx", "push esi", "push ebp",
            "mov ebx, [edi]", "mov ecx, [edi + 4]", "mov edx, [edi + 8]", "mov esi, [edi + 12]",
            "mov ebp, [edi + 20]", "mov edi, [edi + 16]",
            "int 0x80",
            "pop ebp", "pop esi", "pop ebx",
            inlateout("eax") number => value, inlateout("edi") a.as_ptr() => _,
            lateout("ecx") _, lateout("edx") _);
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: `svc` changes x0 and what the caller vouches for.
    unsafe {
        asm!("svc 0", in("x8") number, inlateout("x0") a[0] => value, in("x1") a[1],
            in("x2") a[2], in("x3") a[3], in("x4") a[4], in("x5") a[5]);
    }
    #[cfg(target_arch = "arm")]
    // SAFETY: `svc` changes r0 and what the caller vouches for; r7, which the compiler may use
    // as its frame pointer, is restored from r12.
    unsafe {
        asm!("mov r12, r7", "mov r7, lr", "svc 0", "mov r7, r12",
            in("lr") number, inlateout("r0") a[0] => value, in("r1") a[1], in("r2") a[2],
            in("r3") a[3], in("r4") a[4], in("r5") a[5], out("r12") _);
    }
    #[cfg(target_arch = "riscv64")]
    // SAFETY: `ecall` changes a0 and what the caller vouches for.
    unsafe {
        asm!("ecall", in("a7") number, inlateout("a0") a[0] => value, in("a1") a[1],
            in("a2") a[2], in("a3") a[3], in("a4") a[4], in("a5") a[5]);
    }
    #[cfg(target_arch = "loongarch64")]
    // SAFETY: `syscall` changes a0, t0 to t8 and what the caller vouches for.
    unsafe {
        asm!("syscall 0", in("$a7") number, inlateout("$a0") a[0] => value, in("$a1") a[1],
            in("$a2") a[2], in("$a3") a[3], in("$a4") a[4], in("$a5") a[5],
            lateout("$t0") _, lateout("$t1") _, lateout("$t2") _, lateout("$t3") _,
            lateout("$t4") _, lateout("$t5") _, lateout("$t6") _, lateout("$t7") _,
            lateout("$t8") _);
    }
    #[cfg(target_arch = "s390x")]
    // SAFETY: `svc 0` takes the number from r1, changes r2 and what the caller vouches for.
    unsafe {
        asm!("svc 0", in("r1") number, inlateout("r2") a[0] => value, in("r3") a[1],
            in("r4") a[2], in("r5") a[3], in("r6") a[4], in("r7") a[5]);
    }
    value
}

/// Makes call [`PROBE`]. All that happens is what a filter says.
pub(crate) fn probe(arguments: [usize; 6]) -> isize {
    // SAFETY: the call does not exist: no memory is touched.
    unsafe { syscall(PROBE, arguments) }
}

/// Writes to a descriptor, as much as it takes.
pub(crate) fn write(fd: usize, bytes: &[u8]) {
    let arguments = [fd, bytes.as_ptr() as usize, bytes.len(), 0, 0, 0];
    // SAFETY: write(2) reads the bytes of this slice.
    unsafe { syscall(CALL.write, arguments) };
}

/// getpid(2).
pub(crate) fn getpid() -> isize {
    // SAFETY: no arguments.
    unsafe { syscall(CALL.getpid, [0; 6]) }
}

/// Whether this is process 1, with a machine of its own.
pub(crate) fn is_init() -> bool {
    getpid() == 1
}

/// exit(2).
pub(crate) fn exit(status: u8) -> ! {
    loop {
        // SAFETY: exit(2) takes a number and does not return.
        unsafe { syscall(CALL.exit, [status.into(), 0, 0, 0, 0, 0]) };
    }
}

/// exit_group(2).
pub(crate) fn exit_group(status: u8) -> ! {
    loop {
        // SAFETY: exit_group(2) takes a number and does not return.
        unsafe { syscall(CALL.exit_group, [status.into(), 0, 0, 0, 0, 0]) };
    }
}

/// Switches the machine off (reboot(2): two magic numbers and `LINUX_REBOOT_CMD_POWER_OFF`).
pub(crate) fn power_off() {
    let arguments = [0xfee1_dead, 672_274_793, 0x4321_fedc, 0, 0, 0];
    // SAFETY: reboot(2) takes numbers; this command does not look at the fourth.
    unsafe { syscall(CALL.reboot, arguments) };
}

/// Runs `body` in a child, which exits with what it returns.
pub(crate) fn in_child(body: fn() -> u8) -> End {
    const SIGCHLD: usize = 17;
    // The stack comes first on s390x (clone(2)); 0 keeps the parent's, copied.
    let arguments = if cfg!(target_arch = "s390x") {
        [0, SIGCHLD, 0, 0, 0, 0]
    } else {
        [SIGCHLD, 0, 0, 0, 0, 0]
    };
    // SAFETY: clone(2) with these flags is fork(2): the child has a copy of all memory.
    let child = unsafe { syscall(CALL.clone, arguments) };
    if child == 0 {
        exit_group(body());
    }
    let mut status = 0_u32;
    // SAFETY: wait4(2) writes one `int`, to `status`, and no usage where there is no pointer.
    unsafe { syscall(CALL.wait4, [child as usize, &raw mut status as usize, 0, 0, 0, 0]) };
    // wait(2): the low seven bits are the signal, the next byte is the exit status.
    match (status & 0x7f) as u8 {
        0 => End::Exited((status >> 8) as u8),
        signal => End::Killed(signal),
    }
}
