//! ptrace(2) as safe functions, for tools that watch programs under policies.
//!
//! A tracer *seizes* threads. Seizing does not stop a thread, and its stops for job control can be told from others.
//! Except for [`seize`], each function is for a thread that the caller traces and that is stopped; otherwise it fails
//! with `ESRCH`. The stops themselves come from waitpid(2).
//!
//! Source: ptrace(2), Linux man-pages 6.03; `include/uapi/linux/ptrace.h`, Linux 6.12.

use seccomp_bpf::abi::Call;
use seccomp_bpf::bpf::{MAX_INSTRUCTIONS, SockFilter};

use crate::errno::Errno;
use crate::sys::ptrace::{self, ANSWER, Answer, Question, Request};

/// The events that a tracer is told of: `PTRACE_O_…`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options(u32);

impl Options {
    /// Only the stops that the tracer itself causes.
    pub const NONE: Self = Self(0);
    /// Stops of system calls have the signal `SIGTRAP | 0x80`.
    pub const MARK_SYSCALLS: Self = Self(1);
    /// The processes and threads that a traced one starts are traced too, and so are the programs that it executes.
    pub const DESCENDANTS: Self = Self(0b11110);
    /// A thread stops before it ends.
    pub const ENDS: Self = Self(1 << 6);
    /// A thread stops when a filter answers a call with `trace`.
    pub const SECCOMP: Self = Self(1 << 7);
    /// All traced processes are killed when the tracer ends.
    pub const KILL_AT_END: Self = Self(1 << 20);

    /// Both sets of options.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Why a thread stopped: the bits above 15 of its wait status, `PTRACE_EVENT_…`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// It started a process or a thread, whose id is the message.
    Started,
    /// It executed a program. The message is the id that the thread had before.
    Executed,
    /// It is about to end. The message is its wait status.
    Ends,
    /// A filter answered `trace`. The message is the filter's data.
    Seccomp,
    /// It was stopped by job control, or it is new.
    Stopped,
}

impl Event {
    /// The event in a wait status, if it has one.
    #[must_use]
    pub const fn of(status: i32) -> Option<Self> {
        match status >> 16 {
            1..=3 => Some(Self::Started),
            4 => Some(Self::Executed),
            6 => Some(Self::Ends),
            7 => Some(Self::Seccomp),
            128 => Some(Self::Stopped),
            _ => None,
        }
    }
}

/// How a thread goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Resume {
    /// Up to the next event.
    Freely,
    /// Up to the start or end of the next system call, or the end of the present one.
    ToSyscall,
    /// Up to the next instruction, where it stops as if it received `SIGTRAP`: see [`Signal::STEPPED`].
    OneInstruction,
    /// Not at all: it stays stopped by job control until it is continued.
    Stopped,
}

/// A system call at which a thread is stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Syscall {
    /// Before the call; a filter answered `trace`, with this data.
    Seccomp(Call, u16),
    /// Before the call.
    Entry(Call),
    /// After the call, with its result, or an errno as a negative number.
    Exit(i64),
    /// At none.
    None,
}

/// The state of a stopped thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stop {
    /// The ABI of the thread: [`Abi::audit_arch`](crate::Abi::audit_arch).
    pub arch: u32,
    /// The address of the next instruction.
    pub instruction_pointer: u64,
    /// The stack pointer.
    pub stack_pointer: u64,
    /// The system call.
    pub syscall: Syscall,
}

/// A signal that a thread is about to receive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signal {
    /// `si_signo`
    pub number: i32,
    /// `si_errno`: the data of a filter that answered `trap`.
    pub errno: i32,
    /// `si_code`
    pub code: i32,
}

impl Signal {
    /// `SYS_SECCOMP`: the code of a `SIGSYS` by a filter (`include/uapi/asm-generic/siginfo.h`, Linux 6.12).
    pub const BY_SECCOMP: i32 = 1;
    /// `TRAP_TRACE`: the code of the `SIGTRAP` after one instruction (the same file).
    pub const STEPPED: i32 = 2;
}

