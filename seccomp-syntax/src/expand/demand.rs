//! The comparisons with symbols that must hold so that at least one call can match a rule.
//!
//! If the compiler knows all values of a condition, it finds by itself that no call satisfies it:
//! `fd < 0`, `flags & 1 == 2`. If only rustc or the running program knows some value, it gets the comparison. Each
//! comparison is checked alone.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, quote};
use seccomp_ir::Compiled;
use seccomp_ir::policy::{Comparison, Condition, Operator, Value};
use seccomp_ir::resolve::SymbolSource;
use seccomp_ir::tree::Tree;

use super::emit::Emitter;
use super::run_time::OpenSymbols;

/// The elements of a list of `Demand`s, by rule and ABI: the comparisons with values of rustc or of the running program
/// that must hold for a rule to match. `run_time` chooses the rules with a value that the program gives, or those whose
/// values rustc knows.
pub(super) fn demands(
    emitter: Emitter<'_>,
    compiled: &Compiled,
    tree: &Tree,
    open: &OpenSymbols,
    run_time: bool,
) -> TokenStream {
    let runtime = emitter.runtime;
    let mut demands = TokenStream::new();
    // The rules of an ABI are in the order of the policy.
    let mut rest = Vec::new();
    for part in &compiled.policy.abis {
        rest.push(&part.rules[..]);
    }
    for (number, place) in compiled.origins.iter().enumerate() {
        let mut found = Vec::new();
        let mut abis = 0;
        for rules in &mut rest {
            while let [rule, others @ ..] = *rules {
                if rule.origin.0 as usize != number {
                    break;
                }
                *rules = others;
                of(&rule.condition, true, &mut |comparison, operator| {
                    found.push((abis, *comparison, operator));
                });
                abis += 1;
            }
        }
        if found.iter().any(|(_, comparison, _)| open.is_in(comparison)) != run_time {
            continue;
        }
        for (abi, comparison, operator) in &found {
            let bounds = demand(emitter, compiled, open, comparison, *operator);
            let message = place.contradiction(tree).message;
            let rule = Literal::usize_unsuffixed(number);
            let (abi, abis) = (Literal::usize_unsuffixed(*abi), Literal::usize_unsuffixed(abis));
            quote! {
                #runtime::__private::Demand {
                    rule: #rule, abi: #abi, abis: #abis, message: #message, #bounds
                },
            }
            .to_tokens(&mut demands);
        }
    }
    demands
}

/// Calls `found` with each comparison with a value of rustc that must hold for `condition` to be true, or,
/// if `holds` is false, for `condition` to be false.
fn of(condition: &Condition, holds: bool, found: &mut dyn FnMut(&Comparison, Operator)) {
    match condition {
        Condition::All(parts) if holds => parts.iter().for_each(|part| of(part, holds, found)),
        Condition::Any(parts) if !holds => parts.iter().for_each(|part| of(part, holds, found)),
        Condition::Not(inner) => of(inner, !holds, found),
        Condition::Compare(comparison) => {
            let symbol = |value| matches!(value, Value::Symbol(_));
            if symbol(comparison.value) || comparison.mask.is_some_and(symbol) {
                let operator = comparison.operator;
                found(comparison, if holds { operator } else { operator.negated() });
            }
        }
        Condition::Always | Condition::All(_) | Condition::Any(_) => {}
    }
}

/// The fields of a `Demand`: the comparison that must hold. When the running program checks it, a value of rustc is already
/// a number.
fn demand(
    emitter: Emitter<'_>,
    compiled: &Compiled,
    open: &OpenSymbols,
    comparison: &Comparison,
    operator: Operator,
) -> TokenStream {
    let runtime = emitter.runtime;
    let is_open = open.is_in(comparison);
    let Comparison { width, signed, mask, value, .. } = comparison;
    let bits = Literal::u32_unsuffixed(width.bits());
    let number = |value| match value {
        Value::Known(known) => {
            let known = Literal::u64_unsuffixed(known);
            quote!(Known(#known))
        }
        Value::Symbol(symbol) => match open.value(symbol) {
            Some(value) => {
                let value = Literal::usize_unsuffixed(value.0);
                quote!(Value(#value))
            }
            None if is_open => {
                let SymbolSource { expression, fit } = &compiled.symbols[symbol.0 as usize];
                let value = emitter.value(expression, fit);
                quote!(Known(#value))
            }
            None => {
                let symbol = Literal::u32_unsuffixed(symbol.0);
                quote!(Value(#symbol))
            }
        },
    };
    let (mask, value) = (number(mask.unwrap_or(Value::Known(u64::MAX))), number(*value));
    let (less, equal, greater) = operator.outcomes();
    quote! {
        bounds: #runtime::__private::Bounds {
            bits: #bits, signed: #signed, purpose: #runtime::__private::ValuePurpose::Order,
        },
        mask: #runtime::__private::DemandNumber::#mask,
        value: #runtime::__private::DemandNumber::#value,
        fulfilled: #runtime::__private::Fulfilled { less: #less, equal: #equal, greater: #greater },
    }
}
