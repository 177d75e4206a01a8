//! The reasons why a policy could not be installed.

use core::fmt;

use crate::errno::Errno;

/// A step of the installation of a filter, for [`InstallError::Other`].
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// `prctl(PR_SET_NO_NEW_PRIVS)`: gives up the privileges that execve(2) could add.
    SetNoNewPrivs,
    /// `seccomp(SECCOMP_SET_MODE_FILTER)`: installs the filter.
    SetFilter,
    /// `seccomp(SECCOMP_SET_MODE_STRICT)`: enters strict mode.
    SetStrict,
    /// `rt_sigaction(SIGSYS)`: sets the handler of a policy with `report`.
    SetHandler,
}

impl Operation {
    /// The system call, as the subject of a message.
    #[inline]
    const fn as_subject(self) -> &'static str {
        match self {
            Self::SetNoNewPrivs => "prctl(PR_SET_NO_NEW_PRIVS)",
            Self::SetFilter => "seccomp(SECCOMP_SET_MODE_FILTER)",
            Self::SetStrict => "seccomp(SECCOMP_SET_MODE_STRICT)",
            Self::SetHandler => "rt_sigaction(SIGSYS), which `report` needs,",
        }
    }
}

/// A feature that some kernels with seccomp filters lack.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Feature {
    /// Installing on all threads at once: `SECCOMP_FILTER_FLAG_TSYNC`, Linux 3.17.
    AllThreads,
    /// Logging calls that are not allowed: `SECCOMP_FILTER_FLAG_LOG`, Linux 4.14.
    Log,
    /// Keeping speculation on: `SECCOMP_FILTER_FLAG_SPEC_ALLOW`, Linux 4.17.
    Speculation,
    /// A listener: `SECCOMP_FILTER_FLAG_NEW_LISTENER`, Linux 5.0.
    Listener,
    /// A listener of a filter on all threads: `SECCOMP_FILTER_FLAG_TSYNC_ESRCH`, Linux 5.7.
    ListenerForAllThreads,
}

impl Feature {
    /// All features, in the order in which `Plan` looks for one that the kernel lacks.
    pub(crate) const ALL: [Self; 5] = [
        Self::AllThreads,
        Self::Log,
        Self::Speculation,
        Self::Listener,
        Self::ListenerForAllThreads,
    ];

    /// The flag of `SECCOMP_SET_MODE_FILTER` (`include/uapi/linux/seccomp.h`, Linux 6.12).
    pub(crate) const fn flag(self) -> u32 {
        match self {
            Self::AllThreads => 1,
            Self::Log => 2,
            Self::Speculation => 4,
            Self::Listener => 8,
            Self::ListenerForAllThreads => 16,
        }
    }

    /// `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV`, Linux 5.19: once the supervisor has received a call, no signal that the
    /// thread survives interrupts it. It is used where the kernel has it, so no install fails for the lack of it.
    const WAIT_KILLABLE: u32 = 32;

    /// The flags that ask the kernel whether it has [`Self::WAIT_KILLABLE`], which it accepts only together with a
    /// listener.
    pub(crate) const LISTENER_PROBE: u32 = Self::Listener.flag() | Self::WAIT_KILLABLE;

    /// The flags of an install with `flags` and a listener: without [`Self::WAIT_KILLABLE`], and with it.
    ///
    /// A filter for all threads and with a listener has one more flag: the result of the call is a descriptor then, so
    /// it cannot be the id of a thread (seccomp(2), Linux man-pages 6.03).
    #[inline]
    pub(crate) const fn listener_flags(flags: u32) -> [u32; 2] {
        let mut flags = flags | Self::Listener.flag();
        if flags & Self::AllThreads.flag() != 0 {
            flags |= Self::ListenerForAllThreads.flag();
        }
        [flags, flags | Self::WAIT_KILLABLE]
    }
}

