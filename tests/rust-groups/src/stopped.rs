//! Stops and continues the process, as the keys `^Z` and the command `fg` do.
#![allow(unsafe_code)] // fork(2) and kill(2).

use std::fs;
use std::thread;
use std::time::Duration;

/// Starts a process that waits until the caller sleeps in a call, stops the caller, and continues it.
/// Call this before the install of the filter and in a process with one thread.
pub(crate) fn stop_once_asleep() {
    // SAFETY: getpid(2) (Linux man-pages 6.03) takes nothing.
    let pid = unsafe { libc::getpid() };
    // SAFETY: fork(2) takes nothing. The process has one thread, so the child may do what it likes.
    if unsafe { libc::fork() } != 0 {
        return;
    }
    wait_for(pid, b"S");
    signal(pid, libc::SIGSTOP);
    // A tracer shows the stop as `t`.
    wait_for(pid, b"Tt");
    signal(pid, libc::SIGCONT);
    std::process::exit(0);
}

/// Waits until the process is in one of these states (proc(5), Linux man-pages 6.03). Ends the caller if the
/// process has ended.
fn wait_for(pid: libc::pid_t, states: &[u8]) {
    loop {
        let line = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
        let name_end = line.iter().rposition(|byte| *byte == b')');
        match name_end.and_then(|at| line.get(at + 2)) {
            Some(state) if states.contains(state) => return,
            None | Some(b'Z' | b'X') => std::process::exit(1),
            Some(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn signal(pid: libc::pid_t, signal: libc::c_int) {
    // SAFETY: kill(2) takes two numbers.
    unsafe { libc::kill(pid, signal) };
}
