//! An index has the type of what it counts: no field and no parameter that says which argument, or which instruction of a
//! filter, is a plain number. So rustc finds an index that is used for something else, or that is not checked.
//!
//! The test goes by names. A number that has such a name and is no index needs another name, or a row in [`EXCEPTIONS`].

use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenTree};

use super::type_names::{crates, rust_files};
use super::wildcards::{is_punct, is_test, tokens};

/// A kind of index.
struct Kind {
    /// Whether a field or a parameter of this name is such an index.
    has_name: fn(&str) -> bool,
    /// The beginnings of the paths where it has such a name.
    folders: &'static [&'static str],
    /// The type that it has.
    index: &'static str,
}

const KINDS: &[Kind] = &[
    Kind {
        has_name: |name| {
            matches!(name, "argument" | "position")
                || name.starts_with("argument_")
                || name.ends_with("_argument")
        },
        folders: EVERYWHERE,
        index: "ArgumentIndex",
    },
    Kind {
        has_name: |name| {
            matches!(name, "at" | "from" | "to" | "entry" | "starts" | "branch" | "instruction")
                || matches!(name, "jump" | "relocations")
        },
        folders: OF_FILTERS,
        index: "InstructionIndex",
    },
    // In folders that are not about filters, it is the index of something else, which has a type as well.
    Kind {
        has_name: |name| name == "index" || name.ends_with("_index"),
        folders: EVERYWHERE,
        index: "InstructionIndex or other type",
    },
];

/// All folders.
const EVERYWHERE: &[&str] = &[""];

/// The folders that are about the instructions of filters. Elsewhere such a name is a place in a text, or a time.
const OF_FILTERS: &[&str] = &[
    "seccomp-bpf/src/bpf",
    "seccomp-ir/src/bpf",
    "seccomp-ir/src/compare",
    "seccomp-ir/src/explore",
    "seccomp-ir/src/filter",
    "seccomp-ir/src/lower/layout",
    "seccomp-ir/src/lower/mod",
    "seccomp-ir/src/names",
    "seccomp-ir/src/prove",
];

/// The plain numbers.
const NUMBERS: [&str; 4] = ["u8", "u16", "u32", "usize"];

/// What has such a name and is no index: the end of its file's path, the name, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("bpf/operation.rs", "Jump", "the distance of a jump"),
    ("seccomp-bpf/src/note.rs", "index", "of a word of a path; each expansion has plain numbers"),
    ("seccomp-install/src/blanks.rs", "index", "of a value; each expansion has plain numbers"),
    ("report/filled_filters.rs", "index", "of a value; the bytes of the report have it bit by bit"),
    ("seccomp-ir/src/tree.rs", "index", "only the creator of the tree knows what it counts"),
    ("cmd/decompile.rs", "index", "the option has this name, and counts filters from 1"),
];

#[test]
fn no_index_is_a_plain_number() {
    let mut found = Vec::new();
    let mut scanned = 0;
    let mut unused = EXCEPTIONS.to_vec();
    for (_, folder) in crates() {
        for file in rust_files(&folder.join("src")) {
            if is_of_tests(&file) {
                continue;
            }
            scanned += 1;
            let path = file.strip_prefix(folder.parent().unwrap()).unwrap();
            let source = fs::read_to_string(&file).unwrap();
            for (line, name, index) in plain(path.to_str().unwrap(), &source) {
                let is_it = |(end, of, _): &(&str, &str, &str)| file.ends_with(end) && *of == name;
                unused.retain(|exception| !is_it(exception));
                if !EXCEPTIONS.iter().any(is_it) {
                    found.push(format!("{}:{line}: `{name}` is no {index}", file.display()));
                }
            }
        }
    }
    assert!(scanned > 300, "only {scanned} files were found");
    assert!(
        found.is_empty(),
        "use the type, or say in the name what is counted (see the head of tests/sources/indices.rs):\n{}",
        found.join("\n")
    );
    assert!(unused.is_empty(), "no longer needed: {unused:?}");
}

#[test]
fn every_form_of_a_plain_index_is_found() {
    for source in [
        "struct S { pub(crate) argument: u8, }",
        "struct S<'a> { list: &'a [u8], position: usize }",
        "enum E { Argument(u8, u32) }",
        "enum E { Argument { argument: u32 } }",
        "fn f(&self, argument: u8, half: Half) {}",
        "fn f(last_argument: Option<u8>) {}",
        "fn f(argument_positions: &[u8]) {}",
        "fn f(position: &mut usize) {}",
        "fn f() { all.map(|argument: u32| argument) }",
        "impl T for S { fn f(argument: Vec<u8>) {} }",
    ] {
        let found: Vec<usize> = plain("", source).into_iter().map(|(line, ..)| line).collect();
        assert_eq!(found, [1], "{source}");
    }
}

