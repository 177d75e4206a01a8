//! The calls of a target on an ABI, and their condition.

use crate::abi::Abi;
use crate::policy::Condition;
use crate::table::{self, Multiplexed};

use super::Resolver;
use super::argument::Call;
use super::nearest_names::NameKind;
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::errors::Reported;
use crate::lists::{self, joined, list_abis, parts, quoted};
use crate::tree::{Calls, Name, Span, Target};

impl Resolver<'_> {
    /// The calls of `target` on `abi`: numbers and the condition on them, and each number once. `permits` says
    /// whether the rule lets the program make them.
    pub(super) fn target(
        &mut self,
        target: &Target,
        permits: bool,
        abi: Abi,
    ) -> Result<Vec<(Vec<u32>, Condition)>, Reported> {
        if let Calls::Group(name, span) = &target.calls {
            self.look_up(1, *span)?;
            let calls = self.group(name, *span, abi)?.calls(abi);
            self.look_up(calls.len(), *span)?;
            return self.members(calls, permits, *span, abi);
        }
        let numbers = match &target.calls {
            Calls::Named(name) if target.where_known && is_missing(name, abi) => Vec::new(),
            calls => self.numbers(calls, abi)?,
        };
        let condition = match (numbers.first(), &target.condition) {
            (Some(first), Some(condition)) => self.condition(condition, &Call::new(abi, *first))?,
            _ => Condition::Always,
        };
        Ok(vec![(numbers, condition)])
    }

    /// The numbers of `calls` on `abi`. There are none if that ABI has no such call and another ABI of the
    /// policy has it.
    pub(super) fn numbers(&mut self, calls: &Calls, abi: Abi) -> Result<Vec<u32>, Reported> {
        self.look_up(1, calls.span())?;
        match calls {
            Calls::Group(name, span) => {
                let numbers = self.group(name, *span, abi)?.numbers(abi);
                self.look_up(numbers.len(), *span)?;
                Ok(numbers)
            }
            Calls::Numbered(number, span) => self.numbered(*number, *span, abi),
            Calls::Named(name) => self.named(name, abi),
        }
    }

    /// Checks that some ABI has these calls.
    pub(super) fn check_calls(&mut self, calls: &Calls) {
        let checked = match calls {
            Calls::Named(name) if !table::is_known(&name.text) => {
                self.named(name, self.target).err()
            }
            Calls::Group(name, span) => self.group(name, *span, self.target).err(),
            Calls::Named(_) | Calls::Numbered(..) => return,
        };
        // The error, if there is one, is already added.
        let _: Option<Reported> = checked;
    }

    fn named(&mut self, name: &Name, abi: Abi) -> Result<Vec<u32>, Reported> {
        let Name { text: name, span } = name;
        if let Some(number) = table::number(abi, name) {
            return Ok(vec![number]);
        }
        let known = table::is_known(name);
        if known {
            for other in &self.rule_abis {
                if table::number(*other, name).is_some() {
                    return Ok(Vec::new());
                }
            }
        }
        if let Some(reported) = self.errors.full(*span) {
            return Err(reported);
        }
        Err(if known {
            let error = missing_on(name, *span, &self.rule_abis);
            self.errors.add(error)
        } else {
            let error = match other_spelling(name, *span, &self.rule_abis) {
                Some(error) => error,
                None => {
                    unknown_call(name, *span, self.near.to(NameKind::Call, name, self.target, None))
                }
            };
            self.errors.add(error)
        })
    }

    fn numbered(&mut self, number: u32, span: Span, abi: Abi) -> Result<Vec<u32>, Reported> {
        if number == Abi::SKIPPED {
            // The number is the same on ABIs with one `arch` value. It belongs to the first of them.
            let arch = abi.audit_arch();
            let first = self.abis.iter().find(|other| other.audit_arch() == arch);
            if first == Some(&abi) {
                return Ok(vec![number]);
            }
            if let Some(first) = first.filter(|first| !self.rule_abis.contains(first)) {
                let message = format!(
                    "the number -1 belongs to {}, the first ABI with this `arch` value that the policy lists, \
                     and this rule applies to {} alone",
                    first.name(),
                    list_abis(&self.rule_abis)
                );
                return Err(self.errors.at(ErrorCode::NumberOfAnotherAbi, span, message));
            }
            return Ok(Vec::new());
        }
        if has(abi, number) {
            return Ok(vec![number]);
        }
        for other in &self.rule_abis {
            if has(*other, number) {
                return Ok(Vec::new());
            }
        }
        let message = format!(
            "call {number:#x} belongs to none of the ABIs that this {} serves ({}): bit 30 tells x32 from x86_64",
            if self.rule_abis.len() == self.abis.len() { "policy" } else { "rule" },
            list_abis(&self.rule_abis)
        );
        Err(self.errors.at(ErrorCode::NumberOfAnotherAbi, span, message))
    }

    fn group(
        &mut self,
        name: &str,
        span: Span,
        abi: Abi,
    ) -> Result<&'static table::Group, Reported> {
        if let Some(group) = table::group(name) {
            return Ok(group);
        }
        if let Some(reported) = self.errors.full(span) {
            return Err(reported);
        }
        let unknown = format!("unknown group `{name}`");
        let unknown = Diagnostic::new(ErrorCode::UnknownGroup, span, unknown);
        Err(self.errors.add(match self.near.to(NameKind::Group, name, abi, None) {
            Some(near) => unknown.help(format!("did you mean `{near}`?")),
            None => {
                let mut names = Vec::new();
                for group in table::groups() {
                    names.push(group.name);
                }
                let names = joined(names.iter().copied(), ", ");
                unknown.help(format!("the groups are {names}"))
            }
        }))
    }
}

