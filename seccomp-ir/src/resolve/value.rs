//! Numbers: looks up constants for the ABI, and checks that values fit what they are compared with.

use crate::abi::Abi;
use crate::action::Action;
use crate::diagnostic::{Diagnostic, Mistake};
use crate::errors::Reported;
use crate::fit::{Bounds, MOST_RUN_TIME_VALUES, Misfit, Use};
use crate::policy::{self, PolicyAction, Symbol, Width};
use crate::table::{self, Constant, ConstantLookup};

use super::Resolver;
use super::argument::Typed;
use super::nearest_names::NameKind;
use crate::lists::{last_of_path, list_abis};
use crate::tree::{Name, RustExpression, Span, ValueExpr, ValueKind};

/// What a value must fit.
#[derive(Clone)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Fit {
    /// The width of the comparison.
    pub width: Width,
    /// Whether the type is signed.
    pub signed: bool,
    /// The use of the value.
    pub purpose: Use,
    /// The thing that it is compared with, for messages.
    pub description: String,
}

/// A value that rustc evaluates.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct SymbolSource {
    /// How to compute it.
    pub expression: Expression,
    /// What the value must fit.
    pub fit: Fit,
}

/// A range with a bound that rustc evaluates. rustc then checks that the range is not empty.
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

/// How to compute a value of rustc. Every part that rustc evaluates must fit by itself.
#[cfg_attr(feature = "debug", derive(Debug))]
pub enum Expression {
    /// A part that is already known, in two's complement.
    Known(u64),
    /// An expression of the program with an integer type, and the use of its value. rustc evaluates it, or the program
    /// when it runs.
    Rust(RustExpression, Use),
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
    pub(super) fn new(typed: &Typed, purpose: Use) -> Self {
        Self {
            width: typed.width,
            signed: typed.signed,
            purpose,
            description: typed.description.clone(),
        }
    }

    /// The same, for a value whose bits alone count.
    fn bits(&self) -> Self {
        Self { purpose: Use::Mask, ..self.clone() }
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
    pub fn bounds(&self, purpose: Use) -> Bounds {
        Bounds { bits: self.width.bits(), signed: self.signed, purpose }
    }
}

impl Resolver<'_> {
    /// The value, if it fits.
    pub(super) fn value(
        &mut self,
        value: &ValueExpr,
        fit: &Fit,
        abi: Abi,
    ) -> Result<policy::Value, Reported> {
        Ok(match self.fitted(value, fit, abi)? {
            Expression::Known(known) => policy::Value::Known(known),
            expression => {
                let symbol = self.symbol(expression, fit.clone(), value.span, abi)?;
                policy::Value::Symbol(symbol)
            }
        })
    }

    /// How to compute the value, if it fits. A known value has as many bits as are compared.
    pub(super) fn fitted(
        &mut self,
        value: &ValueExpr,
        fit: &Fit,
        abi: Abi,
    ) -> Result<Expression, Reported> {
        Ok(match self.expression(value, fit, abi)? {
            Expression::Known(known) => Expression::Known(known & fit.width.ones()),
            expression => expression,
        })
    }

    fn symbol(
        &mut self,
        expression: Expression,
        mut fit: Fit,
        span: Span,
        abi: Abi,
    ) -> Result<Symbol, Reported> {
        self.run_time_values += usize::from(expression.is_run_time());
        if self.run_time_values > MOST_RUN_TIME_VALUES {
            if let Some(reported) = self.too_many {
                return Err(reported);
            }
            let message = format!(
                "this policy has more than {MOST_RUN_TIME_VALUES} values that are known only when the program runs, \
                 counted once for each ABI that it serves; their place is on the stack"
            );
            let help = "compare with a range or a mask instead of single values";
            let mistake = Diagnostic::new(Mistake::TooLarge, span, message).help(help);
            let reported = self.errors.add(mistake);
            self.too_many = Some(reported);
            return Err(reported);
        }
        // The fit is checked once for each ABI.
        if self.abis.len() > 1 {
            fit.description = format!("{} on {}", fit.description, abi.name());
        }
        // Never shared, even if the tokens look alike: in a fragment they may name another item.
        self.symbols.push(SymbolSource { expression, fit });
        let number = u32::try_from(self.symbols.len() - 1);
        Ok(Symbol(number.expect("a policy has fewer than 2^32 tokens")))
    }

    pub(super) fn expression(
        &mut self,
        value: &ValueExpr,
        fit: &Fit,
        abi: Abi,
    ) -> Result<Expression, Reported> {
        self.look_up(1, value.span)?;
        match &value.kind {
            ValueKind::Integer(integer) => self.fits(integer.number, value.span, fit, abi),
            ValueKind::Constant(name) => {
                let number = self.constant(name, abi)?;
                self.fits(number_of(number, fit), value.span, fit, abi)
            }
            ValueKind::Expression(expression) => {
                Ok(Expression::Rust(expression.clone(), fit.purpose))
            }
            ValueKind::Or(parts) => self.either(parts, &fit.bits(), abi),
            ValueKind::Not(inner) => Ok(match self.expression(inner, &fit.bits(), abi)? {
                Expression::Known(inner) => Expression::Known(!inner & fit.width.ones()),
                inner => Expression::Not(Box::new(inner)),
            }),
        }
    }

