//! Which conditions hold: rustc evaluates `#[cfg]`, all of a policy's at once.
//!
//! rustc drops what is configured out of an item before a derive macro sees the item. So an `enum`
//! has a variant under each condition, and what is derived from it is a macro of its name, which
//! hands on the variants that are left.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};

use crate::stage::Conditional;

/// Defines the macro `name`: `name! { [callback] state… }` is `callback! { state… [hold] }`, and
/// [`items`] reads what is in the last brackets.
pub(crate) fn ask(name: &Ident, conditions: &[Conditional], runtime: &TokenStream) -> TokenStream {
    let variants = conditions.iter().map(|Conditional { item, predicates }| {
        let conditions =
            predicates.iter().map(|(span, predicate)| quote_spanned!(*span=> #[cfg(#predicate)]));
        let variant = format_ident!("__{item}");
        quote!(#(#conditions)* #variant)
    });
    quote! {
        #[doc(hidden)]
        #[::core::prelude::v1::derive(#runtime::__private::Holding)]
        #[allow(dead_code, non_camel_case_types)]
        #[allow(clippy::all, clippy::pedantic, clippy::restriction)]
        enum #name { #(#variants),* }
    }
}

/// Expands the `enum` of `ask`, when rustc has evaluated its conditions.
pub fn holding(holding: TokenStream) -> TokenStream {
    let mut tokens = holding.into_iter().skip_while(|token| token.to_string() != "enum").skip(1);
    let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(variants))) =
        (tokens.next(), tokens.next())
    else {
        return quote!(
            ::core::compile_error! { "internal error: the conditions of a policy are lost" }
        );
    };
    let variants = variants.stream();
    quote! {
        macro_rules! #name {
            ([$($callback:tt)*] $($state:tt)*) => { $($callback)*! { $($state)* [#variants] } };
        }
    }
}

/// The items of which the conditions hold.
pub(crate) fn items(hold: TokenStream) -> Vec<usize> {
    let item = |token: TokenTree| token.to_string().strip_prefix("__")?.parse().ok();
    hold.into_iter().filter_map(item).collect()
}
