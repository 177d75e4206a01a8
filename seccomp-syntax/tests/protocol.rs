//! A user cannot write the protocol between the stages of the macros: in a policy, a fragment, a file and a
//! call it is an error at the token.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use seccomp_ir::abi::Abi;
use seccomp_syntax::{check_text, expand};
use seccomp_test_support::seeds::{Seeded, seeds};

/// Every word and form that the protocol has or had, as an item. `^` is before the token at fault.
const ITEMS: &[&str] = &[
    // The rules of a fragment with errors.
    "^__mistaken",
    "^mistaken",
    "^mistaken allow read",
    // A fragment or a file alone.
    "#[^__alone] allow read",
    "#[^alone] allow read",
    "^alone",
    "^alone allow read",
    // The origin of an item.
    "#[^__included(x)] allow read",
    "#[^__included()] allow read",
    "#[^__included(__file_0123456789abcdef)] allow @basic-io",
    "#[^__included] allow read",
    "#[^included(x)] allow read",
    "^(x) [allow read]",
    "^() [allow read]",
    "^[allow read]",
    // The answer of a fragment, and its first part.
    "^__seccomp_fragment_F_0123456789abcdef [allow read]",
    "^__seccomp_fragment_F_0123456789abcdef {}",
    // The state of an expansion.
    "^x86_64 1 [::seccomp_runtime] [[allow read]]",
    "^1 [::seccomp_runtime] [[allow read]] [__0]",
    "^[::seccomp_runtime] allow read",
    // A constant of a fragment.
    "allow read(fd in {^[0]})",
    "allow read(fd in {__constant ^0})",
    "allow read(fd in {1, {[2]}, ^[0]})",
    "allow read(fd == ^[0])",
];

/// The text without `^`, and the line and column of the `^`, from 1.
fn marked(text: &str) -> (String, (usize, usize)) {
    let before = text.split('^').next().unwrap();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    (text.replacen('^', "", 1), (line, column))
}

/// Collects the place and the message of each error in an expansion.
fn errors(expanded: TokenStream, found: &mut Vec<((usize, usize), String)>) {
    let tokens: Vec<TokenTree> = expanded.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let is_error = at >= 2
            && matches!(&tokens[at - 2], TokenTree::Ident(name) if name == "compile_error")
            && group.delimiter() == Delimiter::Brace;
        if is_error {
            let start = tokens[at - 2].span().start();
            found.push(((start.line, start.column + 1), group.stream().to_string()));
        } else {
            errors(group.stream(), found);
        }
    }
}

fn has_filter(expanded: &TokenStream) -> bool {
    expanded.to_string().contains("SockFilter")
}

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn in_a_policy_it_is_an_error_at_the_token() {
    for item in ITEMS {
        for form in [
            "ITEM; allow write; default kill",
            "allow write;\n ITEM; default kill",
            "default kill; ITEM",
        ] {
            let head = "x86_64 [::seccomp_runtime] ";
            let (text, place) = marked(&format!("{head}{}", form.replace("ITEM", item)));
            let expanded = expand::compile(tokens(&text));
            let mut found = Vec::new();
            errors(expanded.clone(), &mut found);
            assert!(found.iter().any(|(at, _)| *at == place), "{text}: {place:?} {found:?}");
            assert!(!has_filter(&expanded), "{text}: {expanded}");
        }
    }
}

#[test]
fn in_a_fragment_it_is_an_error_at_the_token() {
    for item in ITEMS {
        let head = "x86_64 [::seccomp_runtime] pub F { allow write; ";
        let (text, place) = marked(&format!("{head}{item}; allow close; }}"));
        let expanded = expand::define(tokens(&text));
        let mut found = Vec::new();
        errors(expanded.clone(), &mut found);
        assert!(found.iter().any(|(at, _)| *at == place), "{text}: {place:?} {found:?}");
        assert!(!has_filter(&expanded), "{text}: {expanded}");
    }
}

#[test]
fn in_a_file_it_is_an_error_at_the_token() {
    for item in ITEMS {
        let (text, (line, column)) = marked(&format!("allow write;\n  {item};\nallow close;\n"));
        let found = check_text("f.policy", &text, Abi::X86_64).expect_err(&text);
        let place = format!("f.policy:{line}:{column}: ");
        assert!(found.iter().any(|error| error.starts_with(&place)), "{text}: {place} {found:?}");
    }
}

#[test]
fn in_a_call_it_is_an_error_at_the_token() {
    for call in [
        "^__mistaken()",
        "^mistaken()",
        "^#[__alone] read()",
        "^#[__included(x)] read()",
        "^[read()]",
        "^1 [::seccomp_runtime] [read()]",
        "read(^[0])",
        "read({[0]}, ^[1])",
    ] {
        let (text, place) = marked(&format!("x86_64 [::seccomp_runtime] {call}"));
        let mut found = Vec::new();
        errors(expand::call(tokens(&text)), &mut found);
        assert!(found.iter().any(|(at, _)| *at == place), "{text}: {place:?} {found:?}");
    }
}

