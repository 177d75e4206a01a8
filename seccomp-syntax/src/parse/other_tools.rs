//! Forms of other tools: libseccomp, seccompiler, minijail, kafel, systemd, and libraries that name calls as C does. A form
//! is recognised where it means nothing in this language. The error then says what this language has instead.

use proc_macro2::{Delimiter, Span, TokenTree};
use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::diagnostic::ErrorCode;
use seccomp_ir::table::{self, ConstantLookup, Domain, DomainKind};
use syn::buffer::Cursor;
use syn::parse::ParseStream;

use super::input::{next_word, past, wrong};
use crate::errors::LocatedDiagnostic;
use crate::sources::text;

fn form(span: Span, message: impl Into<String>, help: &str) -> Box<LocatedDiagnostic> {
    wrong(ErrorCode::FormOfAnotherTool, span, message).help(help)
}

/// The error for an item that begins as in another tool.
pub(super) fn item(input: ParseStream<'_>) -> Option<Box<LocatedDiagnostic>> {
    let cursor = input.cursor();
    let span = input.span();
    for delimiter in [Delimiter::Brace, Delimiter::Bracket] {
        if cursor.group(delimiter).is_some() {
            let help =
                "write an action and its calls, `allow read, write;`, and `default errno(EPERM)`";
            return Some(form(
                span,
                "a policy is written in rules, not in JSON or in blocks",
                help,
            ));
        }
    }
    let (word, rest) = cursor.ident()?;
    let name = text(&word);
    let is_call = table::is_known(&name);
    if past(":", rest).is_some() && past("::", rest).is_none()
        || past("=>", rest).is_some()
        || past("->", rest).is_some()
    {
        if !is_call {
            return None;
        }
        let message = format!("`{name}` is a call, and a rule begins with an action");
        let help = format!(
            "write `allow {name};`, with a condition in parentheses: `allow ioctl(cmd == TCGETS);`"
        );
        return Some(form(span, message, &help));
    }
    if past(".", rest).is_some() || name.starts_with("seccomp_") {
        let help = "write an action and its calls: `allow read, write;`";
        return Some(form(span, "a policy has rules, and no variables or functions", help));
    }
    if let Some(value) = past("=", rest).filter(|_| name.starts_with("SystemCall")) {
        let help = match past("~", value) {
            None => "write `allow @system-service;` and `default errno(EPERM)`",
            Some(_) => {
                "write `errno(EPERM) @mount;` and `#[allow(seccomp::default_allow)] default allow`"
            }
        };
        return Some(form(span, format!("`{name}=` is a setting of systemd"), help));
    }
    if matches!(name.as_str(), "POLICY" | "USE") {
        let help = "write the rules one after another, `allow read, write;`, and `default kill`";
        return Some(form(span, format!("`{name}` is a word of kafel"), help));
    }
    action_of(input)
}

/// The error for `default: kill` and `default = kill`.
pub(super) fn sign_before_action(
    keyword: &str,
    input: ParseStream<'_>,
) -> Option<Box<LocatedDiagnostic>> {
    let sign = ["=>", ":", "="].into_iter().find(|sign| past(sign, input.cursor()).is_some())?;
    let message = format!("no `{sign}` here: an action follows `{keyword}` directly");
    Some(form(input.span(), message, &format!("write `{keyword} kill;`")))
}

/// The error for an action that is written as in another tool.
pub(super) fn action_of(input: ParseStream<'_>) -> Option<Box<LocatedDiagnostic>> {
    let (word, rest) = input.cursor().ident()?;
    let name = text(&word);
    let (last, rest) = end_of_path(&name, rest);
    if !matches!(last.as_bytes(), [b'A'..=b'Z', ..]) {
        return None;
    }
    let action = action(&last)?;
    let braces = rest.group(Delimiter::Brace).is_some();
    let message = format!("`{last}` is an action of another tool");
    let mut help = format!("write `{action}`");
    if braces {
        help.push_str(&format!(" and its calls without braces: `{action} read, write;`"));
    }
    let error = form(input.span(), message, &help);
    Some(if braces || last != name { error } else { error.replace(action) })
}

/// The action that another tool calls `name`: `SCMP_ACT_ALLOW`, `SECCOMP_RET_ALLOW`, `Allow`, `ALLOW`.
fn action(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    let word = name.strip_prefix("SCMP_ACT_").or(name.strip_prefix("SECCOMP_RET_"));
    Some(match word.unwrap_or(&name) {
        "ALLOW" => "allow",
        "LOG" => "log",
        "ERRNO" | "DENY" => "errno(EPERM)",
        "TRAP" => "trap",
        "TRACE" => "trace(1)",
        "NOTIFY" | "USER_NOTIF" => "notify",
        "KILL" | "KILL_PROCESS" | "KILLPROCESS" => "kill",
        "KILL_THREAD" | "KILLTHREAD" => "kill_thread",
        "DEFAULT" => "default",
        _ => return None,
    })
}

