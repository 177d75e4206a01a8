//! A compiled policy: its actions, and how to install it.

use core::fmt;

use seccomp_bpf::abi::{Abi, Call};
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::{self, SockFilter};

use crate::in_force::{self, DeadlyWays};
use crate::install_error::InstallError;
use crate::installer::{Installer, Plan};
use crate::report::Report;

use crate::sys::Instructions;

/// A policy for system calls that was checked, compiled and proven: a seccomp BPF filter in read-only
/// data.
///
/// Made by `seccomp_policy!` of `seccomp-runtime`, in a `const`.
///
/// An installed policy cannot be removed. Another one can be installed on top of it; then each call gets
/// the more severe of the two actions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// For `#[sandboxed]`. Nothing in the user's scope can shadow a field or a method of its type; a
    /// trait method could shadow a method of [`Policy`] itself.
    #[doc(hidden)]
    pub __policy_or_installer: Filter<'static>,
}

/// A filter, and facts about it. The facts are computed where the policy is compiled, so a program contains no code for
/// them, unless a filter is put together at install.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Filter<'a> {
    /// The instructions, and with them the [`DeadlyWays`] to install another policy, and whether the policy notifies.
    pub(crate) instructions: Instructions<'a>,
    /// The data for `report`, if the policy has it.
    pub(crate) report: Option<&'static Report>,
}

impl<'a> Filter<'a> {
    /// The filter with these instructions, and the facts about it.
    #[inline]
    pub(crate) const fn of(filter: &'a [SockFilter]) -> Self {
        let instructions =
            Instructions::new(filter, DeadlyWays::of(filter).bits(), in_force::notifies(filter));
        Self { instructions, report: None }
    }
}

impl Filter<'_> {
    pub(crate) const fn notifies(&self) -> bool {
        self.instructions.owner_flag()
    }
}

impl Filter<'static> {
    /// Installs the filter on all threads, or ends the process after a line that begins with `said`.
    #[inline]
    pub fn __install_or_exit(&self, said: &str) {
        // Inlined, so that a program without reports and listeners has no code for them.
        if self.notifies() {
            crate::exit::exit_without_listener(said);
        }
        if let Some(report) = self.report {
            crate::installer::prepare_or_exit(report, said);
        }
        self.install_or_exit(said);
    }

    fn install_or_exit(&self, said: &str) {
        Plan::new(*self).or_exit(crate::exit::Beginning::Said(said));
    }
}

impl fmt::Debug for Policy {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("filter", &self.filter()).finish()
    }
}

