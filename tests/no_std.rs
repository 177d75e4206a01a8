//! The runtime needs neither std nor a C library: a program without both links, and works.

use std::process::Command;

use seccomp_tests::freestanding::{build, output};

#[test]
fn a_static_program_without_std_and_libc_puts_itself_under_policies() {
    let program = build();
    let printed = output(&mut Command::new(&program));
    let summary = printed.lines().last().unwrap_or_default();
    let passed = summary.strip_suffix(" passed, 0 failed").and_then(|count| count.parse().ok());
    assert!(passed.is_some_and(|count: u32| count >= 10), "{printed}");
}
