//! Filters that are put together at install, with values of the running program or with another action instead of
//! `kill`, and filters that were compiled while the program runs. They are built on the stack, in functions that are
//! not inlined, and need no allocation.

use seccomp_bpf::abi::{Abi, Call};
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::{self, MAX_INSTRUCTIONS, SockFilter};

use crate::blanks::Blanks;
use crate::exit::{Beginning, exit_because, exit_without_listener};
use crate::in_force;
use crate::install_error::InstallError;
use crate::installer::{self, Installer, Plan};
use crate::instead_of_kill::InsteadOfKill;
use crate::listener::Listener;
use crate::number::Number;
use crate::policy::Filter;
use crate::report::Report;
use crate::sys::CallResult;

/// A filter that is put together at install.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Assembled<'a> {
    /// The proven filter.
    pub(crate) template: &'a [SockFilter],
    /// Whether the memory of the filter can be freed and used again, so that its address does not identify the filter.
    pub(crate) is_temporary: bool,
    /// The open operands of the filter.
    pub(crate) blanks: &'static Blanks,
    /// The numbers that the program gives for them.
    pub(crate) given: &'a [Number],
    pub(crate) instead: Option<InsteadOfKill>,
    /// The report of the policy. Its traps replace the kills that the text of the policy has.
    pub(crate) report: Option<&'static Report>,
}

/// The sizes of small buffers. Most filters and their values fit into them, so the stack of a small thread suffices.
const FEW_INSTRUCTIONS: usize = 512;
const FEW_VALUES: usize = 64;

impl Assembled<'_> {
    /// The address by which the filter is remembered; null if it is not remembered.
    #[inline]
    fn known_as(&self) -> *const SockFilter {
        if self.is_temporary { core::ptr::null() } else { self.template.as_ptr() }
    }

    /// Calls `used` with the filter, which is on the stack for as long as the call takes.
    ///
    /// # Errors
    ///
    /// `used` gets [`InstallError::Value`] if a number does not fit, and [`InstallError::Length`] for a filter that is longer
    /// than the kernel accepts.
    #[inline]
    pub(crate) fn with<R>(&self, used: impl FnOnce(Result<&[SockFilter], InstallError>) -> R) -> R {
        if self.template.len() <= FEW_INSTRUCTIONS && self.blanks.values.len() <= FEW_VALUES {
            self.on_stack::<FEW_INSTRUCTIONS, FEW_VALUES, R>(used)
        } else {
            self.on_stack::<MAX_INSTRUCTIONS, { Blanks::MOST_VALUES }, R>(used)
        }
    }

    #[inline(never)] // So that only the install of such a filter needs so much stack.
    fn on_stack<const INSTRUCTIONS: usize, const VALUES: usize, R>(
        &self,
        used: impl FnOnce(Result<&[SockFilter], InstallError>) -> R,
    ) -> R {
        let mut buffer = [SockFilter::statement(0, 0); INSTRUCTIONS];
        used(self.write(&mut buffer, &mut [0; VALUES]))
    }

    /// Writes the filter to the front of `buffer`; `values` is for the values that it needs.
    #[inline]
    pub(crate) fn write<'b>(
        &self,
        buffer: &'b mut [SockFilter],
        values: &mut [u64],
    ) -> Result<&'b [SockFilter], InstallError> {
        let length = InstallError::Length { instructions: self.template.len() };
        let Some(filter) = buffer.get_mut(..self.template.len()) else { return Err(length) };
        let Some(values) = values.get_mut(..self.blanks.values.len()) else { return Err(length) };
        filter.copy_from_slice(self.template);
        self.blanks.fill(filter, self.given, values)?;
        if let Some(instead) = self.instead {
            instead.rename(filter, self.report);
        }
        Ok(filter)
    }

    /// The action for `call`; a filter that cannot be installed kills.
    #[inline]
    pub(crate) fn decide(&self, call: &Call) -> Action {
        self.with(|filter| {
            let value = filter.map(|filter| bpf::interpret(filter, call, Abi::NATIVE.endian()));
            match value {
                Ok(Ok(value)) => Action::from_return_value(value),
                Ok(Err(_)) | Err(_) => Action::KillProcess,
            }
        })
    }
}

