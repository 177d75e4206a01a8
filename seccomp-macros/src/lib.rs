//! Procedural macros of `seccomp-runtime`; use them through that crate.
//!
//! Entry points and nothing else: what they expand to is in `seccomp_syntax::expand`, the compiler in
//! `seccomp_ir`. A crate of macros is linked, so it is only built when
//! everything else is; hence it is small.

use proc_macro::TokenStream;
use seccomp_syntax::expand;

/// The second stage of `seccomp_policy!`: `abi [crate] policy…`, where `abi` names the ABI of the
/// target and `crate` is the path of the runtime crate. Expands to an expression of its `Policy`.
#[doc(hidden)]
#[proc_macro]
pub fn compile(input: TokenStream) -> TokenStream {
    expand::compile(input.into()).into()
}

/// `seccomp_policy!` when rustc has said which of its conditions hold.
#[doc(hidden)]
#[proc_macro]
pub fn decided(input: TokenStream) -> TokenStream {
    expand::decided(input.into()).into()
}

/// From an `enum` of conditions, a macro that says which of them hold.
#[doc(hidden)]
#[proc_macro_derive(Holding)]
pub fn holding(input: TokenStream) -> TokenStream {
    expand::holding(input.into()).into()
}

/// `call!` for one ABI: `abi [crate] call(arguments…)`.
#[doc(hidden)]
#[proc_macro]
pub fn call(input: TokenStream) -> TokenStream {
    expand::call(input.into()).into()
}

/// What a fragment answers to an `include`, and the state that was asked with.
#[doc(hidden)]
#[proc_macro]
pub fn included(input: TokenStream) -> TokenStream {
    expand::included(input.into()).into()
}

/// What several fragments answer, as one macro.
#[doc(hidden)]
#[proc_macro]
pub fn answers(input: TokenStream) -> TokenStream {
    expand::answers(input.into()).into()
}

/// `seccomp_fragment!` for one ABI: `abi [crate] definition…`.
#[doc(hidden)]
#[proc_macro]
pub fn fragment(input: TokenStream) -> TokenStream {
    expand::define(input.into()).into()
}

/// `seccomp_fragment!` when rustc has said which of its conditions hold.
#[doc(hidden)]
#[proc_macro]
pub fn decided_fragment(input: TokenStream) -> TokenStream {
    expand::decided_fragment(input.into()).into()
}

/// The rules of a policy or of a fragment as text, for its documentation.
#[doc(hidden)]
#[proc_macro]
pub fn rules(input: TokenStream) -> TokenStream {
    expand::rules(input.into()).into()
}

/// `#[sandboxed(POLICY)]`; documented where `seccomp-runtime` exports it.
#[proc_macro_attribute]
pub fn sandboxed(policy: TokenStream, item: TokenStream) -> TokenStream {
    expand::sandboxed(policy.into(), item.into()).into()
}
