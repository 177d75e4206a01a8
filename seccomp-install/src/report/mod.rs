//! `report`: the program itself says which call its policy denied.
//!
//! The compiler turns every kill of such a policy into a trap, whose data names the part of the policy that decided.
//! [`Report::prepare`] runs before the filter is installed and sets a handler for SIGSYS. The handler makes one
//! write(2) to standard error and then makes the denied call again, with the registers of the program and with
//! SIGSYS masked. The filter traps it again, and the kernel ends the process, because it cannot deliver the signal
//! (`force_sig_info_to_task`, `kernel/signal.c`, Linux 6.12). So the exit status, the core and its registers are
//! those of the denied call.
//!
//! The handler allocates nothing, takes no lock, has no thread-local data and calls no C library. Everything that it
//! says comes from read-only data, from the registers, and from an interpreter of the filter.
//!
//! | module | what it knows |
//! |---|---|
//! | `tables` | the bytes that the compiler made: what decides, rules, names |
//! | `text` | text in a buffer, and numbers in it |
//! | `value` | the arguments of a call as text |
//! | `run` | which action the filter gives to a call |
//! | `message` | the lines of a report |
//! | `known` | the reports of the installed policies |
//! | `context` | registers at the denied call, for each architecture |
//! | `signal` | the handler, and how it is set |
//!
//! A program contains this module only if a policy in it has `report`: [`Report::new`] is the one place that names
//! the handler. Nearly everything is `#[inline]`, so only such a program compiles it, and not each that has a policy. What
//! is called at several places is `#[cold]` too: the optimiser then makes one function of it.

mod argument_text;
mod context;
mod known_reports;
mod message;
mod run_filter;
mod signal;
mod tables;
mod text_buffer;

use core::fmt;

use seccomp_bpf::abi::Call;
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::SockFilter;

use self::argument_text::NamesOfArguments;
use self::tables::{Part, Tables};
use crate::sys::CallResult;

/// What a program carries of a policy with `report`.
#[derive(Clone, Copy)]
pub struct Report {
    /// The filter of the policy.
    filter: &'static [SockFilter],
    /// What the compiler made for the handler: see `tables`.
    tables: &'static [u8],
    /// Where the policy is, if the compiler does not know where its parts are.
    file: &'static str,
    line: u32,
    /// What writes the names of arguments, if `tables` have them.
    names: Option<&'static NamesOfArguments>,
    /// [`Self::prepare`]. This and the next are pointers, so that the code of a plain installation contains neither.
    prepare: fn(&'static Report) -> CallResult,
    /// [`Self::is_denial`].
    is_denial: fn(&Report, u16) -> bool,
}

impl Report {
    /// The report of the policy with this filter and these tables, which the macros made together.
    #[must_use]
    #[inline]
    pub const fn new(
        filter: &'static [SockFilter],
        tables: &'static [u8],
        file: &'static str,
        line: u32,
    ) -> Self {
        Self { filter, tables, file, line, names: None, prepare, is_denial }
    }

    /// The same report, with the names of arguments and constants.
    #[must_use]
    #[inline]
    pub const fn with_names_of_arguments(mut self) -> Self {
        self.names = Some(&argument_text::NAMES_OF_ARGUMENTS);
        self
    }

    #[inline]
    pub(crate) const fn filter(&self) -> &'static [SockFilter] {
        self.filter
    }

    /// Sets the handler for SIGSYS, if it is not set, and lets it know of this report. Comes before the filter.
    #[inline]
    pub(crate) fn prepare(&'static self) -> CallResult {
        (self.prepare)(self)
    }

    /// Whether a trap with this data is a kill of the policy as it is written.
    #[inline]
    pub(crate) fn is_denial(&self, data: u16) -> bool {
        (self.is_denial)(self, data)
    }

    /// The part of the policy whose traps have this data.
    #[inline]
    fn denial(&self, data: u16) -> Option<Part<'static>> {
        Tables(self.tables).denial(data)
    }

    /// What the filter returns for `call`.
    #[inline]
    fn answer(&self, call: &Call) -> u32 {
        run_filter::run(self.filter, call)
    }

    /// The action of the policy for `call`.
    #[inline]
    fn action(&self, call: &Call) -> Action {
        Action::from_return_value(self.answer(call))
    }
}

impl PartialEq for Report {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let Self { filter, tables, file, line, names: _, prepare: _, is_denial: _ } = self;
        (*filter, *tables, *file, *line) == (other.filter, other.tables, other.file, other.line)
    }
}

impl Eq for Report {}

impl fmt::Debug for Report {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report").field("file", &self.file).field("line", &self.line).finish()
    }
}

/// [`Report::prepare`]
#[inline]
fn prepare(report: &'static Report) -> CallResult {
    let returned = signal::set_handler();
    if returned == CallResult::DONE { known_reports::add(report) } else { returned }
}

/// [`Report::is_denial`]
#[inline]
fn is_denial(report: &Report, data: u16) -> bool {
    report.denial(data).is_some()
}
