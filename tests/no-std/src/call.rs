//! The system calls of this program, with all six arguments, so that it can try the filters of
//! `seccomp-runtime` without relying on the assembly of `seccomp-runtime`.
//!
//! Calling conventions and clobbered registers: syscall(2), Linux man-pages 6.03;
//! `tools/include/nolibc/arch-*.h`, Linux 6.12.
#![allow(unsafe_code)] // System calls.

use core::arch::asm;
use core::ffi::CStr;

/// A number that no architecture has given to a call: if the filter allows it, the kernel answers
/// `ENOSYS`.
pub(crate) const PROBE: usize = 1000;

pub(crate) const ENOSYS: isize = 38;
pub(crate) const SIGILL: u8 = 4;
pub(crate) const SIGTRAP: u8 = 5;
pub(crate) const SIGKILL: u8 = 9;
pub(crate) const SIGSYS: u8 = 31;

/// How a child ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Exited(u8),
    Killed(u8),
}

/// The numbers of the calls that this program needs.
pub(crate) struct Numbers {
    pub(crate) close: usize,
    pub(crate) exit: usize,
    pub(crate) exit_group: usize,
    pub(crate) clone: usize,
    pub(crate) dup3: usize,
    pub(crate) getpid: usize,
    pub(crate) kill: usize,
    pub(crate) openat: usize,
    pub(crate) pipe2: usize,
    pub(crate) prctl: usize,
    pub(crate) prlimit64: usize,
    pub(crate) ptrace: usize,
    pub(crate) read: usize,
    pub(crate) reboot: usize,
    pub(crate) seccomp: usize,
    pub(crate) wait4: usize,
    pub(crate) write: usize,
}

// Source: each architecture's table of calls, Linux 6.12.
#[cfg(target_arch = "x86_64")]
pub(crate) const NUMBERS: Numbers = Numbers {
    close: 3,
    exit: 60,
    exit_group: 231,
    clone: 56,
    dup3: 292,
    getpid: 39,
    kill: 62,
    openat: 257,
    pipe2: 293,
    prctl: 157,
    prlimit64: 302,
    ptrace: 101,
    read: 0,
    reboot: 169,
    seccomp: 317,
    wait4: 61,
    write: 1,
};
#[cfg(target_arch = "x86")]
pub(crate) const NUMBERS: Numbers = Numbers {
    close: 6,
    exit: 1,
    exit_group: 252,
    clone: 120,
    dup3: 330,
    getpid: 20,
    kill: 37,
    openat: 295,
    pipe2: 331,
    prctl: 172,
    prlimit64: 340,
    ptrace: 26,
    read: 3,
    reboot: 88,
    seccomp: 354,
    wait4: 114,
    write: 4,
};
#[cfg(target_arch = "arm")]
pub(crate) const NUMBERS: Numbers = Numbers {
    close: 6,
    exit: 1,
    exit_group: 248,
    clone: 120,
    dup3: 358,
    getpid: 20,
    kill: 37,
    openat: 322,
    pipe2: 359,
    prctl: 172,
    prlimit64: 369,
    ptrace: 26,
    read: 3,
    reboot: 88,
    seccomp: 383,
    wait4: 114,
    write: 4,
};
#[cfg(target_arch = "s390x")]
pub(crate) const NUMBERS: Numbers = Numbers {
    close: 6,
    exit: 1,
    exit_group: 248,
    clone: 120,
    dup3: 326,
    getpid: 20,
    kill: 37,
    openat: 288,
    pipe2: 325,
    prctl: 172,
    prlimit64: 334,
    ptrace: 26,
    read: 3,
    reboot: 88,
    seccomp: 348,
    wait4: 114,
    write: 4,
};
#[cfg(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "loongarch64"))]
pub(crate) const NUMBERS: Numbers = Numbers {
    close: 57,
    exit: 93,
    exit_group: 94,
    clone: 220,
    dup3: 24,
    getpid: 172,
    kill: 129,
    openat: 56,
    pipe2: 59,
    prctl: 167,
    prlimit64: 261,
    ptrace: 117,
    read: 63,
    reboot: 142,
    seccomp: 277,
    wait4: 260,
    write: 64,
};

