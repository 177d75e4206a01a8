//! Collects every error of a policy, so that all of them are reported at once.
//!
//! Errors flow one way. A function that finds an error adds it here and gets a [`Reported`], which it
//! returns. A caller that gets a `Reported` knows that the reason is reported, and does not report it
//! again. A stage ends with the collection if it holds an error.

use std::cmp::Ordering;

use crate::abi::Abi;
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::lists::list_abis;
use crate::tree::Span;

/// The most errors that are reported at once; one more error then says that there are others. rustc quotes
/// the whole line for each error, so thousands of errors on one long line would take it minutes.
pub const MOST: usize = 256;

/// The errors found so far: at most [`MOST`], and one that says that there are more.
#[derive(Default)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Errors {
    found: Vec<Diagnostic>,
    /// The indices of the errors found, sorted by place and message.
    sorted: Vec<u32>,
}

/// The proof that an error was reported. Only [`Errors`] makes one.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Reported(());

impl Errors {
    /// An empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A collection of one error.
    pub(crate) fn one(error: Diagnostic) -> Self {
        let mut errors = Self::new();
        errors.add(error);
        errors
    }

    /// Adds an error. The same message at the same place counts once: a policy for several ABIs is
    /// resolved once for each.
    pub fn add(&mut self, error: Diagnostic) -> Reported {
        let (mut low, mut high) = (0, self.sorted.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let found = &mut self.found[self.sorted[middle] as usize];
            match (found.span.0, &found.message).cmp(&(error.span.0, &error.message)) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => {
                    found.also_on(&error);
                    return Reported(());
                }
            }
        }
        if let Some(reported) = self.full(error.span) {
            return reported;
        }
        self.sorted.insert(low, self.found.len() as u32);
        self.found.push(error);
        Reported(())
    }

    /// Adds an error with a place and a message only.
    pub fn at(&mut self, code: ErrorCode, span: Span, message: impl Into<String>) -> Reported {
        self.add(Diagnostic::new(code, span, message))
    }

    /// Adds an error that another error may have caused: it is reported only if there is no other.
    pub(crate) fn unless_any(&mut self, error: Diagnostic) -> Reported {
        if self.is_empty() { self.add(error) } else { Reported(()) }
    }

    /// Whether a new error would not be reported, so that its message need not be written. It then counts as
    /// one of the others.
    pub(crate) fn full(&mut self, span: Span) -> Option<Reported> {
        if self.found.len() < MOST {
            return None;
        }
        // The same error on another ABI may already be reported.
        let at = self.sorted.partition_point(|index| self.found[*index as usize].span.0 < span.0);
        let is_reported =
            self.sorted.get(at).is_some_and(|index| self.found[*index as usize].span == span);
        if self.found.len() == MOST && !is_reported {
            let message = format!(
                "this policy has more than {MOST} errors, and the others begin here: fix the errors above, and \
                 compile again"
            );
            self.found.push(Diagnostic::new(ErrorCode::TooManyErrors, span, message));
        }
        Some(Reported(()))
    }

    /// Prefixes every error that only some of the `served` ABIs have with their names.
    pub(crate) fn name_abis(&mut self, served: &[Abi]) {
        for error in &mut self.found {
            let abis = error.abis();
            if !abis.is_empty() && abis.len() < served.len() {
                error.message = format!("on {}: {}", list_abis(abis), error.message);
            }
        }
    }

    /// Whether there is no error.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The errors in the order in which they were found.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.found
    }

    /// The end of a stage: `value` if there is no error.
    ///
    /// # Errors
    ///
    /// The collection itself, if it holds an error.
    pub fn propagate<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// The end of a stage that may have no value.
    ///
    /// # Errors
    ///
    /// The collection itself, if it holds an error, as it does if there is no value.
    pub fn finish<T>(self, value: Result<T, Reported>) -> Result<T, Self> {
        match value {
            Ok(value) => self.propagate(value),
            Err(Reported(())) => Err(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Errors, MOST};
    use crate::abi::Abi;
    use crate::diagnostic::{Diagnostic, ErrorCode};
    use crate::tree::Span;

    #[test]
    fn errors_above_the_limit_are_one_error_at_the_place_of_the_first_of_them() {
        let mut errors = Errors::new();
        for place in 0..2 * MOST as u32 {
            // Not in the order of places, and each twice.
            let span = Span(place ^ 3);
            for _ in 0..2 {
                errors.at(ErrorCode::UnknownCall, span, format!("error {}", place % 5));
            }
            assert_eq!(errors.full(span).is_some(), place as usize + 1 >= MOST);
        }
        assert_eq!(errors.diagnostics().len(), MOST + 1);
        let last = &errors.diagnostics()[MOST];
        assert_eq!(
            (last.code, last.span),
            (ErrorCode::TooManyErrors.into(), Span(MOST as u32 ^ 3))
        );
        assert!(errors.propagate(()).is_err());
    }

    #[test]
    fn as_many_errors_as_the_limit_on_each_of_several_abis_are_all_reported() {
        let mut errors = Errors::new();
        for abi in [Abi::X86_64, Abi::X86] {
            for place in 0..MOST as u32 {
                let error = Diagnostic::new(ErrorCode::DoesNotFit, Span(place), "not here");
                errors.add(error.on(abi));
                errors.full(Span(place));
            }
        }
        assert_eq!(errors.diagnostics().len(), MOST);
        errors.name_abis(&[Abi::X86_64, Abi::X86, Abi::X32]);
        assert!(errors.diagnostics()[0].message.starts_with("on x86_64, x86: "));
    }

    #[test]
    fn a_stage_without_a_value_ends_with_the_errors_that_it_reported() {
        let mut errors = Errors::new();
        let value: Result<(), _> = Err(errors.at(ErrorCode::UnknownCall, Span(0), "unknown"));
        let follows = Diagnostic::new(ErrorCode::NoDefault, Span(1), "no default");
        errors.unless_any(follows.clone());
        let reported = errors.finish(value).expect_err("an error");
        assert_eq!(
            reported.diagnostics().len(),
            1,
            "a consequence of another error is not reported"
        );
        let mut errors = Errors::new();
        errors.unless_any(follows);
        assert_eq!(errors.diagnostics().len(), 1);
    }
}