/// The reason why a policy could not be installed.
///
/// After an error no thread has the filter, except after [`Self::NotHandedOver`]. The `no_new_privs` bit of the
/// calling thread may be set, though: it cannot be unset, and it removes nothing that the thread may do now.
///
/// Each cause comes from the errno given with it. If one errno has several causes, the kernel is asked
/// again to tell them apart. Source: seccomp(2), Linux man-pages 6.03; `seccomp_set_mode_filter`,
/// `kernel/seccomp.c`, Linux 6.12.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InstallError {
    /// The thread can still gain privileges through execve(2), and does not have `CAP_SYS_ADMIN`
    /// (`EACCES`). Only with [`Installer::keep_privileges`](crate::Installer::keep_privileges).
    Unprivileged,
    /// Another thread cannot take the filter: it has a filter that the calling thread lacks, or
    /// is in strict mode.
    ThreadCannotFollow {
        /// Its id, as gettid(2) returns it.
        thread: u32,
    },
    /// Another thread cannot take the filter, for the same reasons; with a listener the kernel does not say which
    /// (`ESRCH`).
    SomeThreadCannotFollow,
    /// The kernel has no seccomp(2) (`ENOSYS`).
    NoSystemCall,
    /// The kernel has seccomp(2) but no filters (`EINVAL` for every filter), or a filter around this program
    /// has the action errno `EINVAL` for seccomp(2), which looks the same.
    NoFilters,
    /// The kernel does not know a feature (`EINVAL` for its flag).
    NotSupported {
        /// The feature.
        feature: Feature,
    },
    /// The filter has no instructions, or more than 4096 (`EINVAL`, `BPF_MAXINSNS`).
    Length {
        /// Its length in instructions.
        instructions: usize,
    },
    /// The kernel rejects an instruction of the filter (`EINVAL`). This does not happen to a filter that
    /// a macro of this project compiled.
    Instruction,
    /// All filters of the thread together would be too long, or the kernel is out of memory (`ENOMEM`).
    NoRoom,
    /// A value that the program gave when it ran, `$name` or `$(expression)` in the policy, cannot be installed: its argument
    /// cannot hold it, a range is empty with it, or no call can match a rule with it. No system call was made.
    Value {
        /// The value or the rule, as the policy has it, and what is wrong with it.
        why: &'static str,
    },
    /// The handler of SIGSYS has no room for this policy with `report`: this process has installed 16 others, or this
    /// one with 64 other sets of values of the running program.
    TooManyReports,
    /// The mode of the thread cannot change: it has a filter, so it cannot enter strict mode (`EINVAL`).
    /// The opposite case is never reported: in strict mode, the attempt kills the thread.
    ModeIsFixed,
    /// Another filter of this thread already has a listener (`EBUSY`).
    SecondListener,
    /// The process can have no more descriptors, so there can be no listener (`EMFILE`, `ENFILE`).
    NoDescriptor,
    /// There is no thread that could send the listener; from
    /// `Installer::install_and_send`, with the feature `std`.
    NoSender {
        /// The errno of pthread_create(3), or of the copy of the socket.
        errno: Errno,
    },
    /// The policy is in force, but its listener could not be sent and is closed: the calls with the action `notify`
    /// fail with `ENOSYS`. From `Installer::install_and_send`, with the feature
    /// `std`.
    NotHandedOver {
        /// The errno of sendmsg(2).
        errno: Errno,
    },
    /// An installed filter, or a security module, does not permit the step (`EPERM`).
    NotPermitted {
        /// The step that is not permitted.
        operation: Operation,
    },
    /// This process, or a child that shares its memory (vfork(2)), has installed a policy on all of its threads whose
    /// action for the system calls of an installation is `kill` or `trap`. Those calls were not made, because under
    /// that policy they would have ended the program. A process cannot tell whether such a child installed the policy.
    Deadly,
    /// A filter around this program, or a tracer, reported success in place of the kernel, but the step
    /// was not done. Such a filter has the action errno 0 for the call.
    Faked {
        /// The step that was not done.
        operation: Operation,
    },
    /// Any other error.
    Other {
        /// The step that failed.
        operation: Operation,
        /// The errno that the kernel returned.
        errno: Errno,
    },
}

