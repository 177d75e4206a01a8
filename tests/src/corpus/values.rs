//! Values of the running program in the policies of the corpus: each is written as its number, `$(0x8000_0000)`.

use seccomp_ir::bpf::SockFilter;
use seccomp_ir::fit::{Misfit, ValuePurpose};
use seccomp_ir::resolve::{Expression, Fit, RangeOfRustc, SymbolSource};
use seccomp_ir::tree::RustExpression;
use seccomp_syntax::Compiled;

use super::call::integer;

/// The value of each symbol, and the filter with these values.
pub(super) fn filled(compiled: &Compiled) -> Result<(Vec<u64>, Vec<SockFilter>), String> {
    let mut values = Vec::new();
    for SymbolSource { expression, fit } in &compiled.symbols {
        let value = bits(expression, fit)?;
        // The parts of an errno are bits; the whole must be an errno.
        let whole = !matches!(expression, Expression::Rust(..));
        if fit.purpose == ValuePurpose::Errno
            && whole
            && fit.bounds(ValuePurpose::Errno).misfit(value.into()).is_some()
        {
            return Err(format!("`{expression}`: this errno is above 4095"));
        }
        values.push(value);
    }
    for RangeOfRustc { first, last, inclusive, fit, .. } in &compiled.ranges {
        let bound = |bound| Ok::<_, String>((bits(bound, fit)? & fit.width.ones()) ^ fit.sign());
        let (low, high) = (bound(first)?, bound(last)?);
        if low > high || low == high && !inclusive {
            return Err(format!("this range matches nothing: `{first}` to `{last}`"));
        }
    }
    let instructions = compiled.filter.resolve(&|symbol| values[symbol.0 as usize]);
    Ok((values, instructions))
}

fn bits(expression: &Expression, fit: &Fit) -> Result<u64, String> {
    match expression {
        Expression::Known(known) => Ok(*known),
        Expression::Rust(written, purpose) => given(written, *purpose, fit),
        Expression::Or(parts) => {
            let mut all = 0;
            for part in parts {
                all |= bits(part, fit)?;
            }
            Ok(all)
        }
        Expression::Not(inner) => Ok(!bits(inner, fit)? & fit.width.ones()),
    }
}

/// A value by itself, which must fit.
fn given(written: &RustExpression, purpose: ValuePurpose, fit: &Fit) -> Result<u64, String> {
    assert!(written.run_time, "`{}` is left to rustc", written.text);
    let number = written.text.trim_start_matches("$(").trim_end_matches(')');
    let number = integer(number)?;
    let [negative, above_signed, outside] = fit.refusals(written, purpose);
    match fit.bounds(purpose).misfit(number) {
        None => Ok(number as u64),
        Some(Misfit::Negative) => Err(negative),
        Some(Misfit::AboveSigned) => Err(above_signed),
        Some(Misfit::Outside) => Err(outside),
    }
}
