//! Diagnostics for policies as text (files, strings), each with its file, line and column.
//!
//! Tokens keep their positions only until their thread reads another text, so the positions are copied at
//! once: a [`Report`] is plain data.

#[cfg(feature = "text")]
mod json;

#[cfg(feature = "text")]
pub use json::JSON_VERSION;

#[cfg(feature = "text")]
use std::fmt;
use std::ops::Range;
use std::str::FromStr as _;

use proc_macro2::{Span, TokenStream, TokenTree};
use seccomp_ir::diagnostic::{self, Code, ErrorCode};

use crate::errors::LocatedDiagnostic;

/// A text that a report is about, and its name.
#[cfg_attr(feature = "debug", derive(Debug, Clone))]
pub struct SourceText {
    /// The name that messages use for it; for a file, its path.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// A range of one of the report's texts.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub struct TextRange {
    /// Which of the report's texts it is in, as an index.
    pub text: usize,
    /// The range of its bytes.
    pub bytes: Range<usize>,
}

/// A diagnostic about a policy in a text: see [`seccomp_ir::diagnostic::Diagnostic`].
#[cfg_attr(feature = "debug", derive(Debug, Clone))]
#[non_exhaustive]
pub struct TextDiagnostic {
    /// Which error or warning it is.
    pub code: Code,
    /// Where.
    pub place: TextRange,
    /// What is wrong, and why.
    pub message: String,
    /// What to write instead, if the message does not say it.
    pub help: Option<String>,
    /// Other places, each with a note.
    pub labels: Vec<(TextRange, String)>,
    /// A replacement that cures it: the place and the new text.
    pub replacement: Option<(TextRange, String)>,
}

/// All diagnostics about a policy in a text.
#[cfg_attr(feature = "debug", derive(Debug, Clone, Default))]
#[non_exhaustive]
pub struct Report {
    /// The texts: first the text of the policy, then those that it includes.
    pub texts: Vec<SourceText>,
    /// Errors and warnings, in the order found.
    pub diagnostics: Vec<TextDiagnostic>,
}

/// Texts whose tokens are in use.
#[derive(Default)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub(crate) struct Texts {
    texts: Vec<SourceText>,
    /// The name that `proc_macro2` gives to each text.
    called: Vec<String>,
}

impl Texts {
    /// Splits a text into tokens.
    ///
    /// # Errors
    ///
    /// The text does not consist of tokens.
    pub(crate) fn read(
        &mut self,
        name: &str,
        text: &str,
    ) -> Result<TokenStream, Box<LocatedDiagnostic>> {
        let tokens = TokenStream::from_str(text);
        let first = match &tokens {
            Ok(tokens) => tokens.clone().into_iter().next().map(|token| begin(&token)),
            Err(error) => Some(error.span()),
        };
        self.texts.push(SourceText { name: name.to_owned(), text: text.to_owned() });
        self.called.push(first.map(|span| span.file()).unwrap_or_default());
        tokens.map_err(|error| {
            let message = "this is not text of the policy language: a quote or a bracket is not closed, or a character is not allowed";
            Box::new(LocatedDiagnostic::new(ErrorCode::NotTokens, error.span(), message))
        })
    }