impl core::error::Error for InstallError {}

impl fmt::Display for InstallError {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, number, after) = self.message();
        f.write_str(before)?;
        if let Some(number) = number {
            write!(f, "{number}")?;
        }
        f.write_str(after)
    }
}

impl InstallError {
    /// The message: what went wrong and why, a number in it, and what to do.
    #[inline]
    fn message(&self) -> (&'static str, Option<usize>, &'static str) {
        match *self {
            Self::Unprivileged => (
                "the kernel takes no filter from a thread that may gain privileges through \
                 execve: do not ask to keep_privileges(), or run with CAP_SYS_ADMIN",
                None,
                "",
            ),
            Self::ThreadCannotFollow { thread } => (
                "thread ",
                Some(thread as usize),
                " has a filter or strict mode of its own and cannot take this one, so no thread \
                 has: install before that thread does, or for this thread alone",
            ),
            Self::SomeThreadCannotFollow => (
                "another thread has a filter or strict mode of its own and cannot take this one, so no thread has: \
                 install before that thread does, or for this thread alone",
                None,
                "",
            ),
            Self::NoSystemCall => (
                "there is no seccomp(2): the kernel is older than Linux 3.17 or built without \
                 CONFIG_SECCOMP, or something around this program hides it",
                None,
                "",
            ),
            Self::NoFilters => (
                "seccomp(2) takes no filter at all: either the kernel is built without \
                 CONFIG_SECCOMP_FILTER, or a filter in force around this program answers EINVAL in \
                 the kernel's place and has to allow seccomp",
                None,
                "",
            ),
            Self::NotSupported { feature } => (
                match feature {
                    Feature::AllThreads => {
                        "the kernel cannot install a filter for every thread at once \
                         (SECCOMP_FILTER_FLAG_TSYNC): it must be Linux 3.17 or newer, or install \
                         on one thread before starting others"
                    }
                    Feature::Log => {
                        "the kernel cannot log for one filter (SECCOMP_FILTER_FLAG_LOG): it must \
                         be Linux 4.14 or newer, or install without log()"
                    }
                    Feature::Speculation => {
                        "the kernel cannot leave speculation on (SECCOMP_FILTER_FLAG_SPEC_ALLOW): \
                         it must be Linux 4.17 or newer, or install without allow_speculation()"
                    }
                    Feature::Listener => {
                        "the kernel has no listeners (SECCOMP_FILTER_FLAG_NEW_LISTENER): it must be \
                         Linux 5.0 or newer; without one, the action notify fails a call with ENOSYS"
                    }
                    Feature::ListenerForAllThreads => {
                        "the kernel cannot install a filter with a listener for every thread at once \
                         (SECCOMP_FILTER_FLAG_TSYNC_ESRCH): it must be Linux 5.7 or newer, or install \
                         on one thread before starting others"
                    }
                },
                None,
                "",
            ),
            Self::Length { instructions } => (
                "the filter has ",
                Some(instructions),
                " instructions, and the kernel takes 1 to 4096: split the policy into two and \
                 install both, the narrower one last",
            ),
            Self::Instruction => (
                "the kernel refuses an instruction of the filter, so it is not one that \
                 seccomp_policy! compiled for this kernel",
                None,
                "",
            ),
            Self::NoRoom => (
                "the filters of this thread would be too long together (the kernel allows 32768 \
                 instructions of its own kind, about two for each of a policy's), or the kernel \
                 is out of memory: install fewer or shorter ones",
                None,
                "",
            ),
            Self::Value { why } => ("this policy cannot have the values of this run: ", None, why),
            Self::TooManyReports => (
                "the handler of SIGSYS has no room for this policy: 16 others with `report` are installed, or this one with \
                 64 other sets of values: install this one without `report`",
                None,
                "",
            ),
            Self::ModeIsFixed => (
                "this thread has a filter, and the kernel does not let it go on to strict mode",
                None,
                "",
            ),
            Self::SecondListener => (
                "this thread has a filter with a listener already, and the kernel allows one: \
                 answer both policies over that one",
                None,
                "",
            ),
            Self::NoDescriptor => (
                "the process can have no more descriptors (RLIMIT_NOFILE), and a listener is one: close some",
                None,
                "",
            ),
            Self::NoSender { errno } => (
                "the thread that would send the listener to the supervisor cannot be started: errno ",
                Some(errno.raw_os_error() as usize),
                ", so the policy was not installed",
            ),
            Self::NotHandedOver { errno } => (
                "the policy is in force, but its listener could not be sent to the supervisor: errno ",
                Some(errno.raw_os_error() as usize),
                "; the calls that the supervisor would answer fail with ENOSYS",
            ),
            Self::NotPermitted { operation } => (
                operation.as_subject(),
                None,
                " is not permitted: a filter in force around this program, or a security module, \
                 denies it",
            ),
            Self::Deadly => (
                "a policy that this process, or a child that shares its memory (vfork), has installed answers \
                 kill or trap to the system calls that install another, so they were not made: install this \
                 policy first, or let the other one \
                 allow seccomp and prctl(option in {PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS})",
                None,
                "",
            ),
            Self::Faked { operation } => (
                operation.as_subject(),
                None,
                " seems to succeed but does nothing: a filter in force around this program, or a tracer, \
                 answers in the kernel's place, so the policy is not in force: let it allow the call, or \
                 deny it with EPERM",
            ),
            Self::Other { operation, errno } => (
                match operation {
                    Operation::SetNoNewPrivs => "prctl(PR_SET_NO_NEW_PRIVS) failed with errno ",
                    Operation::SetFilter => "seccomp(SECCOMP_SET_MODE_FILTER) failed with errno ",
                    Operation::SetStrict => "seccomp(SECCOMP_SET_MODE_STRICT) failed with errno ",
                    Operation::SetHandler => "rt_sigaction(SIGSYS) failed with errno ",
                },
                Some(errno.raw_os_error() as usize),
                ", for which the kernel's documentation gives no reason",
            ),
        }
    }
}

