//! No code of the crates decides about an action, an ABI or another enum of [`DECIDED`] by a wildcard: a `match` over one
//! of them names every variant, so that a new variant is an error of rustc at each of these places. clippy's
//! `wildcard_enum_match_arm` does not serve: it demands this of every enum, and sees neither `matches!` nor `if let`.
//!
//! A wildcard that is right for every future variant has a comment `// Whatever else …:` above it or on its line that says
//! why.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The enums whose variants each `match` must name.
const DECIDED: &[&str] = &[
    "Abi",
    "Action",
    "ActionKind",
    "Endian",
    "Half",
    "Lint",
    "Misfit",
    "ErrorCode",
    "Severity",
    "ValuePurpose",
    "PolicyAction",
    "Width",
];

/// What the comment of an exception begins with.
const EXCEPTION: &str = "// Whatever else";

#[test]
fn no_wildcard_decides_about_an_action_or_an_abi() {
    let mut found = Vec::new();
    let mut scanned = 0;
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        scanned += 1;
        for line in wildcards(&text) {
            found.push(format!("{}:{line}", file.display()));
        }
    }
    assert!(scanned > 100, "only {scanned} files were found");
    assert!(
        found.is_empty(),
        "name every variant, or say why all that will be added are alike (see the head of tests/sources/wildcards.rs):\n{}",
        found.join("\n")
    );
}

#[test]
fn the_search_finds_every_way_to_leave_variants_out() {
    for wildcard in [
        "match action { Action::Allow => 1, _ => 2 }",
        "match action { Action::Allow => { 1 } other => f(other) }",
        "match action { Action::Allow => 1, _ if late => 2, Action::Log => 3 }",
        "match (abi, half) { (Abi::X86, Half::Low) => 1, (Abi::X86, _) => 2, (abi, _) => 3 }",
        "match answer { Some(Action::Allow) => 1, Some(_) => 2, None => 3 }",
        "match action { PolicyAction::Action(Action::Errno(e)) => 1, PolicyAction::Action(_) => 2, PolicyAction::ErrnoOf(_) => 3 }",
        "match &answer { Answer { action: Action::Log, .. } => 1, Answer { .. } => 2 }",
        "match pair { (1, Action::Allow | Action::Log) => f::<A, B>(), all @ (1, _) => 2 }",
        "matches!(action, Action::Allow | Action::Log)",
        "if let PolicyAction::Action(action) = action {}",
        "let Some(Action::Errno(errno)) = answer else { return };",
        "impl Action { fn f(self) { match self { Self::Allow => 1, _ => 2 } } }",
        "impl fmt::Display for Abi { fn f(self) { matches!(self, Self::X86) } }",
        "macro_rules! all { () => { match abi { Abi::X86 => 1, _ => 2 } } }",
    ] {
        assert_eq!(wildcards(wildcard), [1], "{wildcard}");
        let excepted = format!("// Whatever else is added: it is refused.\n{wildcard}");
        assert_eq!(wildcards(&excepted), [0; 0], "{excepted}");
    }
}

#[test]
fn the_search_leaves_alone_what_names_every_variant() {
    for decided in [
        "match half { Half::High => 1, Half::Low => 2 }",
        "match action { Action::Errno(_) => 1, Action::Trap(data) => data, }",
        "match number { 0 => Action::Allow, _ => Action::Log }",
        "match (action, number) { (Action::Allow, 1) => 1, (Action::Allow, _) | (Action::Log, _) => 2 }",
        "match answer { Ok(Action::Allow) => 1, Ok(Action::Log) => 2, Err(_) => 3 }",
        "match value { Self::KILL_THREAD => Self::KillThread, _ => Self::KillProcess }",
        "impl Shape { fn f(self) { match self { Self::Round => 1, _ => 2 } } }",
        "let action = Action::Allow;",
        "if let Some(action) = known && action == Action::Allow {}",
        "#[cfg(test)] mod tests { fn f() { matches!(action, Action::Allow) } }",
    ] {
        assert_eq!(wildcards(decided), [0; 0], "{decided}");
    }
}

/// The sources of the crates that users build, without the files of tests.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for entry in fs::read_dir(&root).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("seccomp-") {
            add_sources(&path.join("src"), &mut found);
        }
    }
    found.sort();
    found
}

fn add_sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            add_sources(&path, found);
        } else if name.ends_with(".rs") && !name.ends_with("_tests.rs") {
            found.push(path);
        }
    }
}

/// The lines of `source` that name some variants of an enum of [`DECIDED`] and leave the others to a wildcard.
fn wildcards(source: &str) -> Vec<usize> {
    let mut search = Search { lines: source.lines().collect(), found: Vec::new() };
    search.look_in(&tokens(source.parse().expect("Rust")), false);
    search.found.sort_unstable();
    search.found.dedup();
    search.found
}

