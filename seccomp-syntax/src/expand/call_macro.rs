//! `call!`: a concrete call for the target, as the kernel would show it to a filter.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, quote};
use seccomp_ir::abi::Abi;
use seccomp_ir::resolve::ResolvedCall;

use super::emit::Emitter;
use crate::compile::compile_call;
use crate::errors::LocatedErrors;
use crate::handoff::Site;

/// Expands `abi [runtime] name(arguments…)` to an expression of type `Call`.
pub fn call(input: TokenStream) -> TokenStream {
    let (site, call) = match Site::first(input) {
        Ok(first) => first,
        Err(error) => return error.to_compile_error(),
    };
    match expand(call, &site) {
        Ok(call) => call,
        Err(errors) => {
            let errors = errors.to_compile_errors();
            let nothing = fields(0, 0, &[], &site.runtime);
            quote!({ #errors #nothing })
        }
    }
}

fn expand(call: TokenStream, site: &Site) -> Result<TokenStream, LocatedErrors> {
    let target = site.target()?;
    let (ResolvedCall { nr, arch, arguments }, sources) = compile_call(call, target)?;
    let emitter = Emitter { sources: &sources, runtime: &site.runtime };
    let mut values = Vec::new();
    for argument in &arguments {
        values.push(match argument {
            None => quote!(0),
            Some((expression, fit)) => {
                let value = emitter.value(expression, fit);
                in_register(&value, target)
            }
        });
    }
    Ok(fields(nr, arch, &values, &site.runtime))
}

/// A filter sees the registers of a 32-bit ABI without an upper half.
fn in_register(value: &TokenStream, target: Abi) -> TokenStream {
    if target.register_bits() == 32 { quote!((#value & 0xffff_ffff)) } else { value.clone() }
}

fn fields(nr: u32, arch: u32, arguments: &[TokenStream], runtime: &TokenStream) -> TokenStream {
    let (nr, arch) = (Literal::u32_unsuffixed(nr), Literal::u32_unsuffixed(arch));
    let mut args = TokenStream::new();
    for argument in arguments {
        quote!(#argument,).to_tokens(&mut args);
    }
    for _ in arguments.len()..6 {
        quote!(0,).to_tokens(&mut args);
    }
    quote! {
        #runtime::Call { nr: #nr, arch: #arch, instruction_pointer: 0, args: [#args] }
    }
}
