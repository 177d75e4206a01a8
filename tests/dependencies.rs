//! What a program with a policy makes its user build.

use std::collections::BTreeSet;
use std::process::Command;

/// The packages that are built for `package`, itself included, on any target.
fn built_for(package: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--package", package])
        .args(["--edges", "normal,build", "--target", "all", "--prefix", "none", "--no-dedupe"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("text");
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn the_runtime_needs_no_packages_but_these() {
    let own =
        ["install", "ir", "macros", "runtime", "syntax"].map(|name| format!("seccomp-{name}"));
    let others = ["proc-macro2", "quote", "syn", "unicode-ident"].map(str::to_owned);
    assert_eq!(built_for("seccomp-runtime"), own.into_iter().chain(others).collect());
}

/// So that it is built beside the crates that know tokens: most of a cold build is this one.
#[test]
fn the_compiler_needs_no_packages() {
    assert_eq!(built_for("seccomp-ir"), BTreeSet::from(["seccomp-ir".to_owned()]));
}

#[test]
fn what_a_running_program_carries_needs_no_macros() {
    let carried = ["seccomp-install", "seccomp-ir"].map(str::to_owned);
    assert_eq!(built_for("seccomp-install"), BTreeSet::from(carried));
}
