//! Sends a listener to another process, although the filter is already in force.
//!
//! The kernel makes the listener and puts the filter in force in one step. From then on, each call of the thread may
//! wait for a supervisor that does not have the listener yet, even the call that would send it. So a thread that
//! started before, and that the filter does not restrict, sends it. The two threads communicate only through memory:
//! the restricted one makes no system call until the other one is done.
#![allow(unsafe_code)] // The number of the listener goes from one thread to the other in an atomic, and its ownership with it.

use core::sync::atomic::{AtomicI32, Ordering};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use super::{Listener, ListenerError};
use crate::assembled::Assembled;
use crate::errno::Errno;
use crate::install_error::InstallError;
use crate::installer::Installer;
use crate::sys::descriptor_message;

/// The messages between the two threads: one of these, or an errno of the sender.
mod state {
    /// There is no listener yet.
    pub(super) const WAITING: i32 = -1;
    /// There will be none.
    pub(super) const NONE: i32 = -2;
    /// The supervisor has it.
    pub(super) const SENT: i32 = 0;
}

impl Installer {
    /// Installs the policy on the calling thread, and sends the [`Listener`] over the UNIX socket `socket` to its
    /// supervisor, which takes it with [`Listener::receive_from`]. This process keeps no copy.
    ///
    /// The policy may have the action `notify` for any call, even for those that send a message: a thread that this
    /// function starts before it installs the policy sends the listener, and ends. So only the calling thread is
    /// restricted, the threads that it starts later, and the programs that it executes, as with
    /// [`this_thread_only`](Self::this_thread_only): call this function before the process has other threads. It makes
    /// no system call from the moment when the policy is in force until the supervisor can receive the listener.
    ///
    /// # Errors
    ///
    /// [`InstallError`]. After [`InstallError::NotHandedOver`] the policy is in force and has no listener, so the
    /// calls with the action `notify` fail with `ENOSYS`. After any other error it is not in force.
    #[inline]
    pub fn install_and_send(&self, socket: impl AsFd) -> Result<(), InstallError> {
        install_and_send(|| self.this_thread_only().install_with_listener(), socket.as_fd())
    }
}

impl Installer<Assembled<'_>> {
    /// Installs the policy on the calling thread, and sends the [`Listener`] to its supervisor, as
    /// [`Installer::install_and_send`] does.
    ///
    /// # Errors
    ///
    /// The errors of [`Installer::install_and_send`].
    pub fn install_and_send(&self, socket: impl AsFd) -> Result<(), InstallError> {
        install_and_send(|| self.this_thread_only().install_with_listener(), socket.as_fd())
    }
}

/// Sends the listener of what `install` installs on the calling thread.
fn install_and_send(
    install: impl FnOnce() -> Result<Listener, InstallError>,
    socket: BorrowedFd<'_>,
) -> Result<(), InstallError> {
    let no_sender = |error: std::io::Error| InstallError::NoSender {
        errno: error.raw_os_error().and_then(Errno::from_raw_os_error).unwrap_or(Errno::EAGAIN),
    };
    let socket = socket.try_clone_to_owned().map_err(no_sender)?;
    let listener = Arc::new(AtomicI32::new(state::WAITING));
    let result = Arc::new(AtomicI32::new(state::WAITING));
    let sender = Sender { socket, listener: listener.clone(), result: result.clone() };
    // Not joined, because that would be a system call.
    drop(std::thread::Builder::new().spawn(move || sender.run()).map_err(no_sender)?);

    let installed = install();
    let number = installed.as_ref().map_or(state::NONE, Listener::raw_fd);
    // The sender owns the listener from here on.
    let installed = installed.map(Listener::into_raw);
    listener.store(number, Ordering::Release);
    installed?;
    loop {
        match result.load(Ordering::Acquire) {
            state::WAITING => core::hint::spin_loop(),
            state::SENT => return Ok(()),
            errno => {
                let errno = Errno::from_raw_os_error(errno).unwrap_or(Errno::EIO);
                return Err(InstallError::NotHandedOver { errno });
            }
        }
    }
}

/// The thread that sends the listener.
struct Sender {
    socket: OwnedFd,
    listener: Arc<AtomicI32>,
    result: Arc<AtomicI32>,
}

impl Sender {
    #[inline]
    fn run(&self) {
        let number = loop {
            match self.listener.load(Ordering::Acquire) {
                state::WAITING => std::thread::sleep(Duration::from_micros(100)),
                state::NONE => return,
                number => break number,
            }
        };
        // SAFETY: `install_and_send` has just made this listener, and gave up its ownership with `into_raw` before it
        // stored the number. It stores one number, and one thread takes it, once.
        let listener = unsafe { Listener::from_raw(number) };
        let sent = listener.send(&self.socket);
        let sent = sent.map_or_else(|errno| errno.raw_os_error(), |()| state::SENT);
        self.result.store(sent, Ordering::Release);
    }
}

impl Listener {
    /// Takes the listener that another process sent with [`Installer::install_and_send`], and waits for it.
    ///
    /// # Errors
    ///
    /// [`ListenerError::NoListener`] if the message has no descriptor, several, or one of another kind;
    /// [`ListenerError::Other`] with `ECONNRESET` if the other process has closed the socket, or with what recvmsg(2)
    /// returns.
    #[inline]
    pub fn receive_from(socket: impl AsFd) -> Result<Self, ListenerError> {
        match descriptor_message::receive_descriptor(socket.as_fd().as_raw_fd()) {
            Ok(descriptor) => Self::checked(descriptor),
            Err(Errno::EBADMSG) => Err(ListenerError::NoListener),
            Err(errno) => Err(ListenerError::Other { errno }),
        }
    }

    /// Sends the listener over a UNIX socket and closes it here.
    #[inline]
    fn send(self, socket: &OwnedFd) -> Result<(), Errno> {
        descriptor_message::send_descriptor(socket.as_raw_fd(), self.descriptor())
    }
}
