//! The system calls of this crate, as safe functions.
//!
//! This module and its children hold the system calls and their `unsafe` code. A proof beside each call
//! shows what the call may touch; the types show what the functions promise to the rest of the crate. Nothing
//! here allocates, and nothing needs a C library.
#![allow(unsafe_code)] // System calls need it; see above.

mod asm;
#[cfg(feature = "std")]
pub(crate) mod descriptor_message;
#[cfg(feature = "std")]
pub(crate) mod execution;
mod numbers;
#[cfg(feature = "tracer")]
pub(crate) mod ptrace;
// The targets without a handler for SIGSYS: `src/no_report.rs`.
#[cfg_attr(
    any(
        all(target_arch = "x86_64", target_pointer_width = "32"),
        target_arch = "loongarch64",
        target_arch = "powerpc",
        target_arch = "powerpc64",
    ),
    allow(dead_code)
)]
pub(crate) mod signal_calls;
pub(crate) mod supervisor;

use asm::syscall;
use numbers::Numbers;
use seccomp_bpf::abi::{Abi, Call};
use seccomp_bpf::bpf::SockFilter;

use crate::errno::Errno;

/// The call numbers on the ABI of the target.
const CALL: Numbers = match Numbers::of(Abi::NATIVE) {
    Some(numbers) => numbers,
    None => panic!("`Abi::NATIVE` is an ABI that this crate serves"),
};

/// A filter and its length, for seccomp(2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Instructions<'a> {
    instructions: &'a [SockFilter],
    /// In instructions: the length of `instructions`, or 0, which the kernel rejects, if that needs more than
    /// 16 bits.
    length: u16,
    /// Facts that the owner of the filter keeps with it. They take no room here, between the other fields.
    owner_bits: u32,
    owner_flag: bool,
}

impl<'a> Instructions<'a> {
    pub(crate) const fn new(
        instructions: &'a [SockFilter],
        owner_bits: u32,
        owner_flag: bool,
    ) -> Self {
        let length = instructions.len();
        let length = if length <= u16::MAX as usize { length as u16 } else { 0 };
        Self { instructions, length, owner_bits, owner_flag }
    }

    pub(crate) const fn owner_bits(&self) -> u32 {
        self.owner_bits
    }

    pub(crate) const fn owner_flag(&self) -> bool {
        self.owner_flag
    }

    pub(crate) const fn as_slice(&self) -> &'a [SockFilter] {
        self.instructions
    }
}

/// The filter in the form that seccomp(2) takes.
///
/// Source: `struct sock_fprog`, `include/uapi/linux/filter.h`, Linux 6.12. A 32-bit program on a 64-bit
/// kernel, x32 included, passes the 32-bit form (`struct compat_sock_fprog`); there, this type has that
/// layout.
#[repr(C)]
struct SockFprog {
    /// In instructions.
    len: u16,
    filter: *const SockFilter,
}

const _: () = assert!(size_of::<SockFprog>() == 2 * size_of::<usize>());
const _: () = assert!(core::mem::offset_of!(SockFprog, filter) == size_of::<usize>());

/// Operations of seccomp(2): `include/uapi/linux/seccomp.h`, Linux 6.12.
const SET_MODE_STRICT: usize = 0;
const SET_MODE_FILTER: usize = 1;
const GET_ACTION_AVAIL: usize = 2;

/// Operations of prctl(2): `include/uapi/linux/prctl.h`, Linux 6.12.
const PR_GET_SECCOMP: usize = 21;
const PR_SET_NO_NEW_PRIVS: usize = 38;
const PR_GET_NO_NEW_PRIVS: usize = 39;

/// The calls that set `no_new_privs` and read it back, as a filter sees them.
pub(crate) const NO_NEW_PRIVS: [Call; 2] = [
    Call::new(Abi::NATIVE, CALL.prctl, [PR_SET_NO_NEW_PRIVS as u64, 1, 0, 0, 0, 0]),
    Call::new(Abi::NATIVE, CALL.prctl, [PR_GET_NO_NEW_PRIVS as u64, 0, 0, 0, 0, 0]),
];

/// The call that installs a filter with these flags, as a filter sees it. The address of the new filter is
/// only known when the call is made; this uses an arbitrary address.
pub(crate) const fn set_filter_call(flags: u32) -> Call {
    Call::new(Abi::NATIVE, CALL.seccomp, [SET_MODE_FILTER as u64, flags as u64, 0x1000, 0, 0, 0])
}

/// The size of a set of signals: `_NSIG`, 64, in bits. Source:
/// `include/uapi/asm-generic/signal.h`, Linux 6.12.
const MASK_BYTES: usize = 8;

/// The kernel's result of a system call, or an errno as a negative number. Lower numbers are results that this
/// crate adds.
///
/// The raw number is kept for as long as possible, because every program with a policy contains this code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallResult(pub(crate) isize);

impl CallResult {
    /// Success, without a value.
    pub(crate) const DONE: Self = Self(0);

