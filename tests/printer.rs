//! A printed policy is the same policy: the parser reads it as the same tree, whatever the tree is, and it compiles to
//! the same filter.

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream, TokenTree};
use seccomp_ir::abi::Abi;
use seccomp_ir::policy::Operator;
use seccomp_ir::tree::{
    self, ActionExpr, ActionKind, Allowed, ArgumentExpr, Calls, Cast, Cfg, ComparisonExpr,
    ConditionExpr, Element, Include, Included, Integer, Item, ItemKind, KeywordItem, Name, Radix,
    Range, Relation, ReportItem, ReportNames, RuleItem, RustExpression, Target, Tree, ValueExpr,
    ValueKind, WIDTH, print,
};
use seccomp_syntax::{Parsed, PolicyText, compile, parse};
use seccomp_test_support::seeds::{Seeded, seeds};
use seccomp_tests::corpus::Topic;

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

/// Makes trees with everything that a text of the language can have.
struct Random(Seeded);

impl Random {
    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.0.usize(..of.len())].clone()
    }

    fn chance(&mut self, one_in: u32) -> bool {
        self.0.u32(..one_in) == 0
    }

    fn some<T>(&mut self, least: usize, most: usize, make: fn(&mut Self) -> T) -> Vec<T> {
        (0..self.0.usize(least..=most)).map(|_| make(self)).collect()
    }

    fn tree(&mut self) -> Tree {
        Tree { items: self.some(0, 6, Self::item), span: NOWHERE }
    }

    fn item(&mut self) -> Item {
        let kind = match self.0.u32(..13) {
            0 => ItemKind::Default(self.keyword_item("default")),
            1 => ItemKind::BadArch(self.keyword_item("bad_arch")),
            2 => ItemKind::Unknown(self.keyword_item("unknown")),
            5 => ItemKind::Report(ReportItem {
                names: self.one(&[ReportNames::All, ReportNames::Calls, ReportNames::None]),
                span: NOWHERE,
            }),
            3 => ItemKind::Arch(self.some(1, 30, |random| random.name(&["x86_64", "x86", "x32"]))),
            4 => {
                let what = match self.0.bool() {
                    true => {
                        Included::File(self.one(&["a.policy", "a \"b\"\\c/é.policy"]).to_owned())
                    }
                    false => {
                        Included::Fragment(self.one(&["NET", "crate::a::NET", "::a::B"]).to_owned())
                    }
                };
                ItemKind::Include(Include { what, span: NOWHERE })
            }
            _ => {
                let action = self.action();
                ItemKind::Rule(RuleItem { action, targets: self.some(1, 12, Self::target) })
            }
        };
        let is_rule = matches!(kind, ItemKind::Rule(_));
        Item {
            conditions: self.some(0, 2, |random| {
                let predicates = ["unix", "feature = \"a b\"", "any(a, not(b), all())"];
                Cfg { predicate: random.one(&predicates).to_owned(), span: NOWHERE }
            }),
            hot: (is_rule && self.0.bool()).then_some(NOWHERE),
            abis: match is_rule && self.chance(4) {
                true => self.some(1, 30, |random| random.name(&["x86_64", "x86", "x32"])),
                false => Vec::new(),
            },
            included: false,
            already_checked: false,
            alone: false,
            allowed: self.some(0, 9, |random| Allowed {
                name: random.one(&["no_exit", "default_allow", "frobnicate"]).to_owned(),
                span: NOWHERE,
            }),
            kind,
        }
    }

    fn keyword_item(&mut self, keyword: &str) -> KeywordItem {
        KeywordItem {
            keyword: Name { text: keyword.to_owned(), span: NOWHERE },
            action: self.action(),
        }
    }

    fn action(&mut self) -> ActionExpr {
        let kind = match self.0.u32(..9) {
            0 => ActionKind::Log,
            1 => ActionKind::Notify,
            2 => ActionKind::KillProcess,
            3 => ActionKind::KillThread,
            4 => ActionKind::Errno(self.value(2)),
            5 => ActionKind::Trace(self.value(1)),
            6 => ActionKind::Trap(Some(self.value(1))),
            7 => ActionKind::Trap(None),
            _ => ActionKind::Allow,
        };
        ActionExpr { keyword: Name { text: String::new(), span: NOWHERE }, kind }
    }

    fn name(&mut self, names: &[&str]) -> Name {
        Name { text: self.one(names).to_owned(), span: NOWHERE }
    }

    fn target(&mut self) -> Target {
        let calls = match self.0.u32(..8) {
            0 => Calls::Numbered(self.0.u32(..) >> self.0.u32(..32), NOWHERE),
            1 => {
                let group = self.one(&["@basic-io", "@signal", "@rust-thread-local"]);
                let calls = Calls::Group(group.to_owned(), NOWHERE);
                return Target { calls, where_known: false, condition: None };
            }
            2 => Calls::Named(
                self.name(&["syscall", "break", "default", "allow", "include", "arch"]),
            ),
            _ => Calls::Named(self.name(&["read", "ioctl", "sched_setattr", "a0"])),
        };
        let depth = self.0.u32(..4);
        let condition = self.0.bool().then(|| self.condition(depth));
        let where_known = matches!(calls, Calls::Named(_)) && self.chance(4);
        Target { calls, where_known, condition }
    }

    fn condition(&mut self, depth: u32) -> ConditionExpr {
        let kind = if depth == 0 { 0 } else { self.0.u32(..6) };
        let parts = |random: &mut Self| {
            let count = random.0.usize(2..=3);
            (0..count).map(|_| random.condition(depth - 1)).collect()
        };
        match kind {
            1 | 2 => ConditionExpr::All(parts(self)),
            3 | 4 => ConditionExpr::Any(parts(self)),
            5 => ConditionExpr::Not(Box::new(self.condition(depth - 1))),
            _ => ConditionExpr::Compare(self.comparison()),
        }
    }

    fn comparison(&mut self) -> ComparisonExpr {
        let cast = self.chance(4).then(|| {
            let (name, signed, bits) = self.one(&[
                ("u32", false, 32),
                ("i32", true, 32),
                ("u64", false, 64),
                ("i64", true, 64),
            ]);
            Cast { name: Name { text: name.to_owned(), span: NOWHERE }, signed, bits }
        });
        let subject = ArgumentExpr {
            argument: self.name(&["fd", "type", "a0", "in", "as", "not", "flags"]),
            cast,
            mask: self.chance(3).then(|| self.value(2)),
        };
        let relation = if self.chance(3) {
            Relation::In(self.some(1, 9, Self::element))
        } else {
            let operator = self.one(&Operator::ALL);
            Relation::Operator(operator, self.value(3))
        };
        ComparisonExpr { subject, relation }
    }

    fn element(&mut self) -> Element {
        if self.0.bool() {
            return Element::Value(self.value(2));
        }
        let (first, mut last) = (self.0.bool(), self.0.bool());
        last |= !first;
        Element::Range(Range {
            first: first.then(|| self.value(1)),
            last: last.then(|| self.value(1)),
            inclusive: last && self.0.bool(),
            span: NOWHERE,
        })
    }

    fn value(&mut self, depth: u32) -> ValueExpr {
        let kind = match if depth == 0 { self.0.u32(..3) } else { self.0.u32(..6) } {
            0 => ValueKind::Constant(self.name(&["O_RDONLY", "AF_INET", "SOCK_SEQPACKET", "type"])),
            1 => {
                let texts = [
                    "libc::TIOCSTI",
                    "Self::X",
                    "{ 1 << SHIFT }",
                    "{ a(1, &[2]) }",
                    "::a::B",
                    "$fd",
                    "$(file.as_raw_fd())",
                    "$(-1)",
                ];
                let text = self.one(&texts).to_owned();
                let run_time = text.starts_with('$');
                ValueKind::Expression(RustExpression { index: 0, text, run_time, span: NOWHERE })
            }
            2 => {
                let number = i128::from(self.0.u64(..) >> self.0.u32(..64));
                let radix =
                    self.one(&[Radix::Binary, Radix::Octal, Radix::Decimal, Radix::Hexadecimal]);
                // `-0` is 0.
                let negative = self.chance(4);
                ValueKind::Integer(Integer {
                    number: if negative { -number } else { number },
                    radix,
                })
            }
            3 => ValueKind::Not(Box::new(self.value(depth - 1))),
            _ => {
                let count = self.0.usize(2..=4);
                ValueKind::Or((0..count).map(|_| self.value(depth - 1)).collect())
            }
        };
        ValueExpr { kind, span: NOWHERE }
    }
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

