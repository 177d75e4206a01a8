//! The system calls of this crate, as safe functions.
//!
//! This module and its child [`asm`] are the only places with `unsafe`. What the functions here
//! promise to the kernel is proven beside each call; what they promise to the rest of the crate is
//! in their types. Nothing here allocates, and nothing needs a C library.
#![allow(unsafe_code)] // The one place of this crate that may; see above.

mod asm;
mod numbers;

use asm::syscall;
use numbers::Numbers;
use seccomp_bpf::bpf::SockFilter;

use crate::error::Errno;
use crate::native::NATIVE;

/// The numbers on the ABI of the target.
const CALL: Numbers = match Numbers::of(NATIVE) {
    Some(numbers) => numbers,
    None => panic!("`NATIVE` is an ABI that this crate serves"),
};

/// The program as seccomp(2) takes it.
///
/// Source: `struct sock_fprog`, `include/uapi/linux/filter.h`, Linux 6.12. A 32-bit program on a
/// 64-bit kernel, x32 included, passes its own 32-bit form (`struct compat_sock_fprog`), which is
/// what this is there.
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

/// What the kernel answers to a system call: a result, or an errno below zero.
///
/// Kept as it is for as long as possible, since every program with a policy carries this code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer(pub(crate) isize);

impl Answer {
    /// Nothing went wrong, and there is nothing to tell.
    pub(crate) const DONE: Self = Self(0);

    /// The result, or the error: the numbers from -4095 to -1 (`IS_ERR_VALUE`,
    /// `include/linux/err.h`, Linux 6.12).
    pub(crate) fn result(self) -> Result<usize, Errno> {
        match self.0 {
            -4095..=-1 => Err(Errno::new(self.0.unsigned_abs() as u16)),
            _ => Ok(self.0 as usize),
        }
    }
}

/// Sets the calling thread's `no_new_privs` bit, for good.
///
/// Answers `EINVAL` on kernels older than 3.5; whatever a filter in force or a security module
/// says.
pub(crate) fn set_no_new_privs() -> Answer {
    // SAFETY: PR_SET_NO_NEW_PRIVS takes four numbers and no pointer (prctl(2), Linux
    // man-pages 6.03), so the kernel touches no memory of this program.
    let value = unsafe { syscall(CALL.prctl, [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]) };
    Answer(value)
}

/// Puts `program` in front of every system call of the calling thread, and with
/// `SECCOMP_FILTER_FLAG_TSYNC` among the `flags` of every other thread of the process.
///
/// Answers 0; with `SECCOMP_FILTER_FLAG_TSYNC` the id of a thread that could not follow, in which
/// case no thread has the filter; an errno; `EINVAL` for a program that is too long even for the
/// length field.
pub(crate) fn set_filter(flags: u32, program: &[SockFilter]) -> Answer {
    let Ok(len) = u16::try_from(program.len()) else {
        return Answer(-(Errno::EINVAL.number() as isize));
    };
    let fprog = SockFprog { len, filter: program.as_ptr() };
    let arguments = [SET_MODE_FILTER, flags as usize, &raw const fprog as usize, 0, 0];
    // SAFETY: for SECCOMP_SET_MODE_FILTER the kernel reads one `struct sock_fprog` at the third
    // argument (`fprog` has that layout, asserted above) and `len` instructions at its `filter`
    // (`program` borrows exactly that many, of that layout, for the whole call), copies them and
    // keeps neither pointer (seccomp(2), Linux man-pages 6.03; `seccomp_prepare_user_filter`,
    // kernel/seccomp.c, Linux 6.12).
    let value = unsafe { syscall(CALL.seccomp, arguments) };
    Answer(value)
}

