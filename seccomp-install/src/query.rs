//! Strict mode, and questions to the kernel about seccomp.

use seccomp_bpf::action::Action;

use crate::errno::Errno;
use crate::install_error::{InstallError, Operation};
use crate::sys;

/// The seccomp mode of the calling thread, as in the `Seccomp:` line of `/proc/thread-self/status`.
///
/// Strict mode has no variant: the kernel kills a thread in strict mode that asks.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// No filter, no strict mode (`SECCOMP_MODE_DISABLED`).
    Disabled,
    /// At least one filter (`SECCOMP_MODE_FILTER`).
    Filter,
}

impl Mode {
    /// Asks the kernel for the mode of the calling thread: `prctl(PR_GET_SECCOMP)`, which an
    /// installed filter may deny.
    ///
    /// # Errors
    ///
    /// `EINVAL` on a kernel without seccomp; any errno that an installed filter returns for
    /// prctl(2). Source: prctl(2), Linux man-pages 6.03.
    #[inline]
    pub fn current() -> Result<Self, Errno> {
        match sys::mode()? {
            0 => Ok(Self::Disabled),
            2 => Ok(Self::Filter),
            // There is no such mode, so the result did not come from the kernel.
            _ => Err(Errno::EINVAL),
        }
    }
}

/// Asks whether the kernel knows an action. A filter that returns an unknown action kills the
/// process (`seccomp(SECCOMP_GET_ACTION_AVAIL)`, Linux 4.14). The data of [`Action::Errno`],
/// [`Action::Trap`] and [`Action::Trace`] is ignored.
///
/// # Errors
///
/// `EINVAL` on a kernel older than 4.14, where only a trial can tell; `ENOSYS` without seccomp(2);
/// any errno that an installed filter returns for it. Source: seccomp(2), Linux man-pages 6.03.
#[inline]
pub fn is_available(action: Action) -> Result<bool, Errno> {
    // The kernel compares all 32 bits, so the data must be 0.
    let action = match action {
        Action::Trap(_) => Action::Trap(0),
        Action::Errno(_) => Action::Errno(0),
        Action::Trace(_) => Action::Trace(0),
        Action::KillProcess | Action::KillThread | Action::Notify | Action::Log | Action::Allow => {
            action
        }
    };
    match sys::action_available(action.to_return_value()) {
        Ok(()) => Ok(true),
        Err(Errno::EOPNOTSUPP) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Enters strict mode: from now on the calling thread may only call read(2), write(2), exit(2) and
/// rt_sigreturn(2), and any other call kills it. That includes exit_group(2), so neither a return
/// from `main` nor `std::process::exit` ends such a program normally.
///
/// A filter around the program can report success in place of the kernel. This function cannot
/// detect that, unlike [`Policy::install`](crate::Policy::install).
///
/// # Errors
///
/// [`InstallError::ModeIsFixed`] if the thread has a filter; [`InstallError::NoSystemCall`] if
/// there is no seccomp(2). Source: seccomp(2), Linux man-pages 6.03.
#[inline]
pub fn enter_strict_mode() -> Result<(), InstallError> {
    sys::set_mode_strict().map_err(|errno| match errno {
        Errno::EINVAL => InstallError::ModeIsFixed,
        Errno::ENOSYS => InstallError::NoSystemCall,
        _ => InstallError::new(Operation::SetStrict, errno),
    })
}
