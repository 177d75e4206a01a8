//! What the macros expand to: tokens to tokens.
//!
//! Ordinary functions, so that they can be tested; `seccomp-macros` makes macros of them. All but
//! [`sandboxed`] expand to code of `seccomp-runtime` and get its path in their input, because a procedural
//! macro cannot know what its user calls a crate.

mod call;
mod compile;
mod demand;
mod emit;
mod file;
mod fragment;
mod holding;
mod sandboxed;
mod warn;

pub use call::call;
pub use compile::{compile, decided};
pub use fragment::{answers, decided_fragment, define, included};
pub use holding::holding;
pub use sandboxed::sandboxed;

use proc_macro2::TokenStream;
use quote::quote;

/// The attributes of a type that is not to be talked of.
fn unlinted() -> TokenStream {
    quote! {
        #[allow(dead_code, non_camel_case_types)]
        #[allow(clippy::all, clippy::pedantic, clippy::restriction)]
    }
}

/// A number for a name that nothing else is to have (FNV-1a).
fn hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    hash
}
