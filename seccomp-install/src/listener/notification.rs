//! A system call that waits for an answer.

use core::ffi::CStr;
use core::fmt;

use seccomp_bpf::abi::Call;

use super::{Listener, ListenerError, ListenerFeature};
use crate::errno::Errno;
use crate::sys::supervisor::{self, RawAddFd, RawAnswer, RawNotification};

/// The answer to a call that the kernel does not make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Response {
    /// The call returns this value. The kernel passes it on as it is, so -4095 to -1 look like an errno.
    Value(i64),
    /// The call fails with this errno.
    Errno(Errno),
}

/// How a process gets a descriptor from its supervisor.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct AddFd {
    /// The number of the descriptor in the process. A descriptor with that number is closed first. `None` is the lowest
    /// free number.
    pub at: Option<u32>,
    /// Whether the process closes it when it executes another program.
    pub close_on_exec: bool,
}

/// A call that waits for an answer, without its listener: plain data, which can be kept and sent to other threads.
///
/// The call waits until [`Listener::resume`] takes it up, or until its thread is killed, or until the listener is
/// closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "the call waits until it is answered"]
pub struct Deferred {
    id: u64,
    thread: u32,
    call: Call,
}

impl Deferred {
    #[inline]
    pub(super) const fn new(raw: &RawNotification) -> Self {
        Self { id: raw.id, thread: raw.thread, call: raw.call }
    }
}

/// A system call that waits for an answer, from [`Listener::receive`].
///
/// If it is dropped without an answer, for example by a panic, the call fails with `ENOSYS`, as it does without a
/// listener. So no thread waits for ever, and the kernel makes no call that was not decided.
#[must_use = "the call fails with ENOSYS if it is dropped"]
pub struct Notification<'a> {
    listener: &'a Listener,
    data: Deferred,
}

impl<'a> Notification<'a> {
    #[inline]
    pub(super) const fn new(listener: &'a Listener, data: Deferred) -> Self {
        Self { listener, data }
    }

    /// The call: its number, its ABI, its address and its arguments, as the filter saw them.
    ///
    /// The kernel does not pass on which rule of the policy matched, but [`Policy::decide`](crate::Policy::decide)
    /// gives the policy's action for the same call. With a policy for several ABIs, look at [`Call::arch`] too: each
    /// ABI has its own numbers.
    #[inline]
    #[must_use]
    pub const fn call(&self) -> &Call {
        &self.data.call
    }

    /// The id of the thread that makes the call, or 0 if the supervisor cannot see it (another PID namespace). If the
    /// thread has ended, the id may belong to another thread by now: so ask [`Self::is_valid`] *after* the id was used.
    #[inline]
    #[must_use]
    pub const fn thread(&self) -> u32 {
        self.data.thread
    }

