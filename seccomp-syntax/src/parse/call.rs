//! A concrete call: `socket(AF_INET, SOCK_STREAM, 0)`, `ioctl(cmd = TIOCSTI)`.

use proc_macro2::{Ident, TokenStream};
use syn::parse;
use syn::parse::{ParseStream, Parser as _};

use super::input::{any_ident, comma_or_end, here, ident, next_is, parentheses, take};
use super::{item, text, value};
use crate::tree::{Given, GivenCall};

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
    let name = ident(input, "expected a call here: `socket(AF_INET, SOCK_STREAM, 0)`")?;
    let calls = item::one_call(&name, input)?;
    let Some(content) = parentheses(input)? else {
        return Err(here(input, "a call has parentheses: `getpid()`"));
    };
    let mut arguments = Vec::new();
    while !content.is_empty() {
        arguments.push(given(arguments.len(), &content)?);
        comma_or_end(&content)?;
    }
    if !input.is_empty() {
        return Err(here(input, "expected nothing after the call"));
    }
    Ok(GivenCall { calls, arguments })
}

fn given(position: usize, input: ParseStream<'_>) -> syn::Result<Given> {
    let span = input.span();
    let ahead = input.fork();
    let named = any_ident(&ahead).is_ok();
    if next_is(&ahead, "==") {
        let name = text(&any_ident(input)?);
        return Err(here(input, format!("an argument is given with one `=`: `{name} = …`")));
    }
    let name = if named && next_is(&ahead, "=") {
        let name = any_ident(input)?;
        take(input, "=");
        name
    } else {
        Ident::new(&format!("a{}", position.min(6)), span)
    };
    Ok(Given { name, value: value::value(input)?, span })
}
