//! The supervisor's side of the action `notify`.

#[cfg(feature = "std")]
mod hand_over;
mod listener_error;
mod notification;
mod owned;

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

pub use listener_error::{ListenerError, ListenerFeature};
pub use notification::{AddFd, Deferred, Notification, Response};

use crate::errno::Errno;
use crate::sys::supervisor::{self, Descriptor, Readiness};

/// Receives the system calls for which a policy has the action [`Action::Notify`](crate::Action::Notify), and answers
/// them. [`Installer::install_with_listener`](crate::Installer::install_with_listener) makes it.
///
/// The thread that makes such a call waits until it gets an answer, until it is killed, or until every copy of the
/// listener is closed: then that call and all later ones fail with `ENOSYS`.
///
/// # Who may hold it
///
/// Whoever holds a listener decides about the calls, so a supervised process must not keep a copy, and
/// `Installer::install_and_send` leaves it none. A thread that is itself under the policy must not be the only one that
/// answers: its call would wait for its own answer.
///
/// # Waiting
///
/// [`Self::receive`] waits. A reactor (epoll, tokio's `AsyncFd`) waits until the descriptor is readable, and then calls
/// [`Self::try_receive`] until it returns [`ListenerError::WouldBlock`]. Several threads may receive at once; each call
/// goes to one of them. But copies of the descriptor in other processes, or copies made by dup(2), do not know of each
/// other: of two that receive one call, the slower one waits in the kernel.
pub struct Listener {
    descriptor: Descriptor,
    /// Whether a thread is between poll(2) and the reception. The reception waits if no call is left, so no other
    /// thread may take the call that poll(2) has seen.
    receiving: AtomicBool,
}

impl Listener {
    #[inline]
    pub(crate) const fn new(descriptor: Descriptor) -> Self {
        Self { descriptor, receiving: AtomicBool::new(false) }
    }

    /// The number of the descriptor, to wait for it with poll(2) or epoll(7): it is readable when a call waits, and
    /// hung up when every thread with the filter has ended (Linux 5.9).
    ///
    /// With the feature `std` there are `AsFd`, `AsRawFd` and conversions from and to `OwnedFd`.
    #[inline]
    #[must_use]
    pub const fn raw_fd(&self) -> i32 {
        self.descriptor.raw()
    }

    /// Waits for the next call. `None` says that every thread with the filter has ended, so that no further call can
    /// come.
    ///
    /// It goes on waiting after a signal, and after a call whose thread was killed before it could be received. Before
    /// Linux 5.9 the kernel does not say that every thread has ended, so this function then waits for ever.
    ///
    /// Dropping the notification without an answer fails the call with `ENOSYS`.
    ///
    /// # Errors
    ///
    /// [`ListenerError::Other`]: the descriptor is not a listener, the kernel has no memory, or a filter around the
    /// supervisor denies ppoll(2) or ioctl(2).
    #[inline]
    pub fn receive(&self) -> Result<Option<Notification<'_>>, ListenerError> {
        loop {
            if supervisor::poll(&self.descriptor, true)? == Readiness::Ended {
                return Ok(None);
            }
            match self.try_receive() {
                // Another thread was faster.
                Err(ListenerError::WouldBlock) => {}
                result => return result,
            }
        }
    }

    /// Receives a call that waits already, and never waits for one itself.
    ///
    /// # Errors
    ///
    /// [`ListenerError::WouldBlock`] if no call waits, otherwise as for [`Self::receive`].
    #[inline]
    pub fn try_receive(&self) -> Result<Option<Notification<'_>>, ListenerError> {
        while self.receiving.swap(true, Ordering::Acquire) {
            // Another thread is about to receive, in two calls that do not wait. This one lets it run.
            let _ = supervisor::poll(&self.descriptor, false);
        }
        let result = self.receive_pending();
        self.receiving.store(false, Ordering::Release);
        result
    }

    #[inline]
    fn receive_pending(&self) -> Result<Option<Notification<'_>>, ListenerError> {
        loop {
            match supervisor::poll(&self.descriptor, false)? {
                Readiness::Pending => {}
                Readiness::Nothing => return Err(ListenerError::WouldBlock),
                Readiness::Ended => return Ok(None),
            }
            // It does not wait: the kernel counts a notification that was announced even if its thread is killed
            // meanwhile, and says `ENOENT` then (`seccomp_notify_recv`, kernel/seccomp.c, Linux 6.12).
            match supervisor::receive(&self.descriptor) {
                Ok(raw) => return Ok(Some(Notification::new(self, Deferred::new(&raw)))),
                Err(Errno::ENOENT | Errno::EINTR) => {}
                Err(errno) => return Err(ListenerError::from(errno)),
            }
        }
    }

    /// Takes up a call that was [put aside](Notification::defer), to answer it.
    #[inline]
    pub const fn resume(&self, deferred: Deferred) -> Notification<'_> {
        Notification::new(self, deferred)
    }

    #[inline]
    pub(crate) const fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    #[inline]
    pub(crate) fn into_descriptor(self) -> Descriptor {
        self.descriptor
    }
}

impl fmt::Debug for Listener {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("fd", &self.raw_fd()).finish_non_exhaustive()
    }
}
