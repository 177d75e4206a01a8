//! A concrete call on an ABI, as the kernel would put it into `seccomp_data`.

use crate::abi::{Abi, ArgumentIndex};

use super::Resolver;
use super::argument::Call;
use super::rustc_value::{Expression, Fit};
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::errors::{Errors, Reported};
use crate::fit::ValuePurpose;
use crate::tree::{Calls, GivenArgument, GivenCall};

/// The known fields of a call.
#[cfg_attr(feature = "debug", derive(Debug))]
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
/// Every error: an unknown call, argument or constant, or a value that does not fit.
pub fn resolve_call(call: &GivenCall, target: Abi) -> Result<ResolvedCall, Errors> {
    let mut errors = Errors::new();
    let mut resolver = Resolver::new(target, Vec::new(), &mut errors);
    resolver.abis.push(target);
    resolver.rule_abis.push(target);
    let resolved = resolver.given_call(call, target);
    errors.finish(resolved)
}

impl Resolver<'_> {
    fn given_call(&mut self, given: &GivenCall, abi: Abi) -> Result<ResolvedCall, Reported> {
        let nr = match (&given.calls, &self.numbers(&given.calls, abi)?[..]) {
            (Calls::Named(_) | Calls::Numbered(..), [nr]) => *nr,
            _ => {
                let span = given.calls.span();
                return Err(self.errors.at(ErrorCode::NotACall, span, "a group is not one call"));
            }
        };
        let call = Call::new(abi, nr);
        let mut arguments = [const { None }; 6];
        let mut places = [None; 6];
        let mut whole = Ok(());
        for given in &given.arguments {
            match self.given(given, &call) {
                Ok((index, argument)) => match places[index as usize] {
                    None => {
                        places[index as usize] = Some(given.span);
                        arguments[index as usize] = Some(argument);
                    }
                    Some(first) => {
                        let message = "this argument is already given";
                        let twice = Diagnostic::new(ErrorCode::GivenTwice, given.span, message);
                        whole = Err(self.errors.add(twice.label(first, "given here")));
                    }
                },
                Err(reported) => whole = Err(reported),
            }
        }
        whole?;
        Ok(ResolvedCall { nr, arch: abi.audit_arch(), arguments })
    }

    fn given(
        &mut self,
        given: &GivenArgument,
        call: &Call,
    ) -> Result<(ArgumentIndex, (Expression, Fit)), Reported> {
        if let Some(value) = given.value.run_time_part() {
            let message = format!(
                "`call!` makes a call while the program compiles, and `{}` is known only when it runs",
                value.text
            );
            let help =
                "write the registers: `Call { args: [x as u64, 0, 0, 0, 0, 0], ..call!(write()) }`";
            let error = Diagnostic::new(ErrorCode::ValueOfTheRun, given.value.span, message);
            return Err(self.errors.add(error.help(help)));
        }
        let typed = self.typed(&given.name, &None, call)?;
        let fit = Fit::new(&typed, ValuePurpose::Equality);
        self.domain = call.domain(&given.name.text);
        let expression = self.expression(&given.value, &fit, call.abi);
        self.domain = None;
        let expression = expression?;
        Ok((typed.argument, (expression, fit)))
    }
}
