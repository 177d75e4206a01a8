//! Reads policies of minijail.

use std::collections::BTreeMap;

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::policy::Condition;
use seccomp_ir::table;

use super::line::{constant, end, expression, lines};
use crate::formats::condition::{NEVER_HOLDS, never, simplified};
use crate::formats::constants;
use crate::formats::draft::{AbiDraft, Draft};
use crate::formats::import_options::{Dialect, Options};
use crate::formats::problem::{Findings, ProblemPlace};
use crate::formats::tokens::{Token, Tokens};

/// The deepest nesting of included files: the default of `--include-depth-limit` in `tools/parser.py`.
const MOST_NESTED: usize = 10;

/// One alternative of a line: a condition and its action.
type Alternative = (Condition, Action, ProblemPlace);

/// A policy file while it is read.
struct PolicyReader<'o> {
    options: &'o Options<'o>,
    /// For each call number its alternatives. The first that matches decides.
    calls: BTreeMap<u32, Vec<Alternative>>,
    /// The action of `kill`.
    kill: Action,
    default: Action,
    bytes: usize,
}

/// The meaning of the policy, as far as it has no errors.
pub(in crate::formats) fn import(
    name: &str,
    text: &str,
    options: &Options<'_>,
    findings: &mut Findings,
) -> Draft {
    let kill = Action::KillThread;
    let default = options.default.unwrap_or(kill);
    let mut reader = PolicyReader { options, calls: BTreeMap::new(), kill, default, bytes: 0 };
    reader.file(name, text, 0, findings);
    let mut parts = vec![AbiDraft::new(options.target, reader.default)];
    if options.target == Abi::X86_64 {
        // The filter does not tell x32 from x86_64, so x32 calls get the default.
        parts.push(AbiDraft::new(Abi::X32, reader.default));
    }
    for (number, filters) in reader.calls {
        for (condition, action, place) in filters {
            parts[0].add(number, condition, action, place);
        }
    }
    // `bpf_validate_arch` and `ValidateArch`.
    Draft { parts, bad_arch: kill }
}

