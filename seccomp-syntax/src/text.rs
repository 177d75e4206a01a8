//! Policies in files: what is wrong with one, by line and column.
//!
//! rustc gives no positions to tokens that a macro reads from a file. So a file is looked at by
//! itself first, with tokens that have positions, and only what is right goes into a policy.

use std::str::FromStr as _;

use proc_macro2::{Span, TokenStream, fallback};
use seccomp_ir::abi::Abi;

use crate::compile::{Compiled, compile};
use crate::errors::Errors;
use crate::lint::Lint;
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
    let located = |span: Span, message: &dyn std::fmt::Display| {
        let start = span.start();
        format!("{name}:{}:{}: {message}", start.line, start.column + 1)
    };
    let tokens = TokenStream::from_str(text).map_err(|error| {
        vec![located(error.span(), &"this is not text of the policy language: a quote or a bracket is not closed, or a character is not allowed")]
    })?;
    let policy =
        stage::alone(stage::certain(stage::mark_included(tokens, &[], &TokenStream::new())));
    let warnings = |compiled: Compiled| {
        let warnings = compiled.warnings.iter();
        warnings.map(|warning| (warning.lint, located(warning.span, &warning.message))).collect()
    };
    compile(policy, Span::call_site(), target)
        .map(warnings)
        .map_err(|errors: Errors| errors.iter().map(|error| located(error.span(), error)).collect())
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
