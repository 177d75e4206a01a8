//! Installs a filter, with the options of the install.

use seccomp_bpf::bpf::{MAX_INSTRUCTIONS, SockFilter};

use crate::assembled::Assembled;
use crate::blanks::Blanks;
use crate::errno::Errno;
use crate::exit::{Beginning, exit, exit_without_listener};
use crate::in_force::{self, InstallWay};
use crate::install_error::{Feature, InstallError, Operation};
use crate::instead_of_kill::InsteadOfKill;
use crate::listener::Listener;
use crate::policy::Filter;
use crate::report::Report;
use crate::sys::{self, CallResult};

/// How to install a policy, from [`Policy::installer`](crate::Policy::installer).
///
/// By default, it installs on all threads of the process, sets `no_new_privs`, logs only what the kernel logs
/// anyway, and keeps the kernel's protection against speculation.
///
/// `F` is the kind of the filter. `Installer` alone is for a [`Policy`](crate::Policy), whose filter is in read-only
/// data. Another kind is for a filter that is put together at install: the filter of a
/// [`PolicyWith`](crate::PolicyWith), or of a policy with another action instead of `kill`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "nothing is in force until `install` is called"]
pub struct Installer<F = Filter<'static>> {
    /// For `#[sandboxed]`: see [`Policy`](crate::Policy).
    #[doc(hidden)]
    pub __policy_or_installer: Plan<F>,
}

/// A filter, and how to install it.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan<F> {
    pub(crate) filter: F,
    keep_privileges: bool,
    flags: u32,
}

/// The options.
impl<F: Copy> Installer<F> {
    /// Installs only on the calling thread. The threads that it starts later and the programs that it executes
    /// inherit the filter.
    pub const fn this_thread_only(mut self) -> Self {
        self.__policy_or_installer.flags &= !Feature::AllThreads.flag();
        self
    }

    /// Logs each call with another action than [`Action::Allow`](crate::Action::Allow), if
    /// `/proc/sys/kernel/seccomp/actions_logged` permits it (`SECCOMP_FILTER_FLAG_LOG`, Linux 4.14).
    pub const fn log(mut self) -> Self {
        self.__policy_or_installer.flags |= Feature::Log.flag();
        self
    }

    /// Leaves speculative store bypass on for the threads with the filter (`SECCOMP_FILTER_FLAG_SPEC_ALLOW`,
    /// Linux 4.17). Otherwise kernels before 5.16 switch it off, which is safer and slower; newer kernels do so
    /// only if booted with `spec_store_bypass_disable=seccomp`.
    pub const fn allow_speculation(mut self) -> Self {
        self.__policy_or_installer.flags |= Feature::Speculation.flag();
        self
    }

    /// Does not set `no_new_privs`, so that executing a set-user-ID program still gives privileges. The kernel
    /// then requires `CAP_SYS_ADMIN`, unless the bit is already set.
    pub const fn keep_privileges(mut self) -> Self {
        self.__policy_or_installer.keep_privileges = true;
        self
    }
}

impl Installer {
    /// The exit status of a process that [`Self::install_or_exit`] ends.
    pub const EXIT_STATUS: u8 = 1;

    pub(crate) const fn new(filter: Filter<'static>) -> Self {
        Self { __policy_or_installer: Plan::new(filter) }
    }

