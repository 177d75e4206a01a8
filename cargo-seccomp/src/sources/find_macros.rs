//! Finds the macros with policies in a Rust source.
//!
//! It looks at tokens, not at syntax. So it finds macros inside of functions, of other macros and of code that does not
//! compile, under any path (`seccomp_runtime::seccomp_policy!`, a renamed crate) and under a name that a `use` gives
//! them. It does not find a macro that a `macro_rules!` of the program expands to.

use std::fmt;
use std::ops::Range;
use std::str::FromStr as _;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::attributes::{Attributes, attribute};

/// A macro with rules in a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FoundMacro {
    /// Policy or fragment.
    pub(crate) kind: MacroKind,
    /// The name of the constant, static, variable or fragment, if it has one.
    pub(crate) name: Option<String>,
    /// The byte where the path of the macro begins, which is the place in a note.
    pub(crate) at: usize,
    /// The bytes between the brackets around the rules.
    pub(crate) rules: Range<usize>,
    /// The attributes of the items around it, in this source.
    pub(crate) attributes: Attributes,
    /// Whether it is in a `macro_rules!` and has a `$` of that, so it is not a policy by itself.
    pub(crate) template: bool,
}

/// The kind of the rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MacroKind {
    /// `seccomp_policy!`
    Policy,
    /// `seccomp_fragment!`: rules without a default.
    Fragment,
}

/// The source does not consist of tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NotRust {
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in characters.
    pub(crate) column: usize,
}

impl fmt::Display for NotRust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this is not Rust: a quote or a bracket is not closed, or a character is not allowed",
        )
    }
}

/// The macros of `seccomp-runtime` that hold rules.
const MACROS: [(&str, MacroKind); 2] =
    [("seccomp_policy", MacroKind::Policy), ("seccomp_fragment", MacroKind::Fragment)];

/// The macros of a source, in its order.
///
/// # Errors
///
/// The source does not consist of tokens.
pub(crate) fn find_macros(source: &str) -> Result<Vec<FoundMacro>, NotRust> {
    // Most files have no such macro, and reading the tokens of a large file takes time.
    if !MACROS.iter().any(|(name, _)| source.contains(name)) {
        return Ok(Vec::new());
    }
    let blanked = without_first_line(source);
    let text = blanked.as_deref().unwrap_or(source);
    let tokens = TokenStream::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let shift = text.len() - text.trim_start_matches('\u{feff}').len();
    let found = match tokens {
        Ok(tokens) => {
            let mut search = Search { names: names(&tokens), found: Vec::new(), shift };
            search.all(tokens);
            search.found.sort_by_key(|found| found.rules.start);
            Ok(search.found)
        }
        Err(error) => {
            let place = error.span().start();
            Err(NotRust { line: place.line, column: place.column + 1 })
        }
    };
    // The tokens are gone, so their text need not stay in memory.
    proc_macro2::extra::invalidate_current_thread_spans();
    found
}

/// The text with spaces instead of a first line such as `#!/usr/bin/env rust-script`, which is not a token.
fn without_first_line(source: &str) -> Option<String> {
    if !source.starts_with("#!") || source[2..].trim_start().starts_with('[') {
        return None;
    }
    let end = source.find('\n').unwrap_or(source.len());
    Some(" ".repeat(end) + &source[end..])
}

