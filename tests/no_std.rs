//! The runtime needs neither std nor a C library: a program without both links, and works.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use seccomp_tests::freestanding::{build, no_libc, output};

#[test]
fn a_static_program_without_std_and_libc_puts_itself_under_policies() {
    let program = build();
    let printed = output(&mut Command::new(&program));
    let summary = printed.lines().last().unwrap_or_default();
    let passed = summary.strip_suffix(" passed, 0 failed").and_then(|count| count.parse().ok());
    assert!(passed.is_some_and(|count: u32| count >= 10), "{printed}");
}

/// Takes some seconds for each of three builds. Each build compiles the example only.
#[test]
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))]
fn the_example_without_libc_reports_what_its_policy_denies_and_stays_small() {
    const KIB: u64 = 1024;
    // An instruction has 4 bytes there, and the `core` of rustup chooses between atomic instructions.
    let atomics = if cfg!(target_arch = "aarch64") { 2 * KIB } else { 0 };
    let source = include_str!("../examples/no-libc/src/main.rs");
    let page = include_str!("../examples/no-libc/README.md");
    let line = 1 + source.lines().position(|line| line.trim() == "default kill").expect("a policy");
    let nr = libc::SYS_socket;
    let without_arguments = "(0x2, 0x1, 0x0, 0x0, 0x0, 0x0)";
    let reports = [
        (
            None,
            33 * KIB,
            "socket(family=AF_INET, type=SOCK_STREAM, protocol=0)".to_owned(),
            "socket".to_owned(),
            "allow socket(family == AF_INET, type == SOCK_STREAM)".to_owned(),
        ),
        (
            Some("calls"),
            8 * KIB,
            format!("socket{without_arguments}"),
            "socket".to_owned(),
            "allow socket".to_owned(),
        ),
        (
            Some("numbers"),
            5 * KIB,
            format!("call {nr}{without_arguments}"),
            format!("call {nr}"),
            format!("allow syscall({nr})"),
        ),
    ];
    for (feature, bound, call, name, rule) in reports {
        let program = no_libc(feature);
        let bound = bound + atomics;
        let size = program.metadata().expect("it has been built").len();
        println!("{}: {size} bytes", feature.unwrap_or("all names"));
        assert!(size <= bound, "{feature:?}: {size} bytes, and {bound} are permitted");

        assert_eq!(output(&mut Command::new(&program)), "under the policy\n");

        let killed = Command::new("sh")
            .args(["-c", "ulimit -c 0; exec \"$0\" socket"])
            .arg(&program)
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&killed.stderr);
        assert_eq!(killed.status.signal(), Some(libc::SIGSYS), "{said}");
        assert_eq!(String::from_utf8_lossy(&killed.stdout), "under the policy\n");
        let (before, rest) = said.split_once(" at 0x").unwrap_or_else(|| panic!("{said}"));
        let (_, after) = rest.split_once('\n').expect("an end of line");
        assert_eq!(before, format!("seccomp: examples/no-libc/src/main.rs:{line} denies {call}"));
        let expected = [
            format!("  rules for {name}: none, so `default kill` decides"),
            format!("  to allow it: {rule};"),
        ];
        assert_eq!(after.lines().collect::<Vec<_>>(), expected);

        // The page shows the reports of x86_64.
        if cfg!(target_arch = "x86_64") {
            for shown in [before].into_iter().chain(after.lines()) {
                assert!(page.contains(shown), "the page does not show: {shown}");
            }
        }
    }
}