impl PolicyReader<'_> {
    fn file(&mut self, name: &str, text: &str, depth: usize, findings: &mut Findings) {
        let Some(outer) = findings.begin_file(name, text, &mut self.bytes) else { return };
        for line in lines(text.strip_prefix('\u{feff}').unwrap_or(text), findings) {
            let mut tokens = Tokens::new(&line, end(&line));
            let read = match tokens.text() {
                "@include" => self.include(name, &mut tokens, depth, findings),
                "@default" => self.default(&mut tokens, findings),
                "@frequency" => {
                    // Which calls are frequent does not change what the policy means.
                    continue;
                }
                "@denylist" => {
                    self.compiler_only(&line[0], "`@denylist`", findings);
                    self.default = Action::Allow;
                    tokens.next();
                    Some(())
                }
                _ => self.statement(&mut tokens, findings),
            };
            if read.is_some() && !tokens.is_empty() {
                let _: Option<()> = tokens.expected("the end of the line", findings);
            }
        }
        findings.file = outer;
    }

    /// `@include /path`
    fn include(
        &mut self,
        from: &str,
        tokens: &mut Tokens<'_, '_>,
        depth: usize,
        findings: &mut Findings,
    ) -> Option<()> {
        tokens.next();
        let Some(path) = tokens.next().filter(|path| path.text.starts_with(['/', '.'])) else {
            return tokens.expected("a path that begins with `/` or `./`", findings);
        };
        let most = match self.options.dialect {
            // "Inclusion is limited to a single level": minijail0(5).
            Some(Dialect::Minijail0) => 1,
            Some(Dialect::Compiler) | None => MOST_NESTED,
        };
        if depth + 1 > most {
            findings.error(path.place(), format!("files are included more than {most} deep"));
            return None;
        }
        match (self.options.files)(path.text, from) {
            Ok((name, text)) => self.file(&name, &text, depth + 1, findings),
            Err(why) => findings.error(path.place(), why),
        }
        Some(())
    }

    /// `@default action`
    fn default(&mut self, tokens: &mut Tokens<'_, '_>, findings: &mut Findings) -> Option<()> {
        let at = tokens.next()?;
        self.compiler_only(at, "`@default`", findings);
        let action = match tokens.text() {
            "kill" => self.kill,
            "kill-process" => Action::KillProcess,
            "kill-thread" => Action::KillThread,
            "trap" => Action::Trap(0),
            "user-notify" => Action::Notify,
            _ => {
                let what = "an action that does not allow (kill, kill-process, kill-thread, trap, user-notify)";
                return tokens.expected(what, findings);
            }
        };
        tokens.next();
        self.default = self.options.default.unwrap_or(action);
        Some(())
    }

    /// An error if the file is for `minijail0`, which cannot read this.
    fn compiler_only(&self, token: &Token<'_>, what: &str, findings: &mut Findings) {
        if self.options.dialect == Some(Dialect::Minijail0) {
            findings.error(
                token.place(),
                format!("minijail0 does not know {what}: only compile_seccomp_policy.py does"),
            );
        }
    }

    /// `call: filter` or `{call, call}: filter`
    fn statement(&mut self, tokens: &mut Tokens<'_, '_>, findings: &mut Findings) -> Option<()> {
        let mut calls = Vec::new();
        let mut others = false;
        let place = tokens.place();
        if tokens.text() == "{" {
            self.compiler_only(tokens.next()?, "lists in braces", findings);
            tokens.list("}", findings, |tokens, findings| {
                others |= self.call(tokens, &mut calls, findings)?;
                Some(())
            })?;
        } else {
            others = self.call(tokens, &mut calls, findings)?;
        }
        tokens.expect(":", findings)?;
        let filters = self.filters(tokens, findings)?;
        if calls.is_empty() && !others {
            return Some(());
        }
        for number in calls {
            self.add(number, &filters, &place, findings);
        }
        Some(())
    }

    /// A call, whose number it adds. Returns whether it is for another ABI.
    fn call(
        &mut self,
        tokens: &mut Tokens<'_, '_>,
        calls: &mut Vec<u32>,
        findings: &mut Findings,
    ) -> Option<bool> {
        let abi = self.options.target;
        let Some(token) = tokens.peek() else {
            return tokens.expected("a system call", findings);
        };
        let is_name = token.text.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
        if !is_name {
            return tokens.expected("the name of a system call", findings);
        }
        tokens.next();
        let mut here = true;
        if tokens.text() == "[" {
            self.compiler_only(tokens.next()?, "`[arch=…]`", findings);
            here = self.metadata(tokens, findings)?;
        }
        if !here {
            return Some(true);
        }
        if token.text.contains('@') {
            let message =
                "minijail's constants.json defines groups of calls, and that file is not here";
            findings.error_with_help(token.place(), message, "write the calls");
            return Some(false);
        }
        match table::number(abi, token.text) {
            Some(number) => calls.push(number),
            None if table::is_known(token.text) => {
                let message =
                    format!("{abi} has no system call `{}`, and minijail refuses that", token.text);
                findings.error(token.place(), message);
            }
            None => {
                findings.error(token.place(), constants::unknown_call(abi, token.text, findings))
            }
        }
        Some(false)
    }

    /// `arch=a,b; key=value]`. Returns whether this ABI is among them.
    fn metadata(&self, tokens: &mut Tokens<'_, '_>, findings: &mut Findings) -> Option<bool> {
        let mut here = true;
        loop {
            let key = tokens.next()?;
            tokens.expect("=", findings)?;
            let mut is_listed = false;
            loop {
                let Some(value) = tokens.next() else {
                    return tokens.expected("a value", findings);
                };
                is_listed |= names(self.options.target).contains(&value.text);
                if !tokens.take(",") {
                    break;
                }
            }
            if key.text == "arch" {
                here = is_listed;
            } else {
                findings.remark(
                    key.place(),
                    format!("`{}` does not change what the policy means", key.text),
                );
            }
            if !tokens.take(";") {
                break;
            }
        }
        tokens.expect("]", findings)?;
        Some(here)
    }

    /// One filter, or several in braces.
    fn filters(
        &self,
        tokens: &mut Tokens<'_, '_>,
        findings: &mut Findings,
    ) -> Option<Vec<Alternative>> {
        if tokens.text() != "{" {
            return self.filter(tokens, false, findings);
        }
        self.compiler_only(tokens.next()?, "several filters in braces", findings);
        let mut filters = Vec::new();
        tokens.list("}", findings, |tokens, findings| {
            filters.extend(self.filter(tokens, true, findings)?);
            Some(())
        })?;
        Some(filters)
    }

    fn filter(
        &self,
        tokens: &mut Tokens<'_, '_>,
        in_braces: bool,
        findings: &mut Findings,
    ) -> Option<Vec<Alternative>> {
        let abi = self.options.target;
        let place = tokens.place();
        if !tokens.text().starts_with("arg") {
            let action = self.action(tokens, findings)?;
            return Some(vec![(Condition::Always, action, place)]);
        }
        let condition = simplified(expression(tokens, abi, findings)?, abi);
        if condition == never() {
            findings.remark(place.clone(), NEVER_HOLDS);
        }
        let semicolon = tokens.place();
        if !tokens.take(";") {
            return Some(vec![(condition, Action::Allow, place)]);
        }
        let is_return = tokens.text() == "return";
        let action = self.action(tokens, findings)?;
        let dialect = match self.options.dialect {
            None if in_braces || !is_return => Dialect::Compiler,
            None => {
                findings.error_with_help(
                    semicolon,
                    "minijail's two readers mean opposite things by `expression; return errno`: minijail0 allows the \
                     calls that the expression holds for and gives all others the errno, and \
                     compile_seccomp_policy.py gives these calls the errno",
                    "say which one the file is for: `--dialect minijail0` or `--dialect compiler`",
                );
                return None;
            }
            Some(dialect) => dialect,
        };
        Some(match dialect {
            Dialect::Compiler => vec![(condition, action, place)],
            Dialect::Minijail0 => {
                vec![(condition, Action::Allow, place.clone()), (Condition::Always, action, place)]
            }
        })
    }

    fn action(&self, tokens: &mut Tokens<'_, '_>, findings: &mut Findings) -> Option<Action> {
        let action = match tokens.text() {
            "1" | "allow" => Action::Allow,
            "kill" => self.kill,
            "kill-process" => Action::KillProcess,
            "kill-thread" => Action::KillThread,
            "trap" => Action::Trap(0),
            "trace" => Action::Trace(0),
            "log" => Action::Log,
            "user-notify" => Action::Notify,
            "return" => {
                tokens.next();
                if tokens.is_empty() && self.options.dialect == Some(Dialect::Minijail0) {
                    return Some(self.default);
                }
                let place = tokens.place();
                let errno = constant(tokens, self.options.target, findings)?;
                return match u16::try_from(errno) {
                    Ok(errno) if errno <= Action::MAX_ERRNO => Some(Action::Errno(errno)),
                    _ => {
                        findings.error(
                            place,
                            format!(
                                "errno {errno} is above 4095, the highest that the kernel returns"
                            ),
                        );
                        None
                    }
                };
            }
            _ => {
                let what = "`1`, `return`, an action (allow, kill, kill-process, kill-thread, trap, trace, log, user-notify) \
                            or an expression";
                return tokens.expected(what, findings);
            }
        };
        let token = tokens.next()?;
        if token.text != "1" {
            self.compiler_only(token, &format!("`{}` as an action", token.text), findings);
        }
        Some(action)
    }

    /// Adds the filters of a line for a call. A call has one unconditional filter, as its last one.
    fn add(
        &mut self,
        number: u32,
        filters: &[Alternative],
        place: &ProblemPlace,
        findings: &mut Findings,
    ) {
        let known = self.calls.entry(number).or_default();
        let name = table::name(self.options.target, number).unwrap_or("this call");
        if !known.is_empty() && self.options.dialect == Some(Dialect::Minijail0) {
            findings.error(
                place.clone(),
                format!("there is another line for `{name}`, and minijail0 refuses that"),
            );
            return;
        }
        for filter in filters {
            if known.iter().any(|(condition, ..)| *condition == Condition::Always) {
                findings.error(
                    filter.2.clone(),
                    format!("`{name}` has a filter without an expression already, and minijail refuses more after it"),
                );
                return;
            }
            known.push(filter.clone());
        }
    }
}

/// The names of an ABI in minijail and in this project.
///
/// Source: `arch.h` of google/minijail.
fn names(abi: Abi) -> [&'static str; 2] {
    let other = match abi {
        Abi::Aarch64 => "arm64",
        Abi::X86 => "i386",
        // Whatever else minijail serves, it calls as the kernel does.
        other => other.name(),
    };
    [abi.name(), other]
}
