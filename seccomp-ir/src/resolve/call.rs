//! A concrete call for an ABI: what the kernel would put into `seccomp_data`.

use crate::abi::Abi;

use super::Resolver;
use super::argument::Call;
use super::value::{Expression, Fit};
use crate::errors::Errors;
use crate::fit::Use;
use crate::tree::{Calls, Given, GivenCall};

/// The fields of a call, as far as they are known.
#[derive(Debug)]
pub struct ResolvedCall {
    /// `seccomp_data.nr`.
    pub nr: u32,
    /// `seccomp_data.arch`.
    pub arch: u32,
    /// Each argument and what it must fit; `None` is 0.
    pub arguments: [Option<(Expression, Fit)>; 6],
}

/// Resolves `call` for a program built for `target`.
///
/// # Errors
///
/// Every mistake: an unknown call, argument or constant, a value that does not fit.
pub fn resolve_call(call: &GivenCall, target: Abi) -> Result<ResolvedCall, Errors> {
    let mut errors = Errors::new();
    let mut resolver = Resolver::new(target, Vec::new(), &mut errors);
    resolver.abis.push(target);
    match resolver.given_call(call, target) {
        Some(resolved) if errors.is_empty() => Ok(resolved),
        _ => Err(errors),
    }
}

impl Resolver<'_> {
    fn given_call(&mut self, given: &GivenCall, abi: Abi) -> Option<ResolvedCall> {
        if let Calls::Group(_, span) = &given.calls {
            self.errors.at(*span, "a group is not one call");
            return None;
        }
        let nr = *self.numbers(&given.calls, abi)?.first()?;
        let call = Call::new(abi, nr);
        let mut arguments = [const { None }; 6];
        let mut whole = true;
        for given in &given.arguments {
            match self.given(given, &call) {
                Some((position, argument)) if arguments[position].is_none() => {
                    arguments[position] = Some(argument);
                }
                Some(_) => self.errors.at(given.span, "this argument is given already"),
                None => whole = false,
            }
        }
        if !whole {
            return None;
        }
        Some(ResolvedCall { nr, arch: abi.audit_arch(), arguments })
    }

    fn given(&mut self, given: &Given, call: &Call) -> Option<(usize, (Expression, Fit))> {
        let typed = self.typed(&given.name, &None, call)?;
        let fit = Fit::new(&typed, Use::Equality);
        let expression = self.expression(&given.value, &fit, call.abi)?;
        Some((usize::from(typed.argument), (expression, fit)))
    }
}