    /// A report of these diagnostics, with the texts that they are about.
    pub(crate) fn report<'a>(
        self,
        located: impl IntoIterator<Item = &'a LocatedDiagnostic>,
    ) -> Report {
        let mut diagnostics = Vec::new();
        for one in located {
            diagnostics.push(self.located(one));
        }
        Report { texts: self.texts, diagnostics }
    }

    /// The name of the text in which a span is, and its line.
    #[cfg(feature = "text")]
    pub(crate) fn line(&self, span: Span) -> seccomp_ir::report::SourceLine {
        let Some(SourceText { name, .. }) = self.texts.get(self.place(span).text) else {
            return seccomp_ir::report::SourceLine { file: String::new(), line: 0 };
        };
        // proc-macro2 has a table of lines. Counting the lines anew for each of many rules would take a minute.
        let line = u32::try_from(span.start().line).unwrap_or(0);
        seccomp_ir::report::SourceLine { file: name.clone(), line }
    }

    fn located(&self, located: &LocatedDiagnostic) -> TextDiagnostic {
        let LocatedDiagnostic { code, span, message, help, labels, replacement, .. } = located;
        let mut places = Vec::new();
        for (span, text) in labels {
            places.push((self.place(*span), text.clone()));
        }
        TextDiagnostic {
            code: *code,
            place: self.place(*span),
            message: message.clone(),
            help: help.clone(),
            labels: places,
            replacement: replacement.as_ref().map(|(span, text)| (self.place(*span), text.clone())),
        }
    }

    /// The place of a token. An error about something missing is at the end of the first text.
    fn place(&self, span: Span) -> TextRange {
        let file = span.file();
        match self.called.iter().position(|called| *called == file) {
            Some(text) => TextRange { text, bytes: span.byte_range() },
            None => {
                let end = self.texts.first().map_or(0, |text| text.text.trim_end().len());
                TextRange { text: 0, bytes: end..end }
            }
        }
    }
}

/// The place where a token begins. For a group it is the opening bracket, which is always in the text.
fn begin(token: &TokenTree) -> Span {
    match token {
        TokenTree::Group(group) => group.span_open(),
        token => token.span(),
    }
}

/// Adds a line: a number, padded to `width` columns, a sign, and after a space the text.
fn row(number: &str, sign: &str, text: &str, width: usize, out: &mut String) {
    out.push('\n');
    out.push_str(number);
    for _ in number.len()..width {
        out.push(' ');
    }
    out.push_str(sign);
    if !text.is_empty() {
        out.push(' ');
        out.push_str(text);
    }
    out.truncate(out.trim_end().len());
}

/// The length of the byte order mark with which a text begins. It is no part of the first line.
fn byte_order_mark(text: &str) -> usize {
    const MARK: char = '\u{feff}';
    if text.starts_with(MARK) { MARK.len_utf8() } else { 0 }
}

/// A line of a text, and the part of it that is underlined.
struct Line<'a> {
    /// From 1.
    number: usize,
    /// Without its end.
    text: &'a str,
    /// The number of characters before the underlined part.
    before: usize,
    /// The number of characters that are underlined, at least one.
    length: usize,
}

/// The most columns of a line that are shown.
const SHOWN: usize = 160;

impl Report {
    /// Whether it has no errors.
    #[must_use]
    #[inline]
    pub fn is_right(&self) -> bool {
        self.diagnostics.iter().all(|diagnostic| matches!(diagnostic.code, Code::Warning(_)))
    }

