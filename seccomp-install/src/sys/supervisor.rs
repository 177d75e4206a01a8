//! The system calls of a supervisor: it answers the calls that a filter hands to a listener.
//!
//! Source of all structures and numbers: `include/uapi/linux/seccomp.h`, Linux 6.12; of what the kernel does with them,
//! the named functions in `kernel/seccomp.c` of the same version.

use core::mem::offset_of;

use seccomp_bpf::abi::Call;

use super::asm::{syscall, syscall_of_six};
use super::{CALL, CallResult};
use crate::errno::Errno;

/// A descriptor that this value owns.
#[derive(Debug)]
pub(crate) struct Descriptor(i32);

impl Descriptor {
    /// Takes the ownership of `number`, a descriptor that the kernel has just made.
    pub(super) const fn new(number: i32) -> Self {
        Self(number)
    }

    /// Takes the ownership of `number`.
    ///
    /// # Safety
    ///
    /// `number` is an open descriptor that nothing else owns.
    pub(crate) const unsafe fn from_raw(number: i32) -> Self {
        Self(number)
    }

    pub(crate) const fn raw(&self) -> i32 {
        self.0
    }

    /// Gives up the ownership.
    pub(crate) const fn into_raw(self) -> i32 {
        let number = self.0;
        core::mem::forget(self);
        number
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: close(2) (Linux man-pages 6.03) takes a number and no pointer. Nothing else owns this descriptor
        // (`from_raw`), so no other code loses it.
        unsafe { syscall(self.0 as usize, 0, 0, CALL.close) };
    }
}

/// `struct seccomp_notif`: a call that waits for an answer.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct RawNotification {
    pub(crate) id: u64,
    /// The id of the thread, in the namespace of the receiver, or 0 if it has none there.
    pub(crate) thread: u32,
    flags: u32,
    pub(crate) call: Call,
}

/// `struct seccomp_notif_resp`: an answer.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct RawAnswer {
    pub(crate) id: u64,
    pub(crate) value: i64,
    /// 0, or an errno as a negative number.
    pub(crate) error: i32,
    pub(crate) flags: u32,
}

/// `SECCOMP_USER_NOTIF_FLAG_CONTINUE`, Linux 5.5.
pub(crate) const CONTINUE: u32 = 1;

/// `struct seccomp_notif_addfd`: a descriptor for the process that made the call.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct RawAddFd {
    pub(crate) id: u64,
    pub(crate) flags: u32,
    /// The descriptor of this process.
    pub(crate) source: u32,
    /// Its number in that process, with [`ADD_AT`].
    pub(crate) number: u32,
    pub(crate) descriptor_flags: u32,
}

/// `SECCOMP_ADDFD_FLAG_SETFD`, Linux 5.9.
pub(crate) const ADD_AT: u32 = 1;
/// `SECCOMP_ADDFD_FLAG_SEND`, Linux 5.14.
pub(crate) const ADD_AND_ANSWER: u32 = 2;
/// `O_CLOEXEC`: `include/uapi/asm-generic/fcntl.h`, Linux 6.12, for every architecture that this crate serves.
pub(crate) const CLOSE_ON_EXEC: u32 = 0o200_0000;

const _: () =
    assert!(size_of::<RawNotification>() == 80 && offset_of!(RawNotification, call) == 16);
const _: () = assert!(size_of::<RawAnswer>() == 24 && offset_of!(RawAnswer, flags) == 20);
const _: () = assert!(size_of::<RawAddFd>() == 24 && offset_of!(RawAddFd, descriptor_flags) == 20);

/// The number of an ioctl of a listener: the direction, the size of the structure, the type `!`, and a number.
///
/// Source: `include/uapi/asm-generic/ioctl.h` and `arch/powerpc/include/uapi/asm/ioctl.h`, Linux 6.12.
const fn request(reads: bool, writes: bool, number: usize, size: usize) -> usize {
    // On PowerPC the directions have other bits.
    let power = cfg!(any(target_arch = "powerpc", target_arch = "powerpc64"));
    let (read, write) = if power { (1 << 30, 1 << 31) } else { (1 << 31, 1 << 30) };
    let direction = if reads { read } else { 0 } | if writes { write } else { 0 };
    direction | size << 16 | (b'!' as usize) << 8 | number
}

