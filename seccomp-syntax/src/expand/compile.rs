//! The later stages of `seccomp_policy!`: one `#[cfg]` or `include` after the other, then the
//! compiler, for the one ABI that rustc has left.

use crate::stage::{self, Cfg, Next};
use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use seccomp_ir::abi::Abi;
use syn::parse::{ParseStream, Parser};

use super::{emit, fragment};

/// What a stage hands on to the next: `abi [runtime] policy…`.
pub(crate) struct Stage {
    /// The name of the ABI of the target.
    pub(crate) abi: Ident,
    /// The path of the runtime crate.
    pub(crate) runtime: TokenStream,
    pub(crate) policy: TokenStream,
}

impl Stage {
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            abi: input.parse()?,
            runtime: input.parse::<Group>()?.stream(),
            policy: input.parse()?,
        })
    }

    /// The same stage for another policy.
    pub(crate) fn with_policy(&self, policy: TokenStream) -> Self {
        Self { abi: self.abi.clone(), runtime: self.runtime.clone(), policy }
    }

    /// The ABI of the target.
    pub(crate) fn target(&self) -> syn::Result<Abi> {
        Abi::from_name(&self.abi.to_string())
            .ok_or_else(|| syn::Error::new(self.abi.span(), "internal error: no such ABI"))
    }

    /// The next stage, for another policy.
    fn then(&self, policy: &TokenStream) -> TokenStream {
        let Self { abi, runtime, .. } = self;
        quote!(#runtime::__private::compile!(#abi [#runtime] #policy))
    }

    /// Expands to an expression of type `Policy`.
    pub(crate) fn expand(&self) -> TokenStream {
        match stage::next(self.policy.clone()) {
            Next::Compile(policy) => self.compile(policy),
            Next::Cfg(Cfg { span, predicate, with, without }) => {
                let with = self.then(&with);
                let without = self.then(&without);
                let [if_so, if_not] = conditions(span, &predicate);
                quote!({
                    #if_so
                    let __policy = const { #with };
                    #if_not
                    let __policy = const { #without };
                    __policy
                })
            }
            Next::Fragment(include) => fragment::include(self, &include),
            Next::File(include) => super::file::include(self, &include),
        }
    }

    /// A policy with mistakes becomes those mistakes and an expression of the same type, so that
    /// nothing else is reported.
    fn compile(&self, policy: TokenStream) -> TokenStream {
        let target = match self.target() {
            Ok(target) => target,
            Err(error) => return self.error(error),
        };
        match crate::compile::compile(policy, Span::call_site(), target) {
            Ok(compiled) => emit::policy(&compiled, &self.runtime),
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

/// The attributes under which an item is there and is not, reported where it is written.
pub(crate) fn conditions(span: Span, predicate: &TokenStream) -> [TokenStream; 2] {
    [quote_spanned!(span=> #[cfg(#predicate)]), quote_spanned!(span=> #[cfg(not(#predicate))])]
}

/// Expands `abi [runtime] policy…`.
pub fn compile(input: TokenStream) -> TokenStream {
    match Stage::parse.parse2(input) {
        Ok(stage) => stage.expand(),
        Err(error) => error.to_compile_error(),
    }
}