/// Begins to trace a thread, with all that it starts if the options say so.
///
/// # Errors
///
/// `EPERM` if the kernel, a security module or a filter forbids it, or if the thread has a tracer; `ESRCH` if there is no
/// such thread.
pub fn seize(thread: u32, options: Options) -> Result<(), Errno> {
    ptrace::request(Request::Seize, thread, 0, options.0 as usize).map(drop)
}

/// Lets a stopped thread go on, with a signal, or 0 for none.
///
/// # Errors
///
/// `EIO` for a number that is not a signal, and for one instruction where the architecture has no such step.
pub fn resume(thread: u32, how: Resume, signal: u8) -> Result<(), Errno> {
    let request = match how {
        Resume::Freely => Request::Continue,
        Resume::ToSyscall => Request::Syscall,
        Resume::OneInstruction => Request::SingleStep,
        Resume::Stopped => Request::Listen,
    };
    let signal = if how == Resume::Stopped { 0 } else { signal };
    ptrace::request(request, thread, 0, signal.into()).map(drop)
}

/// Stops a thread: its next stop is an [`Event::Stopped`].
///
/// # Errors
///
/// `ESRCH` if there is no such thread, or the caller does not trace it.
pub fn interrupt(thread: u32) -> Result<(), Errno> {
    ptrace::request(Request::Interrupt, thread, 0, 0).map(drop)
}

/// Lets a stopped thread go on without this tracer.
///
/// # Errors
///
/// `ESRCH` if the thread is not stopped.
pub fn detach(thread: u32) -> Result<(), Errno> {
    ptrace::request(Request::Detach, thread, 0, 0).map(drop)
}

/// Reads the filter in force for a stopped thread that has this many older ones. The instructions are the first ones of
/// `filter`, and the result is their number (`PTRACE_SECCOMP_GET_FILTER`, Linux 4.4).
///
/// # Errors
///
/// `ENOENT` if there are not so many filters, `EINVAL` if there are none, `EACCES` if the caller lacks `CAP_SYS_ADMIN` or is
/// itself under a filter, `EIO` if the kernel is built without `CONFIG_CHECKPOINT_RESTORE`.
pub fn filter(
    thread: u32,
    older: usize,
    filter: &mut [SockFilter; MAX_INSTRUCTIONS],
) -> Result<usize, Errno> {
    ptrace::filter(thread, older, filter)
}

/// The message of an event: see [`Event`].
///
/// # Errors
///
/// `ESRCH` if the thread is not stopped.
pub fn event_message(thread: u32) -> Result<u64, Errno> {
    let mut answer = Answer([0; ANSWER]);
    ptrace::ask(Question::EventMessage, thread, &mut answer)?;
    let bytes = answer.0.first_chunk::<{ size_of::<usize>() }>();
    Ok(bytes.map_or(0, |bytes| usize::from_ne_bytes(*bytes) as u64))
}

/// The signal at whose delivery a thread is stopped.
///
/// # Errors
///
/// `EINVAL` if it is stopped for another reason.
pub fn signal(thread: u32) -> Result<Signal, Errno> {
    let mut answer = Answer([0; ANSWER]);
    ptrace::ask(Question::SignalInfo, thread, &mut answer)?;
    // `siginfo_t`, `include/uapi/asm-generic/siginfo.h`: only MIPS has another order.
    let word = |nth: usize| i32::from_ne_bytes(fixed(&answer, 4 * nth));
    Ok(Signal { number: word(0), errno: word(1), code: word(2) })
}

/// Makes the signal that a thread is about to receive the `SIGSYS` of a filter that answered `call` with `trap` and this data. `call` has the
/// address that such a signal has: the filter sees the same one.
///
/// # Errors
///
/// `EINVAL` if the thread is not stopped before a signal.
pub fn set_trap(thread: u32, call: &Call, data: u16) -> Result<(), Errno> {
    const SIGSYS: i32 = 31;
    let mut information = Answer([0; ANSWER]);
    // `siginfo_t`, `include/uapi/asm-generic/siginfo.h`, Linux 6.12: signal, errno, code, and from the next multiple of a pointer on the
    // address of the call (`force_sig_seccomp`, kernel/signal.c, Linux 6.12), its number and its `arch`. Code for 32 bits has it at 12.
    let address = if size_of::<usize>() == 8 { 16 } else { 12 };
    let mut put = |offset: usize, bytes: &[u8]| {
        information.0[offset..offset + bytes.len()].copy_from_slice(bytes);
    };
    put(0, &SIGSYS.to_ne_bytes());
    put(4, &i32::from(data).to_ne_bytes());
    put(8, &Signal::BY_SECCOMP.to_ne_bytes());
    put(address, &(call.instruction_pointer as usize).to_ne_bytes());
    put(address + size_of::<usize>(), &call.nr.to_ne_bytes());
    put(address + size_of::<usize>() + 4, &call.arch.to_ne_bytes());
    ptrace::set_signal(thread, &information)
}