/// Whether the call exists, but not on `abi`.
fn is_missing(name: &Name, abi: Abi) -> bool {
    table::number(abi, &name.text).is_none() && table::is_known(&name.text)
}

/// Whether `number` is in the range of `abi`, even if no call has it.
fn has(abi: Abi, number: u32) -> bool {
    let (first, last) = abi.numbers();
    (first..=last).contains(&number)
}

/// The error for a name that is a function of C libraries, or a name of headers such as `SYS_read`.
fn other_spelling(name: &str, span: Span, abis: &[Abi]) -> Option<Diagnostic> {
    let unknown = format!("unknown system call `{name}`");
    for prefix in ["SYS_", "__NR_"] {
        if let Some(call) = name.strip_prefix(prefix) {
            if table::is_known(call) {
                let message = format!("{unknown}: a call is written by its name alone");
                return Some(
                    Diagnostic::new(ErrorCode::UnknownCall, span, message)
                        .help(format!("write `{call}`"))
                        .replace(span, call),
                );
            }
        }
    }
    if matches!(name, "_" | "all" | "any") {
        let message = format!("{unknown}: a rule names its calls and groups");
        let help = "for every call that no rule names write `default kill;`, with any action";
        return Some(Diagnostic::new(ErrorCode::UnknownCall, span, message).help(help));
    }
    // A policy may name a call that only some of its ABIs have.
    let mut calls = Vec::new();
    abis.first()?;
    for abi in abis {
        for call in table::calls_of_function(*abi, name)? {
            if !calls.contains(&call) {
                calls.push(call);
            }
        }
    }
    if calls.is_empty() {
        let message = format!("{unknown}: that is a function of C libraries, which makes no call");
        let error = Diagnostic::new(ErrorCode::UnknownCall, span, message);
        return Some(error.help("leave it out"));
    }
    let makes = if calls.len() == 1 { "the call" } else { "the calls" };
    let message = format!(
        "{unknown}: that is a function of C libraries, which makes {makes} {}",
        quoted(&calls)
    );
    let list = joined(calls.iter().copied(), ", ");
    let error = Diagnostic::new(ErrorCode::UnknownCall, span, message);
    Some(error.help(format!("write `{list}`")).replace(span, list))
}

