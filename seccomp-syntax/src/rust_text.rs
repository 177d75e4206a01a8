//! The canonical text of Rust tokens: values of rustc in messages and in printed policies.
//!
//! `TokenStream::to_string` differs between rustc and other tools, and puts spaces where a person would not.
//! Here the spacing depends on the tokens alone, and the text is read as the same tokens again, so printing it
//! twice gives the same text.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The operators of Rust with several characters, the longest first.
const OPERATORS: [&str; 24] = [
    "<<=", ">>=", "...", "..=", "::", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "<<", ">>",
    "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "..",
];

/// Keywords that come before a value, so parentheses after them are not those of a call.
const KEYWORDS: [&str; 10] =
    ["as", "break", "else", "for", "if", "in", "let", "match", "return", "while"];

/// The tokens as text, on one line.
pub(crate) fn rust_text(tokens: TokenStream) -> String {
    let mut text = Printer { out: String::new(), before: Before::Nothing, angles: 0 };
    text.tokens(tokens);
    text.out
}

/// What the text ends with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An opening bracket, or a sign that belongs to what follows it: no space, and a value is next.
    Nothing,
    /// A word or a value: an operator may be next.
    Value,
    /// A keyword or an operator between two values: a space, and a value is next.
    Operator,
    /// `.`, `::`, or the `!` of a macro: no space, and no value.
    Path,
}

struct Printer {
    out: String,
    before: Before,
    /// How many `<` around types are open.
    angles: usize,
}

