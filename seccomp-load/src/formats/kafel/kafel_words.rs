//! The words of kafel: names, numbers, actions, architectures.

use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::action::Action;

use crate::formats::problem::Findings;
use crate::formats::tokens::{Token, Tokens, number};

/// The names of arguments, after the parenthesis.
pub(super) fn arguments<'a>(
    tokens: &mut Tokens<'_, 'a>,
    findings: &mut Findings,
) -> Option<Vec<&'a str>> {
    let mut declared = Vec::new();
    if tokens.take(")") {
        return Some(declared);
    }
    tokens.list(")", findings, |tokens, findings| {
        let name = identifier(tokens, "the name of an argument", findings)?;
        if declared.contains(&name.text) {
            findings.error(name.place(), format!("there are two arguments `{}`", name.text));
        }
        if declared.len() < ArgumentIndex::ALL.len() {
            declared.push(name.text);
        } else {
            findings.error(name.place(), "a call has at most six arguments");
        }
        Some(())
    })?;
    Some(declared)
}

/// Skips the expressions of a call that this ABI does not have.
pub(super) fn skip_block(tokens: &mut Tokens<'_, '_>) {
    while !tokens.is_empty() && tokens.text() != "}" {
        tokens.next();
    }
}

/// A word that is none of kafel's own.
pub(super) fn identifier<'t, 'a>(
    tokens: &mut Tokens<'t, 'a>,
    what: &str,
    findings: &mut Findings,
) -> Option<&'t Token<'a>> {
    const WORDS: [&str; 17] = [
        "SYSCALL",
        "ALLOW",
        "LOG",
        "USER_NOTIF",
        "ERRNO",
        "KILL_PROCESS",
        "KILL_THREAD",
        "KILL",
        "DENY",
        "TRAP",
        "TRACE",
        "USE",
        "POLICY",
        "DEFAULT",
        "ON",
        "define",
        "#include",
    ];
    let text = tokens.text();
    if !text.starts_with(|it: char| it.is_ascii_alphabetic()) || WORDS.contains(&text) {
        return tokens.expected(what, findings);
    }
    tokens.next()
}

/// A number.
pub(super) fn literal(tokens: &mut Tokens<'_, '_>, findings: &mut Findings) -> Option<u64> {
    let Some(token) = tokens.peek().filter(|token| token.is_number()) else {
        return tokens.expected("a number", findings);
    };
    let value = number(token.text, true);
    if value.is_none() {
        findings.error(token.place(), format!("`{}` is not a number of 64 bits", token.text));
    }
    tokens.next();
    value
}

/// `ALLOW`, `ERRNO(1)`, …
pub(super) fn action(tokens: &mut Tokens<'_, '_>, findings: &mut Findings) -> Option<Action> {
    let word = tokens.text();
    let action: fn(u16) -> Action = match word {
        "ALLOW" => |_| Action::Allow,
        "LOG" => |_| Action::Log,
        "DENY" | "KILL" | "KILL_THREAD" => |_| Action::KillThread,
        "KILL_PROCESS" => |_| Action::KillProcess,
        "USER_NOTIF" => |_| Action::Notify,
        "ERRNO" => Action::Errno,
        "TRACE" => Action::Trace,
        "TRAP" => Action::Trap,
        _ => {
            let what = "`POLICY`, `USE`, `DEFAULT`, `#define`, `#include` or an action (ALLOW, LOG, DENY, KILL, \
                        KILL_THREAD, KILL_PROCESS, USER_NOTIF, ERRNO, TRACE, TRAP)";
            return tokens.expected(what, findings);
        }
    };
    tokens.next();
    if !["ERRNO", "TRACE", "TRAP"].contains(&word) {
        return Some(action(0));
    }
    tokens.expect("(", findings)?;
    let place = tokens.place();
    let value = literal(tokens, findings)?;
    tokens.expect(")", findings)?;
    let most = if word == "ERRNO" { Action::MAX_ERRNO } else { u16::MAX };
    match u16::try_from(value) {
        Ok(value) if value <= most => Some(action(value)),
        _ => {
            findings.error(
                place,
                format!("{value} is above {most}, the highest that the kernel passes on"),
            );
            None
        }
    }
}

/// The ABI of that name in kafel, in any case (`arch_name_map`, `src/syscall.c`).
pub(super) fn architecture(name: &str) -> Option<Abi> {
    Some(match name.to_ascii_lowercase().as_str() {
        "arm" => Abi::Arm,
        "aarch64" | "arm64" => Abi::Aarch64,
        "x86_64" | "amd64" => Abi::X86_64,
        "x86" | "i386" => Abi::X86,
        "mips" | "mipso32" => Abi::Mips,
        "mips64" => Abi::Mips64,
        "riscv64" | "rv64" => Abi::Riscv64,
        "m68k" => Abi::M68k,
        _ => return None,
    })
}
