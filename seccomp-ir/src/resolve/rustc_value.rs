//! The values that rustc or the running program evaluates, and what each must fit.

use super::argument::Typed;
use crate::fit::{Bounds, ValuePurpose};
use crate::policy::Width;
use crate::tree::{RustExpression, Span};

/// What a value must fit.
#[derive(Clone)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Fit {
    /// The width of the comparison.
    pub width: Width,
    /// Whether the type is signed.
    pub signed: bool,
    /// The use of the value.
    pub purpose: ValuePurpose,
    /// The thing that it is compared with, for messages.
    pub description: String,
}

/// A value that rustc evaluates, or the program when it runs.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct SymbolSource {
    /// How to compute it.
    pub expression: Expression,
    /// What the value must fit.
    pub fit: Fit,
}

/// A range with a symbol as a bound. rustc, or the program when it runs, checks that the range is not empty.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct RangeOfRustc {
    /// The first value.
    pub first: Expression,
    /// The bound above.
    pub last: Expression,
    /// Whether the bound above belongs to the range.
    pub inclusive: bool,
    /// What both bounds must fit.
    pub fit: Fit,
    /// Its place.
    pub span: Span,
}

/// How to compute the value of a symbol. Every Rust expression in it must fit by itself.
#[cfg_attr(feature = "debug", derive(Debug))]
pub enum Expression {
    /// A part that is already known, in two's complement.
    Known(u64),
    /// An expression of the program with an integer type, and the use of its value. rustc evaluates it, or the program
    /// when it runs.
    Rust(RustExpression, ValuePurpose),
    /// The bits of all of them.
    Or(Vec<Expression>),
    /// All other bits.
    Not(Box<Expression>),
}

impl Expression {
    /// Whether the program evaluates a part of it when it runs.
    #[must_use]
    pub fn is_run_time(&self) -> bool {
        match self {
            Self::Known(_) => false,
            Self::Rust(expression, _) => expression.run_time,
            Self::Or(parts) => parts.iter().any(Self::is_run_time),
            Self::Not(inner) => inner.is_run_time(),
        }
    }
}

impl std::fmt::Display for Expression {
    /// The text as the policy has it, except for the known parts.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(known) => write!(f, "{known:#x}"),
            Self::Rust(expression, _) => f.write_str(&expression.text),
            Self::Or(parts) => {
                let mut before = "(";
                for part in parts {
                    write!(f, "{before}{part}")?;
                    before = " | ";
                }
                f.write_str(")")
            }
            Self::Not(inner) => write!(f, "!{inner}"),
        }
    }
}

impl Fit {
    pub(super) fn new(typed: &Typed, purpose: ValuePurpose) -> Self {
        Self {
            width: typed.width,
            signed: typed.signed,
            purpose,
            description: typed.description.clone(),
        }
    }

    /// What a value must fit if only its bits count.
    pub(super) fn bits(&self) -> Self {
        Self { purpose: ValuePurpose::Mask, ..self.clone() }
    }

    /// The sign bit; 0 if the type is unsigned.
    #[must_use]
    pub fn sign(&self) -> u64 {
        if self.signed { self.width.sign() } else { 0 }
    }

    /// The number with these bits.
    #[must_use]
    pub fn number(&self, bits: u64) -> i128 {
        let past = if bits & self.sign() == 0 { 0 } else { i128::from(self.width.ones()) + 1 };
        i128::from(bits) - past
    }

    /// The numbers that fit for `purpose`.
    #[must_use]
    pub fn bounds(&self, purpose: ValuePurpose) -> Bounds {
        Bounds { bits: self.width.bits(), signed: self.signed, purpose }
    }
}