impl Policy {
    /// The policy with this filter. Only a filter that the macros of `seccomp-runtime` compiled keeps the
    /// promises of this type, so only they make policies.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub const fn __from_filter(filter: &'static [SockFilter]) -> Self {
        Self { __policy_or_installer: Filter::of(filter) }
    }

    /// The same for a policy with `report`.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub const fn __with_report(report: &'static Report) -> Self {
        let mut policy = Self::__from_filter(report.filter());
        policy.__policy_or_installer.report = Some(report);
        policy
    }

    /// Installs the policy on every thread of the process. The threads that they start later and the
    /// programs that they execute inherit it.
    ///
    /// There is no listener, so a call with the action [`Action::Notify`] fails with `ENOSYS`:
    /// [`Installer::install_with_listener`] makes one.
    ///
    /// Sets `no_new_privs` first, so that it works without privileges: after that, executing a
    /// set-user-ID program gives no privileges. [`Self::installer`] has other ways to install.
    ///
    /// # Errors
    ///
    /// [`InstallError`] gives the reason; then no thread has the filter.
    #[inline]
    pub fn install(&self) -> Result<(), InstallError> {
        self.installer().install()
    }

    /// Installs the policy on the calling thread. The threads that it starts later and the programs that
    /// it executes inherit it. Other threads are not changed, and a process whose threads share memory is
    /// only as safe as its least restricted thread.
    ///
    /// # Errors
    ///
    /// [`InstallError`] gives the reason; then the thread does not have the filter.
    #[inline]
    pub fn install_on_thread(&self) -> Result<(), InstallError> {
        self.installer().this_thread_only().install()
    }

    /// All options for installing the policy.
    pub const fn installer(&self) -> Installer {
        Installer::new(self.__policy_or_installer)
    }

    /// Whether another policy can be installed as `later` says once this one is in force: whether this policy allows each
    /// of the system calls that [`Installer::install`] makes. (It assumes that the policy does not compare the address of
    /// the other filter, which is known only when the program runs.)
    ///
    /// It is a `const fn`, so that a program with two policies can assert it while it compiles. The group `@install` allows
    /// these calls.
    #[inline]
    #[must_use]
    pub const fn permits_install<F: Copy>(&self, later: &Installer<F>) -> bool {
        later.__policy_or_installer.permitted_by(self.filter())
    }

    /// Whether the policy has the action [`Action::Notify`] for any call. Then it needs a supervisor: install it with
    /// [`Installer::install_with_listener`]. With [`Self::install`], which makes no listener, these calls fail with `ENOSYS`;
    /// `#[sandboxed]` ends the process instead of installing such a policy.
    #[inline]
    #[must_use]
    pub const fn notifies(&self) -> bool {
        self.__policy_or_installer.notifies()
    }

    /// Installs the policy as [`Self::install`] does, or ends the process: see
    /// [`Installer::install_or_exit`].
    #[inline]
    pub fn install_or_exit(&self, what: &str) {
        self.installer().install_or_exit(what);
    }

    /// The filter: the instructions that the kernel runs on each call.
    #[must_use]
    pub const fn filter(&self) -> &'static [SockFilter] {
        self.__policy_or_installer.instructions.as_slice()
    }

    /// The action of this policy for `call`. It is computed without a kernel, by running the filter in
    /// the byte order of the target.
    ///
    /// It is a `const fn`, so that assertions about a policy can be checked at compile time.
    ///
    /// For a filter that the kernel would refuse to load, it returns [`Action::KillProcess`]. No macro of
    /// this project makes such a filter.
    #[inline]
    #[must_use]
    pub const fn decide(&self, call: &Call) -> Action {
        match bpf::interpret(self.filter(), call, Abi::NATIVE.endian()) {
            Ok(value) => Action::from_return_value(value),
            Err(_) => Action::KillProcess,
        }
    }

    /// Whether the kernel makes this call: [`Action::Allow`] or [`Action::Log`].
    #[inline]
    #[must_use]
    pub const fn allows(&self, call: &Call) -> bool {
        self.decide(call).permits()
    }

    /// Whether this call is never made: it is killed or trapped, or fails with an errno. Both this and
    /// [`Self::allows`] are false for [`Action::Trace`] and [`Action::Notify`], where a tracer or a
    /// supervisor decides.
    #[inline]
    #[must_use]
    pub const fn denies(&self, call: &Call) -> bool {
        self.decide(call).forbids()
    }

    /// The filter in the form of C code, for prctl(2), seccomp(2) or a library.
    ///
    /// The pointer is to read-only data that lives as long as the program: do not write to it, although
    /// its type is `*mut`.
    #[cfg(feature = "libc")]
    #[must_use]
    pub const fn as_sock_fprog(&self) -> libc::sock_fprog {
        // No macro makes a filter that is longer than the kernel accepts. If other code does, the kernel
        // must get a filter that it rejects, and not the beginning of this one.
        let len = self.filter().len();
        libc::sock_fprog {
            len: if len <= bpf::MAX_INSTRUCTIONS { len as u16 } else { 0 },
            filter: self.filter().as_ptr().cast::<libc::sock_filter>().cast_mut(),
        }
    }
}

// `as_sock_fprog` casts a pointer from one type to the other.
#[cfg(feature = "libc")]
const _: () = assert!(size_of::<libc::sock_filter>() == size_of::<SockFilter>());
#[cfg(feature = "libc")]
const _: () = assert!(align_of::<libc::sock_filter>() == align_of::<SockFilter>());

#[cfg(all(test, feature = "libc"))]
mod tests {
    use super::{Policy, SockFilter};

    #[test]
    fn c_code_gets_the_whole_filter() {
        const FILTER: &[SockFilter] = &[SockFilter::statement(0x06, 0x7fff_0000); 3];
        let fprog = Policy::__from_filter(FILTER).as_sock_fprog();
        assert_eq!((fprog.len, fprog.filter.cast_const().cast()), (3, FILTER.as_ptr()));
    }

    #[test]
    fn c_code_gets_nothing_of_a_filter_that_is_too_long() {
        const FILTER: &[SockFilter] = &[SockFilter::statement(0x06, 0x7fff_0000); 0x1_0001];
        assert_eq!(Policy::__from_filter(FILTER).as_sock_fprog().len, 0);
    }
}