/// Makes a system call, and returns the kernel's result.
///
/// # Safety
///
/// What the kernel does with memory must be sound: see each use.
pub(crate) unsafe fn syscall(number: usize, a: [usize; 6]) -> isize {
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
    // SAFETY: `svc` changes x0, the SVE registers but for their low 128 bits, and what the caller vouches
    // for (`fpsimd_syscall_enter`, arch/arm64/kernel/entry-common.c, Linux 6.12): no more than a C
    // function may change.
    unsafe {
        asm!("svc 0", in("x8") number, inlateout("x0") a[0] => value, in("x1") a[1],
            in("x2") a[2], in("x3") a[3], in("x4") a[4], in("x5") a[5], clobber_abi("C"));
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
    // SAFETY: `ecall` changes a0, the state of the V extension, and what the caller vouches for
    // (`do_trap_ecall_u`, arch/riscv/kernel/traps.c, Linux 6.12): no more than a C function may change.
    unsafe {
        asm!("ecall", in("a7") number, inlateout("a0") a[0] => value, in("a1") a[1],
            in("a2") a[2], in("a3") a[3], in("a4") a[4], in("a5") a[5], clobber_abi("C"));
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

/// Makes call [`PROBE`]. Only a filter gives it an effect.
pub(crate) fn probe(arguments: [usize; 6]) -> isize {
    // SAFETY: the call does not exist: no memory is touched.
    unsafe { syscall(PROBE, arguments) }
}

/// Writes to a descriptor, as many bytes as it takes.
pub(crate) fn write(fd: usize, bytes: &[u8]) {
    let arguments = [fd, bytes.as_ptr() as usize, bytes.len(), 0, 0, 0];
    // SAFETY: write(2) reads the bytes of this slice.
    unsafe { syscall(NUMBERS.write, arguments) };
}

/// getpid(2).
pub(crate) fn getpid() -> isize {
    // SAFETY: no arguments.
    unsafe { syscall(NUMBERS.getpid, [0; 6]) }
}

/// Whether this is process 1, with a machine of its own.
pub(crate) fn is_init() -> bool {
    getpid() == 1
}

/// exit(2).
pub(crate) fn exit(status: u8) -> ! {
    loop {
        // SAFETY: exit(2) takes a number and does not return.
        unsafe { syscall(NUMBERS.exit, [status.into(), 0, 0, 0, 0, 0]) };
    }
}

/// exit_group(2).
pub(crate) fn exit_group(status: u8) -> ! {
    loop {
        // SAFETY: exit_group(2) takes a number and does not return.
        unsafe { syscall(NUMBERS.exit_group, [status.into(), 0, 0, 0, 0, 0]) };
    }
}

/// Switches the machine off (reboot(2): two magic numbers and `LINUX_REBOOT_CMD_POWER_OFF`).
pub(crate) fn power_off() {
    let arguments = [0xfee1_dead, 672_274_793, 0x4321_fedc, 0, 0, 0];
    // SAFETY: reboot(2) takes numbers; this command does not look at the fourth.
    unsafe { syscall(NUMBERS.reboot, arguments) };
}

/// close(2).
pub(crate) fn close(fd: usize) {
    // SAFETY: close(2) takes a number; this program does not own what it closes.
    unsafe { syscall(NUMBERS.close, [fd, 0, 0, 0, 0, 0]) };
}

/// Opens a file of the working directory for reading. Returns its descriptor, or an errno below
/// zero.
pub(crate) fn open(name: &CStr) -> isize {
    const AT_FDCWD: usize = -100_isize as usize;
    let arguments = [AT_FDCWD, name.as_ptr() as usize, 0, 0, 0, 0];
    // SAFETY: openat(2) reads a string up to its end; 0 is `O_RDONLY`.
    unsafe { syscall(NUMBERS.openat, arguments) }
}

/// Reads as much as there is. Returns the number of bytes, or an errno below zero.
pub(crate) fn read(fd: usize, buffer: &mut [u8]) -> isize {
    let arguments = [fd, buffer.as_mut_ptr() as usize, buffer.len(), 0, 0, 0];
    // SAFETY: read(2) writes at most the length of this slice into it.
    unsafe { syscall(NUMBERS.read, arguments) }
}

/// kill(2).
pub(crate) fn kill(process: usize, signal: u8) {
    // SAFETY: kill(2) takes numbers.
    unsafe { syscall(NUMBERS.kill, [process, signal.into(), 0, 0, 0, 0]) };
}

/// Stops this process until its tracer lets it go on.
pub(crate) fn stop_self() {
    const SIGSTOP: u8 = 19;
    kill(getpid() as usize, SIGSTOP);
}

/// Switches off core dumps of this process and its children.
pub(crate) fn no_core_dumps() {
    bound_core_dumps(0);
}

/// Permits core dumps of any size, if this process may do that.
pub(crate) fn core_dumps() {
    bound_core_dumps(u64::MAX);
}

/// prlimit(2) with `RLIMIT_CORE`.
fn bound_core_dumps(size: u64) {
    const RLIMIT_CORE: usize = 4;
    let limits = [size; 2];
    let arguments = [0, RLIMIT_CORE, limits.as_ptr() as usize, 0, 0, 0];
    // SAFETY: prlimit64 reads one `struct rlimit64`, which is two numbers of 64 bits, and writes
    // no old one where there is no pointer.
    unsafe { syscall(NUMBERS.prlimit64, arguments) };
}

/// Makes a call through the ABI of x86 (`entry_INT80_compat`, arch/x86/entry, Linux 6.12).
#[cfg(target_arch = "x86_64")]
pub(crate) fn int80(nr: u32, a: [u32; 6]) -> isize {
    let value: u32;
    // SAFETY: only under a filter that keeps the call from being made (`traced`). The kernel
    // changes rax and may clear r8 to r11; rbx and rbp are restored from the stack.
    unsafe {
        asm!("push rbx", "push rbp",
            "mov ebx, [rdi]", "mov ecx, [rdi + 4]", "mov edx, [rdi + 8]", "mov esi, [rdi + 12]",
            "mov ebp, [rdi + 20]", "mov edi, [rdi + 16]",
            "int 0x80",
            "pop rbp", "pop rbx",
            inlateout("eax") nr => value, inlateout("rdi") a.as_ptr() => _,
            lateout("rcx") _, lateout("rdx") _, lateout("rsi") _,
            lateout("r8") _, lateout("r9") _, lateout("r10") _, lateout("r11") _);
    }
    value as i32 as isize
}

/// No other architecture has this instruction: `ENOSYS`.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn int80(_: u32, _: [u32; 6]) -> isize {
    -ENOSYS
}

/// fork(2): returns the child's id, or 0 in the child.
pub(crate) fn fork() -> usize {
    clone(0)
}

/// fork(2), but the child has the same table of descriptors, and not a copy of it.
pub(crate) fn fork_with_descriptors() -> usize {
    const CLONE_FILES: usize = 0x400;
    clone(CLONE_FILES)
}

/// A child, with a copy of all memory.
fn clone(flags: usize) -> usize {
    const SIGCHLD: usize = 17;
    let flags = flags | SIGCHLD;
    // The stack comes first on s390x (clone(2)); 0 keeps the parent's, copied.
    let arguments =
        if cfg!(target_arch = "s390x") { [0, flags, 0, 0, 0, 0] } else { [flags, 0, 0, 0, 0, 0] };
    // SAFETY: clone(2) with these flags, without CLONE_VM, is fork(2): the child has a copy of all memory.
    unsafe { syscall(NUMBERS.clone, arguments) as usize }
}

/// The state of a child after a wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It exited with this status.
    Exited(u8),
    /// It was killed by this signal.
    Killed(u8),
    /// It stopped for its tracer: for a signal, or for an event (`PTRACE_EVENT_*`, or 0).
    Stopped { signal: u8, event: u8 },
}

/// Waits for a child to stop or to end.
pub(crate) fn wait(child: usize) -> Status {
    Status::of(status(child))
}

/// The same, as wait(2) has it.
fn status(child: usize) -> u32 {
    let mut status = 0_u32;
    // SAFETY: wait4(2) writes one `int`, to `status`, and no usage where there is no pointer.
    unsafe { syscall(NUMBERS.wait4, [child, &raw mut status as usize, 0, 0, 0, 0]) };
    status
}

impl Status {
    /// wait(2), ptrace(2): the low seven bits are the signal, or all ones of a child that stopped;
    /// the next byte is the exit status or the signal, and the one above it the event.
    const fn of(status: u32) -> Self {
        let [low, next, event, _] = status.to_le_bytes();
        match low & 0x7f {
            0 => Self::Exited(next),
            0x7f => Self::Stopped { signal: next, event },
            signal => Self::Killed(signal),
        }
    }
}

impl End {
    const fn of(status: u32) -> Self {
        match Status::of(status) {
            Status::Exited(status) => Self::Exited(status),
            Status::Killed(signal) | Status::Stopped { signal, .. } => Self::Killed(signal),
        }
    }
}

/// Runs `body` in a child, which exits with the result of `body`.
pub(crate) fn in_child(body: fn() -> u8) -> End {
    let child = fork();
    if child == 0 {
        exit_group(body());
    }
    End::of(status(child))
}

/// Closes standard error, so that text for it is lost.
pub(crate) fn without_standard_error() {
    close(2);
}

/// Runs `body` in a child, which exits with the result of `body`. Returns how the child ended, and how many bytes
/// it wrote to standard error, which are in `said`.
pub(crate) fn standard_error_of(said: &mut [u8], body: fn() -> u8) -> (End, usize) {
    let (status, length) = status_and_standard_error_of(said, body);
    (End::of(status), length)
}

/// The same, with the status as wait(2) has it.
pub(crate) fn status_and_standard_error_of(said: &mut [u8], body: fn() -> u8) -> (u32, usize) {
    let mut ends = [0_u32; 2];
    // SAFETY: pipe2(2) writes two descriptors of 32 bits, to `ends`.
    unsafe { syscall(NUMBERS.pipe2, [ends.as_mut_ptr() as usize, 0, 0, 0, 0, 0]) };
    let [read_end, write_end] = ends.map(|end| end as usize);
    let child = fork();
    if child == 0 {
        // SAFETY: dup3(2) takes numbers, and closes standard error, which this program does not own.
        unsafe { syscall(NUMBERS.dup3, [write_end, 2, 0, 0, 0, 0]) };
        exit_group(body());
    }
    close(write_end);
    let mut length = 0;
    while let Some(free) = said.get_mut(length..).filter(|free| !free.is_empty()) {
        let arguments = [read_end, free.as_mut_ptr() as usize, free.len(), 0, 0, 0];
        // SAFETY: read(2) writes at most as many bytes as `free` has, to it.
        let read = unsafe { syscall(NUMBERS.read, arguments) };
        match usize::try_from(read) {
            Ok(read) if read > 0 => length += read,
            _ => break,
        }
    }
    close(read_end);
    (status(child), length)
}

/// openat(2) with these four arguments, under a policy that denies it.
pub(crate) fn open_at([directory, name, flags, mode]: [usize; 4]) -> isize {
    // SAFETY: the name is a null pointer, for which the kernel only returns an error.
    unsafe { syscall(NUMBERS.openat, [directory, name, flags, mode, 0, 0]) }
}

/// A call whose arguments are all 0. Each use names a call that touches no memory.
pub(crate) fn without_arguments(number: usize) -> isize {
    // SAFETY: see the uses: getppid(2), getpgid(2) and sched_yield(2) take at most numbers.
    unsafe { syscall(number, [0; 6]) }
}
