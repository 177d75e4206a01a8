//! The attributes of an item: `#[cfg(…)]`, `#[hot]`, `#[arch(…)]`, `#[allow(seccomp::…)]`.

use proc_macro2::{Ident, Span};
use seccomp_ir::diagnostic::ErrorCode;
use seccomp_ir::tree::{Allowed, Cfg, Name};
use syn::parse::ParseStream;

use super::input::{any_ident, brackets, comma_or_end, here, ident, parentheses, take, wrong};
use super::{Result, other_tools};
use crate::rust_text::rust_text;
use crate::sources::{Sources, text};

/// The attributes of an item.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) conditions: Vec<Cfg>,
    pub(super) hot: Option<Span>,
    /// The place of an `#[arch(…)]`, and what it lists.
    pub(super) arch: Option<Span>,
    pub(super) abis: Vec<Name>,
    pub(super) allowed: Vec<Allowed>,
}

/// Parses the attributes before an item.
pub(super) fn attributes(input: ParseStream<'_>, sources: &mut Sources) -> Result<Attributes> {
    let mut attributes = Attributes::default();
    while take(input, "#") {
        let Some(content) = brackets(input)? else {
            if let Some(error) = other_tools::directive(input) {
                return Err(error);
            }
            let message = "an attribute needs brackets and goes before an item: `#[hot]`";
            return Err(here(input, ErrorCode::NotAnAttribute, message));
        };
        let name = ident(&content, "an attribute needs a name: `#[hot]`")?;
        match text(&name).as_str() {
            "hot" if content.is_empty() => attributes.hot = Some(name.span()),
            "cfg" => match parentheses(&content)? {
                Some(predicate) if content.is_empty() => {
                    let predicate = rust_text(predicate.parse()?);
                    let span = sources.note_span(name.span());
                    attributes.conditions.push(Cfg { predicate, span });
                }
                _ => {
                    let message = "a condition is written `#[cfg(feature = \"name\")]`";
                    return Err(wrong(ErrorCode::NotAPredicate, name.span(), message));
                }
            },
            "arch" if attributes.arch.is_some() => {
                let message = "a second `#[arch(…)]`: list every ABI in one, `#[arch(x86, x32)]`";
                return Err(wrong(ErrorCode::Twice, name.span(), message));
            }
            "arch" => {
                attributes.arch = Some(name.span());
                attributes.abis = abis_of_rule(&name, &content, sources)?;
            }
            "allow" => allow(&name, &content, sources, &mut attributes.allowed)?,
            _ => {
                let message = format!(
                    "unknown attribute `{name}`: an item takes `#[cfg(…)]`, `#[hot]`, `#[arch(…)]` or `#[allow(seccomp::…)]`"
                );
                return Err(wrong(ErrorCode::NotAnAttribute, name.span(), message));
            }
        }
    }
    Ok(attributes)
}

/// The ABIs in `arch(abi, abi)`, after its first word.
fn abis_of_rule(name: &Ident, input: ParseStream<'_>, sources: &mut Sources) -> Result<Vec<Name>> {
    const FORM: &str = "`#[arch(…)]` lists the ABIs to which the rule applies: `#[arch(x86, x32)]`";
    match parentheses(input)? {
        Some(names) if input.is_empty() && !names.is_empty() => {
            let mut abis = Vec::new();
            while !names.is_empty() {
                abis.push(sources.note_name(&ident(&names, FORM)?));
                comma_or_end(&names)?;
            }
            Ok(abis)
        }
        _ => Err(wrong(ErrorCode::NotAnAttribute, name.span(), FORM)),
    }
}

const ALLOW_FORM: &str = "`allow` takes the names of warnings in parentheses, each after `seccomp::`: \
                          `#[allow(seccomp::no_exit)]`";

/// The names in `allow(seccomp::a, seccomp::b)`, after its first word.
fn allow(
    name: &Ident,
    input: ParseStream<'_>,
    sources: &mut Sources,
    allowed: &mut Vec<Allowed>,
) -> Result<()> {
    match parentheses(input)? {
        Some(names) if input.is_empty() && !names.is_empty() => {
            while !names.is_empty() {
                allowed.push(warning(&names, sources)?);
                comma_or_end(&names)?;
            }
            Ok(())
        }
        _ => Err(wrong(ErrorCode::NotAnAttribute, name.span(), ALLOW_FORM)),
    }
}

/// `seccomp::name`
fn warning(input: ParseStream<'_>, sources: &mut Sources) -> Result<Allowed> {
    let tool = ident(input, ALLOW_FORM)?;
    if tool == "seccomp" && take(input, "::") {
        if let Ok(name) = any_ident(input) {
            return Ok(Allowed { name: text(&name), span: sources.note_span(name.span()) });
        }
    }
    Err(wrong(ErrorCode::NotAnAttribute, tool.span(), ALLOW_FORM))
}
