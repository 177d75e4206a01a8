//! How a policy comes into force.

use seccomp_bpf::bpf::MAX_INSTRUCTIONS;

use crate::errno::Errno;
use crate::error::{Feature, InstallError, Operation};
use crate::in_force::{self, Way};
use crate::policy::Filter;
use crate::sys::{self, Answer};

/// How to install a policy, from [`Policy::installer`](crate::Policy::installer).
///
/// Unless told otherwise, it is for every thread of the process, sets `no_new_privs`, logs only
/// what the kernel logs anyway, and takes the kernel's protection against speculation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "nothing is in force until `install` is called"]
pub struct Installer {
    /// For `#[sandboxed]`: see [`Policy`](crate::Policy).
    #[doc(hidden)]
    pub __policy_or_installer: Plan,
}

/// What is installed and how.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    filter: Filter,
    keep_privileges: bool,
    flags: u32,
}

impl Installer {
    /// The exit status of a process that [`Self::install_or_exit`] ends.
    pub const EXIT_STATUS: u8 = 1;

    pub(crate) const fn new(filter: Filter) -> Self {
        Self { __policy_or_installer: Plan::new(filter) }
    }

    /// Only for the calling thread, the threads that it starts from now on, and the programs
    /// that it executes.
    pub const fn this_thread_only(mut self) -> Self {
        self.__policy_or_installer.flags &= !Feature::AllThreads.flag();
        self
    }

    /// Logs each call that gets another answer than [`Action::Allow`](crate::Action::Allow), as
    /// far as `/proc/sys/kernel/seccomp/actions_logged` lets it (`SECCOMP_FILTER_FLAG_LOG`, Linux
    /// 4.14).
    pub const fn log(mut self) -> Self {
        self.__policy_or_installer.flags |= Feature::Log.flag();
        self
    }

    /// Does not switch off speculative store bypass for the threads of the filter, which is what
    /// kernels before 5.16 do for safety and at a cost (`SECCOMP_FILTER_FLAG_SPEC_ALLOW`, Linux
    /// 4.17; newer kernels do so only if booted with `spec_store_bypass_disable=seccomp`).
    pub const fn allow_speculation(mut self) -> Self {
        self.__policy_or_installer.flags |= Feature::Speculation.flag();
        self
    }

    /// Does not set `no_new_privs`, so that executing a set-user-ID program still gives
    /// privileges. The kernel then wants `CAP_SYS_ADMIN`, or the bit set by someone else.
    pub const fn keep_privileges(mut self) -> Self {
        self.__policy_or_installer.keep_privileges = true;
        self
    }

    /// Puts the policy in force.
    ///
    /// Four system calls: prctl(2) sets `no_new_privs` and reads it back, seccomp(2) refuses an empty
    /// program and takes the policy's. Two with [`keep_privileges`](Self::keep_privileges). A few more
    /// after an error, to find its cause.
    ///
    /// The second and the third call are there because a filter around this program may answer in the
    /// kernel's place: whatever it answers, `Ok` means that the policy is in force. (A tracer and a
    /// supervisor can do more than a filter; see `docs/known-holes.md` of this project.)
    ///
    /// Each time it puts one more filter in force, even if it is the same policy again.
    ///
    /// # Errors
    ///
    /// [`InstallError`] says why; then no thread has the filter.
    pub fn install(&self) -> Result<(), InstallError> {
        self.__policy_or_installer.install()
    }

    /// Puts the policy in force, or ends the process: what
    /// `#[sandboxed]` calls before the body of the function `what`.
    ///
    /// After an error it writes one line to file descriptor 2, which names `what` and the cause,
    /// and calls exit_group(2) with [`Self::EXIT_STATUS`]. No destructor, exit handler or panic
    /// hook runs, and it does not return. Where the policies in force do not let it write or exit, they
    /// decide what happens.
    ///
    /// A policy that this process has already put in force for all of its threads is such an error, too:
    /// one more filter for each time that a function runs would slow every system call, until the kernel
    /// takes no more of them. So is one more policy where 64 others have been put in force for all
    /// threads: it ends with errno 12 (`ENOMEM`). With [`this_thread_only`](Self::this_thread_only) there
    /// is no such check, as each thread wants a filter of its own.
    ///
    /// The line is short, to keep programs small; [`Self::install`] has the whole story.
    pub fn install_or_exit(&self, what: &str) {
        self.__policy_or_installer.or_exit([b"seccomp: `", what.as_bytes(), b"` is not run: "]);
    }
}

impl Plan {
    pub(crate) const fn new(filter: Filter) -> Self {
        Self { filter, keep_privileges: false, flags: Feature::AllThreads.flag() }
    }

    /// Puts the filter in force, or ends the process after the line that `said` begins.
    pub fn __install_or_exit(&self, said: &str) {
        self.or_exit([said.as_bytes()]);
    }

