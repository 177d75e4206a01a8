//! Policies as text, compiled from tokens as the macros do.

use proc_macro2::{Span, TokenStream};
use seccomp_ir::abi::Abi;
use seccomp_syntax::{Compiled, DraftPolicy};

/// The tokens of a policy.
pub(crate) fn tokens(policy: &str) -> TokenStream {
    policy.parse().expect("balanced tokens")
}

/// Compiles a policy as it is written.
pub(crate) fn compile(policy: TokenStream, abi: Abi) -> Result<Compiled, String> {
    of_draft(&DraftPolicy::written(policy), abi)
}

/// Compiles a policy that has passed through all stages.
pub(crate) fn of_draft(policy: &DraftPolicy, abi: Abi) -> Result<Compiled, String> {
    seccomp_syntax::compile_draft(policy, Span::call_site(), abi)
        .map_err(|errors| errors.to_string())
}
