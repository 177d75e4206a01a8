//! Lines of a policy file: tokens, expressions, actions.

use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::policy::{Condition, Operator, Width};

use crate::formats::condition::{compare, masked};
use crate::formats::constants;
use crate::formats::problem::{Findings, ProblemPlace};
use crate::formats::tokens::{Columns, Token, Tokens, number};

/// The deepest nesting of parentheses in a constant.
const MOST_NESTED: usize = 64;

/// The lines of a file as tokens: a line that ends with `\` continues in the next one.
pub(super) fn lines<'a>(text: &'a str, findings: &mut Findings) -> Vec<Vec<Token<'a>>> {
    let (mut lines, mut tokens) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let goes_on = tokenize(line, index + 1, &mut tokens, findings);
        if !goes_on && !tokens.is_empty() {
            lines.push(std::mem::take(&mut tokens));
        }
    }
    if !tokens.is_empty() {
        lines.push(tokens);
    }
    lines
}

/// Adds the tokens of a line. Returns whether the line continues.
fn tokenize<'a>(
    line: &'a str,
    number: usize,
    tokens: &mut Vec<Token<'a>>,
    findings: &mut Findings,
) -> bool {
    let (mut at, mut columns) = (0, Columns::default());
    while let Some(first) = line[at..].chars().next() {
        let rest = &line[at..];
        let length = match first {
            '#' => return false,
            '\\' if rest.trim_end() == "\\" => return true,
            _ if first.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            _ if first == '@' || first.is_ascii_alphabetic() || first == '_' => {
                word(rest, |it| it.is_ascii_alphanumeric() || "_-@".contains(it))
            }
            '-' | '0'..='9' => 1 + word(&rest[1..], |it| it.is_ascii_alphanumeric() || it == '_'),
            '/' => word(rest, |it| !it.is_whitespace()),
            '.' if rest.starts_with("./") || rest.starts_with("../") => {
                word(rest, |it| !it.is_whitespace())
            }
            _ if ["||", "&&", "==", "!=", "<=", ">="].iter().any(|it| rest.starts_with(it)) => 2,
            ':' | ';' | ',' | '~' | '(' | ')' | '{' | '}' | '[' | ']' | '|' | '&' | '<' | '>'
            | '=' => 1,
            _ => {
                let column = columns.of(line, at);
                let place = ProblemPlace::Line { line: number, column };
                findings.error(place, format!("{first:?} has no meaning here"));
                at += first.len_utf8();
                continue;
            }
        };
        let column = columns.of(line, at);
        tokens.push(Token { text: &rest[..length], line: number, column });
        at += length;
    }
    false
}

fn word(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|it| !belongs(it)).unwrap_or(text.len())
}

/// The place after the last token of a line.
pub(super) fn end(line: &[Token<'_>]) -> ProblemPlace {
    match line.last() {
        Some(last) => {
            ProblemPlace::Line { line: last.line, column: last.column + last.text.chars().count() }
        }
        None => ProblemPlace::Line { line: 1, column: 1 },
    }
}

/// An expression: alternatives of comparisons that hold together.
pub(super) fn expression(
    tokens: &mut Tokens<'_, '_>,
    abi: Abi,
    findings: &mut Findings,
) -> Option<Condition> {
    let mut any = Vec::new();
    loop {
        let mut all = vec![atom(tokens, abi, findings)?];
        while tokens.take("&&") {
            all.push(atom(tokens, abi, findings)?);
        }
        any.push(Condition::All(all));
        if !tokens.take("||") {
            return Some(Condition::Any(any));
        }
    }
}

/// `arg0 == value`. All comparisons are unsigned and as wide as `long`.
fn atom(tokens: &mut Tokens<'_, '_>, abi: Abi, findings: &mut Findings) -> Option<Condition> {
    let place = tokens.place();
    let Some(number) = tokens.text().strip_prefix("arg") else {
        return tokens.expected("an argument, such as `arg0`,", findings);
    };
    let Some(argument) = number.parse().ok().and_then(ArgumentIndex::new) else {
        findings.error(place, "a call has arguments arg0 to arg5");
        return None;
    };
    tokens.next();
    let operator = tokens.text();
    if !["==", "!=", "<", "<=", ">", ">=", "&", "in"].contains(&operator) {
        return tokens.expected("an operator (== != < <= > >= & in)", findings);
    }
    tokens.next();
    let value = value(tokens, abi, 0, findings)?;
    let width = if abi.long_bits() == 64 { Width::W64 } else { Width::W32 };
    Some(match operator {
        "==" => compare(argument, width, Operator::Equal, value),
        "!=" => compare(argument, width, Operator::NotEqual, value),
        "<" => compare(argument, width, Operator::Less, value),
        "<=" => compare(argument, width, Operator::LessOrEqual, value),
        ">" => compare(argument, width, Operator::Greater, value),
        ">=" => compare(argument, width, Operator::GreaterOrEqual, value),
        // Any of these bits.
        "&" => masked(argument, width, Some(value), Operator::NotEqual, 0),
        // No bits but these.
        _ => masked(argument, width, Some(!value & width.ones()), Operator::Equal, 0),
    })
}

/// A value: constants joined by `|`, each with or without `~` before it.
fn value(
    tokens: &mut Tokens<'_, '_>,
    abi: Abi,
    depth: usize,
    findings: &mut Findings,
) -> Option<u64> {
    if depth > MOST_NESTED {
        findings
            .error(tokens.place(), format!("parentheses are nested more than {MOST_NESTED} deep"));
        return None;
    }
    let ones = if abi.long_bits() == 64 { u64::MAX } else { u64::from(u32::MAX) };
    let mut bits = 0;
    loop {
        let inverted = tokens.take("~");
        let part = if tokens.take("(") {
            let inner = value(tokens, abi, depth + 1, findings)?;
            tokens.expect(")", findings)?;
            inner
        } else {
            constant(tokens, abi, findings)?
        };
        bits |= if inverted { !part & ones } else { part };
        if !tokens.take("|") {
            return Some(bits);
        }
    }
}

/// A number, or a constant of Linux. It has as many bits as `long`.
pub(super) fn constant(
    tokens: &mut Tokens<'_, '_>,
    abi: Abi,
    findings: &mut Findings,
) -> Option<u64> {
    let Some(token) = tokens.peek() else {
        return tokens.expected("a number or a constant", findings);
    };
    let is_name = token.text.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
    if !is_name && !token.is_number() {
        return tokens.expected("a number or a constant", findings);
    }
    tokens.next();
    let found = if is_name {
        constants::constant(abi, token.text)
    } else {
        number(token.text, false)
            .ok_or_else(|| format!("`{}` is not a number of 64 bits", token.text))
    };
    let ones = if abi.long_bits() == 64 { u64::MAX } else { u64::from(u32::MAX) };
    match found {
        Ok(value) if value > ones && value < (!ones | ones >> 1) => {
            findings.error(
                token.place(),
                format!("{value:#x} has more than the 32 bits of a register of {abi}"),
            );
            None
        }
        Ok(value) => Some(value & ones),
        Err(why) => {
            findings.error(token.place(), why);
            None
        }
    }
}
