//! A layer imports only from those below it, as the `lib.rs` of its crate lists them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

type Layers = [(&'static str, &'static [&'static str])];

/// Each layer of `seccomp-bpf` and what it may import.
const CARRIED: &Layers = &[
    ("abi", &[]),
    ("action", &[]),
    ("fit", &["action"]),
    ("bpf", &["abi", "action"]),
    ("note", &["abi", "bpf"]),
    ("short", &[]),
];

/// Each layer of this crate and what it may import; `abi` and `action` are those of `seccomp-bpf`.
const COMPILER: &Layers = &[
    // Only in tests.
    ("seeds", &[]),
    ("bpf", &["abi", "action", "seeds"]),
    ("table", &["abi"]),
    ("names", &["abi", "bpf", "table"]),
    ("diagram", &["abi"]),
    ("sort", &[]),
    ("policy", &["abi", "action", "diagram", "fit", "sort"]),
    ("filter", &["abi", "action", "bpf", "policy"]),
    ("lower", &["abi", "action", "bpf", "policy", "filter", "sort", "seeds"]),
    ("prove", &["abi", "action", "bpf", "diagram", "policy", "filter"]),
    ("compare", &["abi", "action", "bpf", "diagram", "policy", "table"]),
    ("lists", &["abi"]),
    ("tree", &["abi", "policy"]),
    ("diagnostic", &["abi", "tree"]),
    ("errors", &["abi", "diagnostic", "tree", "lists"]),
    (
        "resolve",
        &["abi", "action", "diagnostic", "errors", "fit", "policy", "table", "tree", "lists"],
    ),
    (
        "lint",
        &["abi", "action", "diagnostic", "errors", "policy", "resolve", "table", "tree", "lists"],
    ),
    ("report", &["abi", "action", "diagnostic", "errors", "policy", "resolve", "table", "tree"]),
    ("decode", &["abi", "fit", "report", "table"]),
    ("tree_parts", &["abi", "action", "bpf", "names", "table", "tree"]),
    ("explore", &["abi", "action", "bpf", "diagram", "policy"]),
    (
        "compile",
        &[
            "abi",
            "diagnostic",
            "errors",
            "lint",
            "lower",
            "names",
            "policy",
            "filter",
            "prove",
            "report",
            "resolve",
            "table",
            "tree",
            "lists",
        ],
    ),
];

/// Each layer of `seccomp-syntax`, and the modules of that crate that it may import.
const SYNTAX: &Layers = &[
    ("errors", &[]),
    ("extent", &["errors"]),
    ("rust_text", &[]),
    ("sources", &["errors", "rust_text"]),
    ("handoff", &["errors", "extent"]),
    ("stage", &["handoff"]),
    ("parse", &["errors", "extent", "handoff", "rust_text", "sources", "stage"]),
    ("compile", &["errors", "handoff", "parse", "sources"]),
    ("report", &["errors"]),
    ("policy_file", &["compile", "errors", "extent", "handoff", "report", "stage"]),
    (
        "expand",
        &["compile", "errors", "extent", "handoff", "parse", "policy_file", "sources", "stage"],
    ),
    ("cfg", &["errors", "handoff"]),
    (
        "from_text",
        &[
            "cfg",
            "compile",
            "errors",
            "expand",
            "extent",
            "handoff",
            "parse",
            "report",
            "rust_text",
            "sources",
            "stage",
            "policy_file",
        ],
    ),
    ("build_script", &["from_text", "report"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules of the crate that a source names, with or without `use`, except in its own tests.
fn imports(source: &str) -> BTreeSet<String> {
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .collect::<Vec<_>>()
        .join("\n");
    // Text in messages is not an import.
    let code: String = code.replace("'\"'", "").split('"').step_by(2).collect();
    let mut modules = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().expect("a closed list").split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let name = name.trim();
            let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
            modules.insert(name[..end].to_owned());
        }
    }
    modules
}

#[test]
fn no_layer_of_what_a_program_carries_imports_from_one_above_it() {
    hold("../seccomp-bpf/src", CARRIED);
}

#[test]
fn no_layer_of_the_compiler_imports_from_one_above_it() {
    hold("src", COMPILER);
}

#[test]
fn no_layer_of_the_language_imports_from_one_above_it() {
    hold("../seccomp-syntax/src", SYNTAX);
}

#[test]
fn no_module_of_the_tool_and_its_libraries_imports_from_one_below_it_in_the_list_of_its_crate() {
    for folder in ["../seccomp-load/src", "../seccomp-decompile/src", "../cargo-seccomp/src"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let head = fs::read_to_string(root.join("lib.rs")).expect("a crate");
        let list = listed(&head);
        let place =
            |module: &str| list.iter().position(|row| row.iter().any(|name| name == module));
        let mut files = Vec::new();
        sources(&root, &mut files);
        let mut wrong = Vec::new();
        for file in files {
            let relative = file.strip_prefix(&root).expect("below src");
            let first = relative.iter().next().expect("a name").to_string_lossy();
            let module = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
            if matches!(&*module, "lib" | "main") || module.ends_with("_tests") {
                continue;
            }
            let Some(own) = place(&module) else {
                wrong.push(format!("{folder}/{module} is not in the list of lib.rs"));
                continue;
            };
            for import in imports(&fs::read_to_string(&file).expect("a source")) {
                if import != module && place(&import).is_some_and(|other| other >= own) {
                    wrong.push(format!("{folder}/{} imports {import}", relative.display()));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// The modules in the table of a crate's documentation, a row each; the first cell has their names in backticks.
fn listed(head: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for line in head.lines() {
        let Some(row) = line.strip_prefix("//! | ") else { continue };
        let cell = row.split(" | ").next().unwrap_or_default();
        let names: Vec<String> = cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        if !names.is_empty() {
            rows.push(names);
        }
    }
    assert!(rows.len() > 2, "there is no list of modules");
    rows
}

fn hold(sources_in: &str, layers: &Layers) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(sources_in);
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).expect("below src");
        let first = relative.iter().next().expect("a name").to_string_lossy();
        let layer = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
        // Tests of a layer in a file of their own are not a layer.
        if layer == "lib" || layer.ends_with("_tests") {
            continue;
        }
        let (_, allowed) = layers.iter().find(|(name, _)| *name == layer).unwrap_or_else(|| {
            panic!("{sources_in}/{layer} is in no layer: add it to the list and to lib.rs")
        });
        seen.insert(layer.clone());
        for import in imports(&fs::read_to_string(&file).expect("a source")) {
            if import != layer && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let gone: Vec<_> =
        layers.iter().map(|(name, _)| *name).filter(|name| !seen.contains(*name)).collect();
    assert!(gone.is_empty(), "listed, but not there: {gone:?}");
}