    /// The bits of all parts, with the known ones joined in one part. All parts are resolved, so that all errors
    /// are reported.
    fn either(
        &mut self,
        parts: &[ValueExpr],
        bits: &Fit,
        abi: Abi,
    ) -> Result<Expression, Reported> {
        let (mut known, mut rest, mut right) = (0, Vec::new(), Ok(()));
        for part in parts {
            match self.expression(part, bits, abi) {
                Ok(Expression::Known(bits)) => known |= bits,
                Ok(part) => rest.push(part),
                Err(reported) => right = Err(reported),
            }
        }
        right?;
        if rest.is_empty() {
            return Ok(Expression::Known(known));
        }
        rest.push(Expression::Known(known));
        Ok(Expression::Or(rest))
    }

    fn fits(
        &mut self,
        number: i128,
        span: Span,
        fit: &Fit,
        abi: Abi,
    ) -> Result<Expression, Reported> {
        let Some(misfit) = fit.bounds(fit.purpose).misfit(number) else {
            return Ok(Expression::Known(number as u64));
        };
        let code = match fit.purpose {
            Use::Errno => Mistake::NotAnErrno,
            Use::Order | Use::Equality | Use::Mask | Use::Null => Mistake::DoesNotFit,
        };
        let mistake = Diagnostic::new(code, span, refusal(number, misfit, fit)).on(abi);
        Err(self.errors.add(mistake))
    }

    /// The value of a constant on `abi`.
    pub(super) fn constant(&mut self, name: &Name, abi: Abi) -> Result<Constant, Reported> {
        let Name { text: name, span } = name;
        let found = table::constant(abi, name);
        if let ConstantLookup::Value(value) = found {
            return Ok(value);
        }
        if let Some(reported) = self.errors.full(*span) {
            return Err(reported);
        }
        let mistake = match found {
            ConstantLookup::Value(value) => return Ok(value),
            ConstantLookup::NotOnThisAbi(others) => {
                let message = format!(
                    "{} has no constant `{name}` (it exists on {})",
                    abi.name(),
                    list_abis(&others)
                );
                Diagnostic::new(Mistake::ConstantOfAnotherAbi, *span, message)
            }
            ConstantLookup::Unknown => {
                let own = format!(
                    "a constant of your program is written `self::{name}` or `crate::{name}`"
                );
                let unknown = format!("unknown constant `{name}`");
                let unknown = Diagnostic::new(Mistake::UnknownConstant, *span, unknown);
                match self.near.to(NameKind::Constant, name, abi, self.domain) {
                    Some(near) => {
                        unknown.help(format!("did you mean `{near}`? ({own})")).replace(*span, near)
                    }
                    None => unknown.help(own),
                }
            }
        };
        Err(self.errors.add(mistake))
    }

    /// `errno(value)`: 0 to 4095.
    pub(super) fn errno(&mut self, value: &ValueExpr, abi: Abi) -> Result<PolicyAction, Reported> {
        let description = "`errno`".to_owned();
        let fit = Fit { width: Width::W64, signed: false, purpose: Use::Errno, description };
        Ok(match self.expression(value, &fit, abi)? {
            Expression::Known(errno) => {
                // The parts of `A | B` and `!A` are bits: their result must also fit.
                self.fits(i128::from(errno), value.span, &fit, abi)?;
                PolicyAction::Action(Action::Errno(errno as u16))
            }
            expression => PolicyAction::ErrnoOf(self.symbol(expression, fit, value.span, abi)?),
        })
    }

    /// The 16 bits of `trap(value)` and `trace(value)`.
    pub(super) fn action_data(
        &mut self,
        value: &ValueExpr,
        abi: Abi,
        keyword: &str,
    ) -> Result<u16, Reported> {
        let fit = Fit {
            width: Width::W16,
            signed: false,
            purpose: Use::Order,
            description: format!("`{keyword}`"),
        };
        match self.expression(value, &fit, abi)? {
            Expression::Known(data) => Ok(data as u16),
            expression => {
                let whose = if expression.is_run_time() {
                    "that is known only when the program runs"
                } else {
                    "that rustc evaluates"
                };
                let message =
                    format!("`{keyword}` takes a number from 0 to 65535, not a value {whose}");
                Err(self.errors.at(Mistake::ValueOfRustc, value.span, message))
            }
        }
    }
}

/// A constant of the tables as a number. Where only the bits count, this is the number with the bits of a negative
/// constant: headers write `(-100)`, or have a macro that extends the sign.
fn number_of(constant: Constant, fit: &Fit) -> i128 {
    let ones = fit.width.ones();
    let sign_extended = constant.value | ones == u64::MAX && constant.value & fit.width.sign() != 0;
    let bits_count = match fit.purpose {
        Use::Equality | Use::Mask => true,
        Use::Order | Use::Null | Use::Errno => false,
    };
    if bits_count && sign_extended {
        i128::from(constant.value & ones)
    } else if constant.negative {
        i128::from(constant.value as i64)
    } else {
        i128::from(constant.value)
    }
}

