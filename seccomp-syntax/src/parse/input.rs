//! Helpers for the next tokens of the input: look at them, take them, or report that another was
//! expected.

use proc_macro2::{Delimiter, Ident, Spacing, Span, TokenStream};
use seccomp_ir::diagnostic::Mistake;

use super::Result;
use crate::errors::Located;
use crate::reader::{Cursor, Input, Tokens};
use crate::sources::text;

/// Whether `sign` is next.
pub(super) fn next_is(input: &Input<'_>, sign: &str) -> bool {
    past(sign, input.cursor()).is_some()
}

/// Takes `sign` if it is next.
pub(super) fn take(input: &Input<'_>, sign: &str) -> bool {
    match past(sign, input.cursor()) {
        Some(rest) => {
            input.advance(rest);
            true
        }
        None => false,
    }
}

/// Takes the keyword `word` if it is next.
pub(super) fn take_word(input: &Input<'_>, word: &str) -> bool {
    match input.cursor().ident() {
        Some((ident, rest)) if ident == word => {
            input.advance(rest);
            true
        }
        _ => false,
    }
}

/// The input after `sign`, if that is next.
pub(super) fn past<'a>(sign: &str, input: Cursor<'a>) -> Option<Cursor<'a>> {
    let mut rest = input;
    let mut spacing = Spacing::Joint;
    for character in sign.chars() {
        let (punct, next) = rest.punct()?;
        if spacing != Spacing::Joint || punct.as_char() != character {
            return None;
        }
        (spacing, rest) = (punct.spacing(), next);
    }
    Some(rest)
}

/// Takes parentheses, if they are next, and returns their content.
pub(super) fn parentheses<'a>(input: &Input<'a>) -> Option<Input<'a>> {
    Some(input.group(Delimiter::Parenthesis)?.1)
}

/// Takes brackets, if they are next, and returns their content.
pub(super) fn brackets<'a>(input: &Input<'a>) -> Option<Input<'a>> {
    Some(input.group(Delimiter::Bracket)?.1)
}

/// Takes braces, if they are next, and returns their content and place.
pub(super) fn braces<'a>(input: &Input<'a>) -> Option<(Input<'a>, Span)> {
    let (group, content) = input.group(Delimiter::Brace)?;
    Some((content, group.span()))
}

/// The text of the next identifier; empty if the next token is none.
pub(super) fn next_word(input: &Input<'_>) -> String {
    match input.cursor().ident() {
        Some((word, _)) => text(word),
        None => String::new(),
    }
}

/// Takes an identifier, which may be a keyword of Rust: the kernel uses the names `type`, `break` and
/// `lock`. The keywords that are values are not names.
pub(super) fn any_ident(input: &Input<'_>) -> Result<Ident> {
    if next_bool(input) {
        return Err(here(input, Mistake::Unexpected, "`true` and `false` are not names"));
    }
    match input.ident() {
        Some(word) => Ok(word.clone()),
        None => Err(here(input, Mistake::Unexpected, "expected a name here")),
    }
}

/// Whether a literal is next, which includes `true` and `false`.
pub(super) fn next_literal(input: &Input<'_>) -> bool {
    input.cursor().literal().is_some() || next_bool(input)
}

fn next_bool(input: &Input<'_>) -> bool {
    matches!(input.cursor().ident(), Some((word, _)) if word == "true" || word == "false")
}

/// Takes an identifier; `expected` is the error message if there is none.
pub(super) fn ident(input: &Input<'_>, expected: &str) -> Result<Ident> {
    any_ident(input).map_err(|_| here(input, Mistake::Unexpected, expected))
}

/// Takes a comma, which separates two elements and may follow the last one.
pub(super) fn comma_or_end(input: &Input<'_>) -> Result<()> {
    if input.is_empty() || take(input, ",") {
        Ok(())
    } else {
        Err(here(input, Mistake::Unexpected, "expected `,` or the end here"))
    }
}

/// An error at the next token, or at the end of the input.
pub(super) fn here(input: &Input<'_>, code: Mistake, message: impl Into<String>) -> Box<Located> {
    wrong(code, input.span(), message)
}

/// An error at a place.
pub(super) fn wrong(code: Mistake, span: Span, message: impl Into<String>) -> Box<Located> {
    Box::new(Located::new(code, span, message))
}

/// Parses all of the tokens.
pub(super) fn whole<T>(
    tokens: TokenStream,
    parse: &mut dyn FnMut(&Input<'_>) -> Result<T>,
) -> Result<T> {
    let tokens = Tokens::new(tokens);
    let input = tokens.read();
    let parsed = parse(&input)?;
    if input.is_empty() {
        Ok(parsed)
    } else {
        Err(here(&input, Mistake::Unexpected, "expected nothing more here"))
    }
}
