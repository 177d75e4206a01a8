//! ptrace(2), for the tracer of `cargo seccomp`.
//!
//! Source of all numbers and structures: `include/uapi/linux/ptrace.h` and `elf.h`, Linux 6.12. The numbers of the requests are
//! the same on every architecture that this crate serves.

use seccomp_bpf::bpf::{MAX_INSTRUCTIONS, SockFilter};

use super::asm::syscall_of_six;
use super::{CALL, CallResult};
use crate::errno::Errno;

/// A request whose arguments are numbers: the kernel touches no memory of the caller for it.
#[derive(Clone, Copy)]
pub(crate) enum Request {
    /// `PTRACE_POKEDATA`: writes a word into the memory of the thread.
    PokeData = 5,
    /// `PTRACE_CONT`
    Continue = 7,
    /// `PTRACE_SINGLESTEP`
    SingleStep = 9,
    /// `PTRACE_DETACH`
    Detach = 17,
    /// `PTRACE_SYSCALL`
    Syscall = 24,
    /// `PTRACE_SEIZE`
    Seize = 0x4206,
    /// `PTRACE_INTERRUPT`
    Interrupt = 0x4207,
    /// `PTRACE_LISTEN`
    Listen = 0x4208,
}

/// A request for which the kernel fills a buffer of the caller.
#[derive(Clone, Copy)]
pub(crate) enum Question {
    /// `PTRACE_GETEVENTMSG`: an `unsigned long`.
    EventMessage = 0x4201,
    /// `PTRACE_GETSIGINFO`: a `siginfo_t`.
    SignalInfo = 0x4202,
    /// `PTRACE_GET_SYSCALL_INFO`, Linux 5.3: at most as many bytes as the third argument of ptrace says.
    SyscallInfo = 0x420e,
}

/// The bytes that the kernel writes for a [`Question`], at most: the size of `siginfo_t`, which is more than the 88 of
/// `struct ptrace_syscall_info` and the 8 of an `unsigned long`.
pub(crate) const ANSWER: usize = 128;

/// A buffer that is aligned for every answer.
#[repr(C, align(8))]
pub(crate) struct Answer(pub(crate) [u8; ANSWER]);

const GET_FILTER: usize = 0x420c;
const SET_SIGNAL: usize = 0x4203;
const GET_REGISTERS: usize = 0x4204;
const SET_REGISTERS: usize = 0x4205;

/// `struct iovec`: an address and a length in bytes.
#[repr(C)]
struct Piece {
    address: usize,
    length: usize,
}

/// Makes a request to a thread that the caller traces, or will trace.
///
/// # Errors
///
/// The errors of ptrace(2): `ESRCH` if the thread is gone, is not stopped, or is not traced by the caller.
pub(crate) fn request(
    request: Request,
    thread: u32,
    address: usize,
    data: usize,
) -> Result<usize, Errno> {
    let arguments = [request as usize, thread as usize, address, data, 0, 0];
    // SAFETY: for these requests the arguments are numbers (ptrace(2), Linux man-pages 6.03), so the kernel touches no memory of
    // the caller. POKEDATA writes to the memory of the traced process, which is another one: no thread can trace a thread of its
    // own process (`ptrace_attach`, kernel/ptrace.c, Linux 6.12), and no safe code makes a process that shares this one's memory.
    let value = unsafe { syscall_of_six(arguments, CALL.ptrace) };
    CallResult(value).result()
}

/// Asks about a thread that the caller traces and that is stopped.
///
/// # Errors
///
/// The errors of ptrace(2).
pub(crate) fn ask(question: Question, thread: u32, answer: &mut Answer) -> Result<usize, Errno> {
    let data = (&raw mut answer.0) as usize;
    let arguments = [question as usize, thread as usize, ANSWER, data, 0, 0];
    // SAFETY: for these requests the kernel writes at most `ANSWER` bytes at the fourth argument (ptrace(2), Linux
    // man-pages 6.03; `ptrace_request` and `ptrace_get_syscall_info`, kernel/ptrace.c, Linux 6.12: for SyscallInfo the
    // third argument is the limit, and the others ignore it). `answer` is borrowed mutably for the whole call, has that
    // size, and any bytes are a valid `Answer`.
    let value = unsafe { syscall_of_six(arguments, CALL.ptrace) };
    CallResult(value).result()
}

