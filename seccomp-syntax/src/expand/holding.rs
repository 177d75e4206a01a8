//! Which conditions hold: rustc evaluates `#[cfg]`, all of a policy's at once.
//!
//! rustc drops what is configured out of an item before a derive macro sees the item. So an `enum`
//! has a variant under each condition, and what is derived from it is a macro of its name, which
//! hands on the variants that are left.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};

use super::{answering, unlinted};
use crate::stage::Conditional;

/// Defines the macro `name`: `name! { [callback] state… }` is `callback! { state… [hold] }`, and
/// [`items`] reads what is in the last brackets.
pub(crate) fn ask(name: &Ident, conditions: &[Conditional], runtime: &TokenStream) -> TokenStream {
    let mut variants = TokenStream::new();
    for Conditional { item, conditions } in conditions {
        let variant = Ident::new(&format!("__{item}"), Span::call_site());
        quote!(#conditions #variant,).to_tokens(&mut variants);
    }
    let unlinted = unlinted();
    quote! {
        #[doc(hidden)]
        #[::core::prelude::v1::derive(#runtime::__private::Holding)]
        #unlinted
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

/// The items of which the conditions hold, from `[hold]`.
pub(crate) fn items(hold: Option<&TokenTree>) -> Vec<usize> {
    let mut items = Vec::new();
    let Some(TokenTree::Group(hold)) = hold else { return items };
    for token in hold.stream() {
        let variant = token.to_string();
        if let Some(Ok(item)) = variant.strip_prefix("__").map(str::parse::<u32>) {
            items.push(item as usize);
        }
    }
    items
}
