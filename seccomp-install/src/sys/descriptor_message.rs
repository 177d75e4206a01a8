//! A descriptor that goes from one process to another in a message over a UNIX socket.

use core::mem::offset_of;

use super::asm::syscall;
use super::supervisor::Descriptor;
use super::{CALL, CallResult};
use crate::errno::Errno;

/// `struct msghdr` of a message of one byte with one descriptor: `struct user_msghdr`, `include/linux/socket.h`, Linux
/// 6.12, which on x32 has the layout of its 32-bit form (`struct compat_msghdr`).
#[repr(C)]
struct MessageHeader {
    name: usize,
    name_length: u32,
    pieces: *mut [usize; 2],
    piece_count: usize,
    control: *mut Control,
    control_length: usize,
    flags: u32,
}

/// `struct cmsghdr` and one descriptor after it.
#[repr(C)]
#[derive(Clone, Copy)]
struct Control {
    /// Up to the end of `descriptor`.
    length: usize,
    level: i32,
    kind: i32,
    descriptor: i32,
}

const _: () = assert!(size_of::<MessageHeader>() == if usize::BITS == 64 { 56 } else { 28 });
const _: () = assert!(offset_of!(Control, descriptor) == size_of::<usize>() + 8);

impl Control {
    const LENGTH: usize = offset_of!(Self, descriptor) + size_of::<i32>();
    /// `SOL_SOCKET`: `include/uapi/asm-generic/socket.h`, Linux 6.12, for every architecture that this crate serves.
    const LEVEL: i32 = 1;
    /// `SCM_RIGHTS`: `include/linux/socket.h`, Linux 6.12.
    const RIGHTS: i32 = 1;
}

/// `MSG_CTRUNC`, `MSG_NOSIGNAL`, `MSG_CMSG_CLOEXEC`: `include/linux/socket.h`, Linux 6.12.
const CONTROL_TRUNCATED: u32 = 8;
const NO_SIGNAL: usize = 0x4000;
const RECEIVE_CLOSE_ON_EXEC: usize = 0x4000_0000;

/// Sends a copy of `descriptor` over the UNIX socket `socket`, with one byte.
///
/// # Errors
///
/// The errors of sendmsg(2), except `EINTR`.
#[inline]
pub(crate) fn send_descriptor(socket: i32, descriptor: &Descriptor) -> Result<(), Errno> {
    let mut byte = 0_u8;
    let mut piece = [&raw mut byte as usize, 1];
    let mut control = Control {
        length: Control::LENGTH,
        level: Control::LEVEL,
        kind: Control::RIGHTS,
        descriptor: descriptor.raw(),
    };
    let message = message(&mut piece, &mut control);
    loop {
        // SAFETY: sendmsg(2) (Linux man-pages 6.03) reads one `struct msghdr` at the second argument, which is
        // `message`, the piece and the control data that it names with their lengths, and the byte that the piece
        // names. All of them live until the end of this function.
        let value = unsafe {
            syscall(socket as usize, &raw const message as usize, NO_SIGNAL, CALL.sendmsg)
        };
        match CallResult(value).result() {
            Err(Errno::EINTR) => {}
            result => return result.map(drop),
        }
    }
}

/// Receives a descriptor that [`send_descriptor`] sent.
///
/// # Errors
///
/// The errors of recvmsg(2), except `EINTR`; `EBADMSG` for a message with no descriptor or more than one;
/// `ECONNRESET` at the end of the stream.
#[inline]
pub(crate) fn receive_descriptor(socket: i32) -> Result<Descriptor, Errno> {
    let mut byte = 0_u8;
    let mut piece = [&raw mut byte as usize, 1];
    let mut control = Control { length: 0, level: 0, kind: 0, descriptor: -1 };
    let mut message = message(&mut piece, &mut control);
    let length = loop {
        let at = &raw mut message as usize;
        // SAFETY: recvmsg(2) (Linux man-pages 6.03) reads and writes one `struct msghdr` at the second argument, which
        // is `message`, and writes at most one byte where its piece says, and at most as many bytes of control data as
        // its length says, to `control`. All of them live until the end of this function.
        let value = unsafe { syscall(socket as usize, at, RECEIVE_CLOSE_ON_EXEC, CALL.recvmsg) };
        match CallResult(value).result() {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(length) => break length,
        }
    };
    // SAFETY: the kernel has written through this pointer, which is still valid; the read goes through the same
    // pointer. Every field is a number, and all were set before.
    let control = unsafe { message.control.read() };
    let has_descriptor = message.control_length >= Control::LENGTH
        && (control.length, control.level, control.kind)
            == (Control::LENGTH, Control::LEVEL, Control::RIGHTS);
    // From here on it is owned, so every return closes it.
    let descriptor = has_descriptor.then(|| Descriptor::new(control.descriptor));
    match descriptor {
        Some(descriptor) if message.flags & CONTROL_TRUNCATED == 0 => Ok(descriptor),
        None if length == 0 => Err(Errno::ECONNRESET),
        _ => Err(Errno::EBADMSG),
    }
}

/// A message of the bytes in `piece` (their address and their number) with `control`.
#[inline]
fn message(piece: &mut [usize; 2], control: &mut Control) -> MessageHeader {
    MessageHeader {
        name: 0,
        name_length: 0,
        pieces: piece,
        piece_count: 1,
        control,
        // Room for one descriptor: the kernel closes others that a message has, and says so (`scm_detach_fds`,
        // net/core/scm.c, Linux 6.12).
        control_length: Control::LENGTH,
        flags: 0,
    }
}
