//! Policies in files: reports errors by line and column.
//!
//! rustc gives no positions to tokens that a macro reads from a file. So a file is first checked alone,
//! with tokens that have positions, and only a file without errors goes into a policy.

use proc_macro2::{Span, TokenStream, fallback};
use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::{Code, Lint};

use crate::compile::{Translated, compile_tokens};
use crate::errors::LocatedErrors;
use crate::extent::Extent;
use crate::handoff::DraftPolicy;
use crate::report::Texts;
use crate::stage;

/// Looks for errors in the rules of a file. Items under a `#[cfg(…)]` and included items are left out,
/// because only rustc knows them. Returns the warnings that a part of a policy can have, in the form of
/// the errors.
///
/// # Errors
///
/// All errors, as `name:line:column: message` and the line below; lines and columns count from 1.
pub fn check_text(name: &str, text: &str, target: Abi) -> Result<Vec<(Lint, String)>, Vec<String>> {
    let _positions = Positions::on();
    let mut texts = Texts::default();
    let compiled = texts.read(name, text).map_err(LocatedErrors::from);
    let compiled = compiled.and_then(|tokens| {
        Extent::default().read(tokens.clone())?;
        let rules = DraftPolicy::included(tokens, &[], &TokenStream::new());
        compile_tokens(&stage::alone(stage::certain(rules)), Span::call_site(), target)
    });
    match compiled {
        Ok(Translated { compiled, sources, .. }) => {
            let mut located = Vec::new();
            for warning in &compiled.warnings {
                located.push(sources.located(warning));
            }
            let report = texts.report(&located);
            let mut warnings = Vec::new();
            for warning in &report.diagnostics {
                if let Code::Warning(lint) = warning.code {
                    warnings.push((lint, report.message(warning)));
                }
            }
            Ok(warnings)
        }
        Err(errors) => {
            let report = texts.report(&errors);
            let mut messages = Vec::new();
            for diagnostic in &report.diagnostics {
                messages.push(report.message(diagnostic));
            }
            Err(messages)
        }
    }
}

/// While this value lives, `proc_macro2` makes tokens itself, with positions, even in a macro. They do not
/// leave the functions that use this type, so they never mix with tokens of rustc.
pub(crate) struct Positions;

impl Positions {
    pub(crate) fn on() -> Self {
        fallback::force();
        Self
    }
}

impl Drop for Positions {
    fn drop(&mut self) {
        fallback::unforce();
    }
}
