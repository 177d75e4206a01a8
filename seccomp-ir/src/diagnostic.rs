//! What is said of a policy, as data: a tool can show it, sort it, and apply what it advises.
//!
//! A [`Diagnostic`] knows where it belongs by [`Span`]s, and not how it is shown. A macro has one place and one
//! text for each ([`Diagnostic::text`]); `seccomp-syntax` draws those of files and strings.

mod code;

pub use code::{Code, Lint, Mistake};

use crate::abi::Abi;
use crate::tree::Span;

/// Something that is said of a policy.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Which mistake or warning it is.
    pub code: Code,
    /// Where.
    pub span: Span,
    /// What is wrong, and why.
    pub message: String,
    /// Other places that have to do with it.
    pub labels: Vec<Label>,
    /// What to write instead, if the message does not say it.
    pub help: Option<String>,
    /// A change that cures it.
    pub replacement: Option<Replacement>,
    /// The ABIs on which it is a mistake, if it may be none on others.
    abis: Vec<Abi>,
}

/// Another place that a diagnostic speaks of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there.
    pub text: String,
}

/// A change that cures what a diagnostic says. It can be made without a person looking at it: the policy is
/// then one in which this mistake is not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replacement {
    /// What is replaced.
    pub span: Span,
    /// What goes there.
    pub text: String,
}

/// How much a diagnostic matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// There is no filter.
    Error,
    /// There is one, which may not be meant.
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
    /// What is wrong at a place; nothing more is known of it.
    #[must_use]
    pub fn new(code: impl Into<Code>, span: Span, message: impl Into<String>) -> Self {
        Self::of(code.into(), span, message.into())
    }

    /// The same without anything that is compiled once for each type.
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

    /// The same with what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with another place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// The same with a change that cures it.
    #[must_use]
    pub fn replace(mut self, span: Span, text: impl Into<String>) -> Self {
        self.replacement = Some(Replacement { span, text: text.into() });
        self
    }

    /// The same, as a mistake on `abi` that may be none on others.
    pub(crate) fn on(mut self, abi: Abi) -> Self {
        self.abis = vec![abi];
        self
    }

    /// Adds the ABIs of the same mistake.
    pub(crate) fn also_on(&mut self, same: &Self) {
        for abi in &same.abis {
            if !self.abis.contains(abi) {
                self.abis.push(*abi);
            }
        }
    }

    /// The ABIs on which it is a mistake, if it may be none on others.
    pub(crate) fn abis(&self) -> &[Abi] {
        &self.abis
    }

    /// All of it in one text, for a reader that has one place for it.
    #[must_use]
    pub fn text(&self) -> String {
        text(self.code, &self.message, self.help.as_deref())
    }
}

/// What is said, as one text.
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
