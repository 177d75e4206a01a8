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
//! | `text_buffer` | text in a buffer, and numbers in it |
//! | `argument_text` | the arguments of a call as text |
//! | `run_filter` | which action the filter gives to a call |
//! | `report_message` | the lines of a report |
//! | `names` | which names a program carries |
//! | `filled_filters` | the filters and values of a policy with values of the running program |
//! | `known_reports` | the reports of the installed policies |
//! | `context` | registers at the denied call, for each architecture |
//! | `sigsys_handler` | the handler, and how it is set |
//!
//! A program contains this module only if a policy in it has `report`: [`Report::new`] is the one place that names the
//! handler. Nearly every function is `#[inline]`, so only such a program compiles it, and not every program with a
//! policy. A function with several callers is `#[cold]` too: the optimiser then keeps it as one function.

mod argument_text;
mod context;
mod filled_filters;
mod known_reports;
mod names;
mod report_message;
mod run_filter;
mod sigsys_handler;
mod tables;
mod text_buffer;

use core::fmt;

use seccomp_bpf::abi::Call;
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::SockFilter;

use self::filled_filters::{FilledReport, Keeper};
use self::names::Names;
use self::tables::{Section, Tables};
use crate::number::Number;
use crate::sys::CallResult;

/// The items that the expansion of a policy with values of the running program uses.
#[doc(hidden)]
pub(crate) mod expansion {
    pub use super::filled_filters::{FilledFilters, Keeper};
}

/// The part of a policy with `report` that a program contains.
#[derive(Clone, Copy)]
pub struct Report {
    /// The filter of the policy; empty if it has values of the running program.
    filter: &'static [SockFilter],
    /// The bytes that the compiler made for the handler: see `tables`.
    tables: Tables,
    /// Where the policy is, if the compiler does not know where its parts are.
    place: &'static str,
    /// The names that `tables` have.
    names: Names,
    /// The further functions for a policy with values of the running program.
    filled: Option<&'static FilledReport>,
    /// [`Self::prepare`]: a pointer, so that the code of a plain installation does not contain it.
    prepare: fn(&'static Report) -> CallResult,
}

impl Report {
    /// The report of the policy with this filter and these tables, which the macros made together.
    #[must_use]
    #[inline]
    pub const fn new(
        filter: &'static [SockFilter],
        tables: &'static [u8],
        place: &'static str,
    ) -> Self {
        let tables = Tables::new(tables);
        Self { filter, tables, place, names: Names::NONE, filled: None, prepare }
    }

    /// The same report, with the names of calls.
    #[must_use]
    #[inline]
    pub const fn with_names_of_calls(mut self) -> Self {
        self.names = Names::OF_CALLS;
        self
    }

    /// The same report, with the names of calls, arguments and constants.
    #[must_use]
    #[inline]
    pub const fn with_names_of_arguments(mut self) -> Self {
        self.names = Names::ALL;
        self
    }

    /// The same report, for a policy with values of the running program, whose filters `K` keeps.
    #[must_use]
    #[inline]
    pub const fn with_values<const INSTRUCTIONS: usize, const VALUES: usize, K>(mut self) -> Self
    where
        K: Keeper<INSTRUCTIONS, VALUES>,
    {
        self.filled = Some(FilledReport::of::<INSTRUCTIONS, VALUES, K>());
        self
    }

    /// Keeps the filter of a policy with values for the handler, before the filter is installed. Returns
    /// [`CallResult::NO_ROOM`] if there are too many others.
    #[inline]
    pub(crate) fn keep(&self, filter: &[SockFilter], values: &[Number]) -> CallResult {
        let is_kept = self.filled.is_none_or(|filled| (filled.keep)(filter, values));
        if is_kept { CallResult::DONE } else { CallResult::NO_ROOM }
    }

    #[inline]
    pub(crate) const fn filter(&self) -> &'static [SockFilter] {
        self.filter
    }

    /// Sets the handler for SIGSYS, if it is not set, and adds this report to those that it knows. Called before the
    /// filter is installed.
    #[inline]
    pub(crate) fn prepare(&'static self) -> CallResult {
        (self.prepare)(self)
    }

    /// Whether a trap with this data is a kill of the policy as it is written.
    #[inline]
    pub(crate) fn is_denial(&self, data: u16) -> bool {
        !self.denial(data).is_empty()
    }

    /// The part of the policy whose traps have this data; empty if there is none.
    #[inline]
    fn denial(&self, data: u16) -> &'static [u8] {
        self.tables.find(Section::Denials, data.into())
    }

    /// Whether the filter returns `value` for `call`; for a policy with values, whether any of its installed filters
    /// does.
    #[inline]
    fn returns(&self, call: &Call, value: u32) -> bool {
        match self.filled {
            None => run_filter::run(self.filter, call) == value,
            Some(filled) => (filled.returns)(call, value),
        }
    }

    /// Whether the policy is certain to end the process for `call`.
    #[inline]
    fn is_fatal(&self, call: &Call) -> bool {
        let returned = run_filter::run(self.filter, call);
        self.filled.is_none() && Action::from_return_value(returned).signals()
    }
}

impl PartialEq for Report {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let Self { filter, tables, place, names: _, filled: _, prepare: _ } = self;
        (*filter, *tables, *place) == (other.filter, other.tables, other.place)
    }
}

impl Eq for Report {}

impl fmt::Debug for Report {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report").field("place", &self.place).finish_non_exhaustive()
    }
}

/// [`Report::prepare`]
#[inline]
fn prepare(report: &'static Report) -> CallResult {
    let returned = sigsys_handler::set_handler();
    if returned == CallResult::DONE { known_reports::add(report) } else { returned }
}
