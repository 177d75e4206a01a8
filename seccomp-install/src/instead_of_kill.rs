//! Another action instead of `kill`, chosen when a policy is installed.

use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::{Opcode, SockFilter};

use crate::errno::Errno;
use crate::report::Report;

/// The action of a policy instead of `kill` and `kill_thread`, if it is installed with
/// [`Installer::instead_of_kill`](crate::Installer::instead_of_kill).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum InsteadOfKill {
    /// **The kernel makes the call**, and writes a line to its audit log (Linux 4.14; an older kernel kills). Every
    /// call that the policy would kill for is made, also through another ABI, so the policy restricts none of these
    /// calls. Use this to find out what a program does, and never for a program that must be restricted.
    Log,
    /// The kernel does not make the call, and sends `SIGSYS` with this number in `si_errno`. A handler of the program
    /// can report the call and go on; without a handler the process dies as under `kill`.
    Trap(u16),
    /// The kernel does not make the call, which fails with this error.
    Errno(Errno),
}

impl InsteadOfKill {
    /// The action that replaces the kill.
    #[inline]
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::Log => Action::Log,
            Self::Trap(number) => Action::Trap(number),
            Self::Errno(errno) => Action::Errno(errno.raw_os_error() as u16),
        }
    }

    /// Replaces each kill that `filter` returns with this action.
    ///
    /// The return values of a filter are the operands of its return instructions, as no filter of this project returns
    /// the accumulator. Every call reaches the same return instruction as before, so the changed filter means the
    /// policy with this action instead of `kill`.
    ///
    /// In a policy with `report`, a kill is a trap with data that the report knows.
    #[inline]
    pub(crate) fn rename(self, filter: &mut [SockFilter], report: Option<&Report>) {
        let action = self.action().to_return_value();
        for instruction in filter {
            if instruction.code != Opcode::RET_K {
                continue;
            }
            let is_kill = match Action::from_return_value(instruction.k) {
                Action::KillProcess | Action::KillThread => true,
                Action::Trap(data) => report.is_some_and(|report| report.is_denial(data)),
                Action::Errno(_)
                | Action::Notify
                | Action::Trace(_)
                | Action::Log
                | Action::Allow => false,
            };
            if is_kill {
                instruction.k = action;
            }
        }
    }
}
