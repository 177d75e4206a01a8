//! Tokens of a text, with their places, for the formats that are texts.

use super::problem::{Findings, ProblemPlace};

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Token<'_> {
    pub(super) fn place(&self) -> ProblemPlace {
        ProblemPlace::Line { line: self.line, column: self.column }
    }

    /// Whether it begins like a number.
    pub(super) fn is_number(&self) -> bool {
        self.text.trim_start_matches('-').starts_with(|it: char| it.is_ascii_digit())
    }
}

/// Counts the columns of a line from left to right, so that each character is counted once.
#[derive(Default)]
pub(super) struct Columns {
    at: usize,
    counted: usize,
}

impl Columns {
    /// The columns of the line that begins at that byte.
    pub(super) fn from(start: usize) -> Self {
        Self { at: start, counted: 0 }
    }

    /// The column, from 1, of the character at the byte `at`, which must not be before the one of the previous
    /// question.
    pub(super) fn of(&mut self, text: &str, at: usize) -> usize {
        self.counted += text[self.at..at].chars().count();
        self.at = at;
        self.counted + 1
    }
}

/// Tokens that are read from first to last.
pub(super) struct Tokens<'t, 'a> {
    tokens: &'t [Token<'a>],
    /// The place for errors about a missing token.
    end: ProblemPlace,
}

impl<'t, 'a> Tokens<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>], end: ProblemPlace) -> Self {
        Self { tokens, end }
    }

    pub(super) fn peek(&self) -> Option<&'t Token<'a>> {
        self.tokens.first()
    }

    /// The text of the next token; empty at the end.
    pub(super) fn text(&self) -> &'a str {
        self.tokens.first().map_or("", |token| token.text)
    }

    pub(super) fn next(&mut self) -> Option<&'t Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// Takes the next token if it is `text`.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let is = self.tokens.first().is_some_and(|token| token.text == text);
        if is {
            self.tokens = &self.tokens[1..];
        }
        is
    }

    /// The place of the next token.
    pub(super) fn place(&self) -> ProblemPlace {
        self.tokens.first().map_or_else(|| self.end.clone(), Token::place)
    }

    /// Takes the next token; it is an error if that is not `text`.
    pub(super) fn expect(&mut self, text: &str, findings: &mut Findings) -> Option<()> {
        if self.take(text) {
            return Some(());
        }
        self.expected(&format!("`{text}`"), findings)
    }

    /// Reads a list up to `end`: `one` reads each part, and there are commas between them. If a part or `end` is
    /// missing, it adds an error and returns `None`.
    pub(super) fn list(
        &mut self,
        end: &str,
        findings: &mut Findings,
        mut one: impl FnMut(&mut Self, &mut Findings) -> Option<()>,
    ) -> Option<()> {
        one(self, findings)?;
        while self.take(",") {
            one(self, findings)?;
        }
        self.expect(end, findings)
    }

    /// Adds the error that something else is expected here.
    pub(super) fn expected<T>(&self, what: &str, findings: &mut Findings) -> Option<T> {
        let found = match self.tokens.first() {
            Some(token) => format!("`{}`", token.text.chars().take(60).collect::<String>()),
            None => "the end".to_owned(),
        };
        findings.error(self.place(), format!("{what} is expected here, and not {found}"));
        None
    }

    /// Whether the parenthesis that is next belongs to one side of a comparison, as in `(a & 1) == 0`: an operator
    /// other than a boolean one follows its end.
    pub(super) fn starts_a_side(&self) -> bool {
        let mut depth = 0usize;
        for (index, token) in self.tokens.iter().enumerate() {
            match token.text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                let after = self.tokens.get(index + 1).map_or("", |token| token.text);
                return ["==", "!=", "<", "<=", ">", ">=", "&", "|"].contains(&after);
            }
        }
        false
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}

/// A number of C: decimal, hexadecimal after `0x`, octal after `0`, binary after `0b` where the format has it. A
/// negative number becomes 64 bits in two's complement. `None` if the text is no number or has more than 64 bits.
pub(super) fn number(text: &str, has_binary: bool) -> Option<u64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let lower = digits.to_ascii_lowercase();
    let (digits, radix) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0b").filter(|_| has_binary) {
        (digits, 2)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (&lower[1..], 8)
    } else {
        (&lower[..], 10)
    };
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let number = u64::from_str_radix(digits, radix).ok()?;
    if text.starts_with('-') {
        return (number <= 1 << 63).then(|| number.wrapping_neg());
    }
    Some(number)
}