/// The last word of a path that begins with `first`, and what follows it.
fn end_of_path<'a>(first: &str, mut rest: Cursor<'a>) -> (String, Cursor<'a>) {
    let mut last = first.to_owned();
    while let Some((word, after)) = past("::", rest).and_then(Cursor::ident) {
        (last, rest) = (text(&word), after);
    }
    (last, rest)
}

/// The error for `#define` and `#include`, after the `#`.
pub(super) fn directive(input: ParseStream<'_>) -> Option<Box<LocatedDiagnostic>> {
    let word = next_word(input);
    let help = match word.as_str() {
        "define" => {
            "write a constant of your program, `const LIMIT: u32 = 4096;`, and name it `self::LIMIT` or `crate::LIMIT`"
        }
        "include" => "write `include \"other.policy\";`",
        _ => return None,
    };
    Some(form(input.span(), format!("`#{word}` belongs to the preprocessor of C"), help))
}

/// The error for a target that begins as in another tool.
pub(super) fn target(input: ParseStream<'_>) -> Option<Box<LocatedDiagnostic>> {
    let cursor = input.cursor();
    let span = input.span();
    if cursor.group(Delimiter::Brace).is_some() {
        return Some(braces(span));
    }
    if let Some(sign) = ["~", "-", "!"].into_iter().find(|sign| past(sign, cursor).is_some()) {
        let help =
            "write the exceptions in a rule before: `errno(EPERM) @mount; allow @system-service;`";
        let message = format!("no `{sign}` here: the first rule that matches a call decides it");
        return Some(form(span, message, help));
    }
    if past("*", cursor).is_some() {
        let help = "for every call that no rule names write `default kill;`, with any action";
        return Some(form(span, "`*` is not a call: a rule names its calls and groups", help));
    }
    if let Some((literal, _)) = cursor.literal() {
        let written = literal.to_string();
        let name = unquoted(&written);
        if name == written && !table::is_known(name) {
            let help = format!("write `syscall({written})`");
            return Some(form(span, "a number alone is not a call", &help));
        }
        let help = format!("write `{name}`");
        return Some(form(span, "a call is written by its name, without quotes", &help));
    }
    let (word, rest) = cursor.ident()?;
    let name = text(&word);
    let (last, rest) = end_of_path(&name, rest);
    let content = rest.group(Delimiter::Parenthesis).map(|(content, _, _)| content);
    if last == name && name != "SCMP_SYS" {
        return None;
    }
    let given = content.and_then(|content| match content.token_tree() {
        Some((TokenTree::Ident(word), _)) => Some(text(&word)),
        Some((TokenTree::Literal(literal), _)) => Some(unquoted(&literal.to_string()).to_owned()),
        _ => None,
    });
    for candidate in [Some(last), given].into_iter().flatten() {
        let plain = candidate.strip_prefix("SYS_").or(candidate.strip_prefix("__NR_"));
        let plain = plain.unwrap_or(&candidate);
        if table::is_known(plain) {
            let help = format!("write `{plain}`");
            return Some(form(span, "a call is written by its name alone, not as a path", &help));
        }
    }
    let help = "write `allow read;`, and for the rules of a fragment `include path::to::FRAGMENT;`";
    Some(form(span, "a rule names calls and groups, and a path is neither", help))
}

/// The error for `allow { read }`.
fn braces(span: Span) -> Box<LocatedDiagnostic> {
    form(span, "no braces here", "write the calls after their action: `allow read, write;`")
}

/// The error for `@a - @b`, at the second `@`.
pub(super) fn group_without(group: &str, input: ParseStream<'_>) -> Option<Box<LocatedDiagnostic>> {
    past("@", input.cursor())?;
    let group = group.strip_suffix('-').unwrap_or(group);
    let message = format!(
        "no calls can be taken out of `{group}`: the first rule that matches a call decides it"
    );
    let help =
        format!("write the exceptions in a rule before: `errno(EPERM) @mount; allow {group};`");
    Some(form(input.span(), message, &help))
}

/// The error for what follows the targets of a rule.
pub(super) fn after_targets(input: ParseStream<'_>) -> Option<Box<LocatedDiagnostic>> {
    let cursor = input.cursor();
    let span = input.span();
    if cursor.group(Delimiter::Brace).is_some() {
        return Some(braces(span));
    }
    let sign = past(":", cursor).is_some() || past("=>", cursor).is_some();
    if sign || matches!(next_word(input).as_str(), "if" | "when" | "where") {
        let help = "write the condition in parentheses: `allow ioctl(cmd == TCGETS);`";
        return Some(form(span, "a condition follows its call directly", help));
    }
    if past("+", cursor).is_some() || past("|", cursor).is_some() {
        return Some(
            form(span, "calls and groups are separated by commas", "write `,`").replace(","),
        );
    }
    None
}