    /// The number of this call among all calls of the filter. It is never used twice.
    #[inline]
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.data.id
    }

    /// Whether the thread still waits for an answer to this call.
    ///
    /// # Errors
    ///
    /// [`ListenerError::Other`] if a filter around the supervisor denies ioctl(2).
    #[inline]
    pub fn is_valid(&self) -> Result<bool, ListenerError> {
        Ok(supervisor::is_valid(self.listener.descriptor(), self.id())?)
    }

    /// Answers the call in place of the kernel.
    ///
    /// # Errors
    ///
    /// [`ListenerError::Gone`] if the thread does not wait any more, and [`ListenerError::Answered`] if the call
    /// was answered already. In both cases there is nothing left to do.
    #[inline]
    pub fn respond(self, response: Response) -> Result<(), ListenerError> {
        let answer = self.answer(response);
        let listener = self.into_listener();
        Ok(supervisor::answer(listener.descriptor(), &answer)?)
    }

    /// Lets the kernel make the call, with what the registers and the memory hold *when it makes the call* (Linux
    /// 5.5).
    ///
    /// **This is not a check of the call.** Another thread of the process, or another process that shares its memory,
    /// can have changed that memory since the supervisor read it. So a call must not go on because its path, its
    /// address or any other memory was found to be harmless. It may go on if only arguments in registers decide, which
    /// cannot change, or if it does no harm whatever is in memory. To decide by what is in memory, read it once, do in
    /// the supervisor what the call would have done, and pass the result on with [`Self::respond`] or
    /// [`Self::respond_with_raw_fd`].
    ///
    /// # Errors
    ///
    /// See [`Self::respond`]; [`ListenerError::NotSupported`] before Linux 5.5, and then the call fails with
    /// `ENOSYS`.
    #[inline]
    pub fn continue_unchecked(self) -> Result<(), ListenerError> {
        let answer =
            RawAnswer { id: self.id(), flags: supervisor::CONTINUE, ..RawAnswer::default() };
        match supervisor::answer(self.listener.descriptor(), &answer) {
            Err(Errno::EINVAL) => {
                Err(ListenerError::NotSupported { feature: ListenerFeature::Continue })
            }
            result => {
                self.into_listener();
                Ok(result?)
            }
        }
    }

    /// Gives the process a copy of a descriptor of the supervisor, and returns its number there (Linux 5.9). The call
    /// still waits for its answer. `number` must be an open descriptor; with the feature `std`, `add_fd` takes a value
    /// whose type guarantees that.
    ///
    /// # Errors
    ///
    /// [`ListenerError::Gone`], [`ListenerError::Answered`]; [`ListenerError::NotSupported`] before Linux 5.9;
    /// [`ListenerError::Other`] if the process can have no more descriptors (`EMFILE`), or none with this number
    /// (`EBADF`).
    #[inline]
    pub fn add_raw_fd(&self, number: i32, how: AddFd) -> Result<u32, ListenerError> {
        self.add(number, how, 0).map_err(Self::cause_of_no_fd)
    }

    /// Gives the process a copy of a descriptor, and answers the call with its number there, which it returns. If the
    /// process cannot take it, the call fails with the same errno. `number` must be an open descriptor; with the
    /// feature `std`, `respond_with_fd` takes a value whose type guarantees that.
    ///
    /// Since Linux 5.14 the kernel does both at once. From Linux 5.9 to 5.13 there are two steps; if a signal
    /// interrupts the call between them, the descriptor stays open in the process, which does not know of it.
    ///
    /// # Errors
    ///
    /// See [`Self::add_raw_fd`].
    #[inline]
    pub fn respond_with_raw_fd(self, number: i32, how: AddFd) -> Result<u32, ListenerError> {
        let added = match self.add(number, how, supervisor::ADD_AND_ANSWER) {
            Ok(there) => {
                self.into_listener();
                return Ok(there);
            }
            // The kernel does not know the flag or the request: nothing else about it can be invalid.
            Err(Errno::EINVAL) => self.add(number, how, 0),
            Err(errno) => Err(errno),
        };
        match added {
            Ok(there) => {
                self.respond(Response::Value(there.into()))?;
                Ok(there)
            }
            Err(errno) => {
                let error = Self::cause_of_no_fd(errno);
                if matches!(error, ListenerError::Other { .. }) {
                    self.respond(Response::Errno(errno))?;
                }
                Err(error)
            }
        }
    }

    #[inline]
    fn cause_of_no_fd(errno: Errno) -> ListenerError {
        match errno {
            Errno::EINVAL => ListenerError::NotSupported { feature: ListenerFeature::AddFd },
            _ => errno.into(),
        }
    }

    #[inline]
    fn add(&self, number: i32, how: AddFd, flags: u32) -> Result<u32, Errno> {
        let request = RawAddFd {
            id: self.id(),
            flags: flags | if how.at.is_some() { supervisor::ADD_AT } else { 0 },
            source: number as u32,
            number: how.at.unwrap_or(0),
            descriptor_flags: if how.close_on_exec { supervisor::CLOSE_ON_EXEC } else { 0 },
        };
        supervisor::add_fd(self.listener.descriptor(), &request)
    }

    /// Reads the memory of the process from `address` on, as much as the buffer holds.
    ///
    /// The bytes certainly come from the process that made the call: this function asks the kernel *afterwards* whether
    /// the thread still waits. If not, it fills the buffer with zeros, because the id of the thread may have been
    /// reused by another process. The process can change its memory at any time, so read once, and use that copy.
    ///
    /// # Errors
    ///
    /// [`ListenerError::Gone`]; [`ListenerError::Unreadable`] if a part of the range is not readable;
    /// [`ListenerError::NotPermitted`]. After an error the buffer has zeros only.
    #[inline]
    pub fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), ListenerError> {
        self.checked(buffer, |buffer| {
            let read = self.read(address, buffer)?;
            if read == buffer.len() { Ok(read) } else { Err(ListenerError::Unreadable) }
        })
        .map(drop)
    }

    /// Reads a string that ends with a zero byte, such as a path, at `address`. The buffer bounds its length, with the
    /// zero byte: the kernel takes paths of at most 4096 bytes (`PATH_MAX`). The bytes after the string are zeros.
    ///
    /// # Errors
    ///
    /// See [`Self::read_memory`]; [`ListenerError::NoEnd`] if the string does not fit the buffer.
    #[inline]
    pub fn read_string<'b>(
        &self,
        address: u64,
        buffer: &'b mut [u8],
    ) -> Result<&'b CStr, ListenerError> {
        let length = self.checked(buffer, |buffer| {
            let mut start = 0;
            while start < buffer.len() {
                let from = address.checked_add(start as u64).ok_or(ListenerError::Unreadable)?;
                // Read up to the end of a page: the next page may not be readable, and the kernel need not read any of
                // a range that is readable only in part (process_vm_readv(2), Linux man-pages 6.03). No page is
                // smaller.
                let piece = (PAGE - from % PAGE).min((buffer.len() - start) as u64) as usize;
                let piece = &mut buffer[start..start + piece];
                let read = self.read(from, piece)?;
                if let Some(end) = piece[..read].iter().position(|&byte| byte == 0) {
                    buffer[start + end..].fill(0);
                    return Ok(start + end + 1);
                }
                if read < piece.len() {
                    return Err(ListenerError::Unreadable);
                }
                start += read;
            }
            Err(ListenerError::NoEnd)
        })?;
        CStr::from_bytes_with_nul(&buffer[..length]).map_err(|_| ListenerError::NoEnd)
    }

    /// Fills the buffer with `read`, and then with zeros if that failed or if the thread does not wait any more.
    #[inline]
    fn checked(
        &self,
        buffer: &mut [u8],
        read: impl FnOnce(&mut [u8]) -> Result<usize, ListenerError>,
    ) -> Result<usize, ListenerError> {
        let result = read(buffer).and_then(|length| match self.is_valid()? {
            true => Ok(length),
            false => Err(ListenerError::Gone),
        });
        if result.is_err() {
            buffer.fill(0);
        }
        result
    }

    /// Reads once, without a check.
    #[inline]
    fn read(&self, address: u64, buffer: &mut [u8]) -> Result<usize, ListenerError> {
        if self.thread() == 0 {
            return Err(ListenerError::NotPermitted);
        }
        let address = usize::try_from(address).map_err(|_| ListenerError::Unreadable)?;
        supervisor::read_memory(self.thread(), address, buffer).map_err(|errno| match errno {
            Errno::EFAULT => ListenerError::Unreadable,
            Errno::EPERM => ListenerError::NotPermitted,
            _ => errno.into(),
        })
    }

    /// Puts the call aside without an answer, to answer it later or on another thread: [`Listener::resume`].
    #[inline]
    pub fn defer(self) -> Deferred {
        let data = self.data;
        core::mem::forget(self);
        data
    }

    #[inline]
    fn into_listener(self) -> &'a Listener {
        let listener = self.listener;
        core::mem::forget(self);
        listener
    }

    #[inline]
    fn answer(&self, response: Response) -> RawAnswer {
        let (value, error) = match response {
            Response::Value(value) => (value, 0),
            Response::Errno(errno) => (0, -errno.raw_os_error()),
        };
        RawAnswer { id: self.id(), value, error, flags: 0 }
    }
}

/// The smallest page of any architecture, in bytes.
const PAGE: u64 = 4096;

impl Drop for Notification<'_> {
    #[inline]
    fn drop(&mut self) {
        let answer = self.answer(Response::Errno(Errno::ENOSYS));
        // If it fails, nothing waits for the answer.
        let _ = supervisor::answer(self.listener.descriptor(), &answer);
    }
}

impl fmt::Debug for Notification<'_> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification")
            .field("id", &self.data.id)
            .field("thread", &self.data.thread)
            .field("call", &self.data.call)
            .finish_non_exhaustive()
    }
}