/// The canonical text of a text, with its comments.
fn formatted(text: &str) -> String {
    let format = |text: &str| {
        let formatted = PolicyText::new("a.policy", text, Abi::X86_64).format();
        formatted.unwrap_or_else(|report| panic!("{report}\n{text}"))
    };
    let once = format(text);
    assert_eq!(format(&once), once, "{text}");
    once
}

#[test]
fn comments_stay_where_they_belong_when_a_policy_is_formatted() {
    let text = "\u{feff}// A worker.\r\n\r\n\r\n/* Files:\r\n   read only. */ #[hot]  // often\n allow read ( fd==0 /* stdin */ ),  // and\n \
                write;// one line\n\nallow close; /* a */ // b\n/* /* nested */ \"*/ default /* all else */ kill // end\n // last";
    let expected = "\
// A worker.

/* Files:\r
   read only. */
// often
/* stdin */
// and
#[hot]
allow read(fd == 0), write; // one line

allow close; /* a */ // b
/* /* nested */ \"*/
/* all else */
default kill; // end
// last
";
    assert_eq!(formatted(text), expected);
    assert_eq!(formatted("default kill"), "default kill;\n");
    assert_eq!(formatted("// nothing"), "// nothing\n");
    assert_eq!(formatted(""), "");
    let report = PolicyText::new("a.policy", "allow /* x */", Abi::X86_64).format();
    assert!(!report.expect_err("an error").is_right());
}