impl Printer {
    fn tokens(&mut self, tokens: TokenStream) {
        // The characters of an operator that is not complete.
        let mut run = String::new();
        for token in tokens {
            if let TokenTree::Punct(punct) = &token {
                run.push(punct.as_char());
                if punct.spacing() == Spacing::Joint && punct.as_char() != '\'' {
                    continue;
                }
            }
            self.signs(&run);
            run.clear();
            match token {
                TokenTree::Punct(_) => {}
                TokenTree::Group(group) => self.group(group.delimiter(), group.stream()),
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    let keyword = KEYWORDS.contains(&word.as_str());
                    self.value(&word);
                    if keyword {
                        self.before = Before::Operator;
                    }
                }
                TokenTree::Literal(literal) => self.value(&literal.to_string()),
            }
        }
        self.signs(&run);
    }

    fn value(&mut self, word: &str) {
        if matches!(self.before, Before::Value | Before::Operator) {
            self.out.push(' ');
        }
        self.out.push_str(word);
        self.before = Before::Value;
    }

    fn group(&mut self, delimiter: Delimiter, inner: TokenStream) {
        let (open, close) = match delimiter {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace => ("{", "}"),
            // A value that came through a macro of the user as a whole.
            Delimiter::None => return self.tokens(inner),
        };
        let braces = delimiter == Delimiter::Brace;
        if self.before == Before::Operator || braces && self.before == Before::Value {
            self.out.push(' ');
        }
        let empty = inner.is_empty();
        self.out.push_str(open);
        self.before = if braces && !empty { Before::Operator } else { Before::Nothing };
        let angles = std::mem::take(&mut self.angles);
        self.tokens(inner);
        self.angles = angles;
        if braces && !empty && !self.out.ends_with(' ') {
            self.out.push(' ');
        }
        self.out.push_str(close);
        self.before = Before::Value;
    }

    /// Adds several signs that have no space between them.
    fn signs(&mut self, mut run: &str) {
        while let Some(first) = run.chars().next() {
            let mut length = first.len_utf8();
            for operator in &OPERATORS {
                // `>>` may close two lists of types.
                let closes = self.angles > 0 && operator.starts_with('>');
                if run.starts_with(operator) && !closes {
                    length = operator.len();
                    break;
                }
            }
            let (sign, rest) = run.split_at(length);
            self.sign(sign);
            run = rest;
        }
    }

    fn sign(&mut self, sign: &str) {
        let after_value = self.before == Before::Value;
        let opens_types = sign == "<" && (!after_value || self.angles > 0);
        match sign {
            "::" | "." | "?" => {
                if sign == "::" && self.before == Before::Operator {
                    self.out.push(' ');
                }
                self.glue(sign);
                self.before = if sign == "?" { Before::Value } else { Before::Path };
            }
            "," | ";" | ":" => {
                self.glue(sign);
                self.before = Before::Operator;
            }
            ".." | "..=" | "..." => {
                if self.before == Before::Operator {
                    self.out.push(' ');
                }
                self.glue(sign);
                self.before = Before::Nothing;
            }
            ">" if self.angles > 0 => {
                self.angles -= 1;
                if self.out.ends_with(['-', '=']) {
                    self.out.push(' ');
                }
                self.out.push('>');
                self.before = Before::Value;
            }
            // The `!` of a macro.
            "!" if after_value => {
                self.out.push('!');
                self.before = Before::Path;
            }
            // The `'` of a lifetime or a label.
            "'" => {
                if after_value {
                    self.out.push(' ');
                }
                self.prefix(sign);
            }
            "!" | "-" | "*" | "&" | "&&" | "$" | "#" if !after_value => self.prefix(sign),
            _ if opens_types => {
                self.angles += 1;
                self.prefix(sign);
            }
            _ => {
                if self.before != Before::Nothing || !self.out.is_empty() {
                    self.out.push(' ');
                }
                self.out.push_str(sign);
                self.before = Before::Operator;
            }
        }
    }

    /// A sign that belongs to what follows it.
    fn prefix(&mut self, sign: &str) {
        if self.before == Before::Operator {
            self.out.push(' ');
        }
        self.glue(sign);
        self.before = Before::Nothing;
    }

    /// Adds a sign without a space, unless it would join with the sign before it to another operator.
    fn glue(&mut self, sign: &str) {
        for operator in &OPERATORS {
            for split in 1..operator.len() {
                let (left, right) = operator.split_at(split);
                let meets = right.starts_with(sign) || sign.starts_with(right);
                if self.out.ends_with(left) && meets {
                    self.out.push(' ');
                }
            }
        }
        self.out.push_str(sign);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(written: &str) -> String {
        rust_text(written.parse().expect("tokens"))
    }

    #[test]
    fn expressions_are_spaced_as_people_write_them() {
        for canonical in [
            "libc::TIOCSTI",
            "::libc::TIOCSTI",
            "$crate::NET",
            "Self::X",
            "{ 1 << SHIFT }",
            "{ -1 }",
            "{ !0 & (A | B) - -1 }",
            "{ FD as u32 + 1 }",
            "{ _IOR('T', 3, 4) }",
            "{ size_of::<u64>() as i32 }",
            "{ <Vec<Vec<u8>> as Sized>::X }",
            "{ let x = &[1, 2]; x[0] }",
            "{ if A == B { 1 } else { 2 } }",
            "{ FLAGS.bits() }",
            "{ concat!(\"a\", 'b').len() }",
            "{}",
            "any(target_arch = \"x86\", not(feature = \"a\"))",
            "{ a >> 1 > b && !c || *d }",
        ] {
            assert_eq!(text(canonical), canonical);
        }
        assert_eq!(text("{1<<SHIFT}"), "{ 1 << SHIFT }");
        assert_eq!(text("libc :: TIOCSTI"), "libc::TIOCSTI");
    }

    #[test]
    fn printed_tokens_are_read_and_printed_the_same() {
        const PIECES: [&str; 34] = [
            "a", "B", "1", "'x'", "\"s\"", "'a ", "(", "[", "{", "as", "if", "+", "-", "!", "&",
            "&&", "<", ">", ">>", "<<=", "::", ".x ", "..", "..=", ",", ";", ":", "?", "=", "==",
            "$", "#", "*", "r#in",
        ];
        let mut random = fastrand::Rng::with_seed(11);
        let mut read = 0;
        for _ in 0..4_000 {
            let mut written = String::new();
            let mut open = Vec::new();
            for _ in 0..random.usize(1..12) {
                let piece = PIECES[random.usize(..PIECES.len())];
                written += piece;
                match piece {
                    "(" => open.push(')'),
                    "[" => open.push(']'),
                    "{" => open.push('}'),
                    _ if random.bool() => written.push(' '),
                    _ => {}
                }
                if random.u8(..4) == 0 {
                    written.extend(open.pop());
                }
            }
            written.extend(open.iter().rev());
            let Ok(tokens) = written.parse::<TokenStream>() else { continue };
            read += 1;
            let once = rust_text(tokens);
            let again = once.parse::<TokenStream>().unwrap_or_else(|e| panic!("{once}: {e}"));
            assert_eq!(rust_text(again), once, "from {written}");
        }
        assert!(read > 2_000, "{read}");
    }
}
