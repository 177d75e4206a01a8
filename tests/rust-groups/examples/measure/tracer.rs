//! The calls that a program makes under a filter, which asks a tracer about each (ptrace(2) and
//! seccomp(2), Linux man-pages 6.03).
#![allow(unsafe_code)] // ptrace(2) takes pointers or numbers, as the request says.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::ptr::null_mut;

use seccomp_tests::child::End;

/// A call as the kernel is about to make it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    pub(crate) arch: u32,
    pub(crate) number: u32,
    pub(crate) arguments: [u64; 6],
}

/// `struct ptrace_syscall_info` at a stop for a filter (include/uapi/linux/ptrace.h, Linux 6.12).
#[repr(C)]
struct Information {
    op: u8,
    pad: [u8; 3],
    arch: u32,
    instruction_pointer: u64,
    stack_pointer: u64,
    number: u64,
    arguments: [u64; 6],
    filter_data: u32,
}

const PTRACE_GET_SYSCALL_INFO: libc::c_uint = 0x420e;
const PTRACE_SYSCALL_INFO_SECCOMP: u8 = 3;

/// Runs a program whose filter has the action `trace`, and returns its calls after the install of the
/// filter, and its end.
///
/// # Panics
///
/// If the system does not permit it.
pub(crate) fn calls_of(command: &mut Command) -> (Vec<Made>, End) {
    let trace_me = || {
        // SAFETY: PTRACE_TRACEME takes nothing.
        match unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, null_mut::<u8>(), 0_usize) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: the function makes one system call, which is safe between fork and exec.
    unsafe { command.pre_exec(trace_me) };
    #[expect(clippy::zombie_processes, reason = "waitpid below waits for it")]
    let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let pid = child.id() as libc::pid_t;
    let mut made = Vec::new();
    let mut set_up = false;
    let mut end = None;
    let mut alive = Vec::new();
    // Waits until the last process that the program has left running has ended.
    while let Some((stopped, status)) = next_stop() {
        if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
            alive.retain(|other| *other != stopped);
            if stopped == pid {
                end = Some(match libc::WIFEXITED(status) {
                    true => End::Exited(libc::WEXITSTATUS(status)),
                    false => End::Killed(libc::WTERMSIG(status)),
                });
                alive.iter().for_each(|other| kill(*other));
            }
            continue;
        }
        if end.is_some() {
            kill(stopped);
            continue;
        }
        if !alive.contains(&stopped) {
            alive.push(stopped);
        }
        if !set_up {
            // The stop at the end of execve.
            assert_eq!(stopped, pid);
            let options = libc::PTRACE_O_TRACESECCOMP
                | libc::PTRACE_O_TRACECLONE
                | libc::PTRACE_O_TRACEFORK
                | libc::PTRACE_O_TRACEVFORK
                | libc::PTRACE_O_TRACEEXEC
                | libc::PTRACE_O_EXITKILL;
            ask(libc::PTRACE_SETOPTIONS, stopped, options as usize);
            set_up = true;
            ask(libc::PTRACE_CONT, stopped, 0);
            continue;
        }
        let event = status >> 16;
        let signal = libc::WSTOPSIG(status);
        if event == libc::PTRACE_EVENT_SECCOMP {
            made.extend(call_of(stopped));
        }
        // Events, the first stop of a new thread, and stops of a whole process are not signals for
        // the program.
        let is_signal = event == 0 && signal != libc::SIGSTOP && signal != libc::SIGTRAP;
        ask(libc::PTRACE_CONT, stopped, if is_signal { signal as usize } else { 0 });
    }
    (made, end.expect("the program was waited for"))
}

/// Kills a process that nobody has waited for yet, so that its id is still its own.
fn kill(pid: libc::pid_t) {
    // SAFETY: kill(2) takes two numbers.
    unsafe { libc::kill(pid, libc::SIGKILL) };
}

/// The next child or tracee that stops or ends, and its status; `None` if there is none.
fn next_stop() -> Option<(libc::pid_t, libc::c_int)> {
    let mut status = 0;
    // SAFETY: waitpid(2) writes one `int`, to `status`.
    let stopped = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL) };
    (stopped > 0).then_some((stopped, status))
}

/// Makes a request that takes no address. The tracee may have been killed meanwhile.
fn ask(request: libc::c_uint, pid: libc::pid_t, data: usize) {
    // SAFETY: the requests of this file take a number here, and no address.
    let error = unsafe { libc::ptrace(request, pid, null_mut::<u8>(), data) };
    let code = std::io::Error::last_os_error();
    assert!(error == 0 || code.raw_os_error() == Some(libc::ESRCH), "ptrace {request:#x}: {code}");
}

/// The call that a tracee is about to make; `None` if another thread has ended it meanwhile.
fn call_of(pid: libc::pid_t) -> Option<Made> {
    // SAFETY: `Information` is numbers: zero is a value of each.
    let mut information: Information = unsafe { std::mem::zeroed() };
    let bytes = size_of::<Information>();
    // SAFETY: PTRACE_GET_SYSCALL_INFO writes as many bytes as it is told, to `information`.
    let written =
        unsafe { libc::ptrace(PTRACE_GET_SYSCALL_INFO, pid, bytes, &raw mut information) };
    if written < 0 {
        let error = std::io::Error::last_os_error();
        assert_eq!(error.raw_os_error(), Some(libc::ESRCH), "PTRACE_GET_SYSCALL_INFO: {error}");
        return None;
    }
    let Information { op, pad: _, arch, number, arguments, .. } = information;
    assert_eq!(op, PTRACE_SYSCALL_INFO_SECCOMP);
    Some(Made { arch, number: number as u32, arguments })
}
