//! Which calls a target speaks for on an ABI, and under which condition.

use crate::abi::Abi;
use crate::policy::Condition;
use crate::table;

use super::Resolver;
use super::argument::Call;
use super::near::Kind;
use crate::tree::{Calls, Name, Span, Target};
use crate::words::{joined, list_abis};

impl Resolver<'_> {
    /// The numbers and the condition of `target` on `abi`.
    pub(super) fn target(&mut self, target: &Target, abi: Abi) -> Option<(Vec<u32>, Condition)> {
        let numbers = self.numbers(&target.calls, abi)?;
        let condition = match (numbers.first(), &target.condition) {
            (Some(first), Some(condition)) => self.condition(condition, &Call::new(abi, *first))?,
            _ => Condition::Always,
        };
        Some((numbers, condition))
    }

    /// The numbers of `calls` on `abi`. There is none if that ABI has no such call and another one
    /// that the policy serves does.
    pub(super) fn numbers(&mut self, calls: &Calls, abi: Abi) -> Option<Vec<u32>> {
        self.look_up(1, calls.span())?;
        match calls {
            Calls::Group(name, span) => {
                let numbers = self.group(name, *span, abi)?;
                self.look_up(numbers.len(), *span)?;
                Some(numbers)
            }
            Calls::Numbered(number, span) => self.numbered(*number, *span, abi),
            Calls::Named(name) => self.named(name, abi),
        }
    }

    fn named(&mut self, name: &Name, abi: Abi) -> Option<Vec<u32>> {
        let Name { text: name, span } = name;
        if let Some(number) = table::number(abi, name) {
            return Some(vec![number]);
        }
        let known = table::is_known(name);
        if known {
            for other in &self.abis {
                if table::number(*other, name).is_some() {
                    return Some(Vec::new());
                }
            }
        }
        if self.errors.is_full(*span) {
            return None;
        }
        let message = if known {
            missing_on(name, &self.abis)
        } else {
            unknown_call(name, self.near.to(Kind::Call, name, self.target))
        };
        self.errors.at(*span, message);
        None
    }

    fn numbered(&mut self, number: u32, span: Span, abi: Abi) -> Option<Vec<u32>> {
        if has(abi, number) {
            return Some(vec![number]);
        }
        for other in &self.abis {
            if has(*other, number) {
                return Some(Vec::new());
            }
        }
        let message = format!(
            "call {number:#x} belongs to none of the ABIs that this policy serves ({}): bit 30 tells x32 from x86_64",
            list_abis(&self.abis)
        );
        self.errors.at(span, message);
        None
    }

    fn group(&mut self, name: &str, span: Span, abi: Abi) -> Option<Vec<u32>> {
        if let Some(group) = table::group(name) {
            return Some(group.numbers(abi));
        }
        if self.errors.is_full(span) {
            return None;
        }
        let message = match self.near.to(Kind::Group, name, abi) {
            Some(near) => format!("unknown group `{name}`; did you mean `{near}`?"),
            None => {
                let mut names = Vec::new();
                for group in table::groups() {
                    names.push(group.name);
                }
                let names = joined(names.iter().copied(), ", ");
                format!("unknown group `{name}`; the groups are {names}")
            }
        };
        self.errors.at(span, message);
        None
    }
}

/// Whether `number` is among those of `abi`, even if no call has it.
fn has(abi: Abi, number: u32) -> bool {
    let (first, last) = abi.numbers();
    (first..=last).contains(&number)
}

fn unknown_call(name: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("unknown system call `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown system call `{name}`: no ABI of Linux has it; a call newer than this compiler is written by number, `syscall(451)`"
        ),
    }
}

fn missing_on(name: &str, abis: &[Abi]) -> String {
    let mut has = Vec::new();
    for abi in Abi::ALL {
        if table::number(*abi, name).is_some() {
            has.push(*abi);
        }
    }
    let mut instead = String::new();
    for abi in abis {
        if let Some(other) = table::instead(*abi, name) {
            instead = format!("; write `{other}` there");
            break;
        }
    }
    let here = list_abis(abis);
    let there = list_abis(&has);
    let verb = if abis.len() == 1 { "has" } else { "have" };
    format!("{here} {verb} no system call `{name}`{instead} (it exists on {there})")
}