pub(super) const RECEIVE: usize = request(true, true, 0, size_of::<RawNotification>());
pub(super) const SEND: usize = request(true, true, 1, size_of::<RawAnswer>());
pub(super) const IS_VALID: usize = request(false, true, 2, size_of::<u64>());
/// The number with the wrong direction that the first kernels had. Newer ones know both
/// (`SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR`).
const IS_VALID_OLD: usize = request(true, false, 2, size_of::<u64>());
pub(super) const ADD_FD: usize = request(false, true, 3, size_of::<RawAddFd>());

/// `struct pollfd`: `include/uapi/asm-generic/poll.h`, Linux 6.12.
#[repr(C)]
struct PollFd {
    fd: i32,
    events: i16,
    happened: i16,
}

/// The state of a listener, from poll(2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Readiness {
    /// At least one call waits to be received.
    Pending,
    /// None waits.
    Nothing,
    /// None waits, and every thread with the filter has ended.
    Ended,
}

const POLLIN: i16 = 1;
const POLLHUP: i16 = 0x10;
const POLLNVAL: i16 = 0x20;

/// Asks whether a call waits at `listener`; with `wait`, waits until one does or every thread with the filter has
/// ended. A signal does not end the wait.
///
/// # Errors
///
/// `EBADF` if the descriptor is closed; `ENOMEM`; what a filter around the supervisor returns.
pub(crate) fn poll(listener: &Descriptor, wait: bool) -> Result<Readiness, Errno> {
    loop {
        let mut poll = PollFd { fd: listener.raw(), events: POLLIN, happened: 0 };
        // A time of 0, in either layout of `struct timespec`.
        let mut no_time = [0_u64; 2];
        let time = if wait { 0 } else { &raw mut no_time as usize };
        // SAFETY: ppoll(2) (Linux man-pages 6.03) reads and writes one `struct pollfd`, as its second argument says,
        // at the first, which is `poll`. It reads and writes a `struct timespec` at the third, which has at most the
        // 16 bytes of `no_time`, or none if that is 0. The fourth is 0: no set of signals.
        let value = unsafe { syscall(&raw mut poll as usize, 1, time, CALL.ppoll) };
        match CallResult(value).result() {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(_) if poll.happened & POLLNVAL != 0 => return Err(Errno::EBADF),
            Ok(_) if poll.happened & POLLIN != 0 => return Ok(Readiness::Pending),
            Ok(_) if poll.happened & POLLHUP != 0 => return Ok(Readiness::Ended),
            // `POLLERR` alone: a signal came while the kernel looked (`seccomp_notify_poll`).
            Ok(1) => {}
            Ok(_) => return Ok(Readiness::Nothing),
        }
    }
}

/// Receives the next call (`SECCOMP_IOCTL_NOTIF_RECV`), and waits for it if there is none.
///
/// # Errors
///
/// `ENOENT` if the thread that was announced is gone; `EINTR`.
pub(crate) fn receive(listener: &Descriptor) -> Result<RawNotification, Errno> {
    // The kernel rejects a structure that is not zeroed (`seccomp_notify_recv`).
    let mut notification = RawNotification::default();
    let at = &raw mut notification as usize;
    // SAFETY: for this number the kernel checks and writes one `struct seccomp_notif` at the third argument, and the
    // number contains the size of that structure, which is that of `notification`: a kernel with a larger structure has
    // another number for it. If the descriptor were not a listener, its owner broke the promise of `Descriptor`'s maker,
    // and the size in the number would still bound the access of a well-formed ioctl (ioctl(2), Linux man-pages 6.03).
    let value = unsafe { syscall(listener.raw() as usize, RECEIVE, at, CALL.ioctl) };
    CallResult(value).result().map(|_| notification)
}