/// The error for `socket(AF_INET, SOCK_STREAM)` and `kill(SIGTERM)`: values in the order of the arguments, or of other
/// arguments than these, in the parentheses of a condition.
pub(super) fn positional(call: &str, content: ParseStream<'_>) -> Option<Box<LocatedDiagnostic>> {
    let mut rest = content.cursor();
    let mut comparisons = String::new();
    // Each user compiles this, and an iterator over `ArgumentIndex::ALL` is more code.
    let mut next = Some(ArgumentIndex::A0);
    while let Some(index) = next {
        next = index.next();
        let (first, mut after) = plain_value(rest)?;
        let mut values = vec![first];
        while let Some(other) = past("|", after) {
            let (value, next) = plain_value(other)?;
            values.push(value);
            after = next;
        }
        if values != ["_"] {
            let separator = if comparisons.is_empty() { "" } else { ", " };
            comparisons.push_str(&format!("{separator}{}", of_values(call, index, &values)));
        }
        if let Some(text) = values.iter().find(|value| value.starts_with(['"', '\''])) {
            let message = format!("{text} is a text, and a filter sees only the address of a text");
            let help = "files and addresses are restricted by other means, such as Landlock: a condition compares numbers";
            return Some(form(content.span(), message, help));
        }
        if after.eof() {
            let message =
                format!("a condition of `{call}` compares an argument, and this is a value");
            return Some(form(content.span(), message, &format!("write `{call}({comparisons})`")));
        }
        rest = past(",", after)?;
        if rest.eof() {
            return None;
        }
    }
    None
}

/// What to write for values at the place of an argument, if any of them is right: "family in {AF_INET, AF_INET6}". A
/// constant of another argument says that this one is meant: "sig == SIGTERM".
fn of_values(call: &str, index: ArgumentIndex, values: &[String]) -> String {
    let arguments = arguments(call);
    let takes = |domain: &Option<Domain>| {
        let known = |domain: Domain| !domain.takes_any() && values.iter().all(|it| domain.has(it));
        domain.is_some_and(known)
    };
    let given = arguments.get(index as usize);
    let meant = given.filter(|(_, domain)| takes(domain));
    let meant = meant.or_else(|| arguments.iter().find(|(_, domain)| takes(domain)));
    let (name, domain) = match meant.or(given) {
        Some((name, domain)) => (name.clone(), *domain),
        None => (format!("a{index}"), None),
    };
    let bits = domain.is_some_and(|domain| domain.kind == DomainKind::Flags);
    match values {
        [value] => format!("{name} == {value}"),
        values if bits => format!("{name} == {}", values.join(" | ")),
        values => format!("{name} in {{{}}}", values.join(", ")),
    }
}

/// A number, a constant of the tables, a path, or `_`; and what follows it.
fn plain_value(input: Cursor<'_>) -> Option<(String, Cursor<'_>)> {
    if let Some((literal, rest)) = input.literal() {
        return Some((literal.to_string(), rest));
    }
    let (word, rest) = input.ident()?;
    let (name, mut path, mut rest) = (text(&word), text(&word), rest);
    while let Some((word, after)) = past("::", rest).and_then(Cursor::ident) {
        path = format!("{path}::{}", text(&word));
        rest = after;
    }
    (name == "_" || path != name || is_constant(&name)).then_some((path, rest))
}

/// The text of a literal without its quotes.
fn unquoted(literal: &str) -> &str {
    literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(literal)
}

/// Whether the tables have a constant of that name.
pub(super) fn is_constant(name: &str) -> bool {
    !matches!(table::constant(Abi::X86_64, name), ConstantLookup::Unknown)
}

/// The arguments of a call and what they take, on the first ABI that has the call with its arguments in registers.
fn arguments(call: &str) -> Vec<(String, Option<Domain>)> {
    let known = |abi: &Abi| Some((*abi, table::signature(*abi, call)?));
    let all = Abi::ALL.iter().filter_map(known);
    let Some((abi, signature)) = all.max_by_key(|(_, signature)| signature.registers().len())
    else {
        return Vec::new();
    };
    let mut arguments = Vec::new();
    for argument in signature.registers() {
        // A filter does not see a seventh one.
        let Some(index) = ArgumentIndex::ALL.get(arguments.len()) else { break };
        let named = !argument.name.is_empty() && argument.half.is_none();
        let name = if named { argument.name.to_owned() } else { format!("a{index}") };
        arguments.push((name, table::domain(abi, call, argument.name)));
    }
    arguments
}