    /// Replaces every kill of the policy with another action: `kill` and `kill_thread`, including those of `default`,
    /// `unknown` and `bad_arch`. So a program can run under a policy that is not finished, or report calls that it does
    /// not expect, and an option on its command line can choose this.
    ///
    /// The installed filter is a copy of the proven one in which the other action replaces each return value `kill`, so
    /// it means the policy with that action instead of `kill`. [`Installer::decide`] gives the action for a call. The
    /// copy is on the stack while it is installed: 5 KiB, or 40 KiB for a filter of more than 512 instructions.
    ///
    /// **With [`InsteadOfKill::Log`] the policy restricts nothing that it would kill for.** See there.
    pub const fn instead_of_kill(self, instead: InsteadOfKill) -> Installer<Assembled<'static>> {
        let Plan { filter, keep_privileges, flags } = self.__policy_or_installer;
        let filter = Assembled {
            template: filter.instructions.as_slice(),
            is_temporary: false,
            blanks: Blanks::NONE,
            given: &[],
            instead: Some(instead),
            report: filter.report,
        };
        Installer { __policy_or_installer: Plan { filter, keep_privileges, flags } }
    }

    /// Installs the policy.
    ///
    /// It makes four system calls: prctl(2) sets `no_new_privs`, prctl(2) reads it back, seccomp(2) rejects an
    /// empty filter, and seccomp(2) installs the policy's filter. It makes only the last two with
    /// [`keep_privileges`](Self::keep_privileges). After an error it makes a few more to find the cause.
    ///
    /// The second and the third call are there because a filter around this program may report success in place
    /// of the kernel. They make sure that `Ok` means that the policy is installed. (A tracer and a supervisor
    /// can do more than a filter; see `docs/known-holes.md` of this project.)
    ///
    /// A policy with `report` needs a handler for SIGSYS, so it makes three calls of rt_sigaction(2) first: they read
    /// the handler that the program has, set this one, and read it back.
    ///
    /// Each call of this function installs one more filter, even for the same policy.
    ///
    /// # Errors
    ///
    /// [`InstallError`] gives the reason; then no thread has the filter.
    #[inline]
    pub fn install(&self) -> Result<(), InstallError> {
        // Inlined, so that a program without reports has no code for them.
        if let Some(report) = self.__policy_or_installer.filter.report {
            prepare(report)?;
        }
        self.__policy_or_installer.install()
    }

    /// Installs the policy, and returns the [`Listener`] that receives the calls with the action
    /// [`Action::Notify`](crate::Action::Notify). The descriptor is closed when the program executes another one.
    ///
    /// Where the kernel can (Linux 5.19), only a deadly signal interrupts a call that the listener has received; before,
    /// any signal does, and the kernel then makes the call again, which is a new notification.
    ///
    /// **A thread under the policy cannot answer its own calls.** On all threads (the default), every thread of this
    /// process is under the policy, so the supervisor has to be another process; on [one
    /// thread](Self::this_thread_only), it can be a thread that started before. To hand the listener to another process is
    /// not easy, because the calls that do so may themselves wait for the supervisor:
    #[cfg_attr(feature = "std", doc = "[`Self::install_and_send`] does it.")]
    #[cfg_attr(not(feature = "std"), doc = "`install_and_send`, with the feature `std`, does it.")]
    ///
    /// # Errors
    ///
    /// [`InstallError`] gives the reason; then no thread has the filter. A thread can have one listener only:
    /// [`InstallError::SecondListener`].
    pub fn install_with_listener(&self) -> Result<Listener, InstallError> {
        if let Some(report) = self.__policy_or_installer.filter.report {
            prepare(report)?;
        }
        self.__policy_or_installer.install_with_listener()
    }

    /// Installs the policy, or ends the process. `#[sandboxed]` calls this before the body of the function
    /// `what`.
    ///
    /// After an error it writes one line to file descriptor 2, with `what` and the cause, and calls
    /// exit_group(2) with [`Self::EXIT_STATUS`]. No destructor, exit handler or panic hook runs, and this
    /// function does not return. If the installed policies do not allow it to write or exit, their actions
    /// apply.
    ///
    /// It is also an error if this process has already installed the policy on all of its threads: one more filter for
    /// each run of a function would slow every system call, until the kernel takes no more filters. It is an error too,
    /// errno 12 (`ENOMEM`), to install one more policy after 64 others on all threads. With
    /// [`this_thread_only`](Self::this_thread_only) there are no such checks, because each thread needs a filter of its
    /// own.
    ///
    /// The line is short, to keep programs small; the error of [`Self::install`] has the details.
    #[inline]
    pub fn install_or_exit(&self, what: &str) {
        if let Some(report) = self.__policy_or_installer.filter.report {
            prepare_named_or_exit(report, what);
        }
        self.__policy_or_installer.named_or_exit(what);
    }
}

impl<F: Copy> Plan<F> {
    pub(crate) const fn new(filter: F) -> Self {
        Self { filter, keep_privileges: false, flags: Feature::AllThreads.flag() }
    }

