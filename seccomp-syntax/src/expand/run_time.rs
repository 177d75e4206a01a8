//! Policies with values that the program gives when it runs, `$name` and `$(expression)`, as tokens.
//!
//! The filter and its open operands are one constant. The values are an array of numbers beside it, which the program
//! evaluates where the policy is written, each once and in order. The install of the policy checks that they fit.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use seccomp_ir::Compiled;
use seccomp_ir::filter::Relocation;
use seccomp_ir::fit::ValuePurpose;
use seccomp_ir::policy::{Comparison, Symbol, Value};
use seccomp_ir::report::Tables;
use seccomp_ir::resolve::{Expression, Fit, RangeOfRustc, SymbolSource};
use seccomp_ir::tree::{RustExpression, Tree};

use super::demand::demands;
use super::emit::{self, Emitter};
use super::unique;

/// A value of a symbol in an expansion, by its place in the list of values.
#[derive(Clone, Copy)]
pub(super) struct ValueIndex(pub(super) usize);

/// The symbols that the program evaluates when it runs.
pub(super) struct OpenSymbols {
    /// They ascend. The place of a symbol in this list is the [`ValueIndex`] of its value.
    pub(super) symbols: Vec<Symbol>,
}

impl OpenSymbols {
    pub(super) fn of(compiled: &Compiled) -> Self {
        let mut symbols = Vec::new();
        for (number, symbol) in compiled.symbols.iter().enumerate() {
            if symbol.expression.is_run_time() {
                symbols.push(Symbol(number as u32));
            }
        }
        Self { symbols }
    }

    /// The value of the symbol, if the program evaluates it when it runs.
    pub(super) fn value(&self, symbol: Symbol) -> Option<ValueIndex> {
        self.symbols.binary_search_by_key(&symbol.0, |open| open.0).ok().map(ValueIndex)
    }

    /// Whether a side of the comparison is such a symbol.
    pub(super) fn is_in(&self, comparison: &Comparison) -> bool {
        let is_open = |value| match value {
            Value::Symbol(symbol) => self.value(symbol).is_some(),
            Value::Known(_) => false,
        };
        is_open(comparison.value) || comparison.mask.is_some_and(is_open)
    }
}

