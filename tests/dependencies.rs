//! The packages that a program with a policy makes its user build.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

/// The packages that cargo builds for `package` on any target, with the package itself.
fn built_for(package: &str) -> BTreeSet<String> {
    tree(package, &["--edges", "normal,build"])
}

/// The packages that `package` names, for itself and for its tests and examples.
fn depends_on(package: &str) -> BTreeSet<String> {
    let mut found = tree(package, &["--edges", "normal,build,dev", "--depth", "1"]);
    found.remove(package);
    found
}

fn tree(package: &str, of: &[&str]) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", package])
        .args(of)
        .args(["--target", "all", "--prefix", "none", "--no-dedupe"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("text");
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().copied().map(str::to_owned).collect()
}

/// A reader who runs an example in a new checkout builds what a user of the crate builds, and libc.
#[test]
fn the_examples_need_no_packages_but_the_runtime_and_libc() {
    let mut needed = built_for("seccomp-runtime");
    needed.extend(["libc", "seccomp-examples"].map(str::to_owned));
    assert_eq!(built_for("seccomp-examples"), needed);
    assert_eq!(depends_on("seccomp-examples"), set(&["libc", "seccomp-runtime"]));
}

#[test]
fn the_runtime_needs_no_packages_but_these() {
    let own = ["bpf", "install", "ir", "macros", "runtime", "syntax"];
    let own = own.map(|name| format!("seccomp-{name}"));
    let others = ["proc-macro2", "quote", "syn", "unicode-ident"].map(str::to_owned);
    assert_eq!(built_for("seccomp-runtime"), own.into_iter().chain(others).collect());
}

/// So cargo builds the compiler, which is most of a cold build, at the same time as the crates that
/// know tokens.
#[test]
fn the_compiler_needs_no_packages_but_what_a_program_carries() {
    assert_eq!(built_for("seccomp-ir"), set(&["seccomp-bpf", "seccomp-ir"]));
}

#[test]
fn what_a_running_program_carries_needs_neither_macros_nor_compiler() {
    assert_eq!(built_for("seccomp-install"), set(&["seccomp-bpf", "seccomp-install"]));
}

/// The tool compiles its own policy when it runs, so an install of the tool does not wait for the
/// macros.
#[test]
fn the_tool_needs_the_compiler_and_no_macros() {
    let needed = built_for("cargo-seccomp");
    assert!(needed.contains("seccomp-ir"), "{needed:?}");
    assert!(!needed.contains("seccomp-macros"), "{needed:?}");
}

/// Cargo may build a crate once for the macros and for the program, with all features that either
/// asks for. The crates that a program carries have no features, so they are the same for every crate
/// that depends on them.
#[test]
fn what_a_running_program_carries_of_the_compiler_has_no_features_and_no_std() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--no-deps", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let package = metadata["packages"]
        .as_array()
        .expect("a list of packages")
        .iter()
        .find(|package| package["name"] == "seccomp-bpf")
        .expect("a member of the workspace");
    assert_eq!(package["features"], json!({}));
    assert_eq!(package["dependencies"], json!([]));
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../seccomp-bpf/src/lib.rs");
    let root = std::fs::read_to_string(root).expect("the crate has a root");
    assert!(root.lines().any(|line| line == "#![no_std]"), "seccomp-bpf may use std");
}