#[test]
fn an_index_with_a_type_and_other_numbers_are_left_alone() {
    for source in [
        "struct S { argument: ArgumentIndex, arguments: [u64; 6], at: usize }",
        "fn f(argument: &str, position: Option<ArgumentIndex>) -> usize {}",
        "enum E { Argument(ArgumentIndex, u32) }",
        "fn f() { Comparison { argument: index, bits: 8 }; E::Argument(index, 8); }",
        "const ARGUMENT_WORDS: u32 = 12;",
        "fn f() { Comparison { argument: u8::from(other), width } }",
        "#[cfg(test)] mod tests { fn f(argument: u8) {} }",
    ] {
        assert!(plain("", source).is_empty(), "{source}");
    }
}

#[test]
fn an_instruction_has_an_index_in_the_folders_of_filters() {
    for source in [
        "struct S { entry: usize }",
        "enum T { Jump(usize) }",
        "fn f(starts: &[usize]) {}",
        "fn f(from: u32, other: &str) {}",
    ] {
        assert_eq!(plain("seccomp-ir/src/prove/new.rs", source).len(), 1, "{source}");
        assert!(plain("seccomp-ir/src/resolve/new.rs", source).is_empty(), "{source}");
    }
    let step = "fn step(at: InstructionIndex, skip: u32) { Jump(at.after(skip)) }";
    assert!(plain("seccomp-ir/src/prove/new.rs", step).is_empty());
}

/// Whether a file has the tests of another one.
fn is_of_tests(file: &Path) -> bool {
    let name = file.file_name().unwrap().to_str().unwrap();
    name == "tests.rs" || name.ends_with("_tests.rs") || name.starts_with("test_")
}

/// The names in the `source` of the file `path` that a plain number has and an index should have: line, name, and the type of
/// the index.
fn plain(path: &str, source: &str) -> Vec<(usize, String, &'static str)> {
    let mut found = Vec::new();
    let kinds: Vec<&Kind> = KINDS
        .iter()
        .filter(|kind| kind.folders.iter().any(|folder| path.starts_with(folder)))
        .collect();
    look_in(&tokens(source.parse().expect("Rust")), &kinds, &mut found);
    found
}

fn look_in(all: &[TokenTree], kinds: &[&Kind], found: &mut Vec<(usize, String, &'static str)>) {
    for (at, token) in all.iter().enumerate() {
        let rest = &all[at + 1..];
        match token {
            TokenTree::Group(group) if !is_test(&all[..at]) => {
                look_in(&tokens(group.stream()), kinds, found);
            }
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                // `Argument` is a variant, and `ARGUMENT_WORDS` a constant.
                let is_constant = !name.contains(char::is_lowercase);
                let kind = kinds.iter().find(|kind| (kind.has_name)(&name.to_lowercase()));
                match kind.filter(|_| !is_constant) {
                    Some(kind) if declares_number(rest) => {
                        found.push((ident.span().start().line, name, kind.index));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// Whether what follows a name declares that it has a number: `: u8`, or the parentheses of a variant.
fn declares_number(rest: &[TokenTree]) -> bool {
    match rest {
        [colon, ty @ ..] if is_punct(Some(colon), ':') => is_number(ty),
        [TokenTree::Group(fields), ..] if fields.delimiter() == Delimiter::Parenthesis => {
            is_number(&tokens(fields.stream()))
        }
        _ => false,
    }
}

/// Whether a type is a number, a reference to numbers, or has them as its first parameter.
fn is_number(ty: &[TokenTree]) -> bool {
    match ty {
        [TokenTree::Ident(word), rest @ ..] if word == "mut" => is_number(rest),
        [TokenTree::Ident(word), rest @ ..] if is_punct(rest.first(), '<') => {
            matches!(&*word.to_string(), "Option" | "Vec") && is_number(&rest[1..])
        }
        // `u8::from(…)` is a value.
        [TokenTree::Ident(word), rest @ ..] => {
            NUMBERS.iter().any(|number| word == number) && !is_punct(rest.first(), ':')
        }
        [TokenTree::Punct(sign), rest @ ..] if sign.as_char() == '&' => is_number(rest),
        [TokenTree::Group(group), ..] => is_number(&tokens(group.stream())),
        _ => false,
    }
}
