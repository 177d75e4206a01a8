//! `cargo test` runs every test. Libraries and programs without tests have `test = false` and `doctest = false` in their
//! `Cargo.toml`, because cargo would compile, link and run a program of no tests for each of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The libraries and programs of the workspace, as cargo lists them.
fn targets() -> Vec<Value> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .output()
        .expect("cargo metadata");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let targets =
        packages.iter().flat_map(|package| package["targets"].as_array().expect("targets"));
    let is_looked_at = |target: &&Value| {
        ["lib", "proc-macro", "bin"].iter().any(|kind| target["kind"][0] == *kind)
    };
    targets.filter(is_looked_at).cloned().collect()
}

/// The file of a crate or module and those of the modules that it declares, with their texts.
fn sources(file: &Path, is_root: bool, all: &mut Vec<(PathBuf, String)>) {
    let text =
        std::fs::read_to_string(file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let folder = file.parent().expect("a folder");
    let folder = match file.file_stem() {
        Some(stem) if !is_root && stem != "mod" => folder.join(stem),
        _ => folder.to_owned(),
    };
    for line in text.lines() {
        let Some(name) = line.trim().strip_suffix(';').and_then(|line| line.rsplit_once("mod "))
        else {
            continue;
        };
        let is_declared = name.0.is_empty() || name.0.starts_with("pub");
        let places = [folder.join(format!("{}.rs", name.1)), folder.join(name.1).join("mod.rs")];
        // A module with a `#[path]` is in neither of these places.
        if let Some(place) = places.iter().find(|place| is_declared && place.exists()) {
            sources(place, false, all);
        }
    }
    all.push((file.to_owned(), text));
}

#[test]
fn a_target_that_cargo_does_not_test_has_no_tests() {
    let mut untested = 0;
    for target in targets() {
        let mut files = Vec::new();
        sources(Path::new(target["src_path"].as_str().expect("a path")), true, &mut files);
        let name = &target["name"];
        let has = |marks: &[&str]| {
            files.iter().find(|(_, text)| {
                text.lines()
                    .any(|line| marks.iter().any(|mark| line.trim_start().starts_with(mark)))
            })
        };
        let unit = has(&["#[test]"]);
        if target["test"] == false {
            untested += 1;
            assert!(
                unit.is_none(),
                "cargo does not run the tests of {name} in {:?}",
                unit.map(|file| &file.0)
            );
        }
        if target["kind"][0] == "lib" && target["doctest"] == false {
            let example =
                has(&["/// ```", "//! ```", "#[doc = include_str", "#![doc = include_str"]);
            assert!(example.is_none(), "cargo does not test {:?}", example.map(|file| &file.0));
        }
    }
    assert!(untested >= 10, "{untested} targets say that they have no tests");
}

/// Whoever changes a pass finds its tests in the same file. `test_support.rs` and `test_trees.rs` are for tests or data.
#[test]
fn each_file_of_the_lowering_has_tests_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seccomp-ir/src/lower");
    let files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("can be listed").path())
        .filter(|file| !file.ends_with("test_support.rs") && !file.ends_with("test_trees.rs"))
        .collect();
    assert!(files.len() > 30, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        assert!(text.contains("#[test]"), "{} has no tests", file.display());
    }
}