#[test]
fn a_warning_can_be_allowed_in_a_fragment() {
    let of = |rules: &str| {
        let text = format!("x86_64 [::seccomp_runtime] pub F {{ {rules} }}");
        let expanded = expand::define(tokens(&text));
        let mut found = Vec::new();
        errors(expanded.clone(), &mut found);
        assert!(found.is_empty(), "{rules}: {found:?}");
        expanded.to_string()
    };
    assert!(of("allow ptrace;").contains("seccomp_powerful_call"));
    for rules in [
        "#[allow(seccomp::powerful_call)] allow ptrace;",
        "allow read; #[allow(seccomp::no_exit, seccomp::powerful_call)] #[hot] allow ptrace(a0 == { 0 }), ptrace",
    ] {
        let expanded = of(rules);
        assert!(!expanded.contains("deprecated"), "{expanded}");
        // Other crates get it too, as it was written and not as a value of rustc.
        assert!(expanded.contains("seccomp :: powerful_call"), "{expanded}");
        assert!(!expanded.contains("const __1"), "{expanded}");
    }
    assert!(!of("#[allow(seccomp::powerful_call)] allow ptrace;").contains("const __0"));
    // The same before an include, which asks rustc for its fragment.
    assert!(of("#[allow(seccomp::powerful_call)] include crate::G;").contains("included"));
}

#[test]
fn a_condition_and_a_file_keep_what_is_written_apart_from_what_stages_know() {
    // Between the stages, a policy is tokens again: no token of the user is read as one of the protocol.
    let item = "#[cfg(all())] allow write; alone; mistaken; (x) [allow read]; default kill";
    let expanded = expand::compile(tokens(&format!("x86_64 [::seccomp_runtime] {item}")));
    // The macro that passes the state on: `__Holding0! { [callback] state }`.
    let state = state_of(expanded).expect("a state");
    let mut state: Vec<TokenTree> = state.into_iter().skip(1).collect();
    state.extend(tokens("[__0]"));
    let expanded = expand::decided(state.into_iter().collect());
    let mut found = Vec::new();
    errors(expanded.clone(), &mut found);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(!has_filter(&expanded));
}

/// The tokens after the last `!` of an expansion.
fn state_of(expanded: TokenStream) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = expanded.into_iter().collect();
    let mut state = None;
    for pair in tokens.windows(2) {
        match pair {
            [TokenTree::Punct(sign), TokenTree::Group(group)] if sign.as_char() == '!' => {
                state = Some(group.stream());
            }
            _ => {}
        }
    }
    match (state, tokens.last()) {
        (Some(state), _) => Some(state),
        (None, Some(TokenTree::Group(group))) => state_of(group.stream()),
        _ => None,
    }
}

/// Well-formed handoffs and answers, so that changed ones get far.
const HANDED_ON: &[&str] = &[
    "x86_64 [::seccomp_runtime] allow read(fd == 0); default kill",
    "x86_64 [::seccomp_runtime] pub F { allow read(fd in {1, { X }}); include crate::G; } [__0 __1]",
    "x86_64 1 [::seccomp_runtime] [[#[cfg(unix)] allow read;] (a b) [allow write;] [default kill]] [__0]",
    "x86_64 2 [::seccomp_runtime] [alone mistaken [include crate::F;] [default kill]] id [allow read(fd == {[0]});]",
    "x86_64 2 [::seccomp_runtime] [[include F;] [include G;] [default kill]] f {} g [allow read(fd in {{1, 2}});]",
    "name id [allow read;] id {}",
    "enum __Holding0 { __0, __1, }",
];

#[test]
fn no_input_of_a_stage_makes_it_panic() {
    let mut random = Seeded::with_seed(seeds(7..8).start);
    let stages = [
        expand::compile,
        expand::decided,
        expand::included,
        expand::define,
        expand::decided_fragment,
        expand::replies,
        expand::holding,
        expand::call,
    ];
    for _ in 0..4000 {
        let mut handed = tokens(random.choice(HANDED_ON).unwrap());
        for _ in 0..random.usize(0..4) {
            handed = slip(&mut random, handed);
        }
        let stage = random.choice(stages).unwrap();
        let _ = stage(handed);
    }
}

/// The tokens with one of them dropped, doubled, swapped with the next or replaced, at any depth of
/// nesting.
fn slip(random: &mut fastrand::Rng, tokens: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if tokens.is_empty() {
        return tokens.into_iter().collect();
    }
    let at = random.usize(0..tokens.len());
    if let TokenTree::Group(group) = &tokens[at] {
        if random.u8(0..3) > 0 {
            let inner = slip(random, group.stream());
            tokens[at] = proc_macro2::Group::new(group.delimiter(), inner).into();
            return tokens.into_iter().collect();
        }
    }
    match random.u8(0..4) {
        0 => drop(tokens.remove(at)),
        1 => tokens.insert(at, tokens[at].clone()),
        2 if at + 1 < tokens.len() => tokens.swap(at, at + 1),
        _ => {
            let others =
                "[a b] (x) {[y]} {[99999999999]} 18446744073709551615 -1 'a' __7 alone ; #";
            let others: Vec<TokenTree> =
                others.parse::<TokenStream>().unwrap().into_iter().collect();
            tokens[at] = random.choice(&others).unwrap().clone();
        }
    }
    tokens.into_iter().collect()
}
