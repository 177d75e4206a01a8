//! Procedural macros of `seccomp-runtime`; use them through that crate.
//!
//! Entry points and the emission of tokens, nothing else: the compiler is `seccomp-ir`.

mod call;
mod compile;
mod emit;
mod file;
mod fragment;
mod sandboxed;
mod warn;

use proc_macro::TokenStream;

/// The second stage of `seccomp_policy!`: `abi [crate] policy…`, where `abi` names the ABI of the
/// target and `crate` is the path of the runtime crate. Expands to an expression of its `Policy`.
#[doc(hidden)]
#[proc_macro]
pub fn compile(input: TokenStream) -> TokenStream {
    compile::compile(input.into()).into()
}

/// `call!` for one ABI: `abi [crate] call(arguments…)`.
#[doc(hidden)]
#[proc_macro]
pub fn call(input: TokenStream) -> TokenStream {
    call::call(input.into()).into()
}

/// What a fragment answers to an `include`, and the state that was asked with.
#[doc(hidden)]
#[proc_macro]
pub fn included(input: TokenStream) -> TokenStream {
    fragment::included(input.into()).into()
}

/// `seccomp_fragment!` with the path of the runtime crate: `[crate] definition…`.
#[doc(hidden)]
#[proc_macro]
pub fn fragment(input: TokenStream) -> TokenStream {
    fragment::define(input.into()).into()
}

/// `#[sandboxed(POLICY)]`; documented where `seccomp-runtime` exports it.
#[proc_macro_attribute]
pub fn sandboxed(policy: TokenStream, item: TokenStream) -> TokenStream {
    sandboxed::sandboxed(policy.into(), item.into()).into()
}
