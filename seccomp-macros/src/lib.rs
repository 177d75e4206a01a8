//! The procedural macros of `seccomp-runtime`; use them through that crate.
//!
//! This crate has only the entry points: their expansions are made in `seccomp_syntax::expand`, and
//! the compiler is in `seccomp_ir`. A crate of macros must be linked, so its build can only start
//! after all its dependencies; hence it is small.

use proc_macro::TokenStream;
use seccomp_syntax::expand;

/// The second stage of `seccomp_policy!`: `abi [crate] policy…`, where `abi` names the ABI of the
/// target and `crate` is the path of the runtime crate. Expands to an expression of the type
/// `Policy`.
#[doc(hidden)]
#[proc_macro]
pub fn compile(input: TokenStream) -> TokenStream {
    expand::compile(input.into()).into()
}

/// The stage of `seccomp_policy!` after rustc has evaluated its conditions.
#[doc(hidden)]
#[proc_macro]
pub fn decided(input: TokenStream) -> TokenStream {
    expand::decided(input.into()).into()
}

/// Expands an `enum` of conditions to a macro that passes on those that hold.
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

/// The stage after fragments have answered an `include`: their rules, and the state of the expansion.
#[doc(hidden)]
#[proc_macro]
pub fn included(input: TokenStream) -> TokenStream {
    expand::included(input.into()).into()
}

/// One macro that answers for several fragments.
#[doc(hidden)]
#[proc_macro]
pub fn replies(input: TokenStream) -> TokenStream {
    expand::replies(input.into()).into()
}

/// `seccomp_fragment!` for one ABI: `abi [crate] definition…`.
#[doc(hidden)]
#[proc_macro]
pub fn fragment(input: TokenStream) -> TokenStream {
    expand::define(input.into()).into()
}

/// The stage of `seccomp_fragment!` after rustc has evaluated its conditions.
#[doc(hidden)]
#[proc_macro]
pub fn decided_fragment(input: TokenStream) -> TokenStream {
    expand::decided_fragment(input.into()).into()
}

/// The rules of a policy or of a fragment as text for its documentation.
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
