//! A program with `report` ends as it does without: status, core, and registers are those of the denied call.
#![allow(unsafe_code)] // ptrace(2), waitid(2), and system calls that a filter denies.

use std::ptr::null_mut;

use seccomp_runtime::Policy;
use seccomp_tests::call;
use seccomp_tests::child::{self, Running};

use super::policies::{P, PLAIN};

/// How a child ended, and its registers at that point.
#[derive(PartialEq, Eq, Debug)]
struct Ending {
    /// The status of waitpid(2): the signal, and whether there is a core.
    status: i32,
    registers: Vec<u64>,
}

/// Runs a child under a policy until it makes a call that is denied, and looks at it when it ends.
fn ending(policy: Policy, deny: fn()) -> (Ending, String) {
    let running = child::start(|notes| {
        let core = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: setrlimit(2) reads one `struct rlimit`. If the limit cannot be raised, there is no core, with a report or
        // without.
        unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const core) };
        // SAFETY: chdir(2) reads a string with its end. The core goes to a folder in which every
        // user may write.
        unsafe { libc::chdir(c"/tmp".as_ptr()) };
        notes.wait(0);
        if policy.install().is_err() {
            return 1;
        }
        deny();
        2
    });
    let registers = at_the_end(&running);
    let mut status = 0;
    // SAFETY: waitpid(2) writes one `int`, to `status`.
    let ended = unsafe { libc::waitpid(running.pid, &raw mut status, 0) };
    assert_eq!(ended, running.pid);
    let _ = std::fs::remove_file(format!("/tmp/core.{}", running.pid));
    let output = running.read_output();
    (Ending { status, registers }, output)
}

/// Traces a child until its last stop, and returns its registers there.
fn at_the_end(running: &Running) -> Vec<u64> {
    let pid = running.pid;
    let options = libc::PTRACE_O_TRACEEXIT | libc::PTRACE_O_EXITKILL;
    // SAFETY: PTRACE_SEIZE takes no address, and options in place of a pointer.
    let error =
        unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, null_mut::<u8>(), options as usize) };
    assert_eq!(error, 0, "PTRACE_SEIZE: {}", std::io::Error::last_os_error());
    running.notes.put(0, 1);
    loop {
        let mut status = 0;
        // SAFETY: waitpid(2) writes one `int`, to `status`.
        let stopped = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert!(stopped == pid && libc::WIFSTOPPED(status), "status {status:#x}");
        let is_end = status >> 8 == libc::SIGTRAP | (libc::PTRACE_EVENT_EXIT << 8);
        if is_end {
            let registers = registers(pid);
            // SAFETY: PTRACE_CONT takes no address, and no signal here.
            unsafe { libc::ptrace(libc::PTRACE_CONT, pid, null_mut::<u8>(), 0_usize) };
            return registers;
        }
        let signal = libc::WSTOPSIG(status);
        // SAFETY: PTRACE_CONT takes no address; the child gets the signal for which it stopped.
        unsafe { libc::ptrace(libc::PTRACE_CONT, pid, null_mut::<u8>(), signal as usize) };
    }
}

/// The general registers of a stopped child, as a core has them (`NT_PRSTATUS`).
fn registers(pid: libc::pid_t) -> Vec<u64> {
    const NT_PRSTATUS: usize = 1;
    let mut registers = vec![0_u64; 64];
    let mut iov = libc::iovec {
        iov_base: registers.as_mut_ptr().cast(),
        iov_len: registers.len() * size_of::<u64>(),
    };
    // SAFETY: PTRACE_GETREGSET writes at most as many bytes as `iov` says, to `registers`.
    let error = unsafe { libc::ptrace(libc::PTRACE_GETREGSET, pid, NT_PRSTATUS, &raw mut iov) };
    assert_eq!(error, 0, "PTRACE_GETREGSET: {}", std::io::Error::last_os_error());
    registers.truncate(iov.iov_len / size_of::<u64>());
    registers
}

/// Makes the denied call with a chosen value in every register that a program may choose.
#[cfg(target_arch = "x86_64")]
fn with_marked_registers() {
    // SAFETY: the filter denies the call, so nothing comes after it.
    unsafe {
        std::arch::asm!(
            "mov rbp, 0x11",
            "mov rbx, 0x12",
            "mov r12, 0x13",
            "mov r13, 0x14",
            "mov r14, 0x15",
            "mov r15, 0x16",
            "mov r8, 0x18",
            "mov r9, 0x19",
            "mov r10, 0x1a",
            "mov rdi, -3",
            "mov rsi, 0x1b",
            "mov rdx, 0x1c",
            "mov rax, 110",
            "stc",
            "std",
            "syscall",
            "ud2",
            options(noreturn)
        )
    }
}

/// A call of x86, all of whose arguments are in other registers.
#[cfg(target_arch = "x86_64")]
fn of_another_abi() {
    // SAFETY: the filter denies the call, so nothing comes after it.
    unsafe {
        std::arch::asm!(
            "mov rbp, 0x11",
            "mov rbx, 0x12",
            "mov rcx, 0x13",
            "mov rdx, 0x14",
            "mov rsi, 0x15",
            "mov rdi, 0x16",
            "mov eax, 64",
            "int 0x80",
            "ud2",
            options(noreturn)
        )
    }
}

#[track_caller]
fn ends_alike(deny: fn(), in_all_registers: bool) -> Ending {
    let (plain, nothing) = ending(PLAIN, deny);
    let (reported, report) = ending(P, deny);
    assert_eq!(nothing, "");
    assert!(report.starts_with("seccomp: "), "{report}");
    assert_eq!(reported.status, plain.status);
    assert_eq!(reported.status & 0x7f, libc::SIGSYS);
    if in_all_registers {
        assert_eq!(reported, plain);
    }
    plain
}

#[cfg(target_arch = "x86_64")]
#[test]
fn the_status_the_core_and_all_registers_are_those_of_a_plain_kill() {
    for (deny, number) in [(with_marked_registers as fn(), 110), (of_another_abi, 64)] {
        let plain = ends_alike(deny, true);
        // `struct user_regs_struct`, arch/x86/include/asm/user_64.h, Linux 6.12: rbp is the fifth, and orig_rax
        // the sixteenth.
        assert_eq!((plain.registers[4], plain.registers[15]), (0x11, number));
    }
}

/// This test does not compare registers: the function sets some of them, and the kernel others, as the stack is
/// elsewhere in each process.
#[test]
fn a_call_of_the_c_library_ends_with_the_status_of_a_plain_kill() {
    let made = || {
        call::getppid();
    };
    ends_alike(made, false);
}