#[cfg(feature = "std")]
impl From<InstallError> for std::io::Error {
    /// An error of the closest kind, which contains this one and shows its message.
    #[inline]
    fn from(error: InstallError) -> Self {
        use std::io::ErrorKind;

        let kind = match error {
            InstallError::Unprivileged | InstallError::NotPermitted { .. } => {
                ErrorKind::PermissionDenied
            }
            InstallError::NoSystemCall
            | InstallError::NoFilters
            | InstallError::NotSupported { .. } => ErrorKind::Unsupported,
            InstallError::Length { .. }
            | InstallError::Instruction
            | InstallError::Value { .. } => ErrorKind::InvalidInput,
            InstallError::NoRoom => ErrorKind::OutOfMemory,
            InstallError::NoSender { errno } | InstallError::NotHandedOver { errno } => {
                Self::from(errno).kind()
            }
            InstallError::SecondListener => ErrorKind::ResourceBusy,
            InstallError::ThreadCannotFollow { .. }
            | InstallError::SomeThreadCannotFollow
            | InstallError::NoDescriptor
            | InstallError::TooManyReports
            | InstallError::ModeIsFixed
            | InstallError::Deadly
            | InstallError::Faked { .. }
            | InstallError::Other { .. } => ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use std::io;
    use std::string::ToString as _;

    use super::{InstallError, Operation};

    #[test]
    fn why_a_policy_is_not_in_force_survives_as_an_error_of_the_standard_library() {
        let operation = Operation::SetFilter;
        for (error, kind) in [
            (InstallError::NotPermitted { operation }, io::ErrorKind::PermissionDenied),
            (InstallError::NoSystemCall, io::ErrorKind::Unsupported),
            (InstallError::NoRoom, io::ErrorKind::OutOfMemory),
        ] {
            let converted = io::Error::from(error);
            assert_eq!((converted.kind(), converted.to_string()), (kind, error.to_string()));
        }
    }
}
