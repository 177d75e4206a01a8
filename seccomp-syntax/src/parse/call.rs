//! A concrete call: `socket(AF_INET, SOCK_STREAM, 0)`, `ioctl(cmd = TIOCSTI)`.

use proc_macro2::{Span, TokenStream};
use syn::Token;
use syn::parse::{ParseStream, Parser};
use syn::token::Paren;
use syn::{parenthesized, parse};

use super::{any_ident, comma_separated, here, item, text, value};
use crate::tree::{Calls, Given, GivenCall};

/// Parses a call with its arguments.
///
/// # Errors
///
/// What is not of that form.
pub fn parse_call(tokens: TokenStream) -> parse::Result<GivenCall> {
    super::shallow(tokens.clone(), 0)?;
    call.parse2(tokens)
}

fn call(input: ParseStream<'_>) -> syn::Result<GivenCall> {
    let form = "expected a call here: `socket(AF_INET, SOCK_STREAM, 0)`";
    let name = any_ident(input).map_err(|error| syn::Error::new(error.span(), form))?;
    let calls = match item::number(&name, input)? {
        Some(number) => Calls::Numbered(number, name.span()),
        None => Calls::Named(name),
    };
    if !input.peek(Paren) {
        return Err(here(input, "a call has parentheses: `getpid()`"));
    }
    let content;
    parenthesized!(content in input);
    let arguments = comma_separated(&content, given)?;
    if !input.is_empty() {
        return Err(here(input, "expected nothing after the call"));
    }
    Ok(GivenCall { calls, arguments })
}

fn given(input: ParseStream<'_>) -> syn::Result<Given> {
    let span: Span = input.span();
    let ahead = input.fork();
    let named = any_ident(&ahead).is_ok() && ahead.peek(Token![=]) && !ahead.peek(Token![==]);
    let name = if named {
        let name = any_ident(input)?;
        input.parse::<Token![=]>()?;
        Some(name)
    } else {
        None
    };
    if name.is_none() && ahead.peek(Token![==]) {
        let name = text(&any_ident(input)?);
        return Err(here(input, format!("an argument is given with one `=`: `{name} = …`")));
    }
    Ok(Given { name, value: value::value(input)?, span })
}
