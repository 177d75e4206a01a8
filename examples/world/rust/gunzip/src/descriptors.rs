//! The three descriptors that a program is started with.
#![allow(unsafe_code)] // Without std, no other code vouches for descriptors.

use rustix::fd::BorrowedFd;

/// Descriptor 0.
pub(crate) fn input() -> BorrowedFd<'static> {
    // SAFETY: nothing in this program closes a descriptor. If it was started without this one, a read fails with EBADF.
    unsafe { rustix::stdio::stdin() }
}

/// Descriptor 1.
pub(crate) fn output() -> BorrowedFd<'static> {
    // SAFETY: as above.
    unsafe { rustix::stdio::stdout() }
}

/// Descriptor 2.
pub(crate) fn errors() -> BorrowedFd<'static> {
    // SAFETY: as above.
    unsafe { rustix::stdio::stderr() }
}
