//! A printed policy is the same policy: the parser reads it as the same tree, whatever the tree is, and it compiles to
//! the same filter.

mod formatting;
mod random_tree;

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream, TokenTree};
use seccomp_ir::policy::Operator;
use seccomp_ir::tree::{
    self, ActionExpr, ActionKind, ArgumentExpr, Calls, ComparisonExpr, ConditionExpr, Element,
    Integer, Item, ItemKind, KeywordItem, Name, Radix, Range, Relation, RuleItem, Target, Tree,
    ValueExpr, ValueKind, WIDTH, print,
};
use seccomp_syntax::{Parsed, compile, parse};
use seccomp_test_support::seeds::{Seeded, seeds};
use seccomp_tests::corpus::Topic;

use random_tree::Random;

const NOWHERE: tree::Span = tree::Span::NOWHERE;

/// The tree of a text, if the parser can read it.
fn read(tokens: TokenStream) -> Option<Tree> {
    let Parsed { tree, errors, .. } = parse(tokens, Span::call_site());
    errors.is_empty().then_some(tree)
}

/// Asserts that the parser reads the text of a tree as the same tree, and that the printer prints
/// that as the same text.
#[track_caller]
fn is_itself_again(tree: &Tree) -> String {
    let printed = print(tree);
    let tokens: TokenStream = printed.parse().unwrap_or_else(|e| panic!("{e}:\n{printed}"));
    let Parsed { tree: again, errors, .. } = parse(tokens, Span::call_site());
    assert!(errors.is_empty(), "{:?}:\n{printed}", errors.diagnostics());
    assert!(again.is_same(tree), "another tree:\n{printed}{tree:#?}\n{again:#?}");
    assert_eq!(print(&again), printed);
    printed
}

/// 1000 trees take about half a second.
#[test]
fn every_tree_is_printed_as_a_text_that_the_parser_reads_as_that_tree() {
    let mut random = Random(Seeded::with_seed(seeds(11..12).start));
    let mut lines = 0;
    for _ in 0..1000 {
        lines += is_itself_again(&random.tree()).lines().count();
    }
    assert!(lines > 5_000, "the trees have rules that are broken over lines: {lines}");
}

#[test]
fn two_trees_that_differ_in_one_place_are_not_the_same() {
    let policies = [
        "allow read;",
        "log read;",
        "allow write;",
        "allow read, write;",
        "allow read(fd == 0);",
        "allow read(fd == 1);",
        "allow read(fd == 0x0);",
        "allow read(fd != 0);",
        "allow read(a0 == 0);",
        "allow read(fd as u32 == 0);",
        "allow read(fd as i32 == 0);",
        "allow read(fd & 1 == 0);",
        "allow read(fd & 2 == 0);",
        "allow read(!(fd == 0));",
        "allow read(fd in {0});",
        "allow read(fd in {0, 1});",
        "allow read(fd in 0..1);",
        "allow read(fd in 0..=1);",
        "allow read(fd in 0..);",
        "allow read(fd in ..1);",
        "allow read(fd == 0, fd == 0);",
        "allow read(fd == 0 || fd == 0);",
        "allow read(fd == A);",
        "allow read(fd == B);",
        "allow read(fd == A | B);",
        "allow read(fd == !A);",
        "allow read(fd == a::B);",
        "allow read(fd == { A });",
        "allow @read;",
        "allow syscall(0);",
        "allow syscall(1);",
        "errno(0) read;",
        "errno(1) read;",
        "trap read;",
        "trap(0) read;",
        "trace(0) read;",
        "kill read;",
        "kill_thread read;",
        "notify read;",
        "default allow;",
        "bad_arch allow;",
        "unknown allow;",
        "arch x86;",
        "arch x86, x32;",
        "include a;",
        "include \"a\";",
        "include b;",
        "#[hot] allow read;",
        "#[allow(seccomp::a)] allow read;",
        "#[allow(seccomp::b)] allow read;",
        "#[cfg(a)] allow read;",
        "#[cfg(b)] allow read;",
        "allow read; allow read;",
    ];
    let trees: Vec<Tree> = policies
        .iter()
        .map(|policy| read(policy.parse().expect("tokens")).expect("can be read"))
        .collect();
    for (left, left_tree) in policies.iter().zip(&trees) {
        for (right, right_tree) in policies.iter().zip(&trees) {
            assert_eq!(left_tree.is_same(right_tree), left == right, "{left} {right}");
        }
    }
}

