//! Numbers: looks up constants for the ABI, and checks that values fit what they are compared with.

use crate::abi::Abi;
use crate::action::Action;
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::errors::Reported;
use crate::fit::{MOST_RUN_TIME_VALUES, ValuePurpose};
use crate::policy::{self, PolicyAction, Symbol, Width};
use crate::table::{self, Constant, ConstantLookup};

use super::Resolver;
use super::misfit_text::refusal;
use super::nearest_names::NameKind;
use super::rustc_value::{Expression, Fit, SymbolSource};
use crate::lists::list_abis;
use crate::tree::{Name, Span, ValueExpr, ValueKind};

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
            let error = Diagnostic::new(ErrorCode::TooLarge, span, message).help(help);
            let reported = self.errors.add(error);
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
            ValuePurpose::Errno => ErrorCode::NotAnErrno,
            ValuePurpose::Order
            | ValuePurpose::Equality
            | ValuePurpose::Mask
            | ValuePurpose::Null => ErrorCode::DoesNotFit,
        };
        let error = Diagnostic::new(code, span, refusal(number, misfit, fit)).on(abi);
        Err(self.errors.add(error))
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
        let error = match found {
            ConstantLookup::Value(value) => return Ok(value),
            ConstantLookup::NotOnThisAbi(others) => {
                let message = format!(
                    "{} has no constant `{name}` (it exists on {})",
                    abi.name(),
                    list_abis(&others)
                );
                Diagnostic::new(ErrorCode::ConstantOfAnotherAbi, *span, message)
            }
            ConstantLookup::Unknown => {
                // Variables have small letters.
                let variable = if name.starts_with(|first: char| first.is_ascii_lowercase()) {
                    format!(
                        "a variable of your function is written `${name}`, or `run_time({name})` in a `macro_rules!` of your own; "
                    )
                } else {
                    String::new()
                };
                let own = format!(
                    "{variable}a constant of your program is written `self::{name}` or `crate::{name}`"
                );
                let unknown = format!("unknown constant `{name}`");
                let unknown = Diagnostic::new(ErrorCode::UnknownConstant, *span, unknown);
                match self.near.to(NameKind::Constant, name, abi, self.domain) {
                    Some(near) => {
                        unknown.help(format!("did you mean `{near}`? ({own})")).replace(*span, near)
                    }
                    None => unknown.help(own),
                }
            }
        };
        Err(self.errors.add(error))
    }

    /// `errno(value)`: 0 to 4095.
    pub(super) fn errno(&mut self, value: &ValueExpr, abi: Abi) -> Result<PolicyAction, Reported> {
        let description = "`errno`".to_owned();
        let fit =
            Fit { width: Width::W64, signed: false, purpose: ValuePurpose::Errno, description };
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
            purpose: ValuePurpose::Order,
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
                Err(self.errors.at(ErrorCode::ValueOfRustc, value.span, message))
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
        ValuePurpose::Equality | ValuePurpose::Mask => true,
        ValuePurpose::Order | ValuePurpose::Null | ValuePurpose::Errno => false,
    };
    if bits_count && sign_extended {
        i128::from(constant.value & ones)
    } else if constant.negative {
        i128::from(constant.value as i64)
    } else {
        i128::from(constant.value)
    }
}