fn unknown_call(name: &str, span: Span, near: Option<&str>) -> Diagnostic {
    let unknown = format!("unknown system call `{name}`");
    match near {
        Some(near) => Diagnostic::new(ErrorCode::UnknownCall, span, unknown)
            .help(format!("did you mean `{near}`?"))
            .replace(span, near),
        None => {
            let message = format!("{unknown}: no ABI of Linux has it");
            Diagnostic::new(ErrorCode::UnknownCall, span, message)
                .help("a call newer than this compiler is written by number, `syscall(451)`")
        }
    }
}

/// The argument of a multiplexer that says which call it makes.
fn selector_of(multiplexer: &str) -> &'static str {
    match table::selector(multiplexer) {
        Some(selector) => selector.argument,
        None => "call",
    }
}

/// "; it is also made by `ipc(call == 1)` on s390": how the ABIs make a call that they do not have by its own name.
fn made_by_multiplexers(name: &str, abis: &[Abi]) -> String {
    let mut ways: Vec<(Multiplexed, Vec<Abi>)> = Vec::new();
    for abi in abis {
        for way in table::multiplexed(*abi, name) {
            match ways
                .iter_mut()
                .find(|(known, _)| (known.by, known.number) == (way.by, way.number))
            {
                Some((_, on)) => on.push(*abi),
                None => ways.push((way, vec![*abi])),
            }
        }
    }
    let mut all = String::new();
    for (way, on) in ways {
        let mut text = format!("`{}({} == {})`", way.by, selector_of(way.by), way.number);
        if abis.len() > 1 {
            text.push_str(&format!(" on {}", list_abis(&on)));
        }
        lists::add(&mut all, &text, " and ");
    }
    if all.is_empty() { all } else { format!("; it is also made by {all}") }
}

/// "`openat` or `openat2`", of calls that the table separates by " / ".
fn any_of(calls: &str) -> String {
    let mut text = String::new();
    for call in parts(calls, " / ") {
        lists::add(&mut text, &format!("`{call}`"), " or ");
    }
    text
}

fn missing_on(name: &str, span: Span, abis: &[Abi]) -> Diagnostic {
    let mut has = Vec::new();
    for abi in Abi::ALL {
        if table::number(*abi, name).is_some() {
            has.push(*abi);
        }
    }
    // The replacement may have another name on each ABI.
    let mut instead: Vec<(&str, Vec<Abi>)> = Vec::new();
    for abi in abis {
        let Some(other) = table::instead(*abi, name) else { continue };
        match instead.iter_mut().find(|(known, _)| *known == other) {
            Some((_, on)) => on.push(*abi),
            None => instead.push((other, vec![*abi])),
        }
    }
    let also = made_by_multiplexers(name, abis);
    let here = list_abis(abis);
    let there = list_abis(&has);
    let verb = if abis.len() == 1 { "has" } else { "have" };
    let missing = format!("{here} {verb} no system call `{name}`");
    let exists = format!("(it exists on {there})");
    let code = ErrorCode::CallOfAnotherAbi;
    match &instead[..] {
        [] => Diagnostic::new(code, span, format!("{missing} {exists}"))
            .help(format!("to skip it where it is missing write `{name}?`{also}")),
        [(other, on)] if on.len() == abis.len() => Diagnostic::new(code, span, missing)
            .help(format!("write {} there{also} {exists}", any_of(other)))
            .replace(span, parts(other, " / ")[0]),
        several => {
            let mut help = String::new();
            for (other, on) in several {
                let one = format!("{} on {}", any_of(other), list_abis(on));
                lists::add(&mut help, &one, " and ");
            }
            let mut rest = Vec::new();
            for abi in abis {
                if !several.iter().any(|(_, on)| on.contains(abi)) {
                    rest.push(*abi);
                }
            }
            if !rest.is_empty() {
                help.push_str(&format!(", and nothing on {}", list_abis(&rest)));
            }
            Diagnostic::new(code, span, missing).help(format!("write {help}{also} {exists}"))
        }
    }
}
