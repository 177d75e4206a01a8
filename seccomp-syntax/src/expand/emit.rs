//! A compiled policy as tokens: a constant array of instructions.
//!
//! Most values are literal numbers. Values of rustc are expressions in a list beside the instructions, so
//! that they may contain `Self::X`. The list has each of them once, even if no instruction uses it as its
//! operand. The functions in these expressions are `const` and in `__private` of the runtime crate. A value that
//! does not fit fails to compile there, at the span of the value. `run_time` has the values that the program gives.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use seccomp_ir::abi::Half;
use seccomp_ir::bpf::{InstructionIndex, SockFilter};
use seccomp_ir::diagnostic::Code;
use seccomp_ir::filter::{Relocation, SymbolOperand};
use seccomp_ir::fit::{Bounds, ValuePurpose};
use seccomp_ir::policy::Symbol;
use seccomp_ir::report::Tables;
use seccomp_ir::resolve::{Expression, Fit, RangeOfRustc, SymbolSource};
use seccomp_ir::tree::{ReportNames, RustExpression, Tree};
use seccomp_ir::{Compiled, tree};

use super::demand::demands;
use super::run_time::{OpenSymbols, ValueIndex};
use super::{unique, warn};
use crate::sources::Sources;

/// What all emitted code refers to.
#[derive(Clone, Copy)]
pub(crate) struct Emitter<'a> {
    /// The tokens that the numbers in the tree refer to.
    pub(crate) sources: &'a Sources,
    /// The path of the runtime crate.
    pub(crate) runtime: &'a TokenStream,
}

