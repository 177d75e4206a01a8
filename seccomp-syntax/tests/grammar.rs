//! The grammar in the language page and the parser agree. These tests read the block on the page, derive random
//! policies from it, and change tokens of these. The parser must accept what the grammar derives, and reject
//! everything else.
//!
//! A failure names the seed of its policy. `SECCOMP_SEED=1000..2000` in the environment replaces the seeds of an
//! ordinary `cargo test`.

use std::collections::{BTreeSet, HashMap};

use fastrand::Rng;
use proc_macro2::{Ident, Span, TokenStream};
use seccomp_syntax::stage::{self, NextStage};
use seccomp_syntax::{DraftPolicy, parse_draft};
use seccomp_test_support::seeds::seeds;

/// The right side of a `=` in the grammar.
#[derive(Clone, Debug)]
enum Rule {
    /// A token in quotes.
    Token(String),
    /// The name of another line of the grammar, or a word that the page explains below it.
    Name(String),
    All(Vec<Rule>),
    Any(Vec<Rule>),
    /// Zero or one.
    Maybe(Box<Rule>),
    /// Any number.
    Repeated(Box<Rule>),
}

type Grammar = HashMap<String, Rule>;

/// The words that the page explains below the grammar.
const EXPLAINED: &[&str] =
    &["abi", "argument", "call", "expression", "integer", "name", "number", "predicate", "string"];

/// The block under "Grammar" of the page.
fn page() -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/language.md");
    let page = std::fs::read_to_string(page).expect("the page of the language");
    let after = page.split("## Grammar").nth(1).expect("a section");
    let block = after.split("```text").nth(1).expect("a block");
    block.split("```").next().expect("the end of the block").to_owned()
}

