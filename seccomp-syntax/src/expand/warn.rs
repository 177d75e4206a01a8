//! Warnings on stable Rust: what a procedural macro cannot say itself, rustc says of the use of
//! something deprecated, at the token, with the note that stands there.
//!
//! What is used is a `macro_rules!` macro, because rustc quotes its name as it is written; of any
//! other item it writes out the whole path through the expansion.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use seccomp_ir::lint::Lint;

/// A block, to stand as a statement, that makes rustc warn at `span`.
pub(crate) fn warning(lint: Lint, message: &str, span: Span) -> TokenStream {
    // Both names have the span, so they meet whatever the hygiene of what the user wrote it in, and
    // rustc does not speak of this macro. The prefix keeps them apart from the user's own macros.
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
