//! How a policy comes into force.

use core::hint::black_box;

use seccomp_bpf::bpf::MAX_INSTRUCTIONS;

use crate::error::{Errno, Feature, InstallError, Operation};
use crate::policy::Policy;
use crate::sys::{self, Answer};

/// How to install a policy, from [`Policy::installer`].
///
/// Unless told otherwise, it is for every thread of the process, sets `no_new_privs`, logs only
/// what the kernel logs anyway, and takes the kernel's protection against speculation.
///
/// ```
/// use seccomp_runtime::{InstallError, Installer, Policy, seccomp_policy};
///
/// const NO_KEYS: Policy = seccomp_policy! {
///     errno(EPERM) @keyring;
///     #[allow(seccomp::default_allow)]
///     default allow
/// };
/// const HOW: Installer = NO_KEYS.installer().log().this_thread_only();
/// # fn main() -> Result<(), InstallError> {
/// HOW.install()?;
/// # Ok(())
/// # }
/// ```
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
        let (operation, answer) = self.attempt();
        match answer.result() {
            Ok(0) => Ok(()),
            // Thread ids are below 2^22 (`PID_MAX_LIMIT`, include/linux/threads.h, Linux 6.12).
            Ok(thread) => Err(InstallError::ThreadCannotFollow { thread: thread as u32 }),
            Err(errno) => Err(self.cause(operation, errno)),
        }
    }

    /// Puts the policy in force, or ends the process: what
    /// `#[sandboxed]` calls before the body of the function `what`.
    ///
    /// After an error it writes one line to file descriptor 2, which names `what` and the cause,
    /// and calls exit_group(2) with [`Self::EXIT_STATUS`]. No destructor, exit handler or panic
    /// hook runs, and it does not return.
    ///
    /// The line is short, to keep programs small; [`Self::install`] has the whole story.
    pub fn install_or_exit(&self, what: &str) {
        let (_, answer) = self.attempt();
        if answer != Answer::DONE {
            exit(what, answer);
        }
    }

    /// Makes the system calls: what the kernel answers, and to which. Other answers than
    /// [`Answer::DONE`] are the id of a thread that cannot follow, or an errno.
    fn attempt(&self) -> (Operation, Answer) {
        if !self.keep_privileges {
            let answer = sys::set_no_new_privs();
            if answer != Answer::DONE {
                return (Operation::SetNoNewPrivs, answer);
            }
        }
        (Operation::SetFilter, sys::set_filter(self.flags, self.policy.program()))
    }

    /// What the errno of an operation means here.
    #[cold]
    fn cause(&self, operation: Operation, errno: Errno) -> InstallError {
        if operation != Operation::SetFilter {
            return InstallError::new(operation, errno);
        }
        match errno {
            Errno::EACCES => InstallError::Unprivileged,
            Errno::ENOSYS => InstallError::NoSystemCall,
            Errno::ENOMEM => InstallError::NoRoom,
            Errno::EBUSY => InstallError::SecondListener,
            Errno::EINVAL => self.cause_of_einval(),
            _ => InstallError::new(operation, errno),
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
///
/// This is linked into every program with a `#[sandboxed]`, and is to stay within a few hundred
/// bytes, text included: no `core::fmt`, and no further questions to the kernel.
#[cold]
fn exit(what: &str, answer: Answer) -> ! {
    // Compared one by one: a `match` becomes a table that is larger than the texts.
    let is = |errno| black_box(answer.0) == errno;
    let cause = if answer.0 > 0 {
        "a filter of its own is in force on thread "
    } else if is(EACCES) {
        "it takes CAP_SYS_ADMIN: errno "
    } else if is(EPERM) {
        "a filter denies it: errno "
    } else if is(ENOSYS) {
        "no seccomp(2): errno "
    } else if is(EINVAL) {
        "no filters, or no such flag: errno "
    } else {
        "errno "
    };
    let mut line = [b'\n'; 11];
    let number = decimal(answer.0.unsigned_abs() as u32, &mut line);
    let [what, cause] = [what, cause].map(str::as_bytes);
    sys::write(2, [b"seccomp: `", what, b"` is not run: ", cause, number]);
    sys::exit_group(Installer::EXIT_STATUS)
}

const EACCES: isize = -(Errno::EACCES.number() as isize);
const EPERM: isize = -(Errno::EPERM.number() as isize);
const ENOSYS: isize = -(Errno::ENOSYS.number() as isize);
const EINVAL: isize = -(Errno::EINVAL.number() as isize);

/// Writes `number` in decimal before the last byte of `line`, and returns what it wrote, with that
/// byte.
fn decimal(mut number: u32, line: &mut [u8; 11]) -> &[u8] {
    // A loop whose length is no secret is unrolled, to five times the size.
    let mut start = black_box(line.len() - 1);
    while let Some(digit) = line.get_mut(start.wrapping_sub(1)) {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    line.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::decimal;

    #[test]
    fn every_number_is_written_as_core_writes_it() {
        for number in [0, 1, 9, 10, 4095, 4_194_303, u32::MAX] {
            let line = number.to_string() + "\n";
            assert_eq!(decimal(number, &mut [b'\n'; 11]), line.as_bytes());
        }
    }
}
