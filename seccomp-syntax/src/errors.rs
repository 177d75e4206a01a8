//! Errors and warnings, each at a token.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens as _;
use seccomp_ir::diagnostic::{self, Code, Diagnostic, ErrorCode};

/// A diagnostic about a policy, with spans that are tokens: see [`Diagnostic`].
#[cfg_attr(feature = "debug", derive(Debug, Clone))]
#[non_exhaustive]
pub struct LocatedDiagnostic {
    /// Which error or warning it is.
    pub code: Code,
    /// Where.
    pub span: Span,
    /// What is wrong, and why.
    pub message: String,
    /// What to write instead, if the message does not say it.
    pub help: Option<String>,
    /// Other places, each with a note.
    pub labels: Vec<(Span, String)>,
    /// A replacement that cures it: the place and the new text.
    pub replacement: Option<(Span, String)>,
}

impl LocatedDiagnostic {
    /// A new error.
    pub(crate) fn new(code: ErrorCode, span: Span, message: impl Into<String>) -> Self {
        Self::of_code(code.into(), span, message.into())
    }

    fn of_code(code: Code, span: Span, message: String) -> Self {
        Self { code, span, message, help: None, labels: Vec::new(), replacement: None }
    }

    /// The same error, with advice on what to write instead.
    pub(crate) fn help(mut self: Box<Self>, help: &str) -> Box<Self> {
        self.help = Some(help.to_owned());
        self
    }

    /// The same error, with a replacement for its own place that cures it.
    pub(crate) fn replace(mut self: Box<Self>, text: &str) -> Box<Self> {
        self.replacement = Some((self.span, text.to_owned()));
        self
    }

    /// Converts a diagnostic of the compiler; `at` gives the place of each of its spans.
    pub(crate) fn of(diagnostic: &Diagnostic, at: &dyn Fn(seccomp_ir::tree::Span) -> Span) -> Self {
        let Diagnostic { code, span, message, labels, help, replacement, .. } = diagnostic;
        let mut located = Self::of_code(*code, at(*span), message.clone());
        located.help.clone_from(help);
        for label in labels {
            located.labels.push((at(label.span), label.text.clone()));
        }
        if let Some(new) = replacement {
            located.replacement = Some((at(new.span), new.text.clone()));
        }
        located
    }

    /// A `compile_error!` at its place.
    pub(crate) fn to_compile_error(&self) -> TokenStream {
        syn::Error::new(self.span, self.text()).to_compile_error()
    }

    /// The message and the help, as one text for a macro to report.
    #[must_use]
    pub fn text(&self) -> String {
        diagnostic::text(self.code, &self.message, self.help.as_deref())
    }
}

impl std::fmt::Display for LocatedDiagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

/// An error of syn, from the parts of a policy that syn parses without this parser.
impl From<syn::Error> for LocatedDiagnostic {
    fn from(error: syn::Error) -> Self {
        Self::new(ErrorCode::Unexpected, error.span(), error.to_string())
    }
}

impl From<syn::Error> for Box<LocatedDiagnostic> {
    fn from(error: syn::Error) -> Self {
        Box::new(error.into())
    }
}

impl From<Box<LocatedDiagnostic>> for syn::Error {
    fn from(error: Box<LocatedDiagnostic>) -> Self {
        Self::new(error.span, error.text())
    }
}

/// All errors of a policy, each at its token.
#[derive(Default)]
pub struct LocatedErrors {
    found: Vec<LocatedDiagnostic>,
    /// The text and place of each error, sorted.
    keys: Vec<String>,
}

impl LocatedErrors {
    /// Adds an error, unless the same error is there for the same place.
    pub(crate) fn add(&mut self, error: LocatedDiagnostic) {
        // Spans cannot be compared.
        let key = format!("{:?} {error}", error.span);
        if let Err(at) = self.keys.binary_search(&key) {
            self.keys.insert(at, key);
            self.found.push(error);
        }
    }

    /// Whether there are no errors.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The errors, each with its span, in the order found.
    pub fn iter(&self) -> std::slice::Iter<'_, LocatedDiagnostic> {
        self.found.iter()
    }

    /// Adds all of `others`.
    pub(crate) fn append(&mut self, others: Self) {
        for error in others.found {
            self.add(error);
        }
    }

    /// One `compile_error!` for each error, at its span.
    #[must_use]
    pub fn to_compile_errors(&self) -> TokenStream {
        let mut tokens = TokenStream::new();
        for error in &self.found {
            error.to_compile_error().to_tokens(&mut tokens);
        }
        tokens
    }
}

impl<'a> IntoIterator for &'a LocatedErrors {
    type Item = &'a LocatedDiagnostic;
    type IntoIter = std::slice::Iter<'a, LocatedDiagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl std::fmt::Debug for LocatedErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(ToString::to_string)).finish()
    }
}

impl std::fmt::Display for LocatedErrors {
    /// One paragraph for each error.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, error) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

#[cfg(feature = "debug")]
impl std::error::Error for LocatedErrors {}

impl From<Box<LocatedDiagnostic>> for LocatedErrors {
    fn from(error: Box<LocatedDiagnostic>) -> Self {
        let mut errors = Self::default();
        errors.add(*error);
        errors
    }
}

impl From<syn::Error> for LocatedErrors {
    fn from(error: syn::Error) -> Self {
        Box::<LocatedDiagnostic>::from(error).into()
    }
}
