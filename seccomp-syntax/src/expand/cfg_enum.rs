//! Lets rustc evaluate all `#[cfg]` of a policy at once.
//!
//! rustc removes the parts of an item that are configured out before a derive macro sees the item.
//! So this module defines an `enum` with one variant for each condition. Its derive macro defines a
//! macro with a given name, which passes on the variants that are left.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use seccomp_ir::diagnostic::ErrorCode;

use crate::errors::LocatedDiagnostic;
use crate::handoff::{replying, variant};
use crate::stage::Conditional;

/// Defines the macro `name`: `name! { [callback] state… }` expands to
/// `callback! { state… [hold] }`, and [`held`](crate::handoff::held) reads the last brackets.
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

/// Expands the `enum` of `ask` after rustc has evaluated its conditions.
pub fn holding(holding: TokenStream) -> TokenStream {
    let tokens: Vec<_> = holding.into_iter().collect();
    match &tokens[..] {
        [.., name, TokenTree::Group(variants)] => {
            let variants = variants.stream();
            replying(name, &quote!([#variants]))
        }
        _ => {
            let message = "internal error: the conditions of a policy are lost";
            LocatedDiagnostic::new(ErrorCode::Internal, Span::call_site(), message)
                .to_compile_error()
        }
    }
}
