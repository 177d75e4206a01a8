//! Procedural macros of `seccomp-runtime`; use them through that crate.

use proc_macro::TokenStream;

mod sandboxed;

/// `#[sandboxed(POLICY)]`; documented where `seccomp-runtime` exports it.
#[proc_macro_attribute]
pub fn sandboxed(policy: TokenStream, item: TokenStream) -> TokenStream {
    sandboxed::sandboxed(policy.into(), item.into()).into()
}