    /// The line and the column, both from 1, of a byte of a text.
    #[must_use]
    pub fn line_and_column(&self, text: usize, byte: usize) -> (usize, usize) {
        let before = &self.texts[text].text[..byte];
        let start = before.rfind('\n').map_or_else(|| byte_order_mark(before), |end| end + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }

    /// `name:line:column`
    #[must_use]
    pub fn position(&self, place: &TextRange) -> String {
        let Some(text) = self.texts.get(place.text) else { return String::new() };
        let (line, column) = self.line_and_column(place.text, place.bytes.start);
        format!("{}:{line}:{column}", text.name)
    }

    /// A diagnostic in one text, for a reader that does not show the text itself: its position, its message,
    /// and its line below.
    pub(crate) fn message(&self, diagnostic: &TextDiagnostic) -> String {
        let mut drawn = self.position(&diagnostic.place);
        drawn += ": ";
        drawn +=
            &diagnostic::text(diagnostic.code, &diagnostic.message, diagnostic.help.as_deref());
        self.draw(diagnostic, &mut drawn);
        drawn
    }

    /// Draws the places of a diagnostic: each line, with the place underlined.
    fn draw(&self, diagnostic: &TextDiagnostic, out: &mut String) {
        // First the text that the diagnostic is in, in order, then the other texts.
        let order = |place: &TextRange| {
            (place.text != diagnostic.place.text, place.text, place.bytes.start)
        };
        let mut places = vec![(&diagnostic.place, '^', "")];
        for (place, text) in &diagnostic.labels {
            let mut at = places.len();
            while at > 0 && order(places[at - 1].0) > order(place) {
                at -= 1;
            }
            places.insert(at, (place, '-', text.as_str()));
        }
        let mut width = 0;
        for (place, ..) in &places {
            width = width.max(self.line(place).map_or(0, |line| line.number.to_string().len()));
        }
        let mut before = None;
        for (place, mark, label) in places {
            let Some(line) = self.line(place) else { continue };
            let (shown, column) = line.shown();
            let same_text = before.is_some_and(|(text, _)| text == place.text);
            let last = before.map_or(0, |(_, number)| number);
            if !same_text {
                if place.text != diagnostic.place.text {
                    row("", ":::", &self.position(place), width, out);
                }
                row("", " |", "", width, out);
            } else if last + 1 < line.number {
                row("", "...", "", width, out);
            }
            if !same_text || last != line.number {
                row(&line.number.to_string(), " |", &shown, width, out);
            }
            before = Some((place.text, line.number));
            let mut underlined = String::new();
            for _ in 0..column {
                underlined.push(' ');
            }
            for _ in 0..line.length.min(SHOWN) {
                underlined.push(mark);
            }
            underlined.push(' ');
            underlined += label;
            row("", " |", &underlined, width, out);
        }
    }

    /// The line in which a place begins.
    fn line(&self, place: &TextRange) -> Option<Line<'_>> {
        let text = &self.texts.get(place.text)?.text;
        let before = text[..place.bytes.start].rfind('\n');
        let start = before.map_or_else(|| byte_order_mark(text), |end| end + 1);
        let end =
            text[place.bytes.start..].find('\n').map_or(text.len(), |at| place.bytes.start + at);
        let meant = &text[place.bytes.start..place.bytes.end.clamp(place.bytes.start, end)];
        Some(Line {
            number: text[..start].matches('\n').count() + 1,
            text: text[start..end].trim_end_matches('\r'),
            before: text[start.min(place.bytes.start)..place.bytes.start].chars().count(),
            length: meant.chars().count().max(1),
        })
    }
}

impl Line<'_> {
    /// The part of the line that is shown, and the number of columns in it before the underlined part. A tab
    /// is shown as one space.
    fn shown(&self) -> (String, usize) {
        let skipped = if self.before > SHOWN / 2 { self.before - SHOWN / 4 } else { 0 };
        let mut shown = String::new();
        if skipped > 0 {
            shown.push('…');
        }
        for (column, character) in self.text.chars().enumerate() {
            if column >= skipped + SHOWN {
                shown.push('…');
                break;
            }
            if column >= skipped {
                shown.push(if character == '\t' { ' ' } else { character });
            }
        }
        (shown, self.before - skipped + usize::from(skipped > 0))
    }
}

/// All diagnostics, in the form of a compiler on a terminal, without colours.
#[cfg(feature = "text")]
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let (severity, code) = (diagnostic.code.severity().name(), diagnostic.code);
            let mut drawn = String::new();
            self.draw(diagnostic, &mut drawn);
            writeln!(f, "{severity}[{code}]: {}", diagnostic.message)?;
            writeln!(f, "  --> {}{drawn}", self.position(&diagnostic.place))?;
            if let Some(help) = &diagnostic.help {
                writeln!(f, "  = help: {help}")?;
            }
            if let Code::Warning(lint) = diagnostic.code {
                writeln!(f, "  = if it is meant: `#[allow(seccomp::{})]` before it", lint.name())?;
            }
        }
        Ok(())
    }
}

#[cfg(feature = "text")]
#[cfg(feature = "debug")]
impl std::error::Error for Report {}