#[test]
fn the_whole_corpus_is_printed_as_policies_that_compile_to_the_same_filters() {
    let mut printed = 0;
    for topic in Topic::load_all() {
        for case in topic.cases {
            let tokens: TokenStream = case.policy.parse().expect("tokens");
            let Some(tree) = read(tokens.clone()) else { continue };
            let text = is_itself_again(&tree);
            printed += 1;
            let target = case.targets[0];
            let compiled = compile(tokens, Span::call_site(), target);
            let again = compile(text.parse().expect("tokens"), Span::call_site(), target);
            match (compiled, again) {
                (Ok(one), Ok(other)) => {
                    assert_eq!(one.filter.instructions, other.filter.instructions, "{text}");
                }
                (one, other) => assert_eq!(
                    one.map(|_| ()).map_err(|e| e.to_string()),
                    other.map(|_| ()).map_err(|e| e.to_string()),
                    "{text}"
                ),
            }
        }
    }
    assert!(printed > 200, "{printed}");
}

/// Every file below `folder` with one of the extensions.
fn files(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files(&path, extensions, found);
        } else if extensions.iter().any(|extension| name.ends_with(extension)) {
            found.push(path);
        }
    }
}

/// The tokens in the brackets of each `seccomp_policy!`, and of each fragment.
fn policies(tokens: TokenStream, found: &mut Vec<TokenStream>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let before: String =
            tokens[at.saturating_sub(2)..at].iter().map(ToString::to_string).collect();
        match before.as_str() {
            "seccomp_policy!" => found.push(group.stream()),
            "seccomp_fragment!" => {
                for token in group.stream() {
                    if let TokenTree::Group(rules) = token {
                        found.push(rules.stream());
                    }
                }
            }
            _ => policies(group.stream(), found),
        }
    }
}

#[test]
fn every_policy_of_the_documents_and_the_sources_is_printed_to_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("in the workspace");
    let mut paths = Vec::new();
    files(root, &[".rs", ".md", ".policy"], &mut paths);
    let mut found = Vec::new();
    for path in &paths {
        let text = std::fs::read_to_string(path).expect("text");
        let name = path.to_string_lossy();
        if name.ends_with(".policy") {
            found.extend(text.parse::<TokenStream>());
        } else if name.ends_with(".rs") {
            policies(text.parse().expect("Rust"), &mut found);
        } else {
            for block in text.split("\n```rust").skip(1) {
                let code = block.split("\n```").next().unwrap_or_default();
                let code = code.split_once('\n').map_or("", |(_, code)| code);
                policies(code.replace("\n# ", "\n").parse().expect("Rust"), &mut found);
            }
        }
    }
    let trees: Vec<Tree> = found.into_iter().filter_map(read).collect();
    for tree in &trees {
        for line in is_itself_again(tree).lines() {
            // An expression of Rust is one word.
            assert!(line.chars().count() <= WIDTH || line.contains("{ "), "{line}");
        }
    }
    assert!(trees.len() > 150, "{}", trees.len());
}

