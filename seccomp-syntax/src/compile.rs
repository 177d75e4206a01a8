//! From tokens to a proven filter.

use proc_macro2::TokenStream;
use seccomp_ir::Compiled;
use seccomp_ir::abi::Abi;
use seccomp_ir::report::{SourceLine, Tables, tables};
use seccomp_ir::resolve::{ResolvedCall, resolve_call};
use seccomp_ir::tree::{Span, Tree};

use crate::errors::LocatedErrors;
use crate::handoff::DraftPolicy;
use crate::parse::{Parsed, parse_call, parse_draft};
use crate::sources::Sources;

/// Compiles a policy for a program that is built for `target`. An error about something missing is
/// at `span`.
///
/// # Errors
///
/// All errors of the policy, each at its token: see [`seccomp_ir::compile`].
pub fn compile(
    policy: TokenStream,
    span: proc_macro2::Span,
    target: Abi,
) -> Result<Compiled, LocatedErrors> {
    compile_draft(&DraftPolicy::written(policy), span, target)
}

/// Like [`compile`], for a policy that has passed through all stages.
///
/// # Errors
///
/// The same as those of [`compile`].
pub fn compile_draft(
    policy: &DraftPolicy,
    span: proc_macro2::Span,
    target: Abi,
) -> Result<Compiled, LocatedErrors> {
    compile_tokens(policy, span, target).map(|translated| translated.compiled)
}

/// A compiled policy, the policy as it was written, and the sources that both refer to by number.
#[cfg_attr(feature = "debug", derive(Debug))]
pub(crate) struct Translated {
    pub(crate) tree: Tree,
    pub(crate) compiled: Compiled,
    pub(crate) sources: Sources,
}

/// Like [`compile`], and returns everything that the result was made from.
pub(crate) fn compile_tokens(
    policy: &DraftPolicy,
    span: proc_macro2::Span,
    target: Abi,
) -> Result<Translated, LocatedErrors> {
    let Parsed { tree, sources, errors } = parse_draft(policy, span);
    match seccomp_ir::compile(&tree, errors, target) {
        Ok(compiled) => Ok(Translated { tree, compiled, sources }),
        Err(errors) => Err(sources.locate(&errors)),
    }
}

/// What a program with this policy carries for its reports, if the policy has `report`. `place` says where a span is.
pub(crate) fn report_tables(
    compiled: &Compiled,
    tree: &Tree,
    place: &dyn Fn(Span) -> SourceLine,
) -> Option<Tables> {
    let Compiled { policy, origins, report, .. } = compiled;
    report.as_ref().map(|report| tables(report, policy, tree, origins, place))
}

/// Returns what the kernel shows to a filter when a program built for `target` makes the call.
///
/// # Errors
///
/// All errors: an unknown call, argument or constant, or a value that does not fit.
pub fn compile_call(
    call: TokenStream,
    target: Abi,
) -> Result<(ResolvedCall, Sources), LocatedErrors> {
    let (call, sources) = parse_call(call)?;
    match resolve_call(&call, target) {
        Ok(resolved) => Ok((resolved, sources)),
        Err(errors) => Err(sources.locate(&errors)),
    }
}
