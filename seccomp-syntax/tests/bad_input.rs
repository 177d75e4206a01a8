//! For any tokens, the compiler returns a proven filter or errors, and never panics. A failure says how to
//! repeat it (`seccomp_test_support::seeds`). `tests/large.rs` measures how much time and memory rustc needs for
//! large policies.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use seccomp_ir::abi::Abi;
use seccomp_syntax::compile;
use seccomp_syntax::stage::NextStage;
use seccomp_syntax::{DraftPolicy, compile_call, stage};
use seccomp_test_support::seeds::Seeded;

/// The words of policies, so that random streams reach the later stages of the compiler.
const WORDS: &[&str] = &[
    "allow",
    "log",
    "notify",
    "errno",
    "trap",
    "trace",
    "kill",
    "kill_thread",
    "default",
    "bad_arch",
    "unknown",
    "arch",
    "include",
    "in",
    "as",
    "u32",
    "i32",
    "u64",
    "i64",
    "read",
    "write",
    "ioctl",
    "clone",
    "mmap",
    "pread64",
    "socket",
    "openat",
    "chmod",
    "syscall",
    "fd",
    "cmd",
    "flags",
    "prot",
    "mode",
    "a0",
    "a1",
    "a5",
    "family",
    "type",
    "buf",
    "x86_64",
    "x86",
    "x32",
    "aarch64",
    "EPERM",
    "O_CREAT",
    "AF_INET",
    "TIOCSTI",
    "PROT_EXEC",
    "AT_FDCWD",
    "hot",
    "cfg",
    "libc",
    "crate",
    "Self",
    "basic",
    "io",
    "raw",
    "file",
    "system",
    "frobnicate",
    "r#type",
    "_",
];
const PUNCTUATION: &[&str] = &[
    ";", ",", "==", "!=", "<", "<=", ">", ">=", "&", "&&", "|", "||", "!", "-", "..", "..=", "::",
    "=", "@", "#", "$", "<<", "+", "'", "?", ";", ";", ",", "==", "==",
];
const LITERALS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "4095",
    "4096",
    "65535",
    "65536",
    "0xffff_ffff",
    "0x1_0000_0000",
    "18446744073709551615",
    "18446744073709551616",
    "0644",
    "0o644",
    "1u32",
    "1.5",
    "\"x\"",
    "b\"x\"",
    "'c'",
    "0b101",
    "340282366920938463463374607431768211456",
    "-5",
    "1e5",
    "1f32",
    "0xffu8",
    "0_",
    "b'c'",
    "c\"x\"",
    "r#\"x\"#",
];

fn token(random: &mut fastrand::Rng, depth: usize, out: &mut Vec<TokenTree>) {
    match random.u8(0..20) {
        0..8 => out.push(word(random.choice(WORDS).expect("not empty"))),
        8..14 => out.extend(punctuation(random.choice(PUNCTUATION).expect("not empty"))),
        14..17 => {
            let literal: Literal =
                random.choice(LITERALS).expect("not empty").parse().expect("a literal");
            out.push(literal.into());
        }
        _ if depth == 0 => {}
        _ => {
            let delimiters = [
                Delimiter::Parenthesis,
                Delimiter::Parenthesis,
                Delimiter::Brace,
                Delimiter::Bracket,
                Delimiter::None,
            ];
            let delimiter = *random.choice(&delimiters).expect("not empty");
            let length = random.usize(0..8);
            out.push(Group::new(delimiter, stream(random, length, depth - 1)).into());
        }
    }
}

fn word(text: &str) -> TokenTree {
    match text.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()).into(),
        None => Ident::new(text, Span::call_site()).into(),
    }
}

fn punctuation(text: &str) -> impl Iterator<Item = TokenTree> {
    let last = text.len() - 1;
    text.chars().enumerate().map(move |(index, character)| {
        let spacing = if index == last { Spacing::Alone } else { Spacing::Joint };
        Punct::new(character, spacing).into()
    })
}

fn stream(random: &mut fastrand::Rng, length: usize, depth: usize) -> TokenStream {
    let mut tokens = Vec::new();
    for _ in 0..length {
        token(random, depth, &mut tokens);
    }
    tokens.into_iter().collect()
}

/// Compiles `policy` in each way in which the stages of the macros do. Returns whether it was valid.
fn compiles(policy: &TokenStream, target: Abi) -> bool {
    let draft = DraftPolicy::written(policy.clone());
    let conditions = stage::conditions(&draft);
    let hold: Vec<_> = conditions.iter().map(|condition| condition.item).step_by(2).collect();
    let decided = stage::decided(draft.clone(), &hold);
    assert!(stage::conditions(&decided).is_empty(), "all of them are decided");
    let includes = match stage::next(decided.clone()) {
        NextStage::Files(includes) | NextStage::Fragments(includes) => {
            includes.iter().map(|include| include.item).collect()
        }
        NextStage::Compile(_) | NextStage::Conditions(_) => Vec::new(),
    };
    let _ = stage::with_included(
        decided,
        includes.into_iter().map(|item| (item, draft.clone())).collect(),
    );
    let _ = stage::keywords(&draft);
    let included = DraftPolicy::included(policy.clone(), &[], &TokenStream::new());
    let _ = stage::certain(included);
    let _ = compile_call(policy.clone(), target);
    match compile(policy.clone(), Span::call_site(), target) {
        Ok(_) => true,
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason: {policy}");
            false
        }
    }
}

