//! A target: a forked child under a policy whose listener the test has.

use std::os::fd::{FromRawFd, OwnedFd};

use crate::call;
use crate::child::{Notes, Running, start};
use seccomp_runtime::{Installer, Listener};

/// The number of the child's descriptor.
const NUMBER: usize = 60;
/// Set once the test has a copy.
const TAKEN: usize = 61;

/// Starts a child that installs a policy with a listener, gives it to this process, and then runs `body`.
///
/// The test takes the descriptor out of the child (pidfd_getfd(2), Linux 5.6), so that the child does not have to send
/// it.
///
/// # Panics
///
/// If there is no listener.
#[must_use]
#[track_caller]
pub fn supervised(
    installer: Installer,
    body: impl FnOnce(&'static Notes) -> i32,
) -> (Running, Listener) {
    supervised_after(|_| true, installer, body)
}

/// The same, but the child calls a function before it installs the policy.
///
/// # Panics
///
/// If there is no listener.
#[must_use]
#[track_caller]
#[allow(unsafe_code)] // A descriptor from the kernel.
pub fn supervised_after(
    before: impl FnOnce(&'static Notes) -> bool,
    installer: Installer,
    body: impl FnOnce(&'static Notes) -> i32,
) -> (Running, Listener) {
    let child = start(|notes| {
        if !before(notes) {
            return 100;
        }
        let Ok(listener) = installer.install_with_listener() else {
            notes.put(NUMBER, -1);
            return 101;
        };
        notes.put(NUMBER, listener.raw_fd().into());
        notes.wait(TAKEN);
        drop(listener);
        body(notes)
    });
    let number = child.notes.wait(NUMBER);
    assert!(number >= 0, "no listener");
    let pidfd = call::pidfd_open(child.pid);
    assert!(pidfd >= 0, "pidfd_open: {pidfd}");
    let copy = call::pidfd_getfd(pidfd, number as i32);
    assert!(copy >= 0, "pidfd_getfd: {copy}");
    call::close(pidfd as u64);
    // SAFETY: pidfd_getfd(2) (Linux man-pages 6.03) has made this descriptor, and nothing else owns it.
    let copy = unsafe { OwnedFd::from_raw_fd(copy as i32) };
    let listener = Listener::try_from(copy).expect("a listener");
    child.notes.put(TAKEN, 1);
    (child, listener)
}
