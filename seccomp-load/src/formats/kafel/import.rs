//! Reads policies of kafel.

use std::collections::{BTreeMap, BTreeSet};

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::policy::Condition;
use seccomp_ir::table;

use super::expression::{Arguments, ExpressionReader};
use super::kafel_words::{action, architecture, arguments, identifier, literal, skip_block};
use super::{call_names, lexer};
use crate::formats::condition::{NEVER_HOLDS, never, simplified};
use crate::formats::constants;
use crate::formats::draft::{AbiDraft, Draft};
use crate::formats::import_options::Options;
use crate::formats::lost_bits::upper_half;
use crate::formats::problem::{Findings, ProblemPlace};
use crate::formats::tokens::Tokens;

/// The deepest nesting of included files (`MAX_INCLUDE_DEPTH`, `src/lexer.l`).
const MOST_NESTED: usize = 16;

/// The action for calls through other ABIs (`compile_policy_impl`, `src/codegen.c`).
pub(super) const BAD_ARCH: Action = Action::KillThread;

/// The addition of an action block or of a `USE` to a policy.
#[derive(Clone)]
enum PolicyEntry {
    Use(String),
    Filter(u32, Condition, Action, ProblemPlace),
}

/// A file of kafel while it is read for one ABI.
struct Program<'o> {
    options: &'o Options<'o>,
    abi: Abi,
    constants: BTreeMap<String, u64>,
    policies: BTreeMap<String, Vec<PolicyEntry>>,
    /// The policies that the file has itself, and not a file that it includes.
    own_policies: Vec<(String, ProblemPlace)>,
    /// The statements outside of policies.
    main: Vec<PolicyEntry>,
    default: Option<Action>,
    bytes: usize,
}

/// The meaning of the policy. `None` if it cannot be known.
pub(in crate::formats) fn import(
    name: &str,
    text: &str,
    options: &Options<'_>,
    findings: &mut Findings,
) -> Option<Draft> {
    let abis = options.abis.clone().unwrap_or_else(|| vec![options.target]);
    let mut parts: Vec<AbiDraft> = Vec::new();
    for &abi in &abis {
        let mut program = Program {
            options,
            abi,
            constants: BTreeMap::new(),
            policies: BTreeMap::new(),
            own_policies: Vec::new(),
            main: Vec::new(),
            default: None,
            bytes: 0,
        };
        program.file(name, text, 0, findings);
        if !findings.problems.problems.is_empty() {
            // On the other ABIs they would be the same.
            return None;
        }
        let default = program.default.unwrap_or(Action::KillThread);
        parts.push(AbiDraft::new(abi, default));
        if abi == Abi::X86_64 && !abis.contains(&Abi::X32) {
            // The filter does not tell x32 from x86_64.
            parts.push(AbiDraft::new(Abi::X32, default));
        }
        let (mut entries, mut used) = (Vec::new(), BTreeSet::new());
        flatten(&program.main, &program.policies, &mut used, &mut entries);
        for (name, place) in &program.own_policies {
            if !used.contains(name) {
                let message =
                    format!("nothing uses the policy `{name}`, so its rules have no effect");
                findings.remark(place.clone(), message);
            }
        }
        let mut decided = BTreeSet::new();
        for (number, condition, action, place) in entries {
            if decided.contains(&number) {
                let message =
                    "a rule above decides every call that this one matches, so it has no effect";
                findings.remark(place.clone(), message);
            } else if condition == Condition::Always {
                decided.insert(number);
            }
            let arch = abi.audit_arch();
            match parts.iter_mut().rev().find(|part| part.abi.has_call(arch, number)) {
                Some(_) if abi.has_call(arch, number) => {
                    let part = parts.iter_mut().find(|part| part.abi == abi)?;
                    part.add(number, condition, action, place);
                }
                Some(part) => part.add(number, condition, action, place),
                None => findings
                    .error(place, format!("call {number:#x} belongs to no ABI: no kernel has it")),
            }
        }
    }
    Some(Draft { parts, bad_arch: BAD_ARCH })
}

type Filters = Vec<(u32, Condition, Action, ProblemPlace)>;

