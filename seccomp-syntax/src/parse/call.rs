//! A concrete call: `socket(AF_INET, SOCK_STREAM, 0)`, `ioctl(cmd = TIOCSTI)`.

use proc_macro2::TokenStream;
use seccomp_ir::diagnostic::ErrorCode;
use seccomp_ir::tree::{GivenArgument, GivenCall, Name};
use syn::parse::ParseStream;

use super::Result;
use super::input::{any_ident, comma_or_end, here, ident, next_is, parentheses, take};
use super::{input, target, value};
use crate::errors::LocatedErrors;
use crate::extent::Extent;
use crate::sources::{Sources, text};

/// Parses a call with its arguments.
///
/// # Errors
///
/// The tokens do not have that form.
pub(crate) fn parse_call(
    tokens: TokenStream,
) -> std::result::Result<(GivenCall, Sources), LocatedErrors> {
    Extent::default().read(tokens.clone())?;
    let mut sources = Sources::default();
    let call = input::whole(tokens, &mut |input| call(input, &mut sources))?;
    Ok((call, sources))
}

fn call(input: ParseStream<'_>, sources: &mut Sources) -> Result<GivenCall> {
    let name = ident(input, "expected a call here: `socket(AF_INET, SOCK_STREAM, 0)`")?;
    let calls = target::one_call(&name, input, sources)?;
    let Some(content) = parentheses(input)? else {
        return Err(here(input, ErrorCode::NotACall, "a call needs parentheses: `getpid()`"));
    };
    let mut arguments = Vec::new();
    while !content.is_empty() {
        arguments.push(given(arguments.len(), &content, sources)?);
        comma_or_end(&content)?;
    }
    if !input.is_empty() {
        return Err(here(input, ErrorCode::NotACall, "expected nothing after the call"));
    }
    Ok(GivenCall { calls, arguments })
}

/// One argument. After six others it has the name `a6`, which no argument has.
fn given(
    written_before: usize,
    input: ParseStream<'_>,
    sources: &mut Sources,
) -> Result<GivenArgument> {
    let span = input.span();
    let ahead = input.fork();
    let named = any_ident(&ahead).is_ok();
    if next_is(&ahead, "==") {
        let name = text(&any_ident(input)?);
        return Err(here(
            input,
            ErrorCode::NotACall,
            format!("an argument is given with one `=`: `{name} = …`"),
        ));
    }
    let span = sources.note_span(span);
    let name = if named && next_is(&ahead, "=") {
        let name = sources.note_name(&any_ident(input)?);
        take(input, "=");
        name
    } else {
        Name { text: format!("a{}", written_before.min(6)), span }
    };
    Ok(GivenArgument { name, value: value::value(input, sources)?, span })
}
