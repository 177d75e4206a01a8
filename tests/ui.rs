//! The messages of the compiler for policies with errors: one file for each error, with its messages beside it.
//!
//! `TRYBUILD=overwrite cargo test -p seccomp-tests-messages` writes the messages, and a person then
//! reads them. They are for x86_64, because errors about calls that an ABI lacks depend on the ABI.

#![cfg(target_arch = "x86_64")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the project that trybuild makes of the cases. A path after `include` begins there.
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
fn every_error_is_reported_at_its_token_with_what_to_write() {
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
