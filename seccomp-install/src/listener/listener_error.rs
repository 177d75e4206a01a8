//! The reasons why a supervisor cannot receive or answer a call.

use core::fmt;

use crate::errno::Errno;

/// A feature of listeners that some kernels lack.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ListenerFeature {
    /// Letting a call go on: `SECCOMP_USER_NOTIF_FLAG_CONTINUE`, Linux 5.5.
    Continue,
    /// Giving a descriptor to the process: `SECCOMP_IOCTL_NOTIF_ADDFD`, Linux 5.9.
    AddFd,
}

/// The reason why a call cannot be received or answered.
///
/// Source: seccomp_unotify(2), Linux man-pages 6.03, and `kernel/seccomp.c`, Linux 6.12.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListenerError {
    /// Nothing waits for the answer any more: the thread has ended, or a signal has interrupted its call (`ENOENT`,
    /// `ESRCH`). The kernel makes an interrupted call again after the signal, and that is a notification of its own.
    Gone,
    /// The call has another answer already, from another thread or process (`EINPROGRESS`).
    Answered,
    /// No call waits to be received now; only from [`Listener::try_receive`](crate::Listener::try_receive).
    WouldBlock,
    /// The kernel does not know a feature (`EINVAL`).
    NotSupported {
        /// The feature.
        feature: ListenerFeature,
    },
    /// A part of the range of addresses is not readable memory (`EFAULT`).
    Unreadable,
    /// There is no zero byte in the part of the memory that fits the buffer, so it is not a string.
    NoEnd,
    /// The supervisor may not read the memory of the process (`EPERM`): see ptrace(2), "Ptrace access mode checking".
    NotPermitted,
    /// The descriptor is not the listener of a filter.
    NoListener,
    /// Any other error.
    Other {
        /// The errno that the kernel returned.
        errno: Errno,
    },
}

impl From<Errno> for ListenerError {
    /// The meaning of an errno that does not depend on the step.
    #[inline]
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::ENOENT | Errno::ESRCH => Self::Gone,
            Errno::EINPROGRESS => Self::Answered,
            _ => Self::Other { errno },
        }
    }
}

impl core::error::Error for ListenerError {}

impl fmt::Display for ListenerError {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::Gone => {
                "the thread that made this system call does not wait for an answer any more: it has ended, or a \
                 signal has interrupted the call"
            }
            Self::Answered => {
                "this system call has an answer already, and it can have only one: only one thread or process \
                 may answer it"
            }
            Self::WouldBlock => "no system call waits for an answer now: wait until the listener is readable",
            Self::NotSupported { feature: ListenerFeature::Continue } => {
                "the kernel cannot let a system call go on (SECCOMP_USER_NOTIF_FLAG_CONTINUE): it must be Linux 5.5 \
                 or newer, or answer with a value or an errno"
            }
            Self::NotSupported { feature: ListenerFeature::AddFd } => {
                "the kernel cannot give a descriptor to the process (SECCOMP_IOCTL_NOTIF_ADDFD): it must be Linux \
                 5.9 or newer, or answer with an errno"
            }
            Self::Unreadable => {
                "the process has no readable memory there: answer with EFAULT, as the kernel would"
            }
            Self::NoEnd => {
                "the string has no end within the buffer: answer with ENAMETOOLONG, as the kernel would, or read \
                 into a larger buffer"
            }
            Self::NotPermitted => {
                "the supervisor may not read the memory of the process: it must run as the same user, or have \
                 CAP_SYS_PTRACE, and the process must not have made itself undumpable"
            }
            Self::NoListener => {
                "the descriptor is not the listener of a seccomp filter: install_with_listener() makes one"
            }
            Self::Other { errno } => return write!(f, "the listener failed with {errno}"),
        })
    }
}

#[cfg(feature = "std")]
impl From<ListenerError> for std::io::Error {
    /// An error of the closest kind, which contains this one and shows its message.
    #[inline]
    fn from(error: ListenerError) -> Self {
        use std::io::ErrorKind;

        let kind = match error {
            ListenerError::Gone => ErrorKind::NotFound,
            ListenerError::WouldBlock => ErrorKind::WouldBlock,
            ListenerError::NotSupported { .. } => ErrorKind::Unsupported,
            ListenerError::NotPermitted => ErrorKind::PermissionDenied,
            ListenerError::NoEnd | ListenerError::NoListener => ErrorKind::InvalidInput,
            ListenerError::Answered | ListenerError::Unreadable | ListenerError::Other { .. } => {
                ErrorKind::Other
            }
        };
        Self::new(kind, error)
    }
}
