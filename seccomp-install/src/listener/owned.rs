//! Listeners from descriptors, and descriptors from listeners.
#![allow(unsafe_code)] // No type can show what is promised of a raw descriptor.

#[cfg(feature = "std")]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

use super::Listener;
#[cfg(feature = "std")]
use super::{ListenerError, Notification};
#[cfg(feature = "std")]
use crate::errno::Errno;
use crate::sys::supervisor::Descriptor;

impl Listener {
    /// A listener from the number of its descriptor, for programs without std. With the feature `std` there is
    /// `TryFrom<OwnedFd>`, which also checks that it is a listener.
    ///
    /// # Safety
    ///
    /// `number` is an open descriptor of a listener, and nothing else owns it.
    #[inline]
    #[must_use]
    pub const unsafe fn from_raw(number: i32) -> Self {
        // SAFETY: the caller promises that nothing else owns the descriptor.
        Self::new(unsafe { Descriptor::from_raw(number) })
    }

    /// Gives up the ownership of the descriptor, and returns its number.
    #[inline]
    #[must_use]
    pub fn into_raw(self) -> i32 {
        self.into_descriptor().into_raw()
    }
}

#[cfg(feature = "std")]
impl AsFd for Listener {
    #[inline]
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the descriptor is open for as long as `self` lives, which the borrow cannot outlive: only `self`
        // owns it (`Descriptor::from_raw`).
        unsafe { BorrowedFd::borrow_raw(self.raw_fd()) }
    }
}

#[cfg(feature = "std")]
impl AsRawFd for Listener {
    #[inline]
    fn as_raw_fd(&self) -> RawFd {
        self.raw_fd()
    }
}

#[cfg(feature = "std")]
impl From<Listener> for OwnedFd {
    #[inline]
    fn from(listener: Listener) -> Self {
        // SAFETY: the descriptor is open, and `into_raw` gives up its ownership.
        unsafe { Self::from_raw_fd(listener.into_raw()) }
    }
}

#[cfg(feature = "std")]
impl TryFrom<OwnedFd> for Listener {
    type Error = ListenerError;

    /// # Errors
    ///
    /// [`ListenerError::NoListener`] if the descriptor is something else.
    #[inline]
    fn try_from(descriptor: OwnedFd) -> Result<Self, ListenerError> {
        // SAFETY: an `OwnedFd` is open and owned, and `into_raw_fd` gives up its ownership.
        Self::checked(unsafe { Descriptor::from_raw(descriptor.into_raw_fd()) })
    }
}

#[cfg(feature = "std")]
impl Listener {
    /// The listener with this descriptor, if it is one.
    #[inline]
    pub(super) fn checked(descriptor: Descriptor) -> Result<Self, ListenerError> {
        // Whether a call has this id makes no difference: only a listener can answer.
        match crate::sys::supervisor::is_valid(&descriptor, 0) {
            Ok(_) => Ok(Self::new(descriptor)),
            Err(Errno::EINVAL | Errno::ENOTTY | Errno::EOPNOTSUPP | Errno::EBADF) => {
                Err(ListenerError::NoListener)
            }
            Err(errno) => Err(errno.into()),
        }
    }
}

#[cfg(feature = "std")]
impl Notification<'_> {
    /// [`Self::add_raw_fd`], for a descriptor of the standard library.
    ///
    /// # Errors
    ///
    /// See [`Self::add_raw_fd`].
    #[inline]
    pub fn add_fd(&self, fd: impl AsFd, how: super::AddFd) -> Result<u32, ListenerError> {
        self.add_raw_fd(fd.as_fd().as_raw_fd(), how)
    }

    /// [`Self::respond_with_raw_fd`], for a descriptor of the standard library.
    ///
    /// # Errors
    ///
    /// See [`Self::respond_with_raw_fd`].
    #[inline]
    pub fn respond_with_fd(self, fd: impl AsFd, how: super::AddFd) -> Result<u32, ListenerError> {
        self.respond_with_raw_fd(fd.as_fd().as_raw_fd(), how)
    }
}
