//! The messages of the compiler for policies with mistakes: one file for each mistake, with its messages beside it.
//!
//! The messages are written by `TRYBUILD=overwrite cargo test -p seccomp-tests-messages` and then
//! read by a person. They are for x86_64: a call that this ABI has is another one's mistake.

#![cfg(target_arch = "x86_64")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the project that trybuild makes of the cases: what `include "file"` is relative to.
fn project() -> PathBuf {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .output()
        .expect("cargo metadata");
    let metadata = String::from_utf8(metadata.stdout).expect("JSON is UTF-8");
    let after = metadata.split("\"target_directory\":\"").nth(1).expect("a target directory");
    let target = after.split('"').next().expect("a closed string");
    Path::new(target).join("tests/trybuild").join(env!("CARGO_PKG_NAME"))
}

#[test]
fn every_mistake_is_reported_at_its_token_with_what_to_write() {
    let included = project().join("ui");
    std::fs::create_dir_all(&included).expect("a folder below target");
    for entry in std::fs::read_dir("ui").expect("the folder of cases") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "policy") {
            let name = path.file_name().expect("a file has a name");
            std::fs::copy(&path, included.join(name)).expect("a copy of a policy");
        }
    }
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
