//! How a policy comes into force.

use seccomp_ir::bpf::MAX_INSTRUCTIONS;

use crate::error::{Errno, Feature, InstallError, Operation};
use crate::policy::Policy;
use crate::sys;

/// How to install a policy, from [`Policy::installer`].
///
/// Unless told otherwise, it is for every thread of the process, sets `no_new_privs`, logs only
/// what the kernel logs anyway, and takes the kernel's protection against speculation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "nothing is in force until `install` is called"]
pub struct Installer {
    policy: Policy,
    keep_privileges: bool,
    flags: u32,
}

impl Installer {
    /// The exit status of a process that [`Self::install_or_exit`] ends.
    pub const EXIT_STATUS: u8 = 1;

    pub(crate) const fn new(policy: Policy) -> Self {
        Self { policy, keep_privileges: false, flags: Feature::AllThreads.flag() }
    }

    /// Only for the calling thread, the threads that it starts from now on, and the programs
    /// that it executes.
    pub const fn this_thread_only(self) -> Self {
        Self { flags: self.flags & !Feature::AllThreads.flag(), ..self }
    }

    /// Logs each call that gets another answer than [`Action::Allow`](crate::Action::Allow), as
    /// far as `/proc/sys/kernel/seccomp/actions_logged` lets it (`SECCOMP_FILTER_FLAG_LOG`, Linux
    /// 4.14).
    pub const fn log(self) -> Self {
        Self { flags: self.flags | Feature::Log.flag(), ..self }
    }

    /// Does not switch off speculative store bypass for the threads of the filter, which is what
    /// kernels before 5.16 do for safety and at a cost (`SECCOMP_FILTER_FLAG_SPEC_ALLOW`, Linux
    /// 4.17; newer kernels do so only if booted with `spec_store_bypass_disable=seccomp`).
    pub const fn allow_speculation(self) -> Self {
        Self { flags: self.flags | Feature::Speculation.flag(), ..self }
    }

    /// Does not set `no_new_privs`, so that executing a set-user-ID program still gives
    /// privileges. The kernel then wants `CAP_SYS_ADMIN`, or the bit set by someone else.
    pub const fn keep_privileges(self) -> Self {
        Self { keep_privileges: true, ..self }
    }

    /// Puts the policy in force.
    ///
    /// Two system calls, prctl(2) and seccomp(2), or one with
    /// [`keep_privileges`](Self::keep_privileges). A few more after an error, to find its cause.
    ///
    /// # Errors
    ///
    /// [`InstallError`] says why; then no thread has the filter.
    pub fn install(&self) -> Result<(), InstallError> {
        if !self.keep_privileges {
            sys::set_no_new_privs()
                .map_err(|errno| InstallError::new(Operation::SetNoNewPrivs, errno))?;
        }
        match sys::set_filter(self.flags, self.policy.program()) {
            Ok(0) => Ok(()),
            // Thread ids are below 2^22 (`PID_MAX_LIMIT`, include/linux/threads.h, Linux 6.12).
            Ok(thread) => Err(InstallError::ThreadCannotFollow { thread: thread as u32 }),
            Err(errno) => Err(self.cause(errno)),
        }
    }

    /// Puts the policy in force, or ends the process: what
    /// [`#[sandboxed]`](macro@crate::sandboxed) calls before the body of the function `what`.
    ///
    /// After an error it writes one line to file descriptor 2, which names `what` and the cause,
    /// and calls exit_group(2) with [`Self::EXIT_STATUS`]. No destructor, exit handler or panic
    /// hook runs, and it does not return.
    pub fn install_or_exit(&self, what: &str) {
        if let Err(error) = self.install() {
            exit(what, &error);
        }
    }

    /// What the errno of `SECCOMP_SET_MODE_FILTER` means here.
    #[cold]
    fn cause(&self, errno: Errno) -> InstallError {
        match errno {
            Errno::EACCES => InstallError::Unprivileged,
            Errno::ENOSYS => InstallError::NoSystemCall,
            Errno::ENOMEM => InstallError::NoRoom,
            Errno::EBUSY => InstallError::SecondListener,
            Errno::EINVAL => self.cause_of_einval(),
            _ => InstallError::new(Operation::SetFilter, errno),
        }
    }

    /// The kernel answers `EINVAL` to five mistakes. It looks for them in this order, so the
    /// first that is found is the one that it means.
    fn cause_of_einval(&self) -> InstallError {
        if sys::probe_filter_flags(0) == Errno::EINVAL {
            return InstallError::NoFilters;
        }
        for feature in Feature::ALL {
            let flag = feature.flag();
            if self.flags & flag != 0 && sys::probe_filter_flags(flag) == Errno::EINVAL {
                return InstallError::NotSupported { feature };
            }
        }
        let instructions = self.policy.program().len();
        if instructions == 0 || instructions > MAX_INSTRUCTIONS {
            return InstallError::Length { instructions };
        }
        InstallError::Program
    }
}

impl InstallError {
    /// The cause as far as the errno alone tells it.
    pub(crate) fn new(operation: Operation, errno: Errno) -> Self {
        match errno {
            Errno::EPERM => Self::NotPermitted { operation },
            _ => Self::Other { operation, errno },
        }
    }
}

/// Reports why `what` is not run, and ends the process.
#[cold]
fn exit(what: &str, error: &InstallError) -> ! {
    let mut write = |piece: &str| sys::write_all(2, piece.as_bytes());
    write("seccomp: `");
    write(what);
    write("` is not run, because its policy is not in force: ");
    error.pieces(&mut write);
    write("\n");
    sys::exit_group(Installer::EXIT_STATUS)
}
