//! The tokens of kafel, with included files inserted.

use crate::formats::problem::{Findings, ProblemPlace};
use crate::formats::tokens::{Columns, Token};

/// The tokens of one file. `#include` and its names are tokens too: names begin with a quote, and the end of the
/// directive is the token `;`.
pub(super) fn tokens<'a>(text: &'a str, findings: &mut Findings) -> Vec<Token<'a>> {
    let mut tokens = Vec::new();
    let (mut line, mut at, mut columns) = (1, 0, Columns::default());
    let mut including = false;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let column = columns.of(text, at);
        let mut add = |length: usize| tokens.push(Token { text: &rest[..length], line, column });
        let length = match first {
            '\n' => {
                if including {
                    tokens.push(Token { text: ";", line, column });
                    including = false;
                }
                (line, columns) = (line + 1, Columns::from(at + 1));
                1
            }
            ' ' | '\t' | '\r' => 1,
            ';' if including => {
                including = false;
                add(1);
                1
            }
            '"' if including => {
                let length = rest[1..].find(['"', '\n']).map_or(rest.len(), |end| end + 2);
                add(length);
                length
            }
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => {
                let Some(end) = rest[2..].find("*/") else {
                    let place = ProblemPlace::Line { line, column };
                    findings.error(place, "this comment does not end");
                    return tokens;
                };
                let comment = &rest[..end + 4];
                if let Some(last) = comment.rfind('\n') {
                    line += comment.matches('\n').count();
                    columns = Columns::from(at + last + 1);
                }
                comment.len()
            }
            '#' if rest.starts_with("#include") => {
                including = true;
                add("#include".len());
                "#include".len()
            }
            '-' | '0'..='9' => {
                let digits = rest[1..].find(|it: char| !it.is_ascii_alphanumeric());
                let length = digits.map_or(rest.len(), |digits| digits + 1);
                add(length);
                length
            }
            _ if first.is_ascii_alphabetic() => {
                let length = rest.find(|it: char| !it.is_ascii_alphanumeric() && it != '_');
                let length = length.unwrap_or(rest.len());
                add(length);
                length
            }
            _ if ["==", "!=", "<=", ">=", "||", "&&"].iter().any(|it| rest.starts_with(it)) => {
                add(2);
                2
            }
            '<' | '>' | '|' | '&' | '[' | ']' | '(' | ')' | '{' | '}' | ',' | '!' | '#' => {
                add(1);
                1
            }
            _ => {
                let place = ProblemPlace::Line { line, column };
                findings.error(place, format!("{first:?} has no meaning here"));
                first.len_utf8()
            }
        };
        at += length;
    }
    if including {
        let column = columns.of(text, text.len());
        findings.error(
            ProblemPlace::Line { line, column },
            "an `#include` ends with its line or with `;`",
        );
    }
    tokens
}
