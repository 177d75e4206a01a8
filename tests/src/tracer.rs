//! A tracer of a child, for `trace(n)` and for calls that are skipped (ptrace(2), Linux man-pages
//! 6.03).
#![allow(unsafe_code)] // ptrace(2) takes pointers or numbers, as the request says.

use std::ptr::null_mut;

/// Becomes the tracer of a running child, and asks for the events of its filters.
///
/// # Panics
///
/// If the system does not permit it.
pub fn seize(pid: libc::pid_t) {
    let options = libc::PTRACE_O_TRACESECCOMP | libc::PTRACE_O_EXITKILL;
    // SAFETY: PTRACE_SEIZE takes no address, and options in place of a pointer.
    let error =
        unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, null_mut::<u8>(), options as usize) };
    assert_eq!(error, 0, "PTRACE_SEIZE: {}", std::io::Error::last_os_error());
}

/// Waits until the child stops for its filter. Returns the number that the filter gave.
///
/// # Panics
///
/// If the child ends, or stops for another reason.
#[must_use]
pub fn seccomp_event(pid: libc::pid_t) -> u64 {
    let mut status = 0;
    // SAFETY: waitpid(2) writes one `int`, to `status`.
    let stopped = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!(stopped, pid);
    let event = libc::SIGTRAP | (libc::PTRACE_EVENT_SECCOMP << 8);
    assert!(libc::WIFSTOPPED(status) && status >> 8 == event, "status {status:#x}");
    let mut message: libc::c_ulong = 0;
    // SAFETY: PTRACE_GETEVENTMSG writes one `unsigned long` to the address of `message`.
    let error =
        unsafe { libc::ptrace(libc::PTRACE_GETEVENTMSG, pid, null_mut::<u8>(), &raw mut message) };
    assert_eq!(error, 0, "PTRACE_GETEVENTMSG: {}", std::io::Error::last_os_error());
    message
}

/// Lets the stopped child go on.
///
/// # Panics
///
/// If the child is not stopped.
pub fn go_on(pid: libc::pid_t) {
    // SAFETY: PTRACE_CONT takes no address, and no signal here.
    let error = unsafe { libc::ptrace(libc::PTRACE_CONT, pid, null_mut::<u8>(), 0_usize) };
    assert_eq!(error, 0, "PTRACE_CONT: {}", std::io::Error::last_os_error());
}

/// Becomes the tracer of a running child, and skips its next call with that number: the tracer changes
/// the number to -1 before the kernel looks at it, and the child gets `result`. Then the child goes on
/// by itself.
///
/// # Panics
///
/// If the system does not permit it, or the child ends before.
#[cfg(target_arch = "x86_64")]
pub fn skip(pid: libc::pid_t, number: i64, result: i64, ready: impl FnOnce()) {
    seize_for_calls(pid);
    ready();
    let mut registers = next_call(pid);
    while registers.orig_rax as i64 != number {
        // Skips the end of this call, to stop at the beginning of the next one.
        let _ = next_call(pid);
        registers = next_call(pid);
    }
    registers.orig_rax = u64::MAX;
    set_registers(pid, &registers);
    // If a filter kills, the call has no end.
    if let Some(mut registers) = call_stop(pid) {
        registers.rax = result as u64;
        set_registers(pid, &registers);
        // SAFETY: PTRACE_DETACH takes no address, and no signal here.
        unsafe { libc::ptrace(libc::PTRACE_DETACH, pid, null_mut::<u8>(), 0_usize) };
    }
}

/// Stops a running child, so that the tracer sees its calls from then on.
#[cfg(target_arch = "x86_64")]
fn seize_for_calls(pid: libc::pid_t) {
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
    // SAFETY: PTRACE_SEIZE takes no address, and options in place of a pointer.
    let error =
        unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, null_mut::<u8>(), options as usize) };
    assert_eq!(error, 0, "PTRACE_SEIZE: {}", std::io::Error::last_os_error());
    // SAFETY: PTRACE_INTERRUPT takes neither an address nor data.
    let error =
        unsafe { libc::ptrace(libc::PTRACE_INTERRUPT, pid, null_mut::<u8>(), null_mut::<u8>()) };
    assert_eq!(error, 0, "PTRACE_INTERRUPT: {}", std::io::Error::last_os_error());
    let mut status = 0;
    // SAFETY: waitpid(2) writes one `int`, to `status`.
    let stopped = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert!(stopped == pid && libc::WIFSTOPPED(status), "status {status:#x}");
}

/// The registers of the child at the next beginning or end of a call.
#[cfg(target_arch = "x86_64")]
fn next_call(pid: libc::pid_t) -> libc::user_regs_struct {
    call_stop(pid).expect("the child ended")
}

/// The same; `None` if the child ends.
#[cfg(target_arch = "x86_64")]
fn call_stop(pid: libc::pid_t) -> Option<libc::user_regs_struct> {
    // SAFETY: PTRACE_SYSCALL takes no address, and no signal here.
    let error = unsafe { libc::ptrace(libc::PTRACE_SYSCALL, pid, null_mut::<u8>(), 0_usize) };
    assert_eq!(error, 0, "PTRACE_SYSCALL: {}", std::io::Error::last_os_error());
    // SAFETY: all zeros are a `siginfo_t`, and waitid(2) writes one, to `info`. With WNOWAIT a child that
    // ends stays to be waited for.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let options = libc::WEXITED | libc::WSTOPPED | libc::WNOWAIT;
    // SAFETY: as above.
    let error = unsafe { libc::waitid(libc::P_PID, pid as libc::id_t, &raw mut info, options) };
    assert_eq!(error, 0, "waitid: {}", std::io::Error::last_os_error());
    if info.si_code != libc::CLD_TRAPPED {
        return None;
    }
    let mut status = 0;
    // SAFETY: waitpid(2) writes one `int`, to `status`.
    let stopped = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    let call = (libc::SIGTRAP | 0x80) << 8 | 0x7f;
    assert!(stopped == pid && status == call, "status {status:#x}");
    // SAFETY: all zeros are a `user_regs_struct`, which is integers.
    let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
    // SAFETY: PTRACE_GETREGS writes one `user_regs_struct`, to `registers`.
    let error =
        unsafe { libc::ptrace(libc::PTRACE_GETREGS, pid, null_mut::<u8>(), &raw mut registers) };
    assert_eq!(error, 0, "PTRACE_GETREGS: {}", std::io::Error::last_os_error());
    Some(registers)
}

#[cfg(target_arch = "x86_64")]
fn set_registers(pid: libc::pid_t, registers: &libc::user_regs_struct) {
    // SAFETY: PTRACE_SETREGS reads one `user_regs_struct`, from `registers`.
    let error = unsafe {
        libc::ptrace(libc::PTRACE_SETREGS, pid, null_mut::<u8>(), std::ptr::from_ref(registers))
    };
    assert_eq!(error, 0, "PTRACE_SETREGS: {}", std::io::Error::last_os_error());
}
