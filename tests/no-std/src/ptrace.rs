//! The requests of ptrace(2) that a tracer of filters needs.
//!
//! Requests and options: ptrace(2), Linux man-pages 6.03, and `include/uapi/linux/ptrace.h`, Linux
//! 6.12; they are the same on every architecture of this program. These are the kernel's own calls,
//! not those of the C library's wrapper: a word that is read goes to the address in the fourth
//! argument.
#![allow(unsafe_code)] // A system call that reads and writes memory by address.

use core::sync::atomic::AtomicIsize;

use crate::call::{NUMBERS, syscall};

const TRACEME: usize = 0;
const PEEKDATA: usize = 2;
const CONT: usize = 7;
const SETOPTIONS: usize = 0x4200;
const GETEVENTMSG: usize = 0x4201;
const GETSIGINFO: usize = 0x4202;
const O_TRACESECCOMP: usize = 1 << 7;
const O_EXITKILL: usize = 1 << 20;

/// The information of a `SIGSYS` (sigaction(2)).
pub(crate) struct Sigsys {
    /// `si_code` is `SYS_SECCOMP`.
    pub(crate) of_filter: bool,
    /// `si_errno`: the 16 bits of the action.
    pub(crate) data: u16,
    /// `si_syscall`.
    pub(crate) nr: u32,
    /// `si_arch`.
    pub(crate) arch: u32,
}

/// Makes the parent this process's tracer.
pub(crate) fn trace_me() {
    // SAFETY: PTRACE_TRACEME looks at no other argument.
    unsafe { syscall(NUMBERS.ptrace, [TRACEME, 0, 0, 0, 0, 0]) };
}

/// Lets a stopped child stop where a filter wants a tracer, and die with its tracer.
pub(crate) fn ask_for_seccomp_events(child: usize) {
    let options = O_TRACESECCOMP | O_EXITKILL;
    // SAFETY: PTRACE_SETOPTIONS takes a number in place of an address.
    unsafe { syscall(NUMBERS.ptrace, [SETOPTIONS, child, 0, options, 0, 0]) };
}

/// Lets a stopped child go on.
pub(crate) fn go_on(child: usize) {
    // SAFETY: PTRACE_CONT takes a signal, here none.
    unsafe { syscall(NUMBERS.ptrace, [CONT, child, 0, 0, 0, 0]) };
}

/// The number for the tracer of a child that stopped for its filter.
pub(crate) fn event_number(child: usize) -> u16 {
    let mut number = 0_usize;
    let to = &raw mut number as usize;
    // SAFETY: PTRACE_GETEVENTMSG writes one `unsigned long`, to `number`.
    unsafe { syscall(NUMBERS.ptrace, [GETEVENTMSG, child, 0, to, 0, 0]) };
    number as u16
}

/// The signal for which a child stopped, read as `SIGSYS`.
pub(crate) fn signal(child: usize) -> Sigsys {
    // `siginfo_t` has 128 bytes; what differs by signal begins at the alignment of a pointer,
    // for SIGSYS with the address of the call (`include/uapi/asm-generic/siginfo.h`, Linux 6.12).
    let mut info = [0_u32; 32];
    let to = info.as_mut_ptr() as usize;
    // SAFETY: PTRACE_GETSIGINFO writes one `siginfo_t`, which `info` has room for.
    unsafe { syscall(NUMBERS.ptrace, [GETSIGINFO, child, 0, to, 0, 0]) };
    const SYS_SECCOMP: u32 = 1;
    let after_address = if size_of::<usize>() == 8 { 6 } else { 4 };
    Sigsys {
        of_filter: info[2] == SYS_SECCOMP,
        data: info[1] as u16,
        nr: info[after_address],
        arch: info[after_address + 1],
    }
}

/// The value of a static in a stopped child.
pub(crate) fn read(child: usize, from: &'static AtomicIsize) -> isize {
    let mut word = 0_isize;
    let (at, to) = (from.as_ptr() as usize, &raw mut word as usize);
    // SAFETY: PTRACE_PEEKDATA reads one `long` of the child's, where its copy of the static is,
    // and writes it to `word`.
    unsafe { syscall(NUMBERS.ptrace, [PEEKDATA, child, at, to, 0, 0]) };
    word
}