pub(super) fn tokens(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

struct Search<'a> {
    lines: Vec<&'a str>,
    found: Vec<usize>,
}

impl Search<'_> {
    /// `own`: whether `Self` is one of the enums.
    fn look_in(&mut self, all: &[TokenTree], own: bool) {
        let mut own_here = own;
        for (at, token) in all.iter().enumerate() {
            let rest = &all[at + 1..];
            match token {
                TokenTree::Ident(word) if word == "impl" => own_here = own || is_impl_of_one(rest),
                TokenTree::Ident(word) if word == "match" => {
                    if let Some(arms) = rest.iter().find_map(braces) {
                        self.look_at_arms(&tokens(arms.stream()), own_here);
                    }
                }
                TokenTree::Ident(word) if word == "matches" && is_punct(rest.first(), '!') => {
                    if let Some(TokenTree::Group(group)) = rest.get(1) {
                        let inner = tokens(group.stream());
                        let comma = inner.iter().position(|token| is_punct(Some(token), ','));
                        let pattern = &inner[comma.map_or(inner.len(), |comma| comma + 1)..];
                        self.look_at_pattern(before_guard(pattern), own_here, token);
                    }
                }
                TokenTree::Ident(word) if word == "let" => {
                    let end = rest.iter().position(|token| is_punct(Some(token), '='));
                    self.look_at_pattern(&rest[..end.unwrap_or(0)], own_here, token);
                }
                TokenTree::Group(group) if !is_test(&all[..at]) => {
                    self.look_in(&tokens(group.stream()), own_here);
                    if group.delimiter() == Delimiter::Brace {
                        own_here = own;
                    }
                }
                _ => {}
            }
        }
    }

    fn look_at_arms(&mut self, body: &[TokenTree], own: bool) {
        let arms = patterns(body);
        for wild in &arms {
            if arms.iter().any(|arm| leaves_out(wild, arm, own)) {
                self.add(&wild[0]);
            }
        }
    }

    /// A pattern that need not match.
    fn look_at_pattern(&mut self, pattern: &[TokenTree], own: bool, at: &TokenTree) {
        if names_variant(pattern, own) {
            self.add(at);
        }
    }

    fn add(&mut self, at: &TokenTree) {
        let line = at.span().start().line;
        let above = self.lines[..line - 1].iter().rev();
        let comment = above.take_while(|line| line.trim_start().starts_with("//"));
        let mut near = comment.chain([&self.lines[line - 1]]);
        if !near.any(|line| line.contains(EXCEPTION)) {
            self.found.push(line);
        }
    }
}

/// The patterns of the arms of a `match`, without guards.
fn patterns(body: &[TokenTree]) -> Vec<&[TokenTree]> {
    let mut arms = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < body.len() {
        if !is_arrow(body, at) {
            at += 1;
            continue;
        }
        // Tokens before a comma belong to the value of the arm before: `f::<A, B>()`.
        let comma = body[start..at].iter().rposition(|token| is_punct(Some(token), ','));
        let pattern = before_guard(&body[start + comma.map_or(0, |comma| comma + 1)..at]);
        if !pattern.is_empty() {
            arms.push(without_attributes(pattern));
        }
        at += 2;
        if body.get(at).and_then(braces).is_some() {
            at += 1;
        } else {
            while at < body.len() && !is_punct(body.get(at), ',') {
                at += 1;
            }
        }
        start = at;
    }
    arms
}

/// Whether `wild` takes, with a wildcard or a binding, what `arm` takes by the name of a variant of one of the enums.
fn leaves_out(wild: &[TokenTree], arm: &[TokenTree], own: bool) -> bool {
    let arms = split(arm, '|');
    split(wild, '|')
        .iter()
        .any(|wild| arms.iter().any(|arm| alternative_leaves_out(wild, arm, own)))
}

fn alternative_leaves_out(wild: &[TokenTree], arm: &[TokenTree], own: bool) -> bool {
    let (wild, arm) = (bare(wild), bare(arm));
    if is_wildcard(wild) {
        return names_variant(arm, own);
    }
    let (Some(TokenTree::Group(inner)), Some(TokenTree::Group(named))) = (wild.last(), arm.last())
    else {
        return false;
    };
    let path = |pattern: &[TokenTree]| {
        pattern[..pattern.len() - 1].iter().map(ToString::to_string).collect::<String>()
    };
    if path(wild) != path(arm) || inner.delimiter() != named.delimiter() {
        return false;
    }
    let (inner, named) = (tokens(inner.stream()), tokens(named.stream()));
    let (inner, named) = (split(&inner, ','), split(&named, ','));
    named.iter().enumerate().any(|(index, named)| match field(named) {
        Some((name, named)) => {
            match inner.iter().filter_map(|inner| field(inner)).find(|(other, _)| *other == name) {
                Some((_, inner)) => leaves_out(inner, named, own),
                None => names_variant(named, own),
            }
        }
        None if inner.iter().any(|inner| is_rest(inner)) => names_variant(named, own),
        None => inner.get(index).is_some_and(|inner| leaves_out(inner, named, own)),
    })
}

