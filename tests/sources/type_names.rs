//! A type name means one thing: no crate defines two types with the same name, in whichever modules.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn no_crate_has_two_types_with_one_name() {
    let mut wrong = Vec::new();
    let mut scanned = 0;
    for (name, folder) in crates() {
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in rust_files(&folder.join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            for (line, defined) in definitions(&text) {
                let place = format!("{}:{line}", file.strip_prefix(&folder).unwrap().display());
                places.entry(defined.to_owned()).or_default().push(place);
                scanned += 1;
            }
        }
        for (defined, places) in places {
            if places.len() > 1 {
                wrong.push(format!("{name}: `{defined}` is defined at {}", places.join(", ")));
            }
        }
    }
    assert!(scanned > 500, "only {scanned} definitions were found");
    assert!(wrong.is_empty(), "say in each name what the type is for:\n{}", wrong.join("\n"));
}

#[test]
fn every_definition_is_found_and_an_associated_type_is_not_one() {
    let source = "pub(crate) struct A;\nmod m {\n    enum B<T> { C(T) }\n}\nunion D { a: u8 }\npub type E = u8;\nunsafe trait F {}\n\
                  impl Iterator for A {\n    type Item = u8;\n}\n/// A struct G.\nfn f() { struct H; }\nlet structure = 1;\n";
    let found = definitions(source);
    let expected = [(1, "A"), (3, "B"), (5, "D"), (6, "E"), (7, "F"), (12, "H")];
    assert_eq!(found, expected);
}

/// The types that a source defines, each with its line. A `type` that is indented belongs to a trait.
fn definitions(source: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let is_indented = code.starts_with(char::is_whitespace);
        let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
        while let Some(word) = words.next() {
            let defines = matches!(word, "struct" | "enum" | "union" | "trait")
                || word == "type" && !is_indented;
            if !defines {
                continue;
            }
            let name = words.next().unwrap_or_default();
            if name.starts_with(char::is_uppercase) {
                found.push((index + 1, name));
            }
        }
    }
    found
}

/// The crates that have a `src` folder at the root of the project, by name.
pub(super) fn crates() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("seccomp-") || name == "cargo-seccomp" {
            found.push((name, folder));
        }
    }
    assert!(found.len() >= 9, "{found:?}");
    found
}

pub(super) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
