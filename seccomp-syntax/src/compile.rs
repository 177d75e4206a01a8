//! Tokens to a proven program.

use proc_macro2::{Span, TokenStream};
use seccomp_ir::Compiled;
use seccomp_ir::abi::Abi;
use seccomp_ir::resolve::{ResolvedCall, resolve_call};
use seccomp_ir::tree::Tree;

use crate::errors::Errors;
use crate::handoff::Draft;
use crate::parse::{Parsed, parse_call, parse_draft};
use crate::sources::Sources;

/// Compiles a policy for a program that is built for `target`. `span` is where to complain of
/// something that is missing.
///
/// # Errors
///
/// Every mistake of the policy, each at its token: see [`seccomp_ir::compile`].
pub fn compile(policy: TokenStream, span: Span, target: Abi) -> Result<Compiled, Errors> {
    compile_draft(&Draft::written(policy), span, target)
}

/// The same of a policy whose stages have been gone through.
///
/// # Errors
///
/// As those of [`compile`].
pub fn compile_draft(policy: &Draft, span: Span, target: Abi) -> Result<Compiled, Errors> {
    compile_tokens(policy, span, target).map(|translated| translated.compiled)
}

/// A policy that was compiled, as it was written, and what the numbers in both stand for.
#[derive(Debug)]
pub(crate) struct Translated {
    pub(crate) tree: Tree,
    pub(crate) compiled: Compiled,
    pub(crate) sources: Sources,
}

/// The same, with all that it was made of.
pub(crate) fn compile_tokens(
    policy: &Draft,
    span: Span,
    target: Abi,
) -> Result<Translated, Errors> {
    let Parsed { tree, sources, errors } = parse_draft(policy, span);
    match seccomp_ir::compile(&tree, errors, target) {
        Ok(compiled) => Ok(Translated { tree, compiled, sources }),
        Err(errors) => Err(sources.locate(&errors)),
    }
}

/// What the kernel would show to a filter of a call that a program built for `target` makes.
///
/// # Errors
///
/// Every mistake: an unknown call, argument or constant, a value that does not fit.
pub fn compile_call(call: TokenStream, target: Abi) -> Result<(ResolvedCall, Sources), Errors> {
    let (call, sources) = parse_call(call)?;
    match resolve_call(&call, target) {
        Ok(resolved) => Ok((resolved, sources)),
        Err(errors) => Err(sources.locate(&errors)),
    }
}
