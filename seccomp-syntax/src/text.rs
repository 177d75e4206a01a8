//! Policies in files: what is wrong with one, by line and column.
//!
//! rustc gives no positions to tokens that a macro reads from a file. So a file is looked at by
//! itself first, with tokens that have positions, and only what is right goes into a policy.

use proc_macro2::{Span, TokenStream, fallback};
use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::{Code, Lint};

use crate::compile::{Translated, compile_tokens};
use crate::errors::Errors;
use crate::extent::Extent;
use crate::handoff::Draft;
use crate::report::Texts;
use crate::stage;

/// Looks for mistakes in the rules of a file. Items under a `#[cfg(…)]` and what they include are
/// left out: only rustc knows them. The result is what is legal in it but may not be meant, as far as
/// that can be said of a part of a policy, written like the mistakes.
///
/// # Errors
///
/// Every mistake, as `name:line:column: what is wrong` and the line below; lines and columns count from 1.
pub fn check_text(name: &str, text: &str, target: Abi) -> Result<Vec<(Lint, String)>, Vec<String>> {
    let _positions = Positions::on();
    let mut texts = Texts::default();
    let compiled = texts.read(name, text).map_err(Errors::from);
    let compiled = compiled.and_then(|tokens| {
        Extent::default().read(tokens.clone())?;
        let rules = Draft::included(tokens, &[], &TokenStream::new());
        compile_tokens(&stage::alone(stage::certain(rules)), Span::call_site(), target)
    });
    match compiled {
        Ok(Translated { compiled, sources, .. }) => {
            let mut said = Vec::new();
            for warning in &compiled.warnings {
                said.push(sources.located(warning));
            }
            let report = texts.report(&said);
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
            let mut mistakes = Vec::new();
            for mistake in &report.diagnostics {
                mistakes.push(report.message(mistake));
            }
            Err(mistakes)
        }
    }
}

/// While it lives, tokens are made by `proc_macro2` itself and have positions, in a macro too.
/// They do not leave the functions that do this, so they never meet those of rustc.
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