#[test]
fn long_rules_break_between_targets_then_conditions_then_values() {
    let policy = "
        #[hot] #[cfg(all(unix,feature=\"net\"))] #[allow(seccomp::no_exit)] #[allow(seccomp::default_allow)]
        allow read,write,openat,close,fstat,lseek,mmap,mprotect,munmap,brk,rt_sigaction,rt_sigprocmask,
            ioctl(cmd in {TCGETS,TCSETS,TCSETSW,TCSETSF,TIOCGWINSZ,TIOCSWINSZ,FIONREAD,FIONBIO,FIOCLEX},fd<=2),
            fcntl;
        errno(0xA) socket(((family==AF_INET)||(family==AF_INET6)) && (type&(0xf))==SOCK_STREAM, !((protocol) in {0}) );
        kill_process syscall(0x400001FF)(a0==0XFF);
        trap(1000000) mmap(prot&!(PROT_READ|PROT_WRITE)==0,(prot & 0b10101) != -0x000001,len in ..0xffffffff);
        default kill";
    let policy = policy.replace("0XFF", "0xFF");
    let tree = read(policy.parse().expect("tokens")).expect("can be read");
    assert_eq!(
        is_itself_again(&tree),
        "\
#[cfg(all(unix, feature = \"net\"))]
#[hot]
#[allow(seccomp::no_exit, seccomp::default_allow)]
allow read, write, openat, close, fstat, lseek, mmap, mprotect, munmap, brk, rt_sigaction,
    rt_sigprocmask,
    ioctl(cmd in {TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONBIO,
        FIOCLEX}, fd <= 2), fcntl;
errno(0xa) socket((family == AF_INET || family == AF_INET6) && type & 0xf == SOCK_STREAM,
    !(protocol in {0}));
kill syscall(0x4000_01ff)(a0 == 0xff);
trap(1_000_000) mmap(prot & !(PROT_READ | PROT_WRITE) == 0, prot & 0b1_0101 != -0x1,
    len in ..0xffff_ffff);
default kill;
"
    );
}

/// The pieces of a text between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn every_rule_that_a_message_quotes_can_be_pasted_into_a_policy() {
    const ACTIONS: [&str; 9] =
        ["allow", "log", "notify", "errno", "trap", "trace", "kill", "kill_process", "kill_thread"];
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let mut paths = Vec::new();
    files(&ui, &[".stderr"], &mut paths);
    let mut rules = 0;
    for path in &paths {
        let messages = std::fs::read_to_string(path).expect("text");
        for piece in quoted(&messages) {
            let action = piece.split([' ', '(']).next().unwrap_or_default();
            // The message writes `…` for a part that it does not know.
            if !ACTIONS.contains(&action) || !piece.contains(' ') || piece.contains('…') {
                continue;
            }
            let tokens: TokenStream = piece.parse().expect("tokens");
            assert!(read(tokens).is_some(), "{}: `{piece}` is not a rule", path.display());
            rules += 1;
        }
    }
    assert!(rules > 20, "{rules}");
}

#[test]
fn a_tree_that_no_text_has_is_printed_and_compiled_without_a_panic() {
    let item = Item::made;
    let named = |text: &str| Name::made(text);
    let action = || ActionExpr { keyword: named("allow"), kind: ActionKind::Allow };
    let value = ValueExpr::made;
    let compare = |relation| {
        let subject = ArgumentExpr { argument: named("fd"), cast: None, mask: None };
        ConditionExpr::Compare(ComparisonExpr { subject, relation })
    };
    let with = |condition| {
        let target = Target {
            calls: Calls::Named(named("read")),
            where_known: false,
            condition: Some(condition),
        };
        ItemKind::Rule(RuleItem { action: action(), targets: vec![target] })
    };
    let range = Range { first: None, last: None, inclusive: true, span: NOWHERE };
    let large = Integer { number: i128::MAX, radix: Radix::Octal };
    for kind in [
        ItemKind::Arch(Vec::new()),
        ItemKind::Rule(RuleItem { action: action(), targets: Vec::new() }),
        with(ConditionExpr::All(Vec::new())),
        with(ConditionExpr::Any(Vec::new())),
        with(ConditionExpr::Not(Box::new(ConditionExpr::All(Vec::new())))),
        with(compare(Relation::In(Vec::new()))),
        with(compare(Relation::In(vec![Element::Range(range)]))),
        with(compare(Relation::Operator(Operator::Less, value(ValueKind::Or(Vec::new()))))),
        with(compare(Relation::Operator(Operator::Equal, value(ValueKind::Integer(large))))),
    ] {
        let default = KeywordItem { keyword: named("default"), action: action() };
        let items = vec![item(kind), item(ItemKind::Default(default))];
        let tree = Tree { items, span: NOWHERE };
        assert!(!print(&tree).is_empty());
        let errors = seccomp_ir::errors::Errors::new();
        if let Err(errors) = seccomp_ir::compile(&tree, errors, seccomp_ir::abi::Abi::X86_64) {
            assert!(!errors.is_empty());
        }
    }
}
