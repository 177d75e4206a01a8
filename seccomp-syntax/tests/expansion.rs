//! The expansion of `seccomp_policy!`, for people to read: each file of `expansion/` has a small policy and its whole
//! expansion.
//!
//! `EXPANSION=overwrite cargo test -p seccomp-syntax --test expansion` writes the files again; read them afterwards.
//! In the files, names that are unique to an expansion end in `N` and not in a number.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use seccomp_syntax::expand;

#[test]
fn a_policy_becomes_an_array_of_instructions() {
    holds("plain", &["allow exit, rt_sigreturn;", "allow write(fd == 1);", "default kill;"]);
}

#[test]
fn a_value_of_rustc_is_checked_and_put_in_its_place() {
    holds(
        "value_of_rustc",
        &["allow exit, rt_sigreturn;", "allow write(fd == self::LOG);", "default kill;"],
    );
}

#[test]
fn a_value_of_the_running_program_is_checked_when_the_policy_is_installed() {
    holds(
        "value_of_the_run",
        &[
            "allow exit, rt_sigreturn;",
            "allow write(fd == $log);",
            "allow lseek(offset in $first..$(last + 1), whence & !$mask == self::ZERO);",
            "errno(!$(error)) dup;",
            "default kill;",
        ],
    );
}

#[test]
fn a_warning_is_a_deprecated_macro_that_is_used() {
    holds("warning", &["default allow;"]);
}

#[test]
fn a_mistake_is_an_error_and_a_policy_without_instructions() {
    holds("mistake", &["allow exit, rt_sigreturn;", "allow wriet;", "default kill;"]);
}

/// Compares the file `name` with the expansion of a policy of these items on x86_64.
fn holds(name: &str, policy: &[&str]) {
    let input: TokenStream =
        format!("x86_64 [::seccomp_runtime] {}", policy.join(" ")).parse().unwrap();
    let mut text = String::from("// What this becomes on x86_64:\n//\n// seccomp_policy! {\n");
    for item in policy {
        writeln!(text, "//     {item}").unwrap();
    }
    text += "// }\n";
    text += "\n";
    text += &lines(&tokens(expand::compile(input)), 0);
    text = without_numbers(&text);
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansion").join(format!("{name}.rs"));
    if env::var_os("EXPANSION").is_some_and(|value| value == "overwrite") {
        fs::write(&path, &text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{} is not what the policy expands to now:\n{text}\n\
         if it should be: EXPANSION=overwrite cargo test -p seccomp-syntax --test expansion",
        path.display()
    );
}

/// Replaces `__seccomp_instruction_0123456789abcdef` by `__seccomp_instruction_N`.
fn without_numbers(text: &str) -> String {
    let mut parts = text.split("__seccomp_");
    let mut without = parts.next().unwrap().to_owned();
    for part in parts {
        let end =
            part.find(|char: char| char != '_' && !char.is_alphanumeric()).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let (what, number) = name.rsplit_once('_').unwrap_or((name, ""));
        let is_number = number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit());
        let name = if is_number { format!("{what}_N") } else { name.to_owned() };
        without += &format!("__seccomp_{name}{rest}");
    }
    without
}

/// The greatest length of a line.
const WIDTH: usize = 120;

fn tokens(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

/// Tokens as lines: one for each statement and each element of a list.
fn lines(all: &[TokenTree], indent: usize) -> String {
    let mut text = String::new();
    let mut rest = all;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(end_of_piece(rest));
        writeln!(text, "{:indent$}{}", "", piece_in(piece, indent)).unwrap();
        rest = after;
    }
    text
}

/// The number of `tokens` in the first statement or element.
fn end_of_piece(tokens: &[TokenTree]) -> usize {
    for (at, token) in tokens.iter().enumerate() {
        let ends = match token {
            TokenTree::Punct(punct) => matches!(punct.as_char(), ',' | ';'),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                match tokens.get(at + 1) {
                    Some(TokenTree::Punct(next)) => matches!(next.as_char(), ':' | '#'),
                    Some(TokenTree::Ident(next)) => next != "else" && next != "as",
                    Some(TokenTree::Group(_) | TokenTree::Literal(_)) => true,
                    None => false,
                }
            }
            // The brackets of an attribute.
            TokenTree::Group(_) => at == 1 && tokens[0].to_string() == "#",
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
        };
        if ends {
            return at + 1;
        }
    }
    tokens.len()
}

/// One statement or element: on one line if it fits, otherwise with its long groups on lines of their own.
fn piece_in(piece: &[TokenTree], indent: usize) -> String {
    let line = inline(piece);
    if indent + line.len() <= WIDTH {
        return line;
    }
    let mut text = String::new();
    for (at, token) in piece.iter().enumerate() {
        if at > 0 && spaced(&piece[..at], token) {
            text.push(' ');
        }
        match token {
            TokenTree::Group(group) if inline(std::slice::from_ref(token)).len() > 40 => {
                let (open, close) = marks(group.delimiter());
                let inner = lines(&tokens(group.stream()), indent + 4);
                write!(text, "{open}\n{inner}{:indent$}{close}", "").unwrap();
            }
            token => text += &inline(std::slice::from_ref(token)),
        }
    }
    text
}

fn inline(tokens_of_line: &[TokenTree]) -> String {
    let mut text = String::new();
    for (at, token) in tokens_of_line.iter().enumerate() {
        if at > 0 && spaced(&tokens_of_line[..at], token) {
            text.push(' ');
        }
        match token {
            TokenTree::Group(group) => {
                let (open, close) = marks(group.delimiter());
                let inner = inline(&tokens(group.stream()));
                let space = if group.delimiter() == Delimiter::Brace && !inner.is_empty() {
                    " "
                } else {
                    ""
                };
                text += &format!("{open}{space}{inner}{space}{close}");
            }
            token => text += &token.to_string(),
        }
    }
    text
}

fn marks(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

/// Whether there is a space between `before` and `next`.
fn spaced(before: &[TokenTree], next: &TokenTree) -> bool {
    let is = |token: Option<&TokenTree>, text: &str| {
        token.is_some_and(|token| text.split(' ').any(|one| token.to_string() == one))
    };
    let (last, before) = before.split_last().unwrap();
    match (last, next) {
        (TokenTree::Punct(last), _) if last.spacing() == Spacing::Joint => false,
        (TokenTree::Punct(_), _) if is(Some(last), ":") => !is(before.last(), ":"),
        (TokenTree::Punct(_), TokenTree::Ident(_)) if is(Some(last), "!") => {
            is(before.last(), "macro_rules")
        }
        (TokenTree::Punct(_), TokenTree::Group(group)) if is(Some(last), "!") => {
            group.delimiter() == Delimiter::Brace
        }
        (TokenTree::Punct(_), _) if is(Some(last), "# ! & . -") => false,
        (TokenTree::Ident(_), TokenTree::Punct(_)) if is(Some(next), ":") => {
            is(Some(last), "use as const")
        }
        (_, TokenTree::Punct(_)) if is(Some(next), ", ; . !") => false,
        (TokenTree::Ident(_), TokenTree::Group(group)) => {
            group.delimiter() == Delimiter::Brace || is(Some(last), "if in as")
        }
        _ => true,
    }
}
