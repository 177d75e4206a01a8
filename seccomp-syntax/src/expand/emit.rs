//! A compiled policy as tokens: a constant array of instructions.
//!
//! Literal numbers, but for values left to rustc: those become expressions in the `k` field, in
//! place, so that they may say `Self::X`. The functions they call are `const` and in the runtime
//! crate's `__private`; a value that does not fit fails there, at the span of its operand.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use seccomp_ir::abi::Half;
use seccomp_ir::action::Action;
use seccomp_ir::bpf::SockFilter;
use seccomp_ir::policy::Symbol;
use seccomp_ir::program::SymbolOperand;
use seccomp_ir::resolve::{Expression, Fit, RangeOfRustc, Use};
use seccomp_ir::{Compiled, tree};

use super::warn;
use crate::sources::Sources;

/// What all that is emitted refers to.
#[derive(Clone, Copy)]
pub(crate) struct Emitter<'a> {
    /// What the numbers of the policy's tree stand for.
    pub(crate) sources: &'a Sources,
    /// The path of the runtime crate.
    pub(crate) runtime: &'a TokenStream,
}

impl Emitter<'_> {
    /// The expression of `compiled`'s policy.
    pub(crate) fn policy(self, compiled: &Compiled) -> TokenStream {
        let Self { sources, runtime } = self;
        let Compiled { program, warnings, ranges, .. } = compiled;
        let mut statements = TokenStream::new();
        for warning in warnings {
            let span = sources.span(warning.span);
            warn::warning(warning.lint, &warning.message, span).to_tokens(&mut statements);
        }
        for range in ranges {
            self.not_empty(range).to_tokens(&mut statements);
        }
        let mut instructions = TokenStream::new();
        let mut relocations = &program.relocations[..];
        for (index, instruction) in program.instructions.iter().enumerate() {
            let SockFilter { code, jt, jf, k } = *instruction;
            let code = Literal::u16_unsuffixed(code);
            let (jt, jf) = (Literal::u8_unsuffixed(jt), Literal::u8_unsuffixed(jf));
            let k = match relocations {
                [relocation, rest @ ..] if relocation.index == index => {
                    relocations = rest;
                    self.operand(relocation.operand, compiled)
                }
                _ => Literal::u32_unsuffixed(k).into_token_stream(),
            };
            quote!(__I { code: #code, jt: #jt, jf: #jf, k: #k },).to_tokens(&mut instructions);
        }
        quote!({
            #statements
            use #runtime::__private::SockFilter as __I;
            #runtime::__private::policy(const { &[#instructions] })
        })
    }

    /// A statement that fails while the program compiles if nothing is in `range`.
    fn not_empty(self, range: &RangeOfRustc) -> TokenStream {
        let RangeOfRustc { first, last, inclusive, fit, span } = range;
        let within = Range::of(fit);
        // Bits of the type, in the order of its numbers.
        let (ones, sign) = (fit.width.ones(), fit.sign());
        let bound = |bound: &Expression| {
            let value = self.value(bound, &within);
            quote!((#value & #ones) ^ #sign)
        };
        let (low, high) = (bound(first), bound(last));
        let text = |bound: &Expression| match bound {
            Expression::Known(known) => fit.number(*known).to_string(),
            bound => bound.to_string(),
        };
        let (first, last) = (text(first), text(last));
        let (holds, message) = if *inclusive {
            (
                quote!(#low <= #high),
                format!(
                    "this range is upside down and matches nothing, as `{first}` is above `{last}`: the \
                 lower bound goes first"
                ),
            )
        } else {
            (
                quote!(#low < #high),
                format!(
                    "this range matches nothing, as `{first}` is not below `{last}`: the lower bound goes \
                 first, and `..` leaves its end out, which `..=` has"
                ),
            )
        };
        let (runtime, span) = self.runtime_at(*span);
        quote_spanned!(span=> #runtime::__private::not_empty(#holds, #message);)
    }

    fn operand(self, operand: SymbolOperand, compiled: &Compiled) -> TokenStream {
        let runtime = self.runtime;
        let source = |symbol: Symbol| &compiled.symbols[symbol.0 as usize];
        match operand {
            SymbolOperand::ReturnErrno(symbol) => {
                let errno = self.value(&source(symbol).expression, &Range::errno());
                quote!(#runtime::__private::return_errno(#errno))
            }
            SymbolOperand::Word { symbol, half, keep, flip } => {
                let source = source(symbol);
                let value = self.value(&source.expression, &Range::of(&source.fit));
                let half = match half {
                    Half::High => quote!(high),
                    Half::Low => quote!(low),
                };
                quote!(#runtime::__private::#half(#value, #keep, #flip))
            }
        }
    }

    /// An expression of type `u64`.
    pub(crate) fn value(self, expression: &Expression, range: &Range) -> TokenStream {
        match expression {
            Expression::Known(known) => Literal::u64_suffixed(*known).to_token_stream(),
            Expression::Or(parts) => {
                let mut any = TokenStream::new();
                for part in parts {
                    if !any.is_empty() {
                        quote!(|).to_tokens(&mut any);
                    }
                    self.value(part, range).to_tokens(&mut any);
                }
                quote!((#any))
            }
            Expression::Not(inner) => {
                let inner = self.value(inner, range);
                quote!((!#inner))
            }
            Expression::Rust(expression) => {
                let Range { lowest, highest, message } = range;
                let tokens = self.sources.tokens(expression);
                let (runtime, span) = self.runtime_at(expression.span);
                quote_spanned!(span=> #runtime::__private::fits(#runtime::__private::integer(#tokens) as i128, #lowest, #highest, #message))
            }
        }
    }

    /// The path of the runtime crate, to be found as before but reported at `span`.
    fn runtime_at(self, span: tree::Span) -> (TokenStream, Span) {
        let span = self.sources.span(span);
        let mut moved = TokenStream::new();
        for mut token in self.runtime.clone() {
            token.set_span(span.resolved_at(token.span()));
            token.to_tokens(&mut moved);
        }
        (moved, span)
    }
}

/// An expression of type `Policy` that stands where a policy had mistakes. It cannot be installed.
pub(crate) fn nothing(runtime: &TokenStream) -> TokenStream {
    quote!(#runtime::__private::policy(const { &[] }))
}

/// What a value left to rustc must be within, and what to say if it is not.
pub(crate) struct Range {
    lowest: i128,
    highest: i128,
    message: String,
}

impl Range {
    pub(crate) fn of(fit: &Fit) -> Self {
        let (lowest, highest) = fit.bounds();
        // C libraries differ in the sign of one constant's type (`TIOCGPTN` is negative with musl):
        // where only bits count, the bits of a negative number are as good.
        let lowest = match fit.purpose {
            Use::Order => lowest,
            Use::Equality | Use::Mask => -i128::from(fit.width.ones() / 2) - 1,
        };
        let message = format!(
            "this value does not fit {}, compared in {} bits",
            fit.description,
            fit.width.bits()
        );
        Self { lowest, highest, message }
    }

    fn errno() -> Self {
        let highest = i128::from(Action::MAX_ERRNO);
        Self { lowest: 0, highest, message: format!("an errno is a number from 0 to {highest}") }
    }
}
