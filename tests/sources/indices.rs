//! An index has the type of what it counts: no field and no parameter that says which argument is a plain number. So rustc
//! finds an index that is used for something else, or that is not checked.
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
    /// The type that it has.
    index: &'static str,
}

const KINDS: &[Kind] = &[Kind {
    has_name: |name| {
        matches!(name, "argument" | "position")
            || name.starts_with("argument_")
            || name.ends_with("_argument")
    },
    index: "ArgumentIndex",
}];

/// The plain numbers.
const NUMBERS: [&str; 4] = ["u8", "u16", "u32", "usize"];

/// What has such a name and is no index: the end of its file's path, the name, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

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
            for (line, name, index) in plain(&fs::read_to_string(&file).unwrap()) {
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
        let found: Vec<usize> = plain(source).into_iter().map(|(line, ..)| line).collect();
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
        assert!(plain(source).is_empty(), "{source}");
    }
}

/// Whether a file has the tests of another one.
fn is_of_tests(file: &Path) -> bool {
    let name = file.file_name().unwrap().to_str().unwrap();
    name == "tests.rs" || name.ends_with("_tests.rs") || name.starts_with("test_")
}

/// The names in `source` that a plain number has and an index should have: line, name, and the type of the index.
fn plain(source: &str) -> Vec<(usize, String, &'static str)> {
    let mut found = Vec::new();
    look_in(&tokens(source.parse().expect("Rust")), &mut found);
    found
}

fn look_in(all: &[TokenTree], found: &mut Vec<(usize, String, &'static str)>) {
    for (at, token) in all.iter().enumerate() {
        let rest = &all[at + 1..];
        match token {
            TokenTree::Group(group) if !is_test(&all[..at]) => {
                look_in(&tokens(group.stream()), found);
            }
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                // `Argument` is a variant, and `ARGUMENT_WORDS` a constant.
                let is_constant = !name.contains(char::is_lowercase);
                let kind = KINDS.iter().find(|kind| (kind.has_name)(&name.to_lowercase()));
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