/// The message for `number`, which is known here and does not fit.
fn refusal(number: i128, misfit: Misfit, fit: &Fit) -> String {
    let Fit { width, description, purpose, .. } = fit;
    let bits = width.bits();
    match (purpose, misfit) {
        (Use::Null, Misfit::Negative | Misfit::AboveSigned | Misfit::Outside)
        | (Use::Errno, Misfit::Negative) => fit.refusal("", *purpose, misfit),
        (Use::Errno, Misfit::AboveSigned | Misfit::Outside) => {
            fit.refusal(&format!("errno {number}"), *purpose, misfit)
        }
        (Use::Order | Use::Equality | Use::Mask, Misfit::Negative) => {
            let same = (number as u64) & width.ones();
            let why = fit.no_sign(*purpose);
            format!("{number} does not fit {description}: {why}; its {bits} bits are {same:#x}")
        }
        (Use::Order | Use::Equality | Use::Mask, Misfit::AboveSigned | Misfit::Outside) => {
            let subject = if number < 0 { number.to_string() } else { format!("{number:#x}") };
            fit.refusal(&subject, *purpose, misfit)
        }
    }
}

impl Fit {
    fn no_sign(&self, purpose: Use) -> &'static str {
        if purpose == Use::Mask { "bits have no sign" } else { "it is unsigned" }
    }

    /// The messages for a value of rustc that does not fit: one for each [`Misfit`], in their order.
    #[must_use]
    pub fn refusals(&self, value: &RustExpression, purpose: Use) -> [String; 3] {
        let this = if purpose == Use::Errno { "this errno" } else { "this value" };
        let negative = match purpose {
            Use::Null | Use::Errno => self.refusal(this, purpose, Misfit::Negative),
            Use::Order | Use::Equality | Use::Mask if self.bounds(purpose).lowest() < 0 => {
                String::new()
            }
            Use::Order | Use::Equality | Use::Mask => format!(
                "this value is negative and does not fit {}: {}; {}",
                self.description,
                self.no_sign(purpose),
                without_sign(value)
            ),
        };
        [
            negative,
            self.refusal(this, purpose, Misfit::AboveSigned),
            self.refusal(this, purpose, Misfit::Outside),
        ]
    }

    /// The message for `subject`, the number that does not fit.
    fn refusal(&self, subject: &str, purpose: Use, misfit: Misfit) -> String {
        let Self { width, description, .. } = self;
        let bits = width.bits();
        let bounds = self.bounds(purpose);
        match (purpose, misfit) {
            (Use::Null, Misfit::Negative | Misfit::AboveSigned | Misfit::Outside) => format!(
                "{description} is a pointer, and a filter cannot follow it: it can only be compared with 0; \
                 to compare the address itself write `as u64`"
            ),
            (Use::Errno, Misfit::Negative) => {
                let highest = bounds.highest();
                format!("an errno is written without a minus sign: 0 to {highest}")
            }
            (Use::Errno, Misfit::AboveSigned | Misfit::Outside) => {
                let highest = bounds.highest();
                format!(
                    "{subject} is above {highest}, the highest that the kernel passes on: it would arrive as {highest}"
                )
            }
            (Use::Order | Use::Equality | Use::Mask, Misfit::AboveSigned) => format!(
                "{subject} does not fit {description}, which is signed with {bits} bits: {} to {}; to compare it unsigned write `as u{}`",
                bounds.lowest(),
                bounds.highest(),
                bits.max(32)
            ),
            (Use::Order | Use::Equality | Use::Mask, Misfit::Negative | Misfit::Outside) => {
                format!(
                    "{subject} does not fit {description}: it has {bits} bits, and higher bits are never seen"
                )
            }
        }
    }
}

/// The advice for a negative constant of rustc where only the bits count.
fn without_sign(value: &RustExpression) -> String {
    let text = value.text.trim();
    if let Some(value) = text.strip_prefix('$') {
        let cast =
            if text.len() > 60 { "$(… as u32)".to_owned() } else { format!("$({value} as u32)") };
        return format!("write `{cast}` for its 32 bits");
    }
    let name = last_of_path(text);
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let cast = match inner {
        _ if text.len() > 60 => "{ … as u32 }".to_owned(),
        Some(inner) => format!("{{ ({}) as u32 }}", inner.trim()),
        None => format!("{{ {text} as u32 }}"),
    };
    if inner.is_none() && is_constant(name) {
        format!("write `{name}`, which this language knows, or `{cast}` for its 32 bits")
    } else {
        format!("write `{cast}` for its 32 bits")
    }
}

/// Whether the tables have a constant of that name on any ABI.
fn is_constant(name: &str) -> bool {
    !matches!(table::constant(Abi::X86_64, name), ConstantLookup::Unknown)
}