impl Emitter<'_> {
    /// The expression of type `PolicyWith`: `filter` has all other operands, `checks` are statements about
    /// what rustc knows.
    pub(super) fn with_values(
        self,
        checks: &TokenStream,
        filter: &TokenStream,
        compiled: &Compiled,
        tree: &Tree,
        open: &OpenSymbols,
        tables: Option<&Tables>,
    ) -> TokenStream {
        let runtime = self.runtime;
        let values = &*tree.run_time_values();
        let emitter = TermEmitter { emitter: self, values };
        let mut terms = TokenStream::new();
        for symbol in &open.symbols {
            let SymbolSource { expression, fit } = &compiled.symbols[symbol.0 as usize];
            let term = emitter.whole_term(expression, fit);
            quote!(#term,).to_tokens(&mut terms);
        }
        let made = unique("open_operand");
        let mut operands = TokenStream::new();
        for Relocation { index, operand } in &compiled.filter.relocations {
            if let Some(value) = open.value(operand.symbol()) {
                emit::put_in(*index, value, operand, &made).to_tokens(&mut operands);
            }
        }
        let mut ranges = TokenStream::new();
        for range in &compiled.ranges {
            if range.first.is_run_time() || range.last.is_run_time() {
                emitter.range(range).to_tokens(&mut ranges);
            }
        }
        let demands = demands(self, compiled, tree, open, true);
        let (keeper, report) = match tables {
            None => (TokenStream::new(), quote!(None)),
            Some(tables) => self.report_with(values, compiled, tables),
        };
        self.policy_with(
            values,
            &quote! {
                #checks
                use #runtime::__private::Operand as #made;
                #keeper
            },
            filter,
            &quote! {
                values: &[#terms], operands: &[#operands], ranges: &[#ranges], demands: &[#demands],
            },
            &report,
        )
    }

    /// An item that keeps the filters of a policy with `report`, and the variant of `Option` with its `Report`.
    fn report_with(
        self,
        values: &[&RustExpression],
        compiled: &Compiled,
        tables: &Tables,
    ) -> (TokenStream, TokenStream) {
        let runtime = self.runtime;
        let keeper = unique("keeper");
        let instructions = Literal::usize_unsuffixed(compiled.filter.instructions.len());
        let values = Literal::usize_unsuffixed(values.len());
        let size = quote!(#instructions, #values);
        let item = quote! {
            enum #keeper {}
            impl #runtime::__private::Keeper<#size> for #keeper {
                fn filters() -> &'static #runtime::__private::FilledFilters<#size> {
                    static FILTERS: #runtime::__private::FilledFilters<#size> =
                        #runtime::__private::FilledFilters::new();
                    &FILTERS
                }
            }
        };
        // Its filters are known only when they are put together.
        let report = self.report(compiled, tables, &quote!(&[]));
        (item, quote!(Some(&#report.with_values::<#size, #keeper>())))
    }

    /// An expression of type `PolicyWith` to replace a policy that has errors. It cannot be installed.
    pub(super) fn nothing_with(self, values: &[&RustExpression]) -> TokenStream {
        let nothing = TokenStream::new();
        let blanks = quote!(values: &[], operands: &[], ranges: &[], demands: &[]);
        self.policy_with(values, &nothing, &quote!([]), &blanks, &quote!(None))
    }

    fn policy_with(
        self,
        values: &[&RustExpression],
        statements: &TokenStream,
        filter: &TokenStream,
        blanks: &TokenStream,
        report: &TokenStream,
    ) -> TokenStream {
        let runtime = self.runtime;
        let mut given = TokenStream::new();
        for value in values {
            let value = self.given(value);
            quote!(#value,).to_tokens(&mut given);
        }
        // A `const` around the policy is an error at the first value.
        let (here, span) = self.runtime_at(values[0].span);
        let policy = quote_spanned! {span=>
            #here::__private::write_braces_for_a_constant_or_put_the_policy_in_a_function
        };
        quote! {
            #policy(
                const {
                    #statements
                    &#runtime::__private::Template {
                        filter: &#filter,
                        blanks: #runtime::__private::Blanks { #blanks },
                        report: #runtime::__private::core::option::Option::#report,
                    }
                },
                [#given],
            )
        }
    }

    /// A value of the running program as a number. Its tokens keep their places, which say to which variables they belong,
    /// except parentheses: rustc would call them unused.
    fn given(self, value: &RustExpression) -> TokenStream {
        let tokens = self.sources.tokens(value).clone();
        let is_group = matches!(tokens.clone().into_iter().next(), Some(TokenTree::Group(_)));
        let tokens = if is_group { super::value(tokens, self.runtime) } else { tokens };
        let (runtime, span) = self.runtime_at(value.span);
        quote_spanned!(span=> #runtime::__private::number(#tokens))
    }
}

/// Emits the `Term`s of symbols. A value of the running program is its index in the array of these values.
#[derive(Clone, Copy)]
struct TermEmitter<'a> {
    emitter: Emitter<'a>,
    /// The values of a policy, in the order in which they are written.
    values: &'a [&'a RustExpression],
}

impl TermEmitter<'_> {
    /// The `Term` of a value.
    fn whole_term(self, expression: &Expression, fit: &Fit) -> TokenStream {
        let term = self.term(expression, fit);
        match expression {
            // If each part fits as bits, so does the whole value, except in this case.
            Expression::Or(_) | Expression::Not(_) if fit.purpose == ValuePurpose::Errno => {
                let runtime = self.emitter.runtime;
                let checked = self.checked(
                    fit,
                    ValuePurpose::Errno,
                    &expression.to_string(),
                    emit::first(expression),
                );
                quote!(#runtime::__private::Term::Whole { of: &#term, #checked })
            }
            _ => term,
        }
    }

    /// The `Term` of a part of a value.
    fn term(self, expression: &Expression, fit: &Fit) -> TokenStream {
        let runtime = self.emitter.runtime;
        let term = match expression {
            Expression::Rust(value, purpose) if value.run_time => {
                let place = self.values.iter().position(|written| written.index == value.index);
                let index = Literal::usize_unsuffixed(place.unwrap_or(usize::MAX));
                let checked = self.checked(fit, *purpose, &value.text, value);
                quote!(Given { index: #index, #checked })
            }
            Expression::Or(parts) if expression.is_run_time() => {
                let mut terms = TokenStream::new();
                for part in parts {
                    let term = self.term(part, fit);
                    quote!(#term,).to_tokens(&mut terms);
                }
                quote!(Any(&[#terms]))
            }
            Expression::Not(inner) if expression.is_run_time() => {
                let (inner, ones) = (self.term(inner, fit), fit.width.ones());
                quote!(Not { of: &#inner, ones: #ones })
            }
            known => {
                let bits = self.emitter.bits(known, fit);
                quote!(Known(#bits))
            }
        };
        quote!(#runtime::__private::Term::#term)
    }

    /// The fields of a `Term` that must fit: its bounds, and what is wrong with a value outside of them.
    fn checked(
        self,
        fit: &Fit,
        purpose: ValuePurpose,
        text: &str,
        value: &RustExpression,
    ) -> TokenStream {
        let (runtime, span) = (self.emitter.runtime, proc_macro2::Span::mixed_site());
        let bounds = emit::bounds(fit, purpose, runtime, span);
        let mut refusals = fit.refusals(value, purpose);
        for refusal in &mut refusals {
            *refusal = format!("`{text}`: {refusal}");
        }
        let [mut negative, mut above_signed, outside] = refusals;
        // What cannot happen needs no text in the program.
        if fit.bounds(purpose).lowest() < 0 {
            negative.clear();
        } else {
            above_signed.clear();
        }
        quote!(bounds: #bounds, refusals: [#negative, #above_signed, #outside])
    }

    /// An element of a list of ranges that must not be empty.
    fn range(self, range: &RangeOfRustc) -> TokenStream {
        let RangeOfRustc { first, last, inclusive, fit, .. } = range;
        let runtime = self.emitter.runtime;
        let message = emit::empty_range(range);
        let (first, last) = (self.term(first, fit), self.term(last, fit));
        let (ones, sign) = (fit.width.ones(), fit.sign());
        quote! {
            #runtime::__private::OpenRange {
                first: #first, last: #last, inclusive: #inclusive, ones: #ones, sign: #sign,
                message: #message,
            },
        }
    }
}
