//! The later stages of `seccomp_policy!`: every `#[cfg]`, then every `include`, then the compiler,
//! for the one ABI that rustc has left.

use proc_macro2::{Group, Ident, Literal, Span, TokenStream};
use quote::quote;
use seccomp_ir::abi::Abi;
use syn::LitInt;
use syn::parse::{ParseStream, Parser};

use super::emit::{self, Emitter};
use super::{fragment, holding};
use crate::compile::compile_tokens;
use crate::stage::{self, Next};

/// What a stage hands on to the next: `abi [runtime] policy…`.
pub(crate) struct Stage {
    /// The name of the ABI of the target.
    pub(crate) abi: Ident,
    /// The path of the runtime crate.
    pub(crate) runtime: TokenStream,
    pub(crate) policy: TokenStream,
    /// How many times rustc has decided something already: what a stage defines has this in its name,
    /// because rustc refuses a macro that is defined within the expansion of one of that name.
    pub(crate) number: u64,
    /// What rustc has decided last.
    pub(crate) answer: TokenStream,
}

impl Stage {
    /// Reads what a stage is handed, and goes on with it.
    pub(crate) fn enter(input: TokenStream, go_on: fn(&Self) -> TokenStream) -> TokenStream {
        match Self::read.parse2(input) {
            Ok(stage) => go_on(&stage),
            Err(error) => error.to_compile_error(),
        }
    }

    /// Reads `abi [runtime] policy…`, or what [`state`](Self::state) wrote and rustc's answer after it.
    fn read(input: ParseStream<'_>) -> syn::Result<Self> {
        let abi = input.parse()?;
        let is_state = input.peek(LitInt);
        let mut number = 0;
        if is_state {
            number = input.parse::<LitInt>()?.base10_digits().parse().unwrap_or_default();
        }
        let runtime = input.parse::<Group>()?.stream();
        let mut answer = TokenStream::new();
        let policy;
        if is_state {
            policy = input.parse::<Group>()?.stream();
            answer = input.parse()?;
        } else {
            policy = input.parse()?;
        }
        Ok(Self { abi, runtime, policy, number, answer })
    }

    /// What rustc carries to the next stage.
    pub(crate) fn state(&self) -> TokenStream {
        let Self { abi, runtime, policy, number, .. } = self;
        let number = Literal::u64_unsuffixed(number + 1);
        quote!(#abi #number [#runtime] [#policy])
    }

    /// The same stage for another policy.
    pub(crate) fn with_policy(&self, policy: TokenStream) -> Self {
        let Self { abi, runtime, number, .. } = self;
        let (abi, runtime) = (abi.clone(), runtime.clone());
        Self { abi, runtime, policy, number: *number, answer: TokenStream::new() }
    }

    /// The ABI of the target.
    pub(crate) fn target(&self) -> syn::Result<Abi> {
        match Abi::from_name(&self.abi.to_string()) {
            Some(abi) => Ok(abi),
            None => Err(syn::Error::new(self.abi.span(), "internal error: no such ABI")),
        }
    }

    /// Expands to an expression of type `Policy`.
    pub(crate) fn expand(&self) -> TokenStream {
        match stage::next(self.policy.clone()) {
            Next::Compile(policy) => self.compile(policy),
            Next::Conditions(conditions) => {
                let Self { runtime, number, .. } = self;
                let name = Ident::new(&format!("__Holding{number}"), Span::call_site());
                let ask = holding::ask(&name, &conditions, runtime);
                let state = self.state();
                quote!({
                    #ask
                    #name! { [#runtime::__private::decided] #state }
                })
            }
            Next::Fragments(includes) => fragment::include(self, &includes),
            Next::File(include) => super::file::include(self, include),
        }
    }

    /// A policy with mistakes becomes those mistakes and an expression of the same type, so that
    /// nothing else is reported.
    fn compile(&self, policy: TokenStream) -> TokenStream {
        let target = match self.target() {
            Ok(target) => target,
            Err(error) => return self.error(error),
        };
        // Something is missing where a fragment is, so nothing follows from what is there.
        let rest = stage::without_mistaken(policy.clone());
        let mistaken = rest.is_some();
        match compile_tokens(rest.unwrap_or(policy), Span::call_site(), target) {
            Ok(_) if mistaken => self.failed(&TokenStream::new()),
            Ok((compiled, sources)) => {
                Emitter { sources: &sources, runtime: &self.runtime }.policy(&compiled)
            }
            Err(errors) => self.failed(&errors.to_compile_errors()),
        }
    }

    /// `error`, and an expression of type `Policy`.
    pub(crate) fn error(&self, error: syn::Error) -> TokenStream {
        self.failed(&error.to_compile_error())
    }

    /// `errors`, and an expression of type `Policy`.
    pub(crate) fn failed(&self, errors: &TokenStream) -> TokenStream {
        let nothing = emit::nothing(&self.runtime);
        quote!({ #errors #nothing })
    }
}

/// Expands `abi [runtime] policy…`.
pub fn compile(input: TokenStream) -> TokenStream {
    Stage::enter(input, Stage::expand)
}

/// Expands a `state` and `[hold]`: which of the conditions hold.
pub fn decided(input: TokenStream) -> TokenStream {
    Stage::enter(input, |stage| {
        let hold = stage.answer.clone().into_iter().next();
        let policy = stage::decided(stage.policy.clone(), &holding::items(hold.as_ref()));
        stage.with_policy(policy).expand()
    })
}