    fn install(&self) -> Result<(), InstallError> {
        let (operation, answer) = self.attempt();
        match answer.result() {
            _ if answer == Answer::DEADLY => Err(InstallError::Deadly),
            _ if answer == Answer::FAKED => Err(InstallError::Faked { operation }),
            Ok(0) => {
                if self.is_for_all_threads() {
                    // Whoever calls this may put a policy in force as often as they like.
                    in_force::remember_program(&self.filter);
                }
                Ok(())
            }
            // Thread ids are below 2^22 (`PID_MAX_LIMIT`, include/linux/threads.h, Linux 6.12).
            Ok(thread) => Err(InstallError::ThreadCannotFollow { thread: thread as u32 }),
            Err(errno) => Err(self.cause(operation, errno)),
        }
    }

    /// [`Installer::install_or_exit`], where `said` begins the line. Inlined, because little is left of it where
    /// the flags are known.
    #[inline(always)]
    pub(crate) fn or_exit<const N: usize>(&self, said: [&[u8]; N]) {
        let mut answer = Answer::DONE;
        if self.is_for_all_threads() {
            // Before it is in force, but what fails ends the process.
            answer = in_force::remember_program(&self.filter);
        }
        if answer == Answer::DONE {
            answer = self.attempt().1;
        }
        if answer != Answer::DONE {
            for piece in said {
                sys::write(piece);
            }
            exit(answer);
        }
    }

    const fn is_for_all_threads(&self) -> bool {
        self.flags & Feature::AllThreads.flag() != 0
    }

    /// Makes the system calls: what the kernel answers, and to which. Other answers than
    /// [`Answer::DONE`] are the id of a thread that cannot follow, an errno, [`Answer::FAKED`], or
    /// [`Answer::DEADLY`].
    #[inline(always)] // As above.
    fn attempt(&self) -> (Operation, Answer) {
        if in_force::is_deadly(Way::new(self.flags, !self.keep_privileges)) {
            return (Operation::SetFilter, Answer::DEADLY);
        }
        if !self.keep_privileges {
            let answer = sys::set_no_new_privs();
            if answer != Answer::DONE {
                return (Operation::SetNoNewPrivs, answer);
            }
        }
        let answer = sys::set_filter(self.flags, &self.filter.program);
        if answer == Answer::DONE && self.is_for_all_threads() {
            in_force::remember_deadly(&self.filter);
        }
        (Operation::SetFilter, answer)
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
        let instructions = self.filter.program.instructions().len();
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

/// Reports why something is not run, and ends the process.
///
/// This is linked into every program with a `#[sandboxed]`, and is to stay within a few hundred
/// bytes, text included: no `core::fmt`, no text for each errno, and no further questions to the kernel.
#[cold]
fn exit(answer: Answer) -> ! {
    sys::write(cause(answer));
    if answer != Answer::REPEATED {
        sys::write(with_number(&mut [b'\n'; 8], answer.number()));
    }
    sys::exit_group(Installer::EXIT_STATUS)
}

/// What is said of an answer, before its number.
fn cause(answer: Answer) -> &'static [u8] {
    const DENIED: &[u8] = b"a filter denies prctl or seccomp: errno ";
    // The end of the same bytes, which are in the program once.
    const OTHER: &[u8] = DENIED.split_at(DENIED.len() - b"errno ".len()).1;
    if answer.0 > 0 {
        b"another filter is on thread "
    } else if answer == Answer::REPEATED {
        b"its policy is in force already\n"
    } else if answer.is_denial() {
        DENIED
    } else {
        OTHER
    }
}

/// Writes `number` in decimal before the last byte of `line`, and returns what it wrote, with that
/// byte. An errno has four digits at most, and the id of a thread seven (`PID_MAX_LIMIT`,
/// include/linux/threads.h, Linux 6.12).
fn with_number(line: &mut [u8; 8], mut number: u32) -> &[u8] {
    // The mask says what the bound is, so that nothing has to be checked.
    let mut start = 7;
    loop {
        start = (start - 1) & 7;
        line[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &line[start..];
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::{Answer, cause, with_number};

    #[test]
    fn every_number_is_written_as_core_writes_it() {
        for number in [0, 1, 9, 10, 99, 100, 4095, 4_194_303] {
            let line = number.to_string() + "\n";
            assert_eq!(with_number(&mut [b'\n'; 8], number), line.as_bytes());
        }
    }

    #[test]
    fn a_denial_is_told_from_other_errors_and_so_is_a_thread() {
        const DENIED: &[u8] = b"a filter denies prctl or seccomp: errno ";
        for (answer, text, number) in [
            (Answer(-1), DENIED, 1),
            (Answer::DEADLY, DENIED, 1),
            (Answer::FAKED, DENIED, 0),
            (Answer(-2), b"errno ", 2),
            (Answer(-4095), b"errno ", 4095),
            (Answer::NO_ROOM, b"errno ", 12),
            (Answer(1), b"another filter is on thread ", 1),
            (Answer(4_194_303), b"another filter is on thread ", 4_194_303),
        ] {
            assert_eq!((cause(answer), answer.number()), (text, number));
        }
    }
}