/// The names of the macros: their own, and those that `use … as …` gives them.
fn names(tokens: &TokenStream) -> Vec<(String, MacroKind)> {
    let mut names: Vec<_> = MACROS.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    let mut left = vec![tokens.clone()];
    while let Some(stream) = left.pop() {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => left.push(group.stream()),
                TokenTree::Ident(word) => {
                    let known = MACROS.iter().find(|(name, _)| word == name);
                    if let (Some((_, kind)), [TokenTree::Ident(keyword), TokenTree::Ident(new), ..]) =
                        (known, &tokens[index + 1..])
                        && keyword == "as"
                        && new != "_"
                    {
                        names.push((new.to_string(), *kind));
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
    names
}

/// Tokens between brackets, and the attributes around them.
struct Level {
    tokens: TokenStream,
    attributes: Attributes,
    in_macro_rules: bool,
}

struct Search {
    names: Vec<(String, MacroKind)>,
    found: Vec<FoundMacro>,
    /// The bytes before the text of the tokens.
    shift: usize,
}

impl Search {
    /// Searches the tokens, and the tokens in their brackets. It does not call itself, because brackets may nest deeper
    /// than the stack allows.
    fn all(&mut self, tokens: TokenStream) {
        let attributes = Attributes::default();
        let mut left = vec![Level { tokens, attributes, in_macro_rules: false }];
        while let Some(level) = left.pop() {
            self.level(&level, &mut left);
        }
    }

    fn level(&mut self, level: &Level, left: &mut Vec<Level>) {
        let tokens: Vec<TokenTree> = level.tokens.clone().into_iter().collect();
        // The attributes with `#!`, and those of the present item.
        let (mut of_all, mut of_item) = (level.attributes.clone(), Attributes::default());
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Punct(sign) if sign.as_char() == ';' => of_item = Attributes::default(),
                TokenTree::Punct(_) | TokenTree::Literal(_) | TokenTree::Ident(_) => {}
                TokenTree::Group(group) => {
                    if let Some(inner) = attribute(&tokens[..index]) {
                        if inner { &mut of_all } else { &mut of_item }.add(group);
                        continue;
                    }
                    let inside = Level {
                        tokens: group.stream(),
                        attributes: of_all.and(&of_item),
                        in_macro_rules: level.in_macro_rules
                            || matches!(&tokens[..index], [.., TokenTree::Ident(word), TokenTree::Punct(_), TokenTree::Ident(_)] if word == "macro_rules"),
                    };
                    match self.named(&tokens[..index]) {
                        Some((kind, path)) => {
                            self.add(kind, &tokens[..path], &tokens[path], group, &inside)
                        }
                        None => left.push(inside),
                    }
                    if group.delimiter() == Delimiter::Brace
                        && self.named(&tokens[..index]).is_none()
                    {
                        of_item = Attributes::default();
                    }
                }
            }
        }
    }

    /// If these tokens end with the name of a macro and `!`, the kind of the macro, and where its path begins.
    fn named(&self, before: &[TokenTree]) -> Option<(MacroKind, usize)> {
        let [front @ .., TokenTree::Ident(name), TokenTree::Punct(sign)] = before else {
            return None;
        };
        if sign.as_char() != '!' {
            return None;
        }
        let kind = self.names.iter().find(|(known, _)| name == known)?.1;
        let mut path = front.len();
        let colon =
            |at: usize| matches!(&front[at], TokenTree::Punct(sign) if sign.as_char() == ':');
        while path >= 2 && colon(path - 1) && colon(path - 2) {
            path -= 2;
            if path >= 1 && matches!(&front[path - 1], TokenTree::Ident(_)) {
                path -= 1;
                if path >= 1
                    && matches!(&front[path - 1], TokenTree::Punct(sign) if sign.as_char() == '$')
                {
                    path -= 1;
                }
            }
        }
        Some((kind, path))
    }

    /// Adds the texts in the brackets of a macro.
    fn add(
        &mut self,
        kind: MacroKind,
        before: &[TokenTree],
        path: &TokenTree,
        group: &Group,
        inside: &Level,
    ) {
        let at = path.span().byte_range().start + self.shift;
        let named = named_texts(kind, &inside.tokens);
        let whole = match kind {
            MacroKind::Policy if named.is_empty() => {
                vec![Named {
                    name: name_before(before),
                    group: group.clone(),
                    attributes: Attributes::default(),
                }]
            }
            MacroKind::Policy | MacroKind::Fragment => named,
        };
        for Named { name, group, attributes } in whole {
            let attributes = inside.attributes.and(&attributes);
            let (open, close) = (group.span_open().byte_range(), group.span_close().byte_range());
            self.found.push(FoundMacro {
                kind,
                name,
                at,
                rules: open.end + self.shift..close.start + self.shift,
                attributes,
                template: inside.in_macro_rules && has_dollar(group.stream()),
            });
        }
    }
}

/// A text with a name in the brackets of a macro.
struct Named {
    name: Option<String>,
    group: Group,
    attributes: Attributes,
}

/// The texts with names in the brackets of a macro: `NAME { … }` of fragments, `const NAME: Type = { … };` of policies.
fn named_texts(kind: MacroKind, tokens: &TokenStream) -> Vec<Named> {
    let mut named = Vec::new();
    let (mut name, mut previous, mut is_const) =
        (None, None::<TokenTree>, kind == MacroKind::Fragment);
    let mut attributes = Attributes::default();
    for token in tokens.clone() {
        match &token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                attributes.add(group);
            }
            TokenTree::Ident(word) if word == "const" && kind == MacroKind::Policy => {
                is_const = true;
                name = None;
            }
            TokenTree::Ident(word)
                if is_const && (name.is_none() || kind == MacroKind::Fragment) =>
            {
                name = Some(word.to_string());
            }
            TokenTree::Group(group) if is_const && group.delimiter() == Delimiter::Brace => {
                let after_equals =
                    matches!(&previous, Some(TokenTree::Punct(sign)) if sign.as_char() == '=');
                if kind == MacroKind::Fragment || after_equals {
                    let attributes = std::mem::take(&mut attributes);
                    named.push(Named { name: name.take(), group: group.clone(), attributes });
                }
            }
            // A macro that begins with something else has no constants.
            TokenTree::Ident(word) if !is_const && word != "pub" && word != "crate" => {
                return named;
            }
            _ => {}
        }
        previous = Some(token);
    }
    named
}

/// The name in `const NAME: Type =`, `static NAME: Type =` or `let name =`, if the tokens end so.
fn name_before(before: &[TokenTree]) -> Option<String> {
    let [front @ .., TokenTree::Punct(equals)] = before else { return None };
    if equals.as_char() != '=' {
        return None;
    }
    let mut name = None;
    for token in front.iter().rev() {
        match token {
            TokenTree::Ident(word)
                if ["const", "static", "let"].iter().any(|keyword| word == keyword) =>
            {
                return name;
            }
            TokenTree::Ident(word) if word != "mut" => name = Some(word.to_string()),
            TokenTree::Punct(sign) if sign.as_char() == ';' => return None,
            TokenTree::Punct(_)
            | TokenTree::Ident(_)
            | TokenTree::Group(_)
            | TokenTree::Literal(_) => {}
        }
    }
    None
}

fn has_dollar(tokens: TokenStream) -> bool {
    let mut left = vec![tokens];
    while let Some(stream) = left.pop() {
        for token in stream {
            match token {
                TokenTree::Punct(sign) if sign.as_char() == '$' => return true,
                TokenTree::Group(group) => left.push(group.stream()),
                TokenTree::Punct(_) | TokenTree::Ident(_) | TokenTree::Literal(_) => {}
            }
        }
    }
    false
}

#[cfg(test)]
#[path = "find_macros_tests.rs"]
mod tests;