    /// The same plan for another filter.
    pub(crate) const fn of<G>(&self, filter: G) -> Plan<G> {
        Plan { filter, keep_privileges: self.keep_privileges, flags: self.flags }
    }

    /// Whether `filter` permits each call that [`Installer::install`] makes.
    #[inline]
    pub(crate) const fn permitted_by(&self, filter: &[SockFilter]) -> bool {
        let mut permitted = in_force::permits(filter, &sys::set_filter_call(self.flags));
        let mut call = 0;
        while call < sys::NO_NEW_PRIVS.len() && !self.keep_privileges {
            permitted &= in_force::permits(filter, &sys::NO_NEW_PRIVS[call]);
            call += 1;
        }
        permitted
    }
}

impl Plan<Filter<'static>> {
    /// Installs the filter, or ends the process after a line that begins with `said`.
    #[inline]
    pub fn __install_or_exit(&self, said: &str) {
        if self.filter.notifies() {
            exit_without_listener(said);
        }
        if let Some(report) = self.filter.report {
            prepare_or_exit(report, said);
        }
        self.silent_or_exit(said);
    }

    fn silent_or_exit(&self, said: &str) {
        self.or_exit(Beginning::Said(said));
    }

    fn named_or_exit(&self, what: &str) {
        self.or_exit(Beginning::Function(what));
    }

    fn install(&self) -> Result<(), InstallError> {
        self.install_known_as(self.filter.instructions.as_slice().as_ptr())
    }

    fn install_with_listener(self) -> Result<Listener, InstallError> {
        self.install_with_listener_known_as(self.filter.instructions.as_slice().as_ptr())
    }

    /// [`Installer::install_or_exit`], with a line that begins with `said`. Inlined, because little code remains
    /// where the flags are known.
    #[inline(always)]
    pub(crate) fn or_exit(&self, said: Beginning<'_>) {
        self.or_exit_known_as(self.filter.instructions.as_slice().as_ptr(), said);
    }
}

