//! Which calls a target speaks for on an ABI, and under which condition.

use proc_macro2::Span;
use seccomp_ir::abi::Abi;
use seccomp_ir::policy::Condition;
use seccomp_ir::table;

use super::{Resolver, list_abis, named};
use crate::tree::{Calls, Target};
use crate::words::joined;

/// The mistake has been reported.
pub(super) struct Reported;

impl Resolver<'_> {
    /// The numbers and the condition of `target` on `abi`, or `None` if that ABI has no such call
    /// and another one that the policy serves does.
    pub(super) fn target(
        &mut self,
        target: &Target,
        abi: Abi,
    ) -> Result<Option<(Vec<u32>, Condition)>, Reported> {
        let numbers = match &target.calls {
            Calls::Group(name, span) => self.group(name, *span, abi)?,
            Calls::Numbered(number, span) => {
                self.numbered(*number, *span, abi)?.into_iter().collect()
            }
            Calls::Named(name) => {
                let (name, span) = named(name);
                self.named(&name, span, abi)?.into_iter().collect()
            }
        };
        let Some(&first) = numbers.first() else { return Ok(None) };
        let condition = match &target.condition {
            None => Condition::Always,
            Some(condition) => {
                let call = super::argument::Call::new(abi, first);
                self.condition(condition, &call).ok_or(Reported)?
            }
        };
        Ok(Some((numbers, condition)))
    }

    pub(super) fn named(
        &mut self,
        name: &str,
        span: Span,
        abi: Abi,
    ) -> Result<Option<u32>, Reported> {
        if let Some(number) = table::number(abi, name) {
            return Ok(Some(number));
        }
        if self.abis.iter().any(|abi| table::number(*abi, name).is_some()) {
            return Ok(None);
        }
        let message = if table::is_known(name) {
            missing_on(name, &self.abis)
        } else {
            unknown_call(name, self.target)
        };
        self.errors.at(span, message);
        Err(Reported)
    }

    pub(super) fn numbered(
        &mut self,
        number: u32,
        span: Span,
        abi: Abi,
    ) -> Result<Option<u32>, Reported> {
        let serves = |abi: &Abi| (abi.numbers().0..=abi.numbers().1).contains(&number);
        if serves(&abi) {
            return Ok(Some(number));
        }
        if self.abis.iter().any(serves) {
            return Ok(None);
        }
        let message = format!(
            "call {number:#x} belongs to none of the ABIs that this policy serves ({}): bit 30 tells x32 from x86_64",
            list_abis(&self.abis)
        );
        self.errors.at(span, message);
        Err(Reported)
    }

    fn group(&mut self, name: &str, span: Span, abi: Abi) -> Result<Vec<u32>, Reported> {
        let Some(group) = table::group(name) else {
            let message = match table::nearest_group(name) {
                Some(near) => format!("unknown group `{name}`; did you mean `{near}`?"),
                None => {
                    let names = joined(table::groups().map(|group| group.name), ", ");
                    format!("unknown group `{name}`; the groups are {names}")
                }
            };
            self.errors.at(span, message);
            return Err(Reported);
        };
        Ok(group.numbers(abi))
    }
}

fn unknown_call(name: &str, abi: Abi) -> String {
    match table::nearest_call(abi, name) {
        Some(near) => format!("unknown system call `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown system call `{name}`: no ABI of Linux has it; a call newer than this compiler is written by number, `syscall(451)`"
        ),
    }
}

fn missing_on(name: &str, abis: &[Abi]) -> String {
    let has: Vec<_> =
        Abi::ALL.iter().copied().filter(|abi| table::number(*abi, name).is_some()).collect();
    let here = list_abis(abis);
    let there = list_abis(&has);
    let verb = if abis.len() == 1 { "has" } else { "have" };
    let instead = abis.iter().find_map(|abi| table::instead(*abi, name));
    let instead = match instead {
        Some(instead) => format!("; write `{instead}` there"),
        None => String::new(),
    };
    format!("{here} {verb} no system call `{name}`{instead} (it exists on {there})")
}
