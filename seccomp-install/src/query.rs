//! Strict mode, and what the kernel says about seccomp when asked.

use seccomp_bpf::action::Action;

use crate::errno::Errno;
use crate::error::{InstallError, Operation};
use crate::sys;

/// What the calling thread is under, as the `Seccomp:` line of `/proc/thread-self/status` has it.
///
/// Strict mode is not among them: a thread in strict mode dies of asking.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// No filter, no strict mode (`SECCOMP_MODE_DISABLED`).
    Disabled,
    /// At least one filter (`SECCOMP_MODE_FILTER`).
    Filter,
}

impl Mode {
    /// Asks the kernel what the calling thread is under: `prctl(PR_GET_SECCOMP)`, which a filter in
    /// force may itself deny.
    ///
    /// # Errors
    ///
    /// `EINVAL` on a kernel without seccomp; whatever the filter in force answers to prctl(2).
    /// Source: prctl(2), Linux man-pages 6.03.
    pub fn current() -> Result<Self, Errno> {
        match sys::mode()? {
            0 => Ok(Self::Disabled),
            2 => Ok(Self::Filter),
            // No such mode is known; an answer that means nothing is no answer.
            _ => Err(Errno::EINVAL),
        }
    }
}

/// Asks whether the kernel knows an action: a filter that returns one that it does not know kills
/// the process (`seccomp(SECCOMP_GET_ACTION_AVAIL)`, Linux 4.14). The data of [`Action::Errno`],
/// [`Action::Trap`] and [`Action::Trace`] is ignored.
///
/// # Errors
///
/// `EINVAL` on a kernel older than 4.14, which can only be told by trying; `ENOSYS` without
/// seccomp(2); whatever the filter in force answers to it.
/// Source: seccomp(2), Linux man-pages 6.03.
pub fn is_available(action: Action) -> Result<bool, Errno> {
    // The kernel compares all 32 bits, so the data must go.
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

/// Enters strict mode: from now on read(2), write(2), exit(2) and rt_sigreturn(2) are all that the
/// calling thread may do, and anything else kills it. That includes exit_group(2), so neither
/// returning from `main` nor `std::process::exit` ends such a program in peace.
///
/// A filter around the program can answer in the kernel's place that this was done: nothing like the
/// proof of [`Policy::install`](crate::Policy::install) is possible here.
///
/// # Errors
///
/// [`InstallError::ModeIsFixed`] if the thread has a filter; [`InstallError::NoSystemCall`].
/// Source: seccomp(2), Linux man-pages 6.03.
pub fn enter_strict_mode() -> Result<(), InstallError> {
    sys::set_mode_strict().map_err(|errno| match errno {
        Errno::EINVAL => InstallError::ModeIsFixed,
        Errno::ENOSYS => InstallError::NoSystemCall,
        _ => InstallError::new(Operation::SetStrict, errno),
    })
}