/// Whether the call with this id still waits for an answer (`SECCOMP_IOCTL_NOTIF_ID_VALID`).
///
/// # Errors
///
/// `ENOTTY` or `EINVAL` if the descriptor is not a listener.
pub(crate) fn is_valid(listener: &Descriptor, id: u64) -> Result<bool, Errno> {
    let mut request = IS_VALID;
    loop {
        // SAFETY: for both numbers the kernel reads 64 bits at the third argument, which is the address of `id`
        // (`seccomp_notify_id_valid`), and writes nothing.
        let value = unsafe {
            syscall(listener.raw() as usize, request, &raw const id as usize, CALL.ioctl)
        };
        match CallResult(value).result() {
            Ok(_) => return Ok(true),
            Err(Errno::ENOENT) => return Ok(false),
            Err(Errno::EINTR) => {}
            Err(Errno::EINVAL) if request == IS_VALID => request = IS_VALID_OLD,
            Err(errno) => return Err(errno),
        }
    }
}

/// Answers a call (`SECCOMP_IOCTL_NOTIF_SEND`).
///
/// # Errors
///
/// `ENOENT` if nothing waits for the answer; `EINPROGRESS` if the call has an answer already; `EINVAL` if the kernel
/// does not know [`CONTINUE`].
pub(crate) fn answer(listener: &Descriptor, answer: &RawAnswer) -> Result<(), Errno> {
    loop {
        let at = core::ptr::from_ref(answer) as usize;
        // SAFETY: for this number the kernel reads one `struct seccomp_notif_resp` at the third argument, which is the
        // address of `answer`, of that layout, borrowed for the whole call (`seccomp_notify_send`).
        let value = unsafe { syscall(listener.raw() as usize, SEND, at, CALL.ioctl) };
        match CallResult(value).result() {
            Err(Errno::EINTR) => {}
            result => return result.map(drop),
        }
    }
}

/// Gives the process that made the call a copy of a descriptor (`SECCOMP_IOCTL_NOTIF_ADDFD`), and returns its number there.
///
/// # Errors
///
/// `ENOENT` and `ESRCH` if the thread is gone; `EINVAL` if the kernel does not know the request or a flag; what the
/// kernel returns for a process that takes no more descriptors.
pub(crate) fn add_fd(listener: &Descriptor, request: &RawAddFd) -> Result<u32, Errno> {
    loop {
        let at = core::ptr::from_ref(request) as usize;
        // SAFETY: the kernel reads at the third argument as many bytes as the number says, which are those of
        // `request`, borrowed for the whole call, and writes none (`seccomp_notify_addfd`).
        let value = unsafe { syscall(listener.raw() as usize, ADD_FD, at, CALL.ioctl) };
        match CallResult(value).result() {
            // Nothing has happened: the kernel takes the request back (`seccomp_notify_addfd`).
            Err(Errno::EINTR) => {}
            result => return result.map(|number| number as u32),
        }
    }
}

/// Reads from the memory of the process of a thread into `buffer`, and returns the number of bytes.
///
/// The call names the process by a thread id, which may have been reused: the caller has to check afterwards that the
/// thread still waits.
///
/// # Errors
///
/// `EFAULT` if there is no memory at `address`; `ESRCH` if there is no such thread; `EPERM` if this process may not
/// read the memory of that one.
pub(crate) fn read_memory(thread: u32, address: usize, buffer: &mut [u8]) -> Result<usize, Errno> {
    let local = [buffer.as_mut_ptr() as usize, buffer.len()];
    let remote = [address, buffer.len()];
    let arguments =
        [thread as usize, &raw const local as usize, 1, &raw const remote as usize, 1, 0];
    // SAFETY: process_vm_readv(2) (Linux man-pages 6.03) reads one `struct iovec` (an address and a length: two words)
    // at the second argument and one at the fourth, which are `local` and `remote`, and writes at most as many bytes
    // as `local` says, to `buffer`, which is borrowed mutably for the whole call. `remote` is an address of the other
    // process, which the call only reads; if that process shares its memory with this one, it may read what other
    // threads write at the same time, as bytes, in the kernel.
    let value = unsafe { syscall_of_six(arguments, CALL.process_vm_readv) };
    CallResult(value).result()
}
