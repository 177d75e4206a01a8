//! A call as text.

use proc_macro2::Span;
use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::ErrorCode;
use seccomp_ir::resolve::{Expression, Fit};
use seccomp_ir::tree;

use crate::compile::compile_call;
use crate::errors::{LocatedDiagnostic, LocatedErrors};
use crate::policy_file::Positions;
use crate::report::{Report, Texts};

/// A call as text, as `call!` takes it: `socket(AF_UNIX, SOCK_STREAM, 0)`, `socket(family = AF_UNIX)`.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub struct CallOfText {
    /// `seccomp_data.nr`
    pub nr: u32,
    /// `seccomp_data.arch`
    pub arch: u32,
    /// The registers; `None` for an argument that the text does not give.
    pub registers: [Option<u64>; 6],
}

impl CallOfText {
    /// Reads `text`, a call of a program that is built for `target`; messages call the text `name`.
    ///
    /// # Errors
    ///
    /// What is wrong: an unknown call, argument or constant, a value that does not fit, or one that only rustc knows.
    pub fn read(name: &str, text: &str, target: Abi) -> Result<Self, Report> {
        let _positions = Positions::on();
        let mut texts = Texts::default();
        let read = texts.read(name, text).map_err(LocatedErrors::from).and_then(|tokens| {
            let (call, sources) = compile_call(tokens, target)?;
            let mut errors = LocatedErrors::default();
            let mut registers = [None; 6];
            for (register, argument) in registers.iter_mut().zip(&call.arguments) {
                let Some((expression, fit)) = argument else { continue };
                *register = value(expression, fit, target);
                if register.is_none() {
                    let span =
                        rust_span(expression).map_or_else(Span::call_site, |at| sources.span(at));
                    let message = "only rustc knows this value: write the number";
                    errors.add(LocatedDiagnostic::new(ErrorCode::OnlyForRustc, span, message));
                }
            }
            if errors.is_empty() {
                Ok(Self { nr: call.nr, arch: call.arch, registers })
            } else {
                Err(errors)
            }
        });
        read.map_err(|errors| texts.report(&errors))
    }
}

/// The value in its register; `None` if rustc has to evaluate a part of it.
fn value(expression: &Expression, fit: &Fit, target: Abi) -> Option<u64> {
    let ones = if target.register_bits() == 32 { u64::from(u32::MAX) } else { u64::MAX };
    bits(expression, fit).map(|value| value & ones)
}

fn bits(expression: &Expression, fit: &Fit) -> Option<u64> {
    match expression {
        Expression::Known(value) => Some(*value),
        Expression::Rust(..) => None,
        Expression::Or(parts) => parts.iter().try_fold(0, |sum, part| Some(sum | bits(part, fit)?)),
        Expression::Not(inner) => bits(inner, fit).map(|value| !value & fit.width.ones()),
    }
}

/// The place of the first part that rustc evaluates.
fn rust_span(expression: &Expression) -> Option<tree::Span> {
    match expression {
        Expression::Known(_) => None,
        Expression::Rust(expression, _) => Some(expression.span),
        Expression::Or(parts) => parts.iter().find_map(rust_span),
        Expression::Not(inner) => rust_span(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_that_is_given_twice_is_shown_at_both_places() {
        let report = CallOfText::read("call", "read(0, fd = 1)", Abi::X86_64).unwrap_err();
        let text = report.to_string();
        assert!(text.contains("call:1:9"), "{text}");
        assert!(text.contains("this argument is already given"), "{text}");
        let first = text.lines().find(|line| line.contains("given here")).expect(&text);
        assert!(first.contains("- given here"), "{text}");
    }
}