/// A field of a pattern, and its pattern.
fn field(pattern: &[TokenTree]) -> Option<(String, &[TokenTree])> {
    match pattern {
        [TokenTree::Ident(name), TokenTree::Punct(colon), rest @ ..]
            if colon.as_char() == ':' && !is_punct(rest.first(), ':') =>
        {
            Some((name.to_string(), rest))
        }
        _ => None,
    }
}

/// Whether a variant of one of the enums is named in `pattern`.
fn names_variant(pattern: &[TokenTree], own: bool) -> bool {
    let here = pattern.windows(4).any(|four| match four {
        [TokenTree::Ident(name), first, second, TokenTree::Ident(variant)] => {
            let decided = own && name == "Self" || DECIDED.iter().any(|decided| name == decided);
            decided
                && is_punct(Some(first), ':')
                && is_punct(Some(second), ':')
                && !is_constant(&variant.to_string())
        }
        _ => false,
    });
    here || pattern.iter().any(|token| match token {
        TokenTree::Group(group) => names_variant(&tokens(group.stream()), own),
        _ => false,
    })
}

/// `MAX_ERRNO`, but not `X86_64` and `W8`.
fn is_constant(name: &str) -> bool {
    !name.contains(char::is_lowercase)
        && name.chars().filter(|char| char.is_alphabetic()).count() > 2
}

/// `_`, a binding, or `..`.
fn is_wildcard(pattern: &[TokenTree]) -> bool {
    match pattern {
        [TokenTree::Ident(name)] => !name.to_string().contains(char::is_uppercase),
        _ => is_rest(pattern),
    }
}

fn is_rest(pattern: &[TokenTree]) -> bool {
    matches!(pattern, [first, second] if is_punct(Some(first), '.') && is_punct(Some(second), '.'))
}

/// A pattern without `name @`, `&`, `ref` and `mut`.
fn bare(mut pattern: &[TokenTree]) -> &[TokenTree] {
    if is_punct(pattern.get(1), '@') {
        pattern = &pattern[2..];
    }
    while let [first, rest @ ..] = pattern {
        let is_word = matches!(first, TokenTree::Ident(word) if word == "ref" || word == "mut");
        if !is_word && !is_punct(Some(first), '&') {
            break;
        }
        pattern = rest;
    }
    pattern
}

fn split(pattern: &[TokenTree], at: char) -> Vec<&[TokenTree]> {
    let parts = pattern.split(|token| is_punct(Some(token), at));
    parts.filter(|part| !part.is_empty()).collect()
}

fn before_guard(pattern: &[TokenTree]) -> &[TokenTree] {
    let guard =
        pattern.iter().position(|token| matches!(token, TokenTree::Ident(word) if word == "if"));
    &pattern[..guard.unwrap_or(pattern.len())]
}

fn without_attributes(mut pattern: &[TokenTree]) -> &[TokenTree] {
    while let [hash, TokenTree::Group(_), rest @ ..] = pattern {
        if !is_punct(Some(hash), '#') || rest.is_empty() {
            break;
        }
        pattern = rest;
    }
    pattern
}

/// Whether what follows `impl` is for one of the enums.
fn is_impl_of_one(rest: &[TokenTree]) -> bool {
    let head = rest.iter().take_while(|token| braces(token).is_none());
    let last = head.filter(|token| matches!(token, TokenTree::Ident(_))).last();
    last.is_some_and(|name| DECIDED.iter().any(|decided| name.to_string() == *decided))
}

/// Whether the group after `before` is a module of tests: `#[cfg(test)] mod tests`.
pub(super) fn is_test(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Group(attribute), TokenTree::Ident(module), TokenTree::Ident(_)] => {
            module == "mod" && attribute.to_string().replace(' ', "") == "[cfg(test)]"
        }
        _ => false,
    }
}

fn is_arrow(body: &[TokenTree], at: usize) -> bool {
    is_punct(body.get(at), '=') && is_punct(body.get(at + 1), '>')
}

pub(super) fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn braces(token: &TokenTree) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}
