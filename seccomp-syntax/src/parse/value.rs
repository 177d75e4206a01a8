//! Numbers: `3`, `-1`, `O_CREAT | O_EXCL`, `!0`, `libc::TIOCSTI`, `{ 1 << 3 }`.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use seccomp_ir::tree::{Value, ValueKind};
use syn::parse::{ParseStream, Parser as _};
use syn::token::{Brace, Paren};
use syn::{LitInt, braced};

use super::input::{here, ident, next_is, parentheses, past, take};
use crate::sources::Sources;

/// Parses `unary { "|" unary }`.
pub(super) fn value(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<Value> {
    let span = input.span();
    let mut value = unary(input, sources)?;
    if is_or(input) {
        let mut parts = vec![value];
        while is_or(input) {
            take(input, "|");
            parts.push(unary(input, sources)?);
        }
        value = Value { kind: ValueKind::Or(parts), span: sources.note_span(span) };
    }
    no_arithmetic(input)?;
    Ok(value)
}

/// Whether `|` is next, and not `||`.
pub(super) fn is_or(input: ParseStream<'_>) -> bool {
    next_is(input, "|") && !next_is(input, "||")
}

/// Parses a value that may stand after `&`: no bare `|`.
pub(super) fn unary(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<Value> {
    let span = input.span();
    if let Some(content) = fragment(input) {
        return (|input: ParseStream<'_>| of_fragment(input, sources)).parse2(content);
    }
    if take(input, "!") {
        let inner = unary(input, sources)?;
        return Ok(Value { kind: ValueKind::Not(Box::new(inner)), span: sources.note_span(span) });
    }
    if take(input, "-") {
        if !input.peek(LitInt) || next_is(input, "-") {
            return Err(here(
                input,
                "a minus sign goes before a number; for anything else write `{ -EXPRESSION }`",
            ));
        }
        let (number, _) = integer(input)?;
        return Ok(Value { kind: ValueKind::Integer(-number), span: sources.note_span(span) });
    }
    if let Some(content) = parentheses(input)? {
        let inner = value(&content, sources)?;
        if !content.is_empty() {
            return Err(here(&content, "expected `|` or `)` here"));
        }
        return Ok(Value { kind: inner.kind, span: sources.note_span(span) });
    }
    if input.peek(Brace) {
        let content;
        let braces = braced!(content in input);
        let tokens: TokenStream = content.parse()?;
        if tokens.is_empty() {
            return Err(syn::Error::new(span, "no expression in the braces"));
        }
        let mut block = Group::new(Delimiter::Brace, tokens);
        block.set_span(braces.span.join());
        return Ok(expression(TokenTree::Group(block).into(), span, sources));
    }
    if input.peek(syn::Lit) {
        let (number, span) = integer(input)?;
        return Ok(Value { kind: ValueKind::Integer(number), span: sources.note_span(span) });
    }
    name(input, sources)
}

/// Takes what a macro of the user got as one expression or literal (`$x:expr`): it is one value
/// here too, as if it stood in parentheses.
fn fragment(input: ParseStream<'_>) -> Option<TokenStream> {
    let (content, _, rest) = input.cursor().group(Delimiter::None)?;
    // `$module::CONSTANT` goes on.
    if past("::", rest).is_some() {
        return None;
    }
    let content = content.token_stream();
    input.parse::<TokenTree>().ok()?;
    Some(content)
}

fn of_fragment(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<Value> {
    let value = value(input, sources)?;
    if input.is_empty() {
        Ok(value)
    } else {
        Err(here(input, "expected a value here; an expression goes in braces: `{ expression }`"))
    }
}

/// A bare name is a constant of the tables; a path is left to rustc.
fn name(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<Value> {
    let span = input.span();
    let mut path = Vec::new();
    loop {
        if next_is(input, "::") {
            path.push(input.parse::<TokenTree>()?);
            path.push(input.parse::<TokenTree>()?);
        } else if !path.is_empty() {
            break;
        }
        let expected =
            "expected a number here: `3`, `O_CREAT`, `libc::TIOCSTI` or `{ expression }`";
        path.push(ident(input, expected)?.into());
    }
    if input.peek(Paren) {
        return Err(here(input, "a call goes in braces, and rustc evaluates it: `{ _IOR(…) }`"));
    }
    if let [TokenTree::Ident(constant)] = path.as_slice() {
        let name = sources.note_name(constant);
        let span = name.span;
        return Ok(Value { kind: ValueKind::Constant(name), span });
    }
    Ok(expression(path.into_iter().collect(), span, sources))
}

/// What rustc evaluates.
fn expression(tokens: TokenStream, span: Span, sources: &mut Sources) -> Value {
    let expression = sources.note_expression(tokens, span);
    let span = expression.span;
    Value { kind: ValueKind::Expression(expression), span }
}

/// Parses an integer without sign or suffix; what it is and where.
pub(super) fn integer(input: ParseStream<'_>) -> syn::Result<(i128, Span)> {
    let literal = match input.parse::<LitInt>() {
        Ok(literal) => literal,
        Err(error) => {
            let message = "expected an integer here: arguments of system calls are numbers";
            return Err(syn::Error::new(error.span(), message));
        }
    };
    let span = literal.span();
    let text = literal.token().to_string();
    // A literal made by a macro may have a sign of its own.
    let magnitude = literal.base10_digits().trim_start_matches('-');
    let message = if text.starts_with("0X") || text.starts_with("0O") || text.starts_with("0B") {
        format!("`{text}` is written `{}` in Rust", text.to_lowercase())
    } else if !literal.suffix().is_empty() {
        format!(
            "no suffix `{}` here: an argument has the type that the kernel declares; `as` overrides it",
            literal.suffix()
        )
    } else if let Some(digits) = octal_of_c(&text) {
        match digits {
            "" => format!("zero is written `0`, not `{text}`"),
            digits => format!(
                "`{text}` is octal in C and decimal in Rust: write `0o{digits}` or `{digits}`"
            ),
        }
    } else if let Ok(magnitude) = magnitude.parse::<u64>() {
        let number = i128::from(magnitude);
        return Ok((if text.starts_with('-') { -number } else { number }, span));
    } else {
        format!("`{text}` does not fit 64 bits, the width of an argument")
    };
    Err(syn::Error::new(span, message))
}

/// What follows the zeros of a literal that C takes for octal.
fn octal_of_c(literal: &str) -> Option<&str> {
    let bytes = literal.as_bytes();
    if bytes.len() < 2 || bytes[0] != b'0' {
        return None;
    }
    let mut zeros = 0;
    let mut leading = true;
    for byte in bytes {
        match byte {
            b'0' | b'_' if leading => zeros += 1,
            b'0'..=b'9' | b'_' => leading = false,
            _ => return None,
        }
    }
    Some(&literal[zeros..])
}

fn no_arithmetic(input: ParseStream<'_>) -> syn::Result<()> {
    for sign in &["<<", ">>", "+", "-", "*", "/", "^", "%"] {
        if next_is(input, sign) {
            let message = "arithmetic goes in braces, and rustc evaluates it: `{ 1 << 3 }`";
            return Err(here(input, message));
        }
    }
    Ok(())
}