/// Words and signs of the notation; a token in quotes keeps its opening quote.
fn notation(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => 2 + rest[1..].find('"').expect("a closed quote"),
            _ if first.is_alphanumeric() => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => first.len_utf8(),
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

/// Splits a text into tokens of Rust, with each sign of the language in one piece.
fn tokens_of(text: &str) -> Vec<String> {
    const SIGNS: &[&str] = &["..=", "..", "==", "!=", "<=", ">=", "&&", "||", "::", "<<"];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if first == '"' {
            2 + rest[1..].find('"').expect("a closed quote")
        } else {
            SIGNS.iter().find(|sign| rest.starts_with(**sign)).map_or(1, |sign| sign.len())
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

fn grammar() -> Grammar {
    let mut lines: Vec<(String, String)> = Vec::new();
    for line in page().lines() {
        match line.split_once(" = ") {
            Some((name, right)) if !line.starts_with(' ') => {
                lines.push((name.trim().to_owned(), right.to_owned()));
            }
            _ => {
                if let Some((_, right)) = lines.last_mut() {
                    right.push(' ');
                    right.push_str(line);
                }
            }
        }
    }
    let mut grammar = Grammar::new();
    for (name, right) in lines {
        let words = notation(&right);
        let mut at = 0;
        let rule = any(&words, &mut at);
        assert_eq!(at, words.len(), "{name}: what is `{:?}`?", words.get(at));
        assert!(grammar.insert(name.clone(), rule).is_none(), "two lines for {name}");
    }
    for rule in grammar.values() {
        check_names(rule, &grammar);
    }
    grammar
}

fn check_names(rule: &Rule, grammar: &Grammar) {
    match rule {
        Rule::Token(_) => {}
        Rule::Name(name) => {
            assert!(
                grammar.contains_key(name) || EXPLAINED.contains(&name.as_str()),
                "the grammar does not say what `{name}` is"
            );
        }
        Rule::All(parts) | Rule::Any(parts) => {
            parts.iter().for_each(|part| check_names(part, grammar));
        }
        Rule::Maybe(inner) | Rule::Repeated(inner) => check_names(inner, grammar),
    }
}

fn any(words: &[String], at: &mut usize) -> Rule {
    let mut parts = vec![all(words, at)];
    while words.get(*at).is_some_and(|word| word == "|") {
        *at += 1;
        parts.push(all(words, at));
    }
    if parts.len() == 1 { parts.remove(0) } else { Rule::Any(parts) }
}

fn all(words: &[String], at: &mut usize) -> Rule {
    let mut parts = Vec::new();
    while let Some(word) = words.get(*at) {
        *at += 1;
        match word.as_str() {
            "{" | "[" | "(" => {
                let inner = any(words, at);
                let close = match word.as_str() {
                    "{" => "}",
                    "[" => "]",
                    _ => ")",
                };
                assert_eq!(words.get(*at).map(String::as_str), Some(close));
                *at += 1;
                let is_list = word == "{"
                    && matches!(&inner, Rule::All(parts)
                        if matches!(&parts[0], Rule::Token(comma) if comma == ","));
                parts.push(match word.as_str() {
                    "{" => Rule::Repeated(Box::new(inner)),
                    "[" => Rule::Maybe(Box::new(inner)),
                    _ => inner,
                });
                if is_list {
                    // "A list may end with one more comma."
                    parts.push(Rule::Maybe(Box::new(Rule::Token(",".to_owned()))));
                }
            }
            "}" | "]" | ")" | "|" => {
                *at -= 1;
                break;
            }
            quoted if quoted.starts_with('"') => {
                let inner = quoted.trim_matches('"');
                parts.extend(tokens_of(inner).into_iter().map(Rule::Token));
            }
            name => parts.push(Rule::Name(name.to_owned())),
        }
    }
    if parts.len() == 1 { parts.remove(0) } else { Rule::All(parts) }
}

// Derivations.

struct Maker<'a> {
    grammar: &'a Grammar,
    random: Rng,
    made: Vec<String>,
}

impl Maker<'_> {
    /// Derives `rule`; at greater depth with fewer repetitions and shorter alternatives.
    fn derive(&mut self, rule: &Rule, depth: usize) {
        match rule {
            Rule::Token(token) => self.made.push(token.clone()),
            Rule::Name(name) => match self.grammar.get(name) {
                Some(rule) => self.derive(rule, depth + 1),
                None => self.explained(name),
            },
            Rule::All(parts) => parts.iter().for_each(|part| self.derive(part, depth)),
            Rule::Any(parts) => {
                // The first alternative of each line ends the derivation.
                let chosen =
                    if self.is_long(depth) { 0 } else { self.random.usize(0..parts.len()) };
                self.derive(&parts[chosen], depth);
            }
            Rule::Maybe(inner) => {
                if !self.is_long(depth) && self.random.u8(0..3) == 0 {
                    self.derive(inner, depth);
                }
            }
            Rule::Repeated(inner) => {
                // Few repetitions at greater depth, and several items.
                let most = if depth < 2 { 5 } else { 2 };
                for _ in 0..self.random.usize(0..=most) {
                    if self.is_long(depth) {
                        break;
                    }
                    self.derive(inner, depth);
                }
            }
        }
    }

    /// Whether to end the derivation soon: at great depth, or in a long policy.
    fn is_long(&self, depth: usize) -> bool {
        depth > 30 || self.made.len() > 150
    }

    fn explained(&mut self, name: &str) {
        let choices: &[&str] = match name {
            "abi" => &["x86_64", "x86", "x32", "aarch64"],
            "argument" => &["a0", "a5", "fd", "flags", "type", "in", "as", "move"],
            "call" => &["read", "openat", "break", "lock", "ioctl", "no_such_call", "allow"],
            "expression" => &["1 << 3", "X", "f ( 1 , { 2 } )", "{ 0 }", "- 1", "1 , 2"],
            "integer" => &["0", "1", "0x5412", "0o644", "0b101", "1_000", "18446744073709551615"],
            "name" => &["EPERM", "O_CREAT", "libc", "crate", "Self", "basic", "io", "type", "hot"],
            "number" => &["0", "451", "0x5412", "4294967295"],
            "predicate" => &["all ( )", "unix", "not ( any ( ) )", "feature = \"x\""],
            "string" => &["\"net.policy\"", "\"a b\""],
            other => panic!("no word for {other}"),
        };
        let chosen = choices[self.random.usize(0..choices.len())];
        self.made.extend(tokens_of(chosen));
    }
}

// Recognition: where a derivation of a rule that starts at a place can end.

struct Reader<'a> {
    grammar: &'a Grammar,
    tokens: &'a [String],
    known: HashMap<(&'a str, usize), BTreeSet<usize>>,
}

impl<'a> Reader<'a> {
    fn ends(&mut self, rule: &'a Rule, at: usize) -> BTreeSet<usize> {
        match rule {
            Rule::Token(token) => {
                let is_next = self.tokens.get(at) == Some(token);
                if is_next { BTreeSet::from([at + 1]) } else { BTreeSet::new() }
            }
            Rule::Name(name) => {
                if let Some(known) = self.known.get(&(name.as_str(), at)) {
                    return known.clone();
                }
                let ends = match self.grammar.get(name) {
                    Some(rule) => self.ends(rule, at),
                    None => self.explained(name, at),
                };
                self.known.insert((name, at), ends.clone());
                ends
            }
            Rule::All(parts) => {
                let mut places = BTreeSet::from([at]);
                for part in parts {
                    places = places.iter().flat_map(|at| self.ends(part, *at)).collect();
                }
                places
            }
            Rule::Any(parts) => parts.iter().flat_map(|part| self.ends(part, at)).collect(),
            Rule::Maybe(inner) => {
                let mut ends = self.ends(inner, at);
                ends.insert(at);
                ends
            }
            Rule::Repeated(inner) => {
                let mut all = BTreeSet::from([at]);
                let mut new = vec![at];
                while let Some(at) = new.pop() {
                    for end in self.ends(inner, at) {
                        if all.insert(end) {
                            new.push(end);
                        }
                    }
                }
                all
            }
        }
    }

    fn explained(&self, name: &str, at: usize) -> BTreeSet<usize> {
        let token = self.tokens.get(at).map_or("", String::as_str);
        let first = token.chars().next().unwrap_or(' ');
        let is_word = (first.is_alphabetic() || first == '_')
            && !token.contains('"')
            && !["true", "false"].contains(&token);
        let fits = match name {
            "call" => is_word && token != "syscall",
            "abi" | "argument" | "name" => is_word,
            "integer" => first.is_ascii_digit() && is_integer(token, u64::MAX),
            "number" => first.is_ascii_digit() && is_integer(token, u32::MAX.into()),
            "string" => first == '"',
            // Syntax of Rust: any tokens up to the bracket that closes it.
            "expression" | "predicate" => {
                let end = self.closed(at);
                let least = if name == "expression" { at + 1 } else { at };
                return if end >= least { BTreeSet::from([end]) } else { BTreeSet::new() };
            }
            other => panic!("no word for {other}"),
        };
        if fits { BTreeSet::from([at + 1]) } else { BTreeSet::new() }
    }

    /// The place of the bracket that closes the one that is open at `at`.
    fn closed(&self, at: usize) -> usize {
        let mut depth = 0;
        for (place, token) in self.tokens.iter().enumerate().skip(at) {
            match token.as_str() {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" if depth == 0 => return place,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
        }
        self.tokens.len()
    }
}

/// "Written as in Rust, without a suffix": and none that C would read as octal.
fn is_integer(token: &str, most: u64) -> bool {
    let digits = token.replace('_', "");
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ => (10, digits.as_str()),
    };
    let fits = u64::from_str_radix(digits, radix).is_ok_and(|number| number <= most);
    fits && (radix != 10 || token == "0" || !token.starts_with('0'))
}

fn is_derived(grammar: &Grammar, tokens: &[String]) -> bool {
    let mut whole = tokens.to_vec();
    // "The last `;` of a policy may be left out."
    if whole.last().is_some_and(|last| last != ";") {
        whole.push(";".to_owned());
    }
    let mut reader = Reader { grammar, tokens: &whole, known: HashMap::new() };
    let policy = Rule::Name("policy".to_owned());
    // The rule lives longer than the text that it was read from.
    let policy: &Rule = Box::leak(Box::new(policy));
    reader.ends(policy, 0).contains(&whole.len())
}

/// The parser's error for a policy, after the stages that the macros go through; `None` if it accepts the policy.
fn refused(policy: TokenStream) -> Option<String> {
    let mut policy = DraftPolicy::written(policy);
    // All conditions are taken as true, and each include brings one rule; in a macro, rustc decides this.
    loop {
        let includes = match stage::next(policy.clone()) {
            NextStage::Conditions(conditions) => {
                let hold: Vec<_> = conditions.iter().map(|condition| condition.item).collect();
                policy = stage::decided(policy, &hold);
                continue;
            }
            NextStage::Compile(policy) => {
                let errors = parse_draft(&policy, Span::call_site()).errors;
                let first = errors.diagnostics().first().map(|error| error.message.clone());
                return first;
            }
            NextStage::Files(includes) | NextStage::Fragments(includes) => includes,
        };
        let rule: TokenStream = "allow read".parse().expect("tokens");
        let mark = Ident::new("somewhere", Span::call_site());
        let mut rules = Vec::new();
        for include in includes {
            let marks = [mark.clone()];
            rules.push((
                include.item,
                DraftPolicy::included(rule.clone(), &marks, &include.allowed),
            ));
        }
        policy = stage::with_included(policy, rules);
    }
}

/// A policy as text, for a failure.
fn shown(tokens: &[String]) -> String {
    let mut shown = tokens.join(" ");
    shown.truncate(4000);
    shown
}

fn derived(grammar: &Grammar, seed: u64) -> (Vec<String>, Rng) {
    let mut maker = Maker { grammar, random: Rng::with_seed(seed), made: Vec::new() };
    maker.derive(&grammar["policy"], 0);
    if maker.random.bool() && maker.made.last().is_some_and(|last| last == ";") {
        maker.made.pop();
    }
    (maker.made, maker.random)
}

#[test]
fn the_parser_takes_what_the_grammar_of_the_page_derives() {
    let grammar = grammar();
    let (mut tokens, mut items) = (0, 0);
    for seed in seeds(0..2000) {
        let (policy, _) = derived(&grammar, seed);
        assert!(
            is_derived(&grammar, &policy),
            "seed {seed}: the reader of the test is wrong: {}",
            shown(&policy)
        );
        let parsed = policy.join(" ").parse().expect("tokens of Rust");
        if let Some(why) = refused(parsed) {
            panic!(
                "seed {seed}: the parser refuses what the grammar derives ({why}):\n{}",
                shown(&policy)
            );
        }
        tokens += policy.len();
        items += policy.iter().filter(|token| *token == ";").count();
    }
    println!("{items} items of {tokens} tokens");
    assert!(tokens > 1000);
}

#[test]
fn the_parser_refuses_what_the_grammar_of_the_page_does_not_derive() {
    let grammar = grammar();
    let (mut taken, mut not) = (0, 0);
    for seed in seeds(0..2000) {
        let (policy, mut random) = derived(&grammar, seed);
        if policy.is_empty() {
            continue;
        }
        for _ in 0..4 {
            let mut changed = policy.clone();
            slip(&grammar, &mut changed, &mut random);
            // Tokens with unbalanced brackets do not exist: rustc reports those before it expands any macro.
            let Ok(parsed) = changed.join(" ").parse::<TokenStream>() else { continue };
            let why = refused(parsed);
            let text = shown(&changed);
            if is_derived(&grammar, &changed) {
                taken += 1;
                assert!(
                    why.is_none(),
                    "seed {seed}: the parser refuses what the grammar derives ({why:?}):\n{text}"
                );
            } else {
                not += 1;
                assert!(
                    why.is_some(),
                    "seed {seed}: the parser takes what the grammar does not derive:\n{text}"
                );
            }
        }
    }
    println!("{taken} slips are policies still, {not} are none");
    assert!(taken > 100 && not > 1000, "{taken} {not}");
}

/// Changes one token: drops it, doubles it, swaps it with the next, or replaces it.
fn slip(grammar: &Grammar, tokens: &mut Vec<String>, random: &mut Rng) {
    let at = random.usize(0..tokens.len());
    match random.u8(0..5) {
        0 => drop(tokens.remove(at)),
        1 => tokens.insert(at, tokens[at].clone()),
        2 if at + 1 < tokens.len() => tokens.swap(at, at + 1),
        3 => {
            let other = random.u64(..);
            let (others, _) = derived(grammar, other);
            if !others.is_empty() {
                tokens[at] = others[random.usize(0..others.len())].clone();
            }
        }
        _ => {
            const OTHERS: &[&str] = &[
                "=",
                "+",
                "<<",
                "*",
                "^",
                "...",
                "#",
                "@",
                "$",
                "?",
                "1.5",
                "1u32",
                "0644",
                "'c'",
                "b\"x\"",
                "18446744073709551616",
                "not",
                "and",
                "_",
                "true",
                ":",
                "->",
                "=>",
                ".",
            ];
            tokens[at] = OTHERS[random.usize(0..OTHERS.len())].to_owned();
        }
    }
}