impl Emitter<'_> {
    /// The expression for the policy of `compiled`; `tree` is the policy as it was written.
    /// `note` are items that leave a note of it in the program, and `tables` is what the program carries if the
    /// policy has `report`.
    pub(crate) fn policy(
        self,
        compiled: &Compiled,
        tree: &Tree,
        note: &TokenStream,
        tables: Option<&Tables>,
    ) -> TokenStream {
        let Self { sources, runtime } = self;
        let Compiled { filter, warnings, ranges, .. } = compiled;
        let mut statements = TokenStream::new();
        for warning in warnings {
            let span = sources.span(warning.span);
            if let Code::Warning(lint) = warning.code {
                warn::warning(lint, &warning.text(), span).to_tokens(&mut statements);
            }
        }
        let mut checks = TokenStream::new();
        for range in ranges {
            if !range.first.is_run_time() && !range.last.is_run_time() {
                self.not_empty(range).to_tokens(&mut checks);
            }
        }
        let one = unique("instruction");
        let mut instructions = TokenStream::new();
        for instruction in &filter.instructions {
            let SockFilter { code, jt, jf, k } = *instruction;
            let code = Literal::u16_unsuffixed(code);
            let (jt, jf) = (Literal::u8_unsuffixed(jt), Literal::u8_unsuffixed(jf));
            let k = Literal::u32_unsuffixed(k);
            quote!(#one { code: #code, jt: #jt, jf: #jf, k: #k },).to_tokens(&mut instructions);
        }
        let mut filter = quote!([#instructions]);
        let open = OpenSymbols::of(compiled);
        if open.symbols.len() < compiled.symbols.len() {
            filter = self.linked(&filter, compiled, tree, &open);
        }
        if tree.run_time_values().is_empty() {
            let filter = quote!(const { #checks &#filter });
            let policy = match tables {
                None => quote!(policy(#filter)),
                Some(tables) => {
                    let report = self.report(compiled, tables, &filter);
                    quote!(reporting(const { &#report }))
                }
            };
            return quote!(const {
                #statements
                #note
                use #runtime::__private::SockFilter as #one;
                #runtime::__private::#policy
            });
        }
        let policy = self.with_values(&checks, &filter, compiled, tree, &open, tables);
        quote!({
            #statements
            #note
            use #runtime::__private::SockFilter as #one;
            #policy
        })
    }

    /// The `Report` of a policy with this filter.
    pub(super) fn report(
        self,
        compiled: &Compiled,
        tables: &Tables,
        filter: &TokenStream,
    ) -> TokenStream {
        let runtime = self.runtime;
        let Tables { bytes, have_places } = tables;
        let tables = Literal::byte_string(bytes);
        let place = match have_places {
            true => quote!(""),
            // Before Rust 1.88 a macro cannot ask where a token is.
            false => quote!(#runtime::__private::core::concat!(
                #runtime::__private::core::file!(),
                ':',
                #runtime::__private::core::line!(),
            )),
        };
        let names = compiled.report.as_ref().map(|report| report.names);
        let with_names = match names {
            Some(ReportNames::All) => quote!(.with_names_of_arguments()),
            Some(ReportNames::Calls) => quote!(.with_names_of_calls()),
            Some(ReportNames::None) | None => quote!(),
        };
        quote! {
            #runtime::__private::Report::new(
                #filter,
                #tables,
                #place,
            )
            #with_names
        }
    }

    /// `filter` with the values of rustc inserted.
    fn linked(
        self,
        filter: &TokenStream,
        compiled: &Compiled,
        tree: &Tree,
        open: &OpenSymbols,
    ) -> TokenStream {
        let runtime = self.runtime;
        let mut values = TokenStream::new();
        for (number, SymbolSource { expression, fit }) in compiled.symbols.iter().enumerate() {
            let value = match open.value(Symbol(number as u32)) {
                None => self.value(expression, fit),
                Some(_) => quote!(0),
            };
            quote!(#value,).to_tokens(&mut values);
        }
        let made = unique("operand");
        let mut operands = TokenStream::new();
        for Relocation { index, operand } in &compiled.filter.relocations {
            let symbol = operand.symbol();
            if open.value(symbol).is_none() {
                let value = ValueIndex(symbol.0 as usize);
                put_in(*index, value, operand, &made).to_tokens(&mut operands);
            }
        }
        let demands = demands(self, compiled, tree, open, false);
        quote!({
            use #runtime::__private::Operand as #made;
            #runtime::__private::linked(#filter, [#values], [#operands], [#demands])
        })
    }

    /// A statement that fails to compile if `range` is empty.
    fn not_empty(self, range: &RangeOfRustc) -> TokenStream {
        let RangeOfRustc { first, last, inclusive, fit, span } = range;
        // The bits of both ends, in an encoding that keeps the order of the type.
        let (ones, sign) = (fit.width.ones(), fit.sign());
        let bound = |bound: &Expression| {
            let value = self.value(bound, fit);
            quote!((#value & #ones) ^ #sign)
        };
        let (low, high) = (bound(first), bound(last));
        let message = empty_range(range);
        let holds = if *inclusive { quote!(#low <= #high) } else { quote!(#low < #high) };
        let (runtime, span) = self.runtime_at(*span);
        quote_spanned!(span=> #runtime::__private::not_empty(#holds, #message);)
    }

    /// An expression of type `u64`: the bits of a value that fits. A negative value has its sign in the
    /// bits above.
    pub(crate) fn value(self, expression: &Expression, fit: &Fit) -> TokenStream {
        match expression {
            Expression::Rust(expression, purpose) => {
                let number = self.number(expression);
                self.fits(&number, fit, *purpose, expression)
            }
            // If each part fits as bits, so does the whole value, except in this case.
            parts if fit.purpose == ValuePurpose::Errno => {
                let runtime = self.runtime;
                let bits = self.bits(parts, fit);
                let number = quote!(#runtime::__private::number(#bits));
                self.fits(&number, fit, ValuePurpose::Errno, first(parts))
            }
            parts => self.bits(parts, fit),
        }
    }

    /// An expression of type `u64`: the bits of a part of a value.
    pub(super) fn bits(self, expression: &Expression, fit: &Fit) -> TokenStream {
        match expression {
            Expression::Known(known) => Literal::u64_suffixed(*known).to_token_stream(),
            Expression::Or(parts) => self.any(parts, fit),
            Expression::Not(inner) => {
                let (inner, ones) = (self.bits(inner, fit), fit.width.ones());
                quote!((!#inner & #ones))
            }
            Expression::Rust(expression, purpose) => {
                let number = self.number(expression);
                self.fits(&number, fit, *purpose, expression)
            }
        }
    }

    /// The bits of all parts. The parts are joined in pairs, because rustc recurses once for each nested
    /// operator, and thousands in a row overflow its stack.
    fn any(self, parts: &[Expression], fit: &Fit) -> TokenStream {
        match parts {
            [] => quote!(0),
            [part] => self.bits(part, fit),
            parts => {
                let (left, right) = parts.split_at(parts.len() / 2);
                let (left, right) = (self.any(left, fit), self.any(right, fit));
                quote!((#left | #right))
            }
        }
    }

    /// The value of an expression that rustc evaluates, as a number.
    fn number(self, expression: &RustExpression) -> TokenStream {
        let tokens = super::value(self.sources.tokens(expression).clone(), self.runtime);
        let (runtime, span) = self.runtime_at(expression.span);
        quote_spanned!(span=> #runtime::__private::number(#tokens))
    }

    /// `number` if it fits; otherwise an error at `written`.
    fn fits(
        self,
        number: &TokenStream,
        fit: &Fit,
        purpose: ValuePurpose,
        written: &RustExpression,
    ) -> TokenStream {
        let [negative, above_signed, outside] = fit.refusals(written, purpose);
        let (runtime, span) = self.runtime_at(written.span);
        let bounds = bounds(fit, purpose, &runtime, span);
        quote_spanned! {span=>
            #runtime::__private::fits(
                #number,
                #bounds,
                [#negative, #above_signed, #outside],
            )
        }
    }

    /// The path of the runtime crate: names resolve as before, but errors are reported at `span`.
    pub(super) fn runtime_at(self, span: tree::Span) -> (TokenStream, Span) {
        let span = self.sources.span(span);
        let mut moved = TokenStream::new();
        for mut token in self.runtime.clone() {
            token.set_span(span.resolved_at(token.span()));
            token.to_tokens(&mut moved);
        }
        (moved, span)
    }
}

/// The `Bounds` of a value for `purpose`.
pub(super) fn bounds(
    fit: &Fit,
    purpose: ValuePurpose,
    runtime: &TokenStream,
    span: Span,
) -> TokenStream {
    let Bounds { bits, signed, purpose } = fit.bounds(purpose);
    let purpose = match purpose {
        ValuePurpose::Order => quote!(Order),
        ValuePurpose::Equality => quote!(Equality),
        ValuePurpose::Mask => quote!(Mask),
        ValuePurpose::Null => quote!(Null),
        ValuePurpose::Errno => quote!(Errno),
    };
    let bits = Literal::u32_unsuffixed(bits);
    quote_spanned! {span=>
        #runtime::__private::Bounds {
            bits: #bits, signed: #signed, purpose: #runtime::__private::ValuePurpose::#purpose,
        }
    }
}

/// The message for a range that is empty.
pub(super) fn empty_range(range: &RangeOfRustc) -> String {
    let RangeOfRustc { first, last, inclusive, fit, .. } = range;
    let text = |bound: &Expression| match bound {
        Expression::Known(known) => fit.number(*known).to_string(),
        bound => bound.to_string(),
    };
    let is_least = matches!(first, Expression::Known(known) if *known == fit.sign());
    let (first, last) = (text(first), text(last));
    if is_least && !*inclusive {
        format!(
            "this range matches nothing, as no value is below `{last}`: `..` excludes its end, which `..=` \
             includes"
        )
    } else if *inclusive {
        format!(
            "this range is upside down and matches nothing, as `{first}` is above `{last}`: the lower bound \
             goes first"
        )
    } else {
        format!(
            "this range matches nothing, as `{first}` is not below `{last}`: the lower bound goes first, and \
             `..` excludes its end, which `..=` includes"
        )
    }
}

/// An element of a list of operands: the instruction, the value, and the operand. In the expansion, which every user
/// compiles, the first two are plain numbers.
pub(super) fn put_in(
    instruction: InstructionIndex,
    value: ValueIndex,
    operand: &SymbolOperand,
    made: &Ident,
) -> TokenStream {
    let (index, value) =
        (Literal::usize_unsuffixed(instruction.0), Literal::usize_unsuffixed(value.0));
    let operand = match operand {
        SymbolOperand::ReturnErrno(_) => quote!(Errno),
        SymbolOperand::Word { half: Half::High, keep, flip, .. } => {
            quote!(High { keep: #keep, flip: #flip })
        }
        SymbolOperand::Word { half: Half::Low, keep, flip, .. } => {
            quote!(Low { keep: #keep, flip: #flip })
        }
    };
    quote!((#index, #value, #made::#operand),)
}

/// An expression of type `Policy` to replace a policy that has errors. It cannot be installed.
pub(crate) fn nothing(runtime: &TokenStream) -> TokenStream {
    quote!(#runtime::__private::policy(const { &[] }))
}

/// The first part of a value that rustc evaluates.
pub(super) fn first(expression: &Expression) -> &RustExpression {
    match expression {
        Expression::Rust(expression, _) => expression,
        Expression::Not(inner) => first(inner),
        Expression::Or(parts) => first(&parts[0]),
        Expression::Known(_) => unreachable!("what is known needs no rustc"),
    }
}