    /// No room for another filter, in the kernel or in this crate.
    pub(crate) const NO_ROOM: Self = Self(-(Errno::ENOMEM.raw_os_error() as isize));

    /// The kernel rejects its input.
    const REFUSED: Self = Self(-(Errno::EINVAL.raw_os_error() as isize));

    /// Above every errno, and above the id of every thread (`PID_MAX_LIMIT`, `include/linux/threads.h`, Linux
    /// 6.12).
    const OURS: isize = 1 << 22;

    // Results of this crate are far below every errno (-4095 to -1: `IS_ERR_VALUE`, `include/linux/err.h`,
    // Linux 6.12); their last bits are the errno to report.

    /// The call returned success, but that cannot come from the kernel. Reported as errno 0.
    pub(crate) const FAKED: Self = Self(-Self::OURS);
    /// The call was not made, because an installed policy would have killed the program. Reported as errno 1.
    pub(crate) const DEADLY: Self = Self(-Self::OURS - 1);
    /// No call was made, because the policy is already installed.
    pub(crate) const REPEATED: Self = Self(-Self::OURS - 2);

    /// The number to report: an errno, or the id of a thread.
    pub(crate) const fn number(self) -> u32 {
        (self.0.unsigned_abs() & (Self::OURS as usize - 1)) as u32
    }

    /// Whether a negative answer is `EPERM`, [`Self::FAKED`] or [`Self::DEADLY`], in one comparison.
    pub(crate) const fn is_denial(self) -> bool {
        (self.0 + 1) & (Self::OURS - 1) <= 1
    }

    /// The result, or the errno.
    pub(crate) fn result(self) -> Result<usize, Errno> {
        match self.0 {
            -4095..=-1 => Err(Errno::new(self.0.unsigned_abs() as u16)),
            _ => Ok(self.0 as usize),
        }
    }

    /// The answer to a call that cannot succeed.
    pub(crate) const fn without_success(self) -> Self {
        if self.0 < 0 { self } else { Self::FAKED }
    }
}

/// Sets the `no_new_privs` bit of the calling thread, permanently, and checks that it is set.
///
/// An installed filter may return 0 in place of the kernel, so the bit is read back. The result is 1 only if
/// the bit is set: a filter alone can make a call return an errno or 0, but no positive number
/// (`SECCOMP_RET_ERRNO`, `__seccomp_filter`, `kernel/seccomp.c`, Linux 6.12).
///
/// Returns `EINVAL` on kernels older than 3.5; [`CallResult::FAKED`] if the bit is not set after success was
/// reported; any errno of an installed filter or a security module.
pub(crate) fn set_no_new_privs() -> CallResult {
    // SAFETY: PR_SET_NO_NEW_PRIVS takes four numbers and no pointer (prctl(2), Linux
    // man-pages 6.03), so the kernel touches no memory of this program.
    let set = unsafe { syscall(PR_SET_NO_NEW_PRIVS, 1, 0, CALL.prctl) };
    if set != 0 {
        return CallResult(set).without_success();
    }
    // SAFETY: PR_GET_NO_NEW_PRIVS takes no pointer either (prctl(2), Linux man-pages 6.03).
    let is_set = unsafe { syscall(PR_GET_NO_NEW_PRIVS, 0, 0, CALL.prctl) };
    if is_set == 1 { CallResult::DONE } else { CallResult(is_set).without_success() }
}

/// Installs `filter` on the calling thread and, with `SECCOMP_FILTER_FLAG_TSYNC` in `flags`, on
/// every other thread of the process.
///
/// An installed filter may return 0 in place of the kernel. So the same call is made twice. The first has a
/// filter of length 0, which the kernel rejects with `EINVAL` before it looks at anything except the flags
/// (`seccomp_set_mode_filter` and `seccomp_prepare_filter`, `kernel/seccomp.c`, Linux 6.12). The second has
/// the real filter. An installed filter sees the number of the call, its address and its registers, which are
/// the same both times, but not the memory in which the lengths differ (`struct seccomp_data`,
/// `include/uapi/linux/seccomp.h`). Filters have no state, so they return the same both times. `EINVAL` and
/// then 0 can only come from the kernel.
///
/// Returns 0; with `SECCOMP_FILTER_FLAG_TSYNC` the id of a thread that could not follow, and then no thread
/// has the filter; an errno; `EINVAL` for a filter that is too long even for the length field;
/// [`CallResult::FAKED`] if the empty filter was reported as installed.
pub(crate) fn set_filter(flags: u32, filter: &Instructions<'_>) -> CallResult {
    let mut fprog = SockFprog { len: 0, filter: filter.instructions.as_ptr() };
    let empty = submit(flags, &fprog);
    if empty != CallResult::REFUSED {
        return empty.without_success();
    }
    fprog.len = filter.length;
    submit(flags, &fprog)
}

/// The listener that [`set_filter`] returned as `result`. With the flag for it, the kernel returns nothing else on
/// success (`seccomp_set_mode_filter`, `kernel/seccomp.c`, Linux 6.12).
pub(crate) fn listener_of(result: usize) -> supervisor::Descriptor {
    supervisor::Descriptor::new(result as i32)
}