/// Asks whether the kernel knows these flags of `SECCOMP_SET_MODE_FILTER`, without installing
/// anything: it looks at the flags before it looks at the program, which is missing here.
///
/// Returns the errno: `EFAULT` if it knows them all, `EINVAL` if not (seccomp(2), Linux
/// man-pages 6.03). The call cannot succeed; if something around the kernel says it did, the
/// answer is `EFAULT` too.
pub(crate) fn probe_filter_flags(flags: u32) -> Errno {
    // SAFETY: the third argument is a null pointer, which the kernel answers with EFAULT before
    // it does anything (seccomp(2), Linux man-pages 6.03): no memory is touched.
    let value = unsafe { syscall(CALL.seccomp, [SET_MODE_FILTER, flags as usize, 0, 0, 0]) };
    Answer(value).result().err().unwrap_or(Errno::EFAULT)
}

/// Asks whether the kernel knows the action with this return value.
///
/// # Errors
///
/// `EOPNOTSUPP` if it does not; `EINVAL` on kernels older than 4.14; `ENOSYS` without seccomp(2).
pub(crate) fn action_available(action: u32) -> Result<(), Errno> {
    let arguments = [GET_ACTION_AVAIL, 0, &raw const action as usize, 0, 0];
    // SAFETY: for SECCOMP_GET_ACTION_AVAIL the kernel reads 32 bits at the third argument
    // (seccomp(2), Linux man-pages 6.03), which is the address of `action`, alive throughout.
    let value = unsafe { syscall(CALL.seccomp, arguments) };
    Answer(value).result().map(drop)
}

/// Enters strict mode: only read, write, exit and sigreturn are left to the calling thread.
///
/// # Errors
///
/// `EINVAL` if the thread has a filter; `ENOSYS` without seccomp(2).
pub(crate) fn set_mode_strict() -> Result<(), Errno> {
    // SAFETY: SECCOMP_SET_MODE_STRICT takes no flags and no pointer (seccomp(2), Linux man-pages
    // 6.03): no memory is touched.
    let value = unsafe { syscall(CALL.seccomp, [SET_MODE_STRICT, 0, 0, 0, 0]) };
    Answer(value).result().map(drop)
}

/// The calling thread's seccomp mode: 0 none, 2 filter. In strict mode (1) the thread dies of
/// the question.
///
/// # Errors
///
/// `EINVAL` on a kernel without seccomp.
pub(crate) fn mode() -> Result<usize, Errno> {
    // SAFETY: PR_GET_SECCOMP takes no argument (prctl(2), Linux man-pages 6.03): no memory is
    // touched.
    let value = unsafe { syscall(CALL.prctl, [PR_GET_SECCOMP, 0, 0, 0, 0]) };
    Answer(value).result()
}

/// Writes the pieces to a file descriptor, one after the other. Whether that works there is nobody
/// to tell.
///
/// By write(2), although writev(2) would keep them together: a policy that is in force already has
/// the one more often than the other.
pub(crate) fn write<const N: usize>(fd: u32, pieces: [&[u8]; N]) {
    for piece in pieces {
        let arguments = [fd as usize, piece.as_ptr() as usize, piece.len(), 0, 0];
        // SAFETY: write(2) (Linux man-pages 6.03) reads as many bytes at its second argument as
        // the third says, which are those of a slice, borrowed for the whole call.
        unsafe { syscall(CALL.write, arguments) };
    }
}

/// Ends the process with this exit status.
pub(crate) fn exit_group(status: u8) -> ! {
    loop {
        // SAFETY: exit_group(2) (Linux man-pages 6.03) takes a number. It ends every thread of
        // the process and returns to none.
        unsafe { syscall(CALL.exit_group, [status as usize, 0, 0, 0, 0]) };
        // Only a filter around the program can let that return. Then this thread ends alone,
        // or, if that is denied too, never gets any further.
        // SAFETY: exit(2) (Linux man-pages 6.03, _exit(2)) takes a number and does not return.
        unsafe { syscall(CALL.exit, [status as usize, 0, 0, 0, 0]) };
    }
}