/// Replaces the signal that a stopped thread is about to receive.
///
/// # Errors
///
/// The errors of `PTRACE_SETSIGINFO`: `EINVAL` if the thread is stopped for another reason.
pub(crate) fn set_signal(thread: u32, information: &Answer) -> Result<(), Errno> {
    let data = (&raw const information.0) as usize;
    let arguments = [SET_SIGNAL, thread as usize, 0, data, 0, 0];
    // SAFETY: the kernel reads a `siginfo_t` at the fourth argument (ptrace(2), Linux man-pages 6.03; `ptrace_request`,
    // kernel/ptrace.c, Linux 6.12), which has `ANSWER` bytes on every architecture. `information` is borrowed for the
    // whole call and has that size; the kernel copies bytes, so it needs no alignment.
    let value = unsafe { syscall_of_six(arguments, CALL.ptrace) };
    CallResult(value).result().map(drop)
}

/// Reads a set of registers of a stopped thread, and returns the number of its bytes.
///
/// # Errors
///
/// The errors of ptrace(2).
pub(crate) fn registers(thread: u32, set: u32, bytes: &mut [u8]) -> Result<usize, Errno> {
    let mut piece = Piece { address: bytes.as_mut_ptr() as usize, length: bytes.len() };
    let arguments = [GET_REGISTERS, thread as usize, set as usize, (&raw mut piece) as usize, 0, 0];
    // SAFETY: the kernel reads a `struct iovec` at the fourth argument, writes at most that many bytes at its address,
    // and then the number of bytes into it (ptrace(2), Linux man-pages 6.03). Both are borrowed mutably for the whole
    // call, and any bytes are valid values of their types.
    let value = unsafe { syscall_of_six(arguments, CALL.ptrace) };
    CallResult(value).result()?;
    Ok(piece.length.min(bytes.len()))
}

/// Writes a set of registers of a stopped thread.
///
/// # Errors
///
/// The errors of ptrace(2).
pub(crate) fn set_registers(thread: u32, set: u32, bytes: &[u8]) -> Result<(), Errno> {
    let mut piece = Piece { address: bytes.as_ptr() as usize, length: bytes.len() };
    let arguments = [SET_REGISTERS, thread as usize, set as usize, (&raw mut piece) as usize, 0, 0];
    // SAFETY: the kernel reads a `struct iovec` at the fourth argument and at most that many bytes at its address, and writes the
    // number of bytes into it (ptrace(2), Linux man-pages 6.03). `bytes` is borrowed and `piece` lives for the whole call.
    let value = unsafe { syscall_of_six(arguments, CALL.ptrace) };
    CallResult(value).result().map(drop)
}

/// Reads the filter of a stopped thread that has this many older ones, and returns its length.
///
/// # Errors
///
/// The errors of `PTRACE_SECCOMP_GET_FILTER`, Linux 4.4.
pub(crate) fn filter(
    thread: u32,
    older: usize,
    filter: &mut [SockFilter; MAX_INSTRUCTIONS],
) -> Result<usize, Errno> {
    let data = filter.as_mut_ptr() as usize;
    let arguments = [GET_FILTER, thread as usize, older, data, 0, 0];
    // SAFETY: the kernel writes the instructions of one filter at the fourth argument, which are at most
    // `MAX_INSTRUCTIONS` (`seccomp_get_filter` and `seccomp_prepare_filter`, kernel/seccomp.c, Linux 6.12), and
    // `SockFilter` has their layout (asserted beside it). `filter` is borrowed mutably for the whole call, and any
    // bytes are valid instructions.
    let value = unsafe { syscall_of_six(arguments, CALL.ptrace) };
    CallResult(value).result()
}
