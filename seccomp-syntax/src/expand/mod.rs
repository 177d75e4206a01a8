//! What the macros expand to: tokens to tokens.
//!
//! These are ordinary functions, so that tests can call them; `seccomp-macros` makes them macros. All except
//! [`sandboxed`] expand to code of `seccomp-runtime` and get its path in their input, because a procedural
//! macro cannot know by what name its user imports a crate.

mod call_macro;
mod cfg_enum;
mod demand;
mod documentation;
mod emit;
mod file;
mod fragment;
mod later_stages;
mod note;
mod run_time;
mod sandboxed;
mod warn;

pub use call_macro::call;
pub use cfg_enum::holding;
pub use documentation::rules;
#[cfg(feature = "text")]
pub use fragment::check_fragments;
pub use fragment::{decided_fragment, define, included, replies};
pub use later_stages::{compile, decided};
#[cfg(feature = "text")]
pub use sandboxed::check_sandboxed;
pub use sandboxed::sandboxed;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens as _;

/// A value of rustc whose brackets and keywords have spans of the expansion. Otherwise rustc would warn that
/// `{ FD }` needs no braces and `self::FD` no `self`, but a policy needs them. `#[allow]` cannot be used
/// here, because the user may have forbidden that lint.
///
/// These tokens get the syntax context of the `runtime` path, so that rustc treats them as parts of one
/// call.
fn value(tokens: TokenStream, runtime: &TokenStream) -> TokenStream {
    let context = match runtime.clone().into_iter().next() {
        Some(token) => token.span(),
        None => Span::mixed_site(),
    };
    let mut value = TokenStream::new();
    for mut token in tokens {
        let span = context.located_at(token.span());
        match &token {
            TokenTree::Group(group) => {
                token = Group::new(group.delimiter(), group.stream()).into();
                token.set_span(span);
            }
            // Its span says which crate it means.
            TokenTree::Ident(word) if word == "$crate" => {}
            _ => token.set_span(span),
        }
        token.to_tokens(&mut value);
    }
    value
}

/// A compiled policy as an expression, for a program that is built for `target`.
#[cfg(feature = "text")]
pub(crate) fn policy(
    compiled: &seccomp_ir::Compiled,
    tree: &seccomp_ir::tree::Tree,
    sources: &crate::sources::Sources,
    runtime: &TokenStream,
    target: seccomp_ir::abi::Abi,
    tables: Option<&seccomp_ir::report::Tables>,
) -> TokenStream {
    let note = note::note(compiled, tree, target, runtime);
    let policy = emit::Emitter { sources, runtime }.policy(compiled, tree, &note, tables);
    let abi = Ident::new(&format!("{target:?}"), Span::call_site());
    let message = format!("this filter was compiled for {}", target.name());
    quote::quote!({
        const {
            ::core::assert!(::core::matches!(#runtime::Abi::NATIVE, #runtime::Abi::#abi), #message)
        };
        #[allow(unused_braces, unused_imports, unused_qualifications)]
        #[allow(clippy::all, clippy::pedantic, clippy::restriction)]
        let __policy = #policy;
        __policy
    })
}

/// The same place in the source, marked as written by the expansion: rustc reports few lints there. Items
/// are resolved as if the user had written the name; local variables are not.
fn ours(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// A name that is unique, inside this expansion and around it: rustc numbers its expansions, and the `Debug`
/// form of the call site contains the number.
fn unique(what: &str) -> Ident {
    let call = Span::call_site();
    Ident::new(&format!("__seccomp_{what}_{:016x}", hash(&format!("{what} {call:?}"))), call)
}

/// A number that makes a name unique (FNV-1a).
fn hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    hash
}
