//! Warnings on stable Rust. A procedural macro cannot warn, but rustc warns at a token that uses
//! something deprecated, and shows the note of the deprecation.
//!
//! The deprecated item is a `macro_rules!` macro, because rustc quotes its name as it is written.
//! For any other item, rustc prints the whole path through the expansion.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use seccomp_ir::lint::Lint;

/// A block, to be used as a statement, that makes rustc warn at `span`.
pub(crate) fn warning(lint: Lint, message: &str, span: Span) -> TokenStream {
    // Both names have the same span, so they match whatever the hygiene of the user's tokens, and
    // rustc does not mention this macro. The prefix keeps them apart from the user's own macros.
    let name = Ident::new(&format!("seccomp_{}", lint.name()), span);
    let used = quote_spanned!(span=> #name! {});
    quote!({
        #[deprecated(note = #message)]
        macro_rules! #name {
            () => {};
        }
        #used
    })
}
