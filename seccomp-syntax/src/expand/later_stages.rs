//! The later stages of `seccomp_policy!`: evaluate every `#[cfg]`, insert every `include`, then
//! compile for the one ABI of the target.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use seccomp_ir::report::SourceLine;

use super::emit::{self, Emitter};
use super::{cfg_enum, fragment, note, unique};
use crate::compile::{Translated, compile_tokens, report_tables};
use crate::handoff::{DraftPolicy, Handoff, Site, held};
use crate::parse::{Parsed, parse_draft};
use crate::stage::{self, NextStage};

/// Expands `abi [runtime] policy…`.
pub fn compile(input: TokenStream) -> TokenStream {
    match Site::first(input) {
        Ok((site, policy)) => expand(&Handoff::new(site, DraftPolicy::written(policy))),
        Err(error) => error.to_compile_error(),
    }
}

/// Expands a handoff and `[hold]`, the list of conditions that hold.
pub fn decided(input: TokenStream) -> TokenStream {
    go_on(input, |handoff| {
        let hold = handoff.reply.clone().into_iter().next();
        let policy = stage::decided(handoff.policy.clone(), &held(hold.as_ref()));
        expand(&handoff.with_policy(policy))
    })
}

/// Reads the input of a stage and runs `next` on it.
pub(super) fn go_on(input: TokenStream, next: fn(&Handoff) -> TokenStream) -> TokenStream {
    match Handoff::read(input) {
        Ok(handoff) => next(&handoff),
        Err(error) => error.to_compile_error(),
    }
}

/// Expands to an expression of type `Policy`.
pub(super) fn expand(handoff: &Handoff) -> TokenStream {
    match stage::next(handoff.policy.clone()) {
        NextStage::Compile(policy) => finish(&policy, &handoff.site),
        NextStage::Conditions(conditions) => {
            let runtime = &handoff.site.runtime;
            let name = unique("holding");
            let ask = cfg_enum::ask(&name, &conditions, runtime);
            let handoff = handoff.write();
            quote!({
                #ask
                #name! { [#runtime::__private::decided] #handoff }
            })
        }
        NextStage::Fragments(includes) => fragment::include(handoff, &includes),
        NextStage::Files(includes) => super::file::include(handoff, includes),
    }
}

/// If the policy has errors, the expansion is those errors and an expression of the same type, so
/// that rustc reports nothing else.
fn finish(policy: &DraftPolicy, site: &Site) -> TokenStream {
    let target = match site.target() {
        Ok(target) => target,
        Err(error) => return failed(&error.to_compile_error(), site),
    };
    match compile_tokens(policy, Span::call_site(), target) {
        // The rules of a fragment are missing, so nothing can be concluded from the other rules.
        Ok(_) if policy.mistaken => failed_as_written(&TokenStream::new(), policy, site),
        Ok(Translated { compiled, tree, sources }) => {
            // The rules of a fragment by themselves are not a policy of the program.
            let note = match policy.alone {
                true => TokenStream::new(),
                false => note::note(&compiled, &tree, target, &site.runtime),
            };
            let tables = report_tables(&compiled, &tree, &|span| {
                let span = sources.span(span);
                // Before Rust 1.88 a macro cannot ask where a token is, and the line is 0.
                SourceLine { file: span.file(), line: span.start().line.try_into().unwrap_or(0) }
            });
            let emitter = Emitter { sources: &sources, runtime: &site.runtime };
            emitter.policy(&compiled, &tree, &note, tables.as_ref())
        }
        Err(errors) => failed_as_written(&errors.to_compile_errors(), policy, site),
    }
}

/// The `errors`, followed by an expression of the type that the policy would have: with values of the running program, it
/// is a `PolicyWith` them.
fn failed_as_written(errors: &TokenStream, policy: &DraftPolicy, site: &Site) -> TokenStream {
    let Parsed { tree, sources, .. } = parse_draft(policy, Span::call_site());
    let values = tree.run_time_values();
    if values.is_empty() {
        return failed(errors, site);
    }
    let nothing = Emitter { sources: &sources, runtime: &site.runtime }.nothing_with(&values);
    quote!({ #errors #nothing })
}

/// The `errors`, followed by an expression of type `Policy`.
pub(super) fn failed(errors: &TokenStream, site: &Site) -> TokenStream {
    let nothing = emit::nothing(&site.runtime);
    quote!({ #errors #nothing })
}