impl Plan<Filter<'_>> {
    /// Installs the filter, and remembers it by the address of the policy's filter in read-only data, unless that is null.
    pub(crate) fn install_known_as(&self, policy: *const SockFilter) -> Result<(), InstallError> {
        let (operation, returned) = self.attempt();
        match returned.result() {
            _ if returned == CallResult::DEADLY => Err(InstallError::Deadly),
            _ if returned == CallResult::FAKED => Err(InstallError::Faked { operation }),
            Ok(0) => {
                if self.is_for_all_threads() {
                    // The caller of this function may install a policy any number of times.
                    in_force::remember_filter(policy);
                }
                Ok(())
            }
            // Thread ids are below 2^22 (`PID_MAX_LIMIT`, include/linux/threads.h, Linux 6.12).
            Ok(thread) => Err(InstallError::ThreadCannotFollow { thread: thread as u32 }),
            Err(errno) => Err(self.cause(operation, errno)),
        }
    }

    /// The same with a listener.
    pub(crate) fn install_with_listener_known_as(
        mut self,
        policy: *const SockFilter,
    ) -> Result<Listener, InstallError> {
        let way = InstallWay::with_listener(self.flags, !self.keep_privileges);
        if in_force::is_deadly(way) {
            return Err(InstallError::Deadly);
        }
        let [plain, killable] = Feature::listener_flags(self.flags);
        let knows_killable = sys::probe_filter_flags(Feature::LISTENER_PROBE) != Errno::EINVAL;
        self.flags = if knows_killable { killable } else { plain };
        let (operation, returned) = self.make_calls();
        match returned.result() {
            _ if returned == CallResult::FAKED => Err(InstallError::Faked { operation }),
            Ok(descriptor) => {
                if self.is_for_all_threads() {
                    in_force::remember_deadly(&self.filter);
                    in_force::remember_filter(policy);
                }
                Ok(Listener::new(sys::listener_of(descriptor)))
            }
            Err(errno) if operation == Operation::SetFilter => Err(match errno {
                Errno::ESRCH => InstallError::SomeThreadCannotFollow,
                Errno::EMFILE | Errno::ENFILE => InstallError::NoDescriptor,
                _ => self.cause(operation, errno),
            }),
            Err(errno) => Err(self.cause(operation, errno)),
        }
    }

    /// The same for [`Installer::install_or_exit`].
    #[inline(always)] // As above.
    fn or_exit_known_as(&self, policy: *const SockFilter, said: Beginning<'_>) {
        let mut returned = CallResult::DONE;
        if self.is_for_all_threads() {
            // It is remembered before it is installed, because a failure ends the process.
            returned = in_force::remember_filter(policy);
        }
        if returned == CallResult::DONE {
            returned = self.attempt().1;
        }
        if returned != CallResult::DONE {
            said.write();
            exit(returned);
        }
    }

    /// The same, for inlined functions to call. Each function that an inlined function names can be called from other
    /// crates, which costs a plain program some bytes.
    pub(crate) fn filter_or_exit(&self, policy: *const SockFilter, said: Beginning<'_>) {
        self.or_exit_known_as(policy, said);
    }

    const fn is_for_all_threads(&self) -> bool {
        self.flags & Feature::AllThreads.flag() != 0
    }

    /// Makes the system calls, and returns the last result and the step that it belongs to. Results other than
    /// [`CallResult::DONE`] are the id of a thread that cannot follow, an errno, [`CallResult::FAKED`], or
    /// [`CallResult::DEADLY`].
    #[inline(always)] // As above.
    fn attempt(&self) -> (Operation, CallResult) {
        if in_force::is_deadly(InstallWay::new(self.flags, !self.keep_privileges)) {
            return (Operation::SetFilter, CallResult::DEADLY);
        }
        self.make_calls()
    }

    /// The calls of [`Self::attempt`]. With a listener, its descriptor is the last result.
    #[inline(always)] // As above.
    fn make_calls(&self) -> (Operation, CallResult) {
        if !self.keep_privileges {
            let returned = sys::set_no_new_privs();
            if returned != CallResult::DONE {
                return (Operation::SetNoNewPrivs, returned);
            }
        }
        let returned = sys::set_filter(self.flags, &self.filter.instructions);
        if returned == CallResult::DONE && self.is_for_all_threads() {
            in_force::remember_deadly(&self.filter);
        }
        (Operation::SetFilter, returned)
    }

    /// The meaning of an errno of this operation.
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

    /// The kernel returns `EINVAL` for five reasons. It checks them in this order, so the first one that is
    /// found here is the cause.
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
        let instructions = self.filter.instructions.as_slice().len();
        if instructions == 0 || instructions > MAX_INSTRUCTIONS {
            return InstallError::Length { instructions };
        }
        InstallError::Instruction
    }
}

impl InstallError {
    /// The cause, as far as the errno shows it.
    pub(crate) fn new(operation: Operation, errno: Errno) -> Self {
        match errno {
            Errno::EPERM => Self::NotPermitted { operation },
            _ => Self::Other { operation, errno },
        }
    }
}

/// Sets the handler of a policy with `report`.
fn prepare(report: &'static Report) -> Result<(), InstallError> {
    ready(report.prepare())
}

/// The result of [`Report::prepare`] as a success or an error.
pub(crate) fn ready(returned: CallResult) -> Result<(), InstallError> {
    let operation = Operation::SetHandler;
    match returned.result() {
        _ if returned == CallResult::FAKED => Err(InstallError::Faked { operation }),
        Ok(_) => Ok(()),
        Err(_) if returned == CallResult::NO_ROOM => Err(InstallError::TooManyReports),
        Err(errno) => Err(InstallError::new(operation, errno)),
    }
}

/// The same, or ends the process after a line that begins with `said`.
pub(crate) fn prepare_or_exit(report: &'static Report, said: &str) {
    ready_or_exit(report.prepare(), Beginning::Said(said));
}

/// The same for the function `what`.
fn prepare_named_or_exit(report: &'static Report, what: &str) {
    ready_or_exit(report.prepare(), Beginning::Function(what));
}

/// Ends the process after a line that begins with `said`, if `returned`, the result of [`Report::prepare`], is no
/// success.
pub(crate) fn ready_or_exit(returned: CallResult, said: Beginning<'_>) {
    if returned != CallResult::DONE {
        said.write();
        sys::write(b"no handler for `report`: ");
        exit(returned)
    }
}