#[test]
fn no_comment_is_lost_and_no_tree_is_changed_by_formatting() {
    let mut count = 0;
    for seed in seeds(0..100) {
        let mut random = Random(Seeded::with_seed(seed));
        let tree = random.tree();
        let printed = print(&tree);
        let tokens: TokenStream = printed.parse().expect("tokens");
        let (mut text, mut written) = (String::new(), Vec::new());
        spread(tokens, &mut random, &mut text, &mut written);
        let formatted = formatted(&text);
        let mut rest = formatted.as_str();
        for comment in &written {
            let at =
                rest.find(comment.as_str()).unwrap_or_else(|| panic!("{comment} in\n{formatted}"));
            rest = &rest[at + comment.len()..];
        }
        assert_eq!(formatted.matches("no. ").count(), written.len(), "{formatted}");
        let again = read(formatted.parse().expect("tokens")).expect("a policy");
        assert!(again.is_same(&tree), "{text}\n{formatted}");
        count += written.len();
    }
    assert!(count > 400, "only {count} comments");
}

/// Writes the tokens with comments and white space between them, and notes the comments.
fn spread(tokens: TokenStream, random: &mut Random, text: &mut String, written: &mut Vec<String>) {
    for token in tokens {
        let joined = matches!(&token, TokenTree::Punct(sign) if sign.spacing() == proc_macro2::Spacing::Joint);
        let text_of = |token: &TokenTree| token.to_string();
        if let TokenTree::Group(group) = &token {
            let (open, close) = match group.delimiter() {
                proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                proc_macro2::Delimiter::Brace => ("{", "}"),
                proc_macro2::Delimiter::Bracket => ("[", "]"),
                proc_macro2::Delimiter::None => ("", ""),
            };
            *text += open;
            spread(group.stream(), random, text, written);
            *text += close;
        } else {
            *text += &text_of(&token);
        }
        if joined {
            continue;
        }
        text.push(' ');
        if random.chance(6) {
            let number = written.len();
            let (comment, end) = match random.0.u32(..3) {
                0 => (format!("// no. {number}"), "\n"),
                1 => (format!("/* no. {number} /* \"'; */ */"), ""),
                _ => (format!("/* no. {number}\n;*/"), " "),
            };
            *text += &comment;
            *text += end;
            written.push(comment);
        }
        if random.chance(4) {
            *text += random.one(&["\n", "\n\n\n", "  \t", "\r\n"]);
        }
    }
}
