//! A tracer of a child, as far as `trace(n)` needs one (ptrace(2), Linux man-pages 6.03).
#![allow(unsafe_code)] // ptrace(2) takes pointers or numbers by what is asked.

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

/// Waits for the child to stop for its filter; the number that the filter gave.
///
/// # Panics
///
/// If it ends, or stops for anything else.
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
/// If it is not stopped.
pub fn go_on(pid: libc::pid_t) {
    // SAFETY: PTRACE_CONT takes no address, and no signal here.
    let error = unsafe { libc::ptrace(libc::PTRACE_CONT, pid, null_mut::<u8>(), 0_usize) };
    assert_eq!(error, 0, "PTRACE_CONT: {}", std::io::Error::last_os_error());
}