/// Replaces each `USE` with the entries of that policy, each policy once (`add_policy_rules`, `src/range_rules.c`). A
/// policy uses only policies above it, so this ends.
fn flatten(
    entries: &[PolicyEntry],
    policies: &BTreeMap<String, Vec<PolicyEntry>>,
    used: &mut BTreeSet<String>,
    out: &mut Filters,
) {
    for entry in entries {
        match entry {
            PolicyEntry::Filter(number, condition, action, place) => {
                out.push((*number, condition.clone(), *action, place.clone()));
            }
            PolicyEntry::Use(name) => {
                if used.insert(name.clone()) {
                    if let Some(entries) = policies.get(name) {
                        flatten(entries, policies, used, out);
                    }
                }
            }
        }
    }
}

impl Program<'_> {
    fn file(&mut self, name: &str, text: &str, depth: usize, findings: &mut Findings) {
        let Some(outer) = findings.begin_file(name, text, &mut self.bytes) else { return };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let all = lexer::tokens(text, findings);
        let lines = text.lines().count().max(1);
        let mut tokens = Tokens::new(&all, ProblemPlace::Line { line: lines, column: 1 });
        while !tokens.is_empty() {
            if self.statement(name, &mut tokens, depth, findings).is_none() {
                // The rest of the file would be misunderstood.
                break;
            }
        }
        findings.file = outer;
    }

    fn statement(
        &mut self,
        file: &str,
        tokens: &mut Tokens<'_, '_>,
        depth: usize,
        findings: &mut Findings,
    ) -> Option<()> {
        match tokens.text() {
            "#include" => self.include(file, tokens, depth, findings),
            "#" => self.define(tokens, findings),
            "POLICY" => self.policy(tokens, depth, findings),
            "DEFAULT" => {
                let place = tokens.place();
                tokens.next();
                let action = action(tokens, findings)?;
                if self.default.replace(action).is_some() {
                    findings.error(place, "there is another `DEFAULT` above, and kafel takes one");
                }
                Some(())
            }
            "," if !self.main.is_empty() => {
                tokens.next();
                let entries = self.entry(tokens, findings)?;
                self.main.extend(entries);
                Some(())
            }
            _ => {
                let entries = self.entry(tokens, findings)?;
                self.main.extend(entries);
                Some(())
            }
        }
    }

    /// `#include "file" "file";`
    fn include(
        &mut self,
        from: &str,
        tokens: &mut Tokens<'_, '_>,
        depth: usize,
        findings: &mut Findings,
    ) -> Option<()> {
        let place = tokens.place();
        tokens.next();
        if depth >= MOST_NESTED {
            findings.error(place, format!("files are included more than {MOST_NESTED} deep"));
            return None;
        }
        loop {
            if tokens.take(";") {
                return Some(());
            }
            let Some(token) = tokens.next() else { return Some(()) };
            let Some(name) = token.text.strip_prefix('"').and_then(|it| it.strip_suffix('"'))
            else {
                findings.error(token.place(), "the name of a file in quotes is expected here");
                return None;
            };
            match (self.options.files)(name, from) {
                Ok((name, text)) => self.file(&name, &text, depth + 1, findings),
                Err(why) => findings.error(token.place(), why),
            }
        }
    }

    /// `#define NAME number`
    fn define(&mut self, tokens: &mut Tokens<'_, '_>, findings: &mut Findings) -> Option<()> {
        tokens.next();
        tokens.expect("define", findings)?;
        let name = identifier(tokens, "the name of a constant", findings)?;
        let value = literal(tokens, findings)?;
        match self.constants.insert(name.text.to_owned(), value) {
            Some(other) if other != value => {
                findings.error(
                    name.place(),
                    format!("`{}` is {other} above, and kafel refuses another value", name.text),
                );
                None
            }
            _ => Some(()),
        }
    }

    /// `POLICY name { entry, entry }`
    fn policy(
        &mut self,
        tokens: &mut Tokens<'_, '_>,
        depth: usize,
        findings: &mut Findings,
    ) -> Option<()> {
        tokens.next();
        let name = identifier(tokens, "the name of a policy", findings)?;
        if self.policies.contains_key(name.text) {
            findings.error(name.place(), format!("there is another policy `{}` above", name.text));
        }
        tokens.expect("{", findings)?;
        let mut entries = Vec::new();
        if !tokens.take("}") {
            tokens.list("}", findings, |tokens, findings| {
                entries.extend(self.entry(tokens, findings)?);
                Some(())
            })?;
        }
        if depth == 0 {
            self.own_policies.push((name.text.to_owned(), name.place()));
        }
        self.policies.insert(name.text.to_owned(), entries);
        Some(())
    }

    /// `USE name`, or an action and its calls.
    fn entry(
        &self,
        tokens: &mut Tokens<'_, '_>,
        findings: &mut Findings,
    ) -> Option<Vec<PolicyEntry>> {
        if tokens.take("USE") {
            let name = identifier(tokens, "the name of a policy", findings)?;
            if !self.policies.contains_key(name.text) {
                findings.error(name.place(), format!("there is no policy `{}` above", name.text));
            }
            return Some(vec![PolicyEntry::Use(name.text.to_owned())]);
        }
        let action = action(tokens, findings)?;
        tokens.expect("{", findings)?;
        let mut entries = Vec::new();
        if tokens.take("}") {
            return Some(entries);
        }
        tokens.list("}", findings, |tokens, findings| {
            entries.extend(self.filter(action, tokens, findings)?);
            Some(())
        })?;
        Some(entries)
    }

    /// `call(argument, …) ON abi { expressions }`. The inner `None` is for a call of another ABI or with an error.
    fn filter(
        &self,
        action: Action,
        tokens: &mut Tokens<'_, '_>,
        findings: &mut Findings,
    ) -> Option<Option<PolicyEntry>> {
        let place = tokens.place();
        let (mut name, mut given) = (None, None);
        if tokens.take("SYSCALL") {
            tokens.expect("[", findings)?;
            given = Some(literal(tokens, findings)?);
            tokens.expect("]", findings)?;
        } else {
            let token = identifier(tokens, "the name of a system call", findings)?;
            given = given.or(self.constants.get(token.text).copied());
            name = Some(token);
        }
        let declared = if tokens.take("(") { Some(arguments(tokens, findings)?) } else { None };
        let here = self.guard(tokens, findings)?;
        let call = name
            .filter(|_| given.is_none())
            .map(|token| call_names::from_kafel(self.abi, token.text));
        let call = call.as_deref();
        let arguments = Arguments { abi: self.abi, call, declared };
        let mut condition = Condition::Always;
        if tokens.take("{") && !tokens.take("}") {
            let constants = |name: &str| self.constants.get(name).copied();
            let reader = ExpressionReader { arguments: &arguments, constants: &constants };
            if here {
                condition = simplified(reader.expressions(tokens, 0, findings)?, self.abi);
                if condition == never() {
                    findings.remark(place.clone(), NEVER_HOLDS);
                }
            } else {
                skip_block(tokens);
            }
            tokens.expect("}", findings)?;
        }
        if !here {
            return Some(None);
        }
        let number = match (given, call) {
            (Some(number), _) => {
                upper_half(number, "kafel takes a number of a call in", &place, findings);
                Some(number as u32)
            }
            (None, Some(call)) => {
                let found = table::number(self.abi, call);
                if found.is_none() {
                    let message = if table::is_known(call) {
                        format!("{} has no system call `{call}`, and kafel refuses that", self.abi)
                    } else {
                        constants::unknown_call(self.abi, call, findings)
                    };
                    findings.error(place.clone(), message);
                }
                found
            }
            (None, None) => None,
        };
        Some(number.map(|number| PolicyEntry::Filter(number, condition, action, place)))
    }

    /// `ON abi` or `ON {abi, abi}`. Returns whether this ABI is among them.
    fn guard(&self, tokens: &mut Tokens<'_, '_>, findings: &mut Findings) -> Option<bool> {
        if !tokens.take("ON") {
            return Some(true);
        }
        let mut here = false;
        let mut one = |tokens: &mut Tokens<'_, '_>, findings: &mut Findings| {
            let name = identifier(tokens, "the name of an architecture", findings)?;
            match architecture(name.text) {
                Some(abi) => here |= abi == self.abi,
                None => findings
                    .error(name.place(), format!("kafel knows no architecture `{}`", name.text)),
            }
            Some(())
        };
        if tokens.take("{") {
            tokens.list("}", findings, one)?;
        } else {
            one(tokens, findings)?;
        }
        Some(here)
    }
}
