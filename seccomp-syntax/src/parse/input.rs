//! Helpers for the next tokens of the input: look at them, take them, or report that another was
//! expected.

use proc_macro2::{Delimiter, Ident, Spacing, Span, TokenStream};
use seccomp_ir::diagnostic::ErrorCode;
use syn::buffer::Cursor;
use syn::ext::IdentExt as _;
use syn::parse::{ParseBuffer, ParseStream, Parser as _};
use syn::token::{Brace, Bracket, Paren};
use syn::{braced, bracketed, parenthesized};

use super::Result;
use crate::errors::LocatedDiagnostic;
use crate::sources::text;

/// Whether `sign` is next.
pub(super) fn next_is(input: ParseStream<'_>, sign: &str) -> bool {
    past(sign, input.cursor()).is_some()
}

/// Takes `sign` if it is next.
pub(super) fn take(input: ParseStream<'_>, sign: &str) -> bool {
    let taken = input.step(|cursor| {
        Ok(match past(sign, *cursor) {
            Some(rest) => (true, rest),
            None => (false, *cursor),
        })
    });
    matches!(taken, Ok(true))
}

/// Takes the keyword `word` if it is next.
pub(super) fn take_word(input: ParseStream<'_>, word: &str) -> bool {
    let next = matches!(input.cursor().ident(), Some((ident, _)) if ident == word);
    next && any_ident(input).is_ok()
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

/// The input after the next token, whatever it is.
pub(super) fn past_token(input: Cursor<'_>) -> Cursor<'_> {
    // `token_tree` copies the content of brackets.
    for delimiter in [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None]
    {
        if let Some((_, _, rest)) = input.group(delimiter) {
            return rest;
        }
    }
    match input.token_tree() {
        Some((_, rest)) => rest,
        None => input,
    }
}

/// Takes parentheses, if they are next, and returns their content.
pub(super) fn parentheses<'a>(input: ParseStream<'a>) -> syn::Result<Option<ParseBuffer<'a>>> {
    if !input.peek(Paren) {
        return Ok(None);
    }
    let content;
    parenthesized!(content in input);
    Ok(Some(content))
}

/// Takes brackets, if they are next, and returns their content.
pub(super) fn brackets<'a>(input: ParseStream<'a>) -> syn::Result<Option<ParseBuffer<'a>>> {
    if !input.peek(Bracket) {
        return Ok(None);
    }
    let content;
    bracketed!(content in input);
    Ok(Some(content))
}

/// Takes braces, if they are next, and returns their content and place.
pub(super) fn braces<'a>(input: ParseStream<'a>) -> syn::Result<Option<(ParseBuffer<'a>, Span)>> {
    if !input.peek(Brace) {
        return Ok(None);
    }
    let content;
    let braces = braced!(content in input);
    Ok(Some((content, braces.span.join())))
}

/// The text of the next identifier; empty if the next token is not an identifier.
pub(super) fn next_word(input: ParseStream<'_>) -> String {
    match input.cursor().ident() {
        Some((word, _)) => text(&word),
        None => String::new(),
    }
}

/// Takes an identifier, which may be a keyword of Rust: the kernel uses the names `type`, `break` and
/// `lock`. The keywords that are values are not names.
pub(super) fn any_ident(input: ParseStream<'_>) -> Result<Ident> {
    if next_bool(input) {
        return Err(here(input, ErrorCode::Unexpected, "`true` and `false` are not names"));
    }
    Ok(input.call(Ident::parse_any)?)
}

/// Whether a literal is next, which includes `true` and `false`. syn's own look-ahead reads the whole
/// literal.
pub(super) fn next_literal(input: ParseStream<'_>) -> bool {
    input.cursor().literal().is_some() || next_bool(input)
}

fn next_bool(input: ParseStream<'_>) -> bool {
    matches!(input.cursor().ident(), Some((word, _)) if word == "true" || word == "false")
}

/// Takes an identifier; `expected` is the error message if there is none.
pub(super) fn ident(input: ParseStream<'_>, expected: &str) -> Result<Ident> {
    any_ident(input).map_err(|_| here(input, ErrorCode::Unexpected, expected))
}

/// Takes a comma, which separates two elements and may follow the last one.
pub(super) fn comma_or_end(input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() || take(input, ",") {
        Ok(())
    } else {
        Err(here(input, ErrorCode::Unexpected, "expected `,` or the end here"))
    }
}

/// An error at the next token, or at the end of the input. Unlike `ParseBuffer::error` it adds no text
/// of its own.
pub(super) fn here(
    input: ParseStream<'_>,
    code: ErrorCode,
    message: impl Into<String>,
) -> Box<LocatedDiagnostic> {
    wrong(code, input.span(), message)
}

/// An error at a place.
pub(super) fn wrong(
    code: ErrorCode,
    span: Span,
    message: impl Into<String>,
) -> Box<LocatedDiagnostic> {
    Box::new(LocatedDiagnostic::new(code, span, message))
}

/// Parses all of the tokens.
pub(super) fn whole<T>(
    tokens: TokenStream,
    parse: &mut dyn FnMut(ParseStream<'_>) -> Result<T>,
) -> Result<T> {
    let mut parsed = None;
    all(tokens, &mut |input| {
        parsed = Some(parse(input)?);
        Ok(())
    })?;
    parsed.ok_or_else(|| {
        wrong(ErrorCode::Internal, Span::call_site(), "internal error: nothing was parsed")
    })
}

fn all(tokens: TokenStream, parse: &mut dyn FnMut(ParseStream<'_>) -> Result<()>) -> Result<()> {
    let mut wrong = None;
    let parser = |input: ParseStream<'_>| {
        if let Err(error) = parse(input) {
            wrong = Some(error);
            // Whatever follows an error is not reported as another error.
            input.parse::<TokenStream>()?;
        }
        Ok(())
    };
    let read = parser.parse2(tokens);
    match wrong {
        Some(error) => Err(error),
        None => Ok(read?),
    }
}
