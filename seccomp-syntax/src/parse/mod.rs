//! Tokens to tree. Each item is parsed by itself, so a broken one costs one error, and the items after it
//! are still checked.

mod attributes;
mod call;
mod condition;
mod input;
mod item;
mod other_tools;
mod target;
mod value;

use proc_macro2::{Span, TokenStream, TokenTree};
use seccomp_ir::errors::Errors;
use seccomp_ir::tree::Tree;
use syn::parse::ParseStream;

pub(crate) use call::parse_call;

use crate::errors::LocatedDiagnostic;
use crate::extent::Extent;
use crate::handoff::{DraftItem, DraftPolicy, stream};
use crate::sources::Sources;

/// What was parsed, or an error.
type Result<T> = std::result::Result<T, Box<LocatedDiagnostic>>;

/// A policy as written.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Parsed {
    /// The items that could be read.
    pub tree: Tree,
    /// The tokens that the numbers in the tree refer to.
    pub sources: Sources,
    /// The errors in the items that could not be read.
    pub errors: Errors,
}

/// Parses a policy. Returns the items that could be read even if others could not.
#[must_use]
pub fn parse(tokens: TokenStream, span: Span) -> Parsed {
    parse_draft(&DraftPolicy::written(tokens), span)
}

/// Like [`parse`], for a policy that has passed through all stages.
#[must_use]
pub fn parse_draft(policy: &DraftPolicy, span: Span) -> Parsed {
    let mut sources = Sources::default();
    let mut errors = Errors::new();
    let mut items = Vec::new();
    let tree_span = sources.note_span(span);
    let mut extent = Extent::default();
    for DraftItem { tokens, within } in &policy.items {
        let tokens = stream(tokens);
        let mut parse = |input: ParseStream<'_>| item::item(input, within.is_some(), &mut sources);
        match extent.read(tokens.clone()).and_then(|()| input::whole(tokens, &mut parse)) {
            Ok(mut item) => {
                item.alone = policy.alone;
                item.already_checked = within.as_ref().is_some_and(|within| !within.is_empty());
                items.push(item);
            }
            Err(error) => sources.add_error(*error, &mut errors),
        }
    }
    Parsed { tree: Tree { items, span: tree_span }, sources, errors }
}

/// Takes the tokens up to and including a `;`.
fn up_to_semicolon(input: ParseStream<'_>) -> Vec<TokenTree> {
    let mut tokens = Vec::new();
    while let Ok(token) = input.parse::<TokenTree>() {
        if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ';') {
            break;
        }
        tokens.push(token);
    }
    tokens
}