impl Plan<Assembled<'_>> {
    /// The report of the filter. A filter with another action instead of `kill` needs none.
    #[inline]
    fn report(&self) -> Option<&'static Report> {
        match self.filter.instead {
            None => self.filter.report,
            Some(_) => None,
        }
    }

    /// Keeps the filter for the handler of `report`, and sets the handler.
    ///
    /// # Errors
    ///
    /// [`InstallError::Value`] and [`InstallError::Length`] as for [`Assembled::with`].
    #[inline]
    fn prepare(&self, report: &'static Report) -> Result<CallResult, InstallError> {
        let kept = self.filter.with(|filter| Ok(report.keep(filter?, self.filter.given)))?;
        Ok(if kept == CallResult::DONE { report.prepare() } else { kept })
    }

    #[inline]
    fn install(&self) -> Result<(), InstallError> {
        // Inlined, so that a program without reports has no code for them.
        if let Some(report) = self.report() {
            installer::ready(self.prepare(report)?)?;
        }
        self.filter.with(|filter| {
            let plan = self.of(Filter::of(filter?));
            plan.install_known_as(self.filter.known_as())
        })
    }

    #[inline]
    fn install_with_listener(&self) -> Result<Listener, InstallError> {
        if let Some(report) = self.report() {
            installer::ready(self.prepare(report)?)?;
        }
        self.filter.with(|filter| {
            let plan = self.of(Filter::of(filter?));
            plan.install_with_listener_known_as(self.filter.known_as())
        })
    }

    /// Installs the filter on all threads, or ends the process after a line that begins with `said`.
    #[inline]
    pub fn __install_or_exit(&self, said: &str) {
        if in_force::notifies(self.filter.template) {
            exit_without_listener(said);
        }
        self.or_exit(Beginning::Said(said));
    }

    #[inline]
    pub(crate) fn or_exit(&self, said: Beginning<'_>) {
        if let Some(report) = self.report() {
            // After an error the filter cannot be put together, and the code below says why.
            if let Ok(prepared) = self.prepare(report) {
                installer::ready_or_exit(prepared, said);
            }
        }
        self.filter.with(|filter| match filter {
            Ok(filter) => {
                let plan = self.of(Filter::of(filter));
                plan.filter_or_exit(self.filter.known_as(), said);
            }
            Err(InstallError::Value { why }) => exit_because(said, why),
            // Whatever else: the filter is longer than the kernel accepts.
            Err(_) => exit_because(said, "its filter is too long"),
        });
    }
}

impl<'a> Installer<Assembled<'a>> {
    /// Installs a filter that was compiled and proven while the program runs. Only `seccomp-load` may call this
    /// function: see [`Policy`](crate::Policy).
    #[doc(hidden)]
    #[inline]
    pub const fn __of_loaded(filter: &'a [SockFilter]) -> Self {
        Self::of_assembled(Assembled {
            template: filter,
            is_temporary: true,
            blanks: Blanks::NONE,
            given: &[],
            instead: None,
            report: None,
        })
    }

    #[inline]
    pub(crate) const fn of_assembled(filter: Assembled<'a>) -> Self {
        Self { __policy_or_installer: Plan::new(filter) }
    }

    /// Replaces every kill of the policy with another action: see [`Installer::instead_of_kill`].
    #[inline]
    pub const fn instead_of_kill(mut self, instead: InsteadOfKill) -> Self {
        self.__policy_or_installer.filter.instead = Some(instead);
        self
    }

    /// Installs the policy, as [`Installer::install`] does.
    ///
    /// The filter is put together on the stack of the caller, which takes 5 KiB if it has at most 512 instructions and 64 values,
    /// and 40 KiB otherwise.
    ///
    /// # Errors
    ///
    /// [`InstallError`] gives the reason; then no thread has the filter. [`InstallError::Value`] is for a value that the filter
    /// cannot take; then no system call has been made.
    #[inline]
    pub fn install(&self) -> Result<(), InstallError> {
        self.__policy_or_installer.install()
    }

    /// Installs the policy, and returns the listener for its calls with the action `notify`, as
    /// [`Installer::install_with_listener`] does.
    ///
    /// # Errors
    ///
    /// [`InstallError`] gives the reason; then no thread has the filter.
    #[inline]
    pub fn install_with_listener(&self) -> Result<Listener, InstallError> {
        self.__policy_or_installer.install_with_listener()
    }

    /// Installs the policy, or ends the process, as [`Installer::install_or_exit`] does.
    #[inline]
    pub fn install_or_exit(&self, what: &str) {
        self.__policy_or_installer.or_exit(Beginning::Function(what));
    }

    /// The action that the installed filter gives `call`, computed without a kernel by running the filter. For a filter
    /// that cannot be installed, because a value does not fit, it is [`Action::KillProcess`].
    #[inline]
    #[must_use]
    pub fn decide(&self, call: &Call) -> Action {
        self.__policy_or_installer.filter.decide(call)
    }
}