/// The number of policies that each test makes up; `COUNT` sets another number. They take a few seconds of
/// processor time.
fn count() -> usize {
    std::env::var("COUNT").map_or(1000, |count| count.parse().expect("a number"))
}

#[test]
fn no_stream_of_tokens_makes_the_compiler_panic() {
    let mut random = Seeded::new_in_each_run();
    for _ in 0..count() {
        let length = random.usize(0..40);
        let policy = stream(&mut random, length, 4);
        compiles(&policy, *random.choice(Abi::ALL).expect("not empty"));
    }
}

/// Policies with every construct; the tests drop, double, swap or replace one token.
const WHOLE: &[&str] = &[
    "arch x86_64, x86; #[hot] allow read(fd == 0), write(fd in {1, 2, 5..=9}); errno(EPERM) @raw-io; default kill",
    "allow openat(flags & (O_CREAT | O_TRUNC) == 0, dfd == AT_FDCWD) ; bad_arch errno(ENOSYS); unknown errno(38); default kill",
    "allow mmap(prot & PROT_EXEC == 0 && !(flags & 1 != 0) || (len as u32 <= 4096)); trap(3) ptrace; default log",
    "kill socket(family != AF_INET, a1 in 1..4); trace(7) syscall(451)(a0 as i32 < -1); notify mount; default allow",
    "allow ioctl(cmd == libc::TIOCGWINSZ, arg == { 1 + 2 }), fcntl(cmd in {{ X }, crate::Y}); errno({ Z }) kill; default kill",
];

#[test]
fn no_slip_in_a_whole_policy_makes_the_compiler_panic() {
    let mut random = Seeded::new_in_each_run();
    let whole: Vec<TokenStream> = WHOLE.iter().map(|text| text.parse().expect("tokens")).collect();
    for policy in &whole {
        assert!(
            compiles(policy, Abi::X86_64),
            "{policy}: {:?}",
            compile(policy.clone(), Span::call_site(), Abi::X86_64)
        );
    }
    let (slips, mut policies) = (count(), 0);
    for _ in 0..slips {
        let mut policy = random.choice(&whole).expect("not empty").clone();
        for _ in 0..random.usize(1..4) {
            policy = slip(&mut random, policy);
        }
        policies += usize::from(compiles(&policy, *random.choice(Abi::ALL).expect("not empty")));
    }
    println!("{slips} slips, {policies} of them still policies");
    assert!(policies > 0 && policies < slips);
}

/// The policy with one token changed, at any depth of nesting.
fn slip(random: &mut fastrand::Rng, policy: TokenStream) -> TokenStream {
    let mut tokens: Vec<_> = policy.into_iter().collect();
    if tokens.is_empty() {
        return stream(random, 1, 1);
    }
    let at = random.usize(0..tokens.len());
    if let TokenTree::Group(group) = &tokens[at] {
        if random.u8(0..4) > 0 {
            tokens[at] = Group::new(group.delimiter(), slip(random, group.stream())).into();
            return tokens.into_iter().collect();
        }
    }
    match random.u8(0..4) {
        0 => drop(tokens.remove(at)),
        1 => tokens.insert(at, tokens[at].clone()),
        2 => {
            let other = random.usize(0..tokens.len());
            tokens.swap(at, other);
        }
        _ => {
            let replacement = stream(random, 1, 2);
            tokens.splice(at..=at, replacement);
        }
    }
    tokens.into_iter().collect()
}

#[test]
fn deep_nesting_is_refused_and_not_followed_to_the_end_of_the_stack() {
    for (open, close) in [("(", ")"), ("!(", ")"), ("fd & ((", "))")] {
        for depth in [50, 2_000] {
            let text = format!(
                "allow read({}fd == 0{}); default kill",
                open.repeat(depth),
                close.repeat(depth)
            );
            let Ok(policy) = text.parse::<TokenStream>() else { continue };
            compiles(&policy, Abi::X86_64);
        }
    }
}

#[test]
fn ten_thousand_rules_and_values_get_a_filter_or_an_error() {
    let values: String = (0..10_000).map(|value| format!("{}, ", value * 3)).collect();
    let rules: String = (0..10_000)
        .map(|value| format!("allow ioctl(cmd == {}, a2 == {value}); ", value * 3))
        .collect();
    // Conditions that depend on each other so that their decision diagram is large.
    let tangled: String = (0..60)
        .map(|bit| {
            let (bits, other) = (bit % 3, 5 - bit % 3);
            format!("(a{bits} & {} != 0 || a{other} == {bit}), ", 1_u64 << (bit % 31))
        })
        .collect();
    let masks: String = (0..60_u64)
        .map(|i| format!("count & {} != {i}, ", (i * 2_654_435_761) & 0xff_ffff | 1))
        .collect();
    for text in [
        format!("allow ioctl(cmd in {{ {values} }}); default kill"),
        format!("{rules} default kill"),
        format!("allow mmap({tangled}); default kill"),
        format!("allow read({masks}); default kill"),
    ] {
        compiles(&text.parse().expect("tokens"), Abi::X86_64);
    }
}