/// The state of a stopped thread (`PTRACE_GET_SYSCALL_INFO`, Linux 5.3).
///
/// # Errors
///
/// `EIO` on an older kernel.
pub fn state(thread: u32) -> Result<Stop, Errno> {
    let mut answer = Answer([0; ANSWER]);
    ptrace::ask(Question::SyscallInfo, thread, &mut answer)?;
    // `struct ptrace_syscall_info`: op at 0, arch at 4, ip at 8, sp at 16, then what depends on op.
    let long = |offset: usize| u64::from_ne_bytes(fixed(&answer, offset));
    let arch = u32::from_ne_bytes(fixed(&answer, 4));
    let (instruction_pointer, stack_pointer) = (long(8), long(16));
    let call = Call {
        nr: long(24) as u32,
        arch,
        instruction_pointer,
        args: [long(32), long(40), long(48), long(56), long(64), long(72)],
    };
    let syscall = match answer.0[0] {
        1 => Syscall::Entry(call),
        2 => Syscall::Exit(long(24) as i64),
        3 => Syscall::Seccomp(call, u32::from_ne_bytes(fixed(&answer, 80)) as u16),
        _ => Syscall::None,
    };
    Ok(Stop { arch, instruction_pointer, stack_pointer, syscall })
}

/// The general registers of a stopped thread (`NT_PRSTATUS`) in the layout of its architecture, and the number of
/// bytes that they take of `bytes`. A 32-bit program has the layout of the 32-bit architecture.
///
/// # Errors
///
/// `ESRCH` if the thread is not stopped.
pub fn registers(thread: u32, bytes: &mut [u8]) -> Result<usize, Errno> {
    ptrace::registers(thread, NT_PRSTATUS, bytes)
}

/// Changes the general registers of a stopped thread: see [`registers`].
///
/// # Errors
///
/// `EINVAL` or `EIO` for values that the architecture refuses.
pub fn set_registers(thread: u32, bytes: &[u8]) -> Result<(), Errno> {
    ptrace::set_registers(thread, NT_PRSTATUS, bytes)
}

/// Replaces the number of the call at whose start an Arm thread, of 32 or 64 bits, is stopped. With -1 no call is made, and
/// the register of the result is what the thread gets. On other architectures the number is one of the general registers.
///
/// # Errors
///
/// `EINVAL` on another architecture.
pub fn set_arm_call(thread: u32, number: i32) -> Result<(), Errno> {
    ptrace::set_registers(thread, NT_ARM_SYSTEM_CALL, &number.to_ne_bytes())
}

/// Writes a word into the memory of a stopped thread, even where the thread itself cannot write.
///
/// # Errors
///
/// `EIO` or `EFAULT` if there is no memory at that address.
pub fn write_word(thread: u32, address: u64, word: usize) -> Result<(), Errno> {
    let address = usize::try_from(address).map_err(|_| Errno::EFAULT)?;
    ptrace::request(Request::PokeData, thread, address, word).map(drop)
}

const NT_PRSTATUS: u32 = 1;
/// Linux 3.18, for 32-bit threads too (`user_aarch32_ptrace_view`, arch/arm64/kernel/ptrace.c, Linux 6.12).
const NT_ARM_SYSTEM_CALL: u32 = 0x404;

/// `N` bytes of an answer. Every offset here lies within it.
fn fixed<const N: usize>(answer: &Answer, offset: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&answer.0[offset..offset + N]);
    bytes
}
