//! A policy with values that the running program gives.

use core::fmt;

use seccomp_bpf::abi::Call;
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::{MAX_INSTRUCTIONS, SockFilter};

use crate::assembled::Assembled;
use crate::blanks::Blanks;
use crate::in_force;
use crate::install_error::InstallError;
use crate::installer::{Installer, Plan};
use crate::number::Number;
use crate::report::Report;

/// A policy with values that are known only when the program runs, `$name` and `$(expression)` in its text: the proven
/// filter, and the values for its open operands. `VALUES` is the number of values, each counted as often as it is
/// written.
///
/// Made by `seccomp_policy!` of `seccomp-runtime` in a function. It allocates nothing. The filter is proven for every
/// value, so a policy with values means what the same policy with numbers in their place means. Where a number would be
/// a compile error, a value is an [`InstallError::Value`], and nothing is installed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PolicyWith<const VALUES: usize> {
    /// For `#[sandboxed]`: see [`Policy`](crate::Policy).
    #[doc(hidden)]
    pub __policy_or_installer: OpenFilter<VALUES>,
}

/// A filter with open operands, and the numbers for them.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenFilter<const VALUES: usize> {
    template: &'static Template,
    given: [Number; VALUES],
}

/// A proven filter with open operands.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Template {
    /// The filter.
    pub filter: &'static [SockFilter],
    /// Its open operands.
    pub blanks: Blanks,
    /// The report of the policy, if it has one.
    pub report: Option<&'static Report>,
}

impl<const VALUES: usize> OpenFilter<VALUES> {
    #[inline]
    fn assembled(&self) -> Assembled<'_> {
        let Template { filter, blanks, report } = self.template;
        Assembled {
            template: filter,
            is_temporary: false,
            blanks,
            given: &self.given,
            instead: None,
            report: *report,
        }
    }

    /// Installs the filter on all threads, or ends the process after a line that begins with `said`.
    #[inline]
    pub fn __install_or_exit(&self, said: &str) {
        Plan::new(self.assembled()).__install_or_exit(said);
    }
}

impl<const VALUES: usize> fmt::Debug for PolicyWith<VALUES> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OpenFilter { template, given } = &self.__policy_or_installer;
        f.debug_struct("PolicyWith")
            .field("filter", &template.filter)
            .field("values", given)
            .finish()
    }
}

impl<const VALUES: usize> PolicyWith<VALUES> {
    /// The policy with this filter and these values. Only the macros of `seccomp-runtime` make such policies: see
    /// [`Policy`](crate::Policy).
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn __from_template(template: &'static Template, given: [Number; VALUES]) -> Self {
        Self { __policy_or_installer: OpenFilter { template, given } }
    }

    /// Installs the policy on every thread of the process, as [`Policy::install`](crate::Policy::install) does.
    ///
    /// # Errors
    ///
    /// [`InstallError`] gives the reason; then no thread has the filter.
    #[inline]
    pub fn install(&self) -> Result<(), InstallError> {
        self.installer().install()
    }

    /// Installs the policy on the calling thread, as
    /// [`Policy::install_on_thread`](crate::Policy::install_on_thread) does.
    ///
    /// # Errors
    ///
    /// [`InstallError`] gives the reason; then the thread does not have the filter.
    #[inline]
    pub fn install_on_thread(&self) -> Result<(), InstallError> {
        self.installer().this_thread_only().install()
    }

    /// All options for installing the policy.
    #[inline]
    pub fn installer(&self) -> Installer<Assembled<'_>> {
        Installer::of_assembled(self.__policy_or_installer.assembled())
    }

    /// Installs the policy as [`Self::install`] does, or ends the process: see
    /// [`Installer::install_or_exit`].
    #[inline]
    pub fn install_or_exit(&self, what: &str) {
        self.installer().install_or_exit(what);
    }

    /// Checks the values: if the result is `Ok`, [`Self::install`] does not fail because of a value.
    ///
    /// # Errors
    ///
    /// [`InstallError::Value`] if a value does not fit, a range is empty, or no call can match a rule.
    #[inline]
    pub fn check(&self) -> Result<(), InstallError> {
        self.__policy_or_installer.assembled().with(|filter| filter.map(drop))
    }

    /// The action of this policy for `call`, computed without a kernel, by running the filter in the byte order of the
    /// target. If the values cannot be installed, it is [`Action::KillProcess`].
    #[must_use]
    #[inline]
    pub fn decide(&self, call: &Call) -> Action {
        self.__policy_or_installer.assembled().decide(call)
    }

    /// Whether the kernel makes this call: see [`Policy::allows`](crate::Policy::allows).
    #[must_use]
    #[inline]
    pub fn allows(&self, call: &Call) -> bool {
        self.decide(call).permits()
    }

    /// Whether this call is never made: see [`Policy::denies`](crate::Policy::denies).
    #[must_use]
    #[inline]
    pub fn denies(&self, call: &Call) -> bool {
        self.decide(call).forbids()
    }

    /// Whether another policy can be installed as `later` says once this one is in force: see
    /// [`Policy::permits_install`](crate::Policy::permits_install). The result depends on the values; it is `false` if
    /// they cannot be installed.
    #[must_use]
    #[inline]
    pub fn permits_install<F: Copy>(&self, later: &Installer<F>) -> bool {
        let later = &later.__policy_or_installer;
        let filter = self.__policy_or_installer.assembled();
        filter.with(|filter| filter.is_ok_and(|filter| later.permitted_by(filter)))
    }

    /// Whether the policy has the action [`Action::Notify`] for any call: see
    /// [`Policy::notifies`](crate::Policy::notifies). No value changes that.
    #[must_use]
    #[inline]
    pub const fn notifies(&self) -> bool {
        in_force::notifies(self.__policy_or_installer.template.filter)
    }

    /// Writes the filter with its values to the front of `buffer`, and returns that part: the instructions that the kernel
    /// runs on each call. A buffer of 4096 instructions suffices for every filter.
    ///
    /// # Errors
    ///
    /// [`InstallError::Value`] as for [`Self::check`]; [`InstallError::Length`] if the buffer is too small.
    #[inline]
    pub fn filter_in<'b>(
        &self,
        buffer: &'b mut [SockFilter],
    ) -> Result<&'b [SockFilter], InstallError> {
        self.__policy_or_installer.assembled().write(buffer, &mut [0; Blanks::MOST_VALUES])
    }
}

const _: () = assert!(MAX_INSTRUCTIONS == 4096, "the documentation of `filter_in` says so");
