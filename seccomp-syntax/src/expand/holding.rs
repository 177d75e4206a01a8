//! Which conditions hold: rustc evaluates `#[cfg]`, all of a policy's at once.
//!
//! rustc drops what is configured out of an item before a derive macro sees the item. So an `enum`
//! has a variant under each condition, and what is derived from it is a macro of its name, which
//! hands on the variants that are left.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};

use crate::handoff::{answering, variant};
use crate::stage::Conditional;

/// Defines the macro `name`: `name! { [callback] state… }` is `callback! { state… [hold] }`, and
/// [`held`](crate::handoff::held) reads what is in the last brackets.
pub(crate) fn ask(name: &Ident, conditions: &[Conditional], runtime: &TokenStream) -> TokenStream {
    let mut variants = TokenStream::new();
    for Conditional { item, conditions } in conditions {
        let variant = variant(*item);
        quote!(#conditions #variant,).to_tokens(&mut variants);
    }
    quote! {
        #[doc(hidden)]
        #[#runtime::__private::core::prelude::v1::derive(#runtime::__private::Holding)]
        enum #name { #variants }
    }
}

/// Expands the `enum` of `ask`, when rustc has evaluated its conditions.
pub fn holding(holding: TokenStream) -> TokenStream {
    let tokens: Vec<_> = holding.into_iter().collect();
    match &tokens[..] {
        [.., name, TokenTree::Group(variants)] => {
            let variants = variants.stream();
            answering(name, &quote!([#variants]))
        }
        _ => {
            quote!(::core::compile_error! { "internal error: the conditions of a policy are lost" })
        }
    }
}
