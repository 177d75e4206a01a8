//! Numbers: `3`, `-1`, `O_CREAT | O_EXCL`, `!0`, `libc::TIOCSTI`, `{ 1 << 3 }`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser as _};
use syn::token::{Brace, Paren};
use syn::{LitInt, Token, braced, parenthesized};

use super::{any_ident, here};
use crate::tree::{Value, ValueKind};

/// Parses `unary { "|" unary }`.
pub(super) fn value(input: ParseStream<'_>) -> syn::Result<Value> {
    let span = input.span();
    let mut parts = vec![unary(input)?];
    while input.peek(Token![|]) && !input.peek(Token![||]) {
        input.parse::<Token![|]>()?;
        parts.push(unary(input)?);
    }
    no_arithmetic(input)?;
    Ok(if parts.len() == 1 { parts.remove(0) } else { Value { kind: ValueKind::Or(parts), span } })
}

/// Parses a value that may stand after `&`: no bare `|`.
pub(super) fn unary(input: ParseStream<'_>) -> syn::Result<Value> {
    let span = input.span();
    if let Some(content) = fragment(input) {
        return of_fragment.parse2(content);
    }
    if input.peek(Token![!]) {
        input.parse::<Token![!]>()?;
        let inner = unary(input)?;
        return Ok(Value { kind: ValueKind::Not(Box::new(inner)), span });
    }
    if input.peek(Token![-]) {
        input.parse::<Token![-]>()?;
        if !input.peek(LitInt) || input.peek(Token![-]) {
            return Err(here(
                input,
                "a minus sign goes before a number; for anything else write `{ -EXPRESSION }`",
            ));
        }
        let (number, _) = integer(input)?;
        return Ok(Value { kind: ValueKind::Integer(-number), span });
    }
    if input.peek(Paren) {
        let content;
        parenthesized!(content in input);
        let inner = value(&content)?;
        if !content.is_empty() {
            return Err(here(&content, "expected `|` or `)` here"));
        }
        return Ok(Value { kind: inner.kind, span });
    }
    if input.peek(Brace) {
        let content;
        let braces = braced!(content in input);
        let expression: TokenStream = content.parse()?;
        if expression.is_empty() {
            return Err(syn::Error::new(span, "no expression in the braces"));
        }
        let mut block = Group::new(Delimiter::Brace, expression);
        block.set_span(braces.span.join());
        return Ok(Value { kind: ValueKind::Expression(TokenTree::Group(block).into()), span });
    }
    if input.peek(syn::Lit) {
        let (number, span) = integer(input)?;
        return Ok(Value { kind: ValueKind::Integer(number), span });
    }
    name(input)
}

/// Takes what a macro of the user got as one expression or literal (`$x:expr`): it is one value
/// here too, as if it stood in parentheses.
fn fragment(input: ParseStream<'_>) -> Option<TokenStream> {
    let ahead = input.fork();
    let whole = |input: ParseStream<'_>| {
        input.step(|cursor| match cursor.group(Delimiter::None) {
            Some((content, _, rest)) => Ok((content.token_stream(), rest)),
            None => Err(cursor.error("not from a macro")),
        })
    };
    let content = whole(&ahead).ok()?;
    // `$module::CONSTANT` goes on.
    if ahead.peek(Token![::]) {
        return None;
    }
    whole(input).ok().map(|_| content)
}

fn of_fragment(input: ParseStream<'_>) -> syn::Result<Value> {
    let value = value(input)?;
    if input.is_empty() {
        Ok(value)
    } else {
        Err(here(input, "expected a value here; an expression goes in braces: `{ expression }`"))
    }
}

/// A bare name is a constant of the tables; a path is left to rustc.
fn name(input: ParseStream<'_>) -> syn::Result<Value> {
    let span = input.span();
    let mut path = TokenStream::new();
    let mut parts = 0;
    let mut last: Option<Ident> = None;
    loop {
        if input.peek(Token![::]) {
            let colons: TokenStream = two_colons(input)?;
            path.extend(colons);
        } else if last.is_some() {
            break;
        }
        let part = any_ident(input).map_err(|error| {
            syn::Error::new(
                error.span(),
                "expected a number here: `3`, `O_CREAT`, `libc::TIOCSTI` or `{ expression }`",
            )
        })?;
        path.extend([TokenTree::Ident(part.clone())]);
        parts += 1;
        last = Some(part);
    }
    if input.peek(Paren) {
        return Err(here(input, "a call goes in braces, and rustc evaluates it: `{ _IOR(…) }`"));
    }
    match last {
        Some(name) if parts == 1 && path.clone().into_iter().count() == 1 => {
            Ok(Value { kind: ValueKind::Constant(name), span })
        }
        _ => Ok(Value { kind: ValueKind::Expression(path), span }),
    }
}

fn two_colons(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let first: TokenTree = input.parse()?;
    let second: TokenTree = input.parse()?;
    Ok([first, second].into_iter().collect())
}

/// Parses an integer without sign or suffix; what it is and where.
pub(super) fn integer(input: ParseStream<'_>) -> syn::Result<(i128, Span)> {
    let literal: LitInt = input.parse().map_err(|error| {
        syn::Error::new(
            error.span(),
            "expected an integer here: arguments of system calls are numbers",
        )
    })?;
    let span = literal.span();
    let text = literal.token().to_string();
    if text.starts_with("0X") || text.starts_with("0O") || text.starts_with("0B") {
        let lower = text.to_lowercase();
        return Err(syn::Error::new(span, format!("`{text}` is written `{lower}` in Rust")));
    }
    if !literal.suffix().is_empty() {
        let message = format!(
            "no suffix `{}` here: an argument has the type that the kernel declares; `as` overrides it",
            literal.suffix()
        );
        return Err(syn::Error::new(span, message));
    }
    if text.len() > 1
        && text.starts_with('0')
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
    {
        let message = match text.trim_start_matches(['0', '_']) {
            "" => format!("zero is written `0`, not `{text}`"),
            digits => format!(
                "`{text}` is octal in C and decimal in Rust: write `0o{digits}` or `{digits}`"
            ),
        };
        return Err(syn::Error::new(span, message));
    }
    // A literal made by a macro may have a sign of its own.
    let magnitude = literal.base10_digits().trim_start_matches('-');
    let number = magnitude.parse::<u64>().map(i128::from).map_err(|_| {
        syn::Error::new(span, format!("`{text}` does not fit 64 bits, the width of an argument"))
    })?;
    Ok((if text.starts_with('-') { -number } else { number }, span))
}

fn no_arithmetic(input: ParseStream<'_>) -> syn::Result<()> {
    let shift = input.peek(Token![<<]) || input.peek(Token![>>]);
    let sign = input.peek(Token![+]) || input.peek(Token![-]) || input.peek(Token![*]);
    if shift || sign || input.peek(Token![/]) || input.peek(Token![^]) || input.peek(Token![%]) {
        return Err(here(input, "arithmetic goes in braces, and rustc evaluates it: `{ 1 << 3 }`"));
    }
    Ok(())
}
