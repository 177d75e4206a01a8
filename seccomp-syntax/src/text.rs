//! Policies in files: what is wrong with one, by line and column.
//!
//! rustc gives no positions to tokens that a macro reads from a file. So a file is looked at by
//! itself first, with tokens that have positions, and only what is right goes into a policy.

use std::str::FromStr as _;

use proc_macro2::{Span, TokenStream, fallback};
use seccomp_ir::abi::Abi;
use seccomp_ir::lint::{Lint, Warning};

use crate::compile::compile_tokens;
use crate::extent::Extent;
use crate::handoff::Draft;
use crate::stage;

/// Looks for mistakes in the rules of a file. Items under a `#[cfg(…)]` and what they include are
/// left out: only rustc knows them. The result is what is legal in it but may not be meant, as far as
/// that can be said of a part of a policy, written like the mistakes.
///
/// # Errors
///
/// Every mistake, as `name:line:column: what is wrong`; lines and columns count from 1.
pub fn check_text(name: &str, text: &str, target: Abi) -> Result<Vec<(Lint, String)>, Vec<String>> {
    let _positions = Positions::on();
    let tokens = match TokenStream::from_str(text) {
        Ok(tokens) => tokens,
        Err(error) => {
            let message = "this is not text of the policy language: a quote or a bracket is not closed, or a character is not allowed";
            return Err(vec![located(name, error.span(), message)]);
        }
    };
    if let Err(error) = Extent::default().read(tokens.clone()) {
        return Err(vec![located(name, error.span(), &error.to_string())]);
    }
    let rules = Draft::included(tokens, &[], &TokenStream::new());
    let policy = stage::alone(stage::certain(rules));
    match compile_tokens(&policy, Span::call_site(), target) {
        Ok((compiled, sources)) => {
            let mut warnings = Vec::new();
            for Warning { lint, span, message } in &compiled.warnings {
                warnings.push((*lint, located(name, sources.span(*span), message)));
            }
            Ok(warnings)
        }
        Err(errors) => {
            let mut mistakes = Vec::new();
            for error in errors.iter() {
                mistakes.push(located(name, error.span(), &error.to_string()));
            }
            Err(mistakes)
        }
    }
}

/// What is said of a place in the file `name`.
fn located(name: &str, span: Span, message: &str) -> String {
    let start = span.start();
    format!("{name}:{}:{}: {message}", start.line, start.column + 1)
}

/// While it lives, tokens are made by `proc_macro2` itself and have positions, in a macro too.
/// They do not leave this module, so they never meet those of rustc.
struct Positions;

impl Positions {
    fn on() -> Self {
        fallback::force();
        Self
    }
}

impl Drop for Positions {
    fn drop(&mut self) {
        fallback::unforce();
    }
}
