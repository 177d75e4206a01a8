//! The tokens that the numbers in a tree refer to.

use proc_macro2::{Ident, Span, TokenStream};
use seccomp_ir::diagnostic::Diagnostic;
use seccomp_ir::errors::Errors;
use seccomp_ir::tree::{self, Name, RustExpression};

use crate::errors::{LocatedDiagnostic, LocatedErrors};
use crate::rust_text::rust_text;

/// The tokens of a policy that its tree refers to by number.
#[derive(Default)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Sources {
    spans: Vec<Span>,
    expressions: Vec<TokenStream>,
}

impl Sources {
    /// The place of a span of the tree.
    #[must_use]
    pub fn span(&self, span: tree::Span) -> Span {
        self.spans[span.0 as usize]
    }

    /// The tokens of an expression of the tree.
    #[must_use]
    pub fn tokens(&self, expression: &RustExpression) -> &TokenStream {
        &self.expressions[expression.index as usize]
    }

    /// The errors of a policy, each at its token. The same message at the same place counts once: all
    /// tokens that a macro makes may have the same place.
    #[must_use]
    pub fn locate(&self, errors: &Errors) -> LocatedErrors {
        let mut located = LocatedErrors::default();
        for diagnostic in errors.diagnostics() {
            located.add(self.located(diagnostic));
        }
        located
    }

    /// A diagnostic about a policy, at its token.
    #[must_use]
    pub fn located(&self, diagnostic: &Diagnostic) -> LocatedDiagnostic {
        LocatedDiagnostic::of(diagnostic, &|span| self.span(span))
    }

    /// Adds an error that the parser found.
    pub(crate) fn add_error(&mut self, error: LocatedDiagnostic, errors: &mut Errors) {
        let LocatedDiagnostic { code, span, message, help, replacement, .. } = error;
        let mut noted = Diagnostic::new(code, self.note_span(span), message);
        noted.help = help;
        if let Some((span, text)) = replacement {
            noted = noted.replace(self.note_span(span), text);
        }
        errors.add(noted);
    }

    pub(crate) fn note_span(&mut self, span: Span) -> tree::Span {
        self.spans.push(span);
        tree::Span(number_of_last(self.spans.len()))
    }

    /// A word, without `r#`.
    pub(crate) fn note_name(&mut self, name: &Ident) -> Name {
        Name { text: text(name), span: self.note_span(name.span()) }
    }

    pub(crate) fn note_expression(&mut self, tokens: TokenStream, span: Span) -> RustExpression {
        let text = rust_text(tokens.clone());
        self.expressions.push(tokens);
        let index = number_of_last(self.expressions.len());
        RustExpression { index, text, run_time: false, span: self.note_span(span) }
    }

    /// A value that the program gives when it runs: the tokens of `$name` without the `$`, or of the parentheses of
    /// `$(expression)`.
    pub(crate) fn note_run_time(&mut self, tokens: TokenStream, span: Span) -> RustExpression {
        let mut expression = self.note_expression(tokens, span);
        expression.text.insert(0, '$');
        expression.run_time = true;
        expression
    }
}

fn number_of_last(len: usize) -> u32 {
    u32::try_from(len - 1).expect("a policy has fewer than 2^32 tokens")
}

/// A text for a message to quote; a long text is cut.
pub(crate) fn short(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The text of an identifier, without `r#`.
pub(crate) fn text(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}