/// Passes `fprog` to the kernel: `SECCOMP_SET_MODE_FILTER`. Its `filter` points at `len` instructions.
#[inline]
fn submit(flags: u32, fprog: &SockFprog) -> CallResult {
    let at = core::ptr::from_ref(fprog) as usize;
    // SAFETY: for SECCOMP_SET_MODE_FILTER the kernel reads one `struct sock_fprog` at the third
    // argument (`fprog` has that layout, asserted above) and `len` instructions at its `filter`
    // (either none, or at most those that `Instructions` borrow for the whole call, of that layout), copies
    // them and keeps neither pointer (seccomp(2), Linux man-pages 6.03;
    // `seccomp_prepare_user_filter`, kernel/seccomp.c, Linux 6.12).
    let value = unsafe { syscall(SET_MODE_FILTER, flags as usize, at, CALL.seccomp) };
    CallResult(value)
}

/// Asks whether the kernel knows these flags of `SECCOMP_SET_MODE_FILTER`, without installing anything: it
/// checks the flags before it reads the filter, whose address is null here.
///
/// Returns the errno: `EFAULT` if it knows them all, otherwise `EINVAL` (seccomp(2), Linux man-pages 6.03).
/// The call cannot succeed; if a filter around this program reports success, this function also returns
/// `EFAULT`.
pub(crate) fn probe_filter_flags(flags: u32) -> Errno {
    // SAFETY: the third argument is a null pointer. The kernel returns EFAULT for it before it does anything
    // (seccomp(2), Linux man-pages 6.03), so it touches no memory.
    let value = unsafe { syscall(SET_MODE_FILTER, flags as usize, 0, CALL.seccomp) };
    CallResult(value).result().err().unwrap_or(Errno::EFAULT)
}

/// Asks whether the kernel knows the action with this return value.
///
/// # Errors
///
/// `EOPNOTSUPP` if it does not; `EINVAL` on kernels older than 4.14; `ENOSYS` without seccomp(2).
pub(crate) fn action_available(action: u32) -> Result<(), Errno> {
    // SAFETY: for SECCOMP_GET_ACTION_AVAIL the kernel reads 32 bits at the third argument
    // (seccomp(2), Linux man-pages 6.03), which is the address of `action`, alive throughout.
    let value = unsafe { syscall(GET_ACTION_AVAIL, 0, &raw const action as usize, CALL.seccomp) };
    CallResult(value).result().map(drop)
}

/// Enters strict mode: only read, write, exit and sigreturn are left to the calling thread.
///
/// # Errors
///
/// `EINVAL` if the thread has a filter; `ENOSYS` without seccomp(2).
pub(crate) fn set_mode_strict() -> Result<(), Errno> {
    // SAFETY: SECCOMP_SET_MODE_STRICT takes no flags and no pointer (seccomp(2), Linux man-pages 6.03), so the
    // kernel touches no memory.
    let value = unsafe { syscall(SET_MODE_STRICT, 0, 0, CALL.seccomp) };
    CallResult(value).result().map(drop)
}

/// The seccomp mode of the calling thread: 0 none, 2 filter. In strict mode (1) this call kills the thread.
///
/// # Errors
///
/// `EINVAL` on a kernel without seccomp.
pub(crate) fn mode() -> Result<usize, Errno> {
    // SAFETY: PR_GET_SECCOMP takes no argument (prctl(2), Linux man-pages 6.03), so the kernel touches no
    // memory.
    let value = unsafe { syscall(PR_GET_SECCOMP, 0, 0, CALL.prctl) };
    CallResult(value).result()
}

/// Writes `text` to standard error. Errors are ignored, because there is nowhere to report them.
///
/// It uses write(2), although writev(2) would keep several pieces together, because installed policies more
/// often allow write(2).
#[inline]
pub(crate) fn write(text: &[u8]) {
    // SAFETY: write(2) (Linux man-pages 6.03) reads from its second argument as many bytes as the third one
    // says; these are the bytes of a slice that is borrowed for the whole call.
    unsafe { syscall(STANDARD_ERROR, text.as_ptr() as usize, text.len(), CALL.write) };
}

const STANDARD_ERROR: usize = 2;

/// Ends the process with this exit status.
#[inline]
pub(crate) fn exit_group(status: u8) -> ! {
    loop {
        // SAFETY: exit_group(2) (Linux man-pages 6.03) takes a number. It ends every thread of the process and
        // returns to none.
        unsafe { syscall(status as usize, 0, 0, CALL.exit_group) };
        // exit_group returns only if a filter around the program denies it. Then exit ends only this thread, or if that
        // is denied too, this loop never ends. SAFETY: exit(2) (Linux man-pages 6.03, _exit(2)) takes a number and does
        // not return.
        unsafe { syscall(status as usize, 0, 0, CALL.exit) };
    }
}
