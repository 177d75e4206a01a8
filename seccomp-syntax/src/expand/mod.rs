//! What the macros expand to: tokens to tokens.
//!
//! Ordinary functions, so that they can be tested; `seccomp-macros` makes macros of them. All but
//! [`sandboxed`] expand to code of `seccomp-runtime` and get its path in their input, because a procedural
//! macro cannot know what its user calls a crate.

mod call;
mod compile;
mod demand;
mod documentation;
mod emit;
mod file;
mod fragment;
mod holding;
mod sandboxed;
mod warn;

pub use call::call;
pub use compile::{compile, decided};
pub use documentation::rules;
pub use fragment::{answers, decided_fragment, define, included};
pub use holding::holding;
pub use sandboxed::sandboxed;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens as _;

/// A value left to rustc, with brackets or words that are the expansion's: rustc would tell the user that
/// `{ FD }` needs no braces and `self::FD` no `self`, but in a policy they do. Nothing can be allowed
/// here, because the user may have forbidden it.
///
/// They get the context of the path of the `runtime`, so that rustc takes them for parts of one call.
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
            // The crate that it means is in its span.
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
) -> TokenStream {
    let policy = emit::Emitter { sources, runtime }.policy(compiled, tree);
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

/// The same place in the source, but as something that the expansion wrote: of that rustc says little. Items
/// are found by it as they are by what the user wrote; variables are not.
fn ours(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// A name that nothing else has, in this expansion or around it: rustc numbers its expansions, and
/// says the number of this one where it prints where this one is called.
fn unique(what: &str) -> Ident {
    let call = Span::call_site();
    Ident::new(&format!("__seccomp_{what}_{:016x}", hash(&format!("{what} {call:?}"))), call)
}

/// A number for a name that nothing else is to have (FNV-1a).
fn hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    hash
}
