//! `call!`: a concrete call for the target, as the kernel would show it to a filter.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use seccomp_ir::abi::Abi;
use syn::parse::Parser;

use super::compile::Stage;
use super::emit::{Range, value};
use crate::errors::Errors;
use crate::parse::parse_call;
use crate::resolve::{ResolvedCall, resolve_call};

/// Expands `abi [runtime] name(arguments…)` to an expression of type `Call`.
pub fn call(input: TokenStream) -> TokenStream {
    let stage = match Stage::parse.parse2(input) {
        Ok(stage) => stage,
        Err(error) => return error.to_compile_error(),
    };
    expand(&stage).unwrap_or_else(|errors| {
        let errors = errors.to_compile_errors();
        let nothing = fields(0, 0, &[], &stage.runtime);
        quote!({ #errors #nothing })
    })
}

fn expand(stage: &Stage) -> Result<TokenStream, Errors> {
    let target = stage.target()?;
    let call = parse_call(stage.policy.clone())?;
    let ResolvedCall { nr, arch, arguments } = resolve_call(&call, target)?;
    let argument = |argument: &Option<_>| match argument {
        None => quote!(0),
        Some((expression, fit)) => {
            let value = value(expression, &Range::of(fit), &stage.runtime);
            in_register(&value, target)
        }
    };
    let arguments: Vec<_> = arguments.iter().map(argument).collect();
    Ok(fields(nr, arch, &arguments, &stage.runtime))
}

/// A filter sees the registers of a 32-bit ABI without an upper half.
fn in_register(value: &TokenStream, target: Abi) -> TokenStream {
    if target.register_bits() == 32 { quote!((#value & 0xffff_ffff)) } else { value.clone() }
}

fn fields(nr: u32, arch: u32, arguments: &[TokenStream], runtime: &TokenStream) -> TokenStream {
    let [nr, arch] = [nr, arch].map(Literal::u32_unsuffixed);
    let zeros = std::iter::repeat_n(quote!(0), 6 - arguments.len());
    quote! {
        #runtime::Call { nr: #nr, arch: #arch, instruction_pointer: 0, args: [#(#arguments,)* #(#zeros),*] }
    }
}
