//! Errors and warnings about a policy, as data: a tool can show them, sort them and apply their advice.
//!
//! A [`Diagnostic`] says where it belongs by [`Span`]s, but not how it is shown. A macro has one place and one
//! text for each ([`Diagnostic::text`]); `seccomp-syntax` draws those of files and strings.

mod code;

pub use code::{Code, ErrorCode, Lint};

use crate::abi::Abi;
use crate::tree::Span;

/// An error or a warning about a policy.
#[cfg_attr(feature = "debug", derive(Debug, Clone))]
pub struct Diagnostic {
    /// Which error or warning it is.
    pub code: Code,
    /// Where it is.
    pub span: Span,
    /// What is wrong, and why.
    pub message: String,
    /// Other places that matter to it.
    pub labels: Vec<Label>,
    /// What to write instead, if the message does not say it.
    pub help: Option<String>,
    /// A change that corrects it.
    pub replacement: Option<Replacement>,
    /// The ABIs on which it is an error; empty if it does not depend on the ABI.
    abis: Vec<Abi>,
}

/// Another place that a diagnostic mentions.
#[derive(Clone)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Label {
    /// Where it is.
    pub span: Span,
    /// What is there.
    pub text: String,
}

/// A change that corrects the cause of a diagnostic. A tool can apply it without a person's review: the
/// new policy no longer has this error.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub struct Replacement {
    /// The text that is replaced.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// The severity of a diagnostic.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub enum Severity {
    /// There is no filter.
    Error,
    /// There is a filter, but its author may have meant another one.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Diagnostic {
    /// A diagnostic with its place and message only.
    #[must_use]
    pub fn new(code: impl Into<Code>, span: Span, message: impl Into<String>) -> Self {
        Self::of(code.into(), span, message.into())
    }

    /// Like [`Self::new`], without generic code, which would be compiled once for each type.
    fn of(code: Code, span: Span, message: String) -> Self {
        Self {
            code,
            span,
            message,
            labels: Vec::new(),
            help: None,
            replacement: None,
            abis: Vec::new(),
        }
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a change that corrects it.
    #[must_use]
    pub fn replace(mut self, span: Span, text: impl Into<String>) -> Self {
        self.replacement = Some(Replacement { span, text: text.into() });
        self
    }

    /// Marks it as an error on `abi`; on other ABIs it may be correct.
    pub(crate) fn on(mut self, abi: Abi) -> Self {
        self.abis = vec![abi];
        self
    }

    /// Adds the ABIs of `same`, which is the same error.
    pub(crate) fn also_on(&mut self, same: &Self) {
        for abi in &same.abis {
            if !self.abis.contains(abi) {
                self.abis.push(*abi);
            }
        }
    }

    /// The ABIs on which it is an error; empty if it does not depend on the ABI.
    pub(crate) fn abis(&self) -> &[Abi] {
        &self.abis
    }

    /// The whole diagnostic in one text, for a reader that shows one text only.
    #[must_use]
    pub fn text(&self) -> String {
        text(self.code, &self.message, self.help.as_deref())
    }
}

/// The whole diagnostic in one text.
#[must_use]
pub fn text(code: Code, message: &str, help: Option<&str>) -> String {
    let mut text = message.to_owned();
    if let Some(help) = help {
        text += if code.severity() == Severity::Warning { "\n" } else { "; " };
        text += help;
    }
    if let Code::Warning(lint) = code {
        text += "\nif it is meant: `#[allow(seccomp::";
        text += lint.name();
        text += ")]` before it";
    }
    text
}
