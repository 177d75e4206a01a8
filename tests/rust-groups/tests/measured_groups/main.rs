//! The groups `@rust-…`: their members suffice, no member is too much, and the table of the compiler is what was
//! measured.
//!
//! A case (`harness/cases.rs`) is a program under a policy of one group that kills for all other calls. The
//! program must come to its own end, and must be killed without any one member that it was seen to call
//! (`measured.tsv`).
//!
//! The setup has the C library of this machine, unless `MEASURED_SETUP` names another setup: its name,
//! `debug` or `release`, and the path of the programs. `tests/rust-groups/run` does that for all C
//! libraries.
#![allow(unsafe_code)] // The version of glibc is a C string.

#[path = "../../harness/cases.rs"]
mod cases;
mod measurement;
mod page;
mod table;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;

use cases::{CASES, Case, FINE, LEFT, REFUSE_FILES, Setup, TOGETHER, case, end};
use measurement::Row;
use seccomp_ir::abi::Abi;
use seccomp_ir::table::{group, measured, multiplexed, number};
use seccomp_tests::child::End;

/// `NO_NAMESPACES` of the programs.
const NO_NAMESPACES: End = End::Exited(77);

/// The setup in which the tests run.
fn setup() -> Setup {
    if let Ok(given) = std::env::var("MEASURED_SETUP") {
        let [name, build, program] = given.split(' ').collect::<Vec<_>>()[..] else {
            panic!("MEASURED_SETUP: NAME BUILD PROGRAMS");
        };
        return Setup::new(name, build, program);
    }
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    Setup::new(&here(), build, env!("CARGO_BIN_EXE_measured"))
}

/// The ABI and the C library of this process, under their names in measured.tsv.
fn here() -> String {
    let abi = Abi::NATIVE.name();
    glibc().map_or_else(|| format!("{abi}-musl"), |version| format!("{abi}-gnu-{version}"))
}

/// The 2.36 of glibc 2.36, if that is the C library.
#[cfg(target_env = "gnu")]
fn glibc() -> Option<String> {
    // SAFETY: gnu_get_libc_version(3) (Linux man-pages 6.03) takes nothing.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: it returns a string with its end, which lives forever.
    let version = unsafe { std::ffi::CStr::from_ptr(version) };
    Some(version.to_str().expect("ASCII").to_owned())
}

#[cfg(not(target_env = "gnu"))]
fn glibc() -> Option<String> {
    None
}

/// Checks every one of `items`, several at a time, and reports all that are wrong.
fn check_all<T: Sync>(items: &[T], check: impl Fn(&T) -> Result<(), String> + Sync) {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let wrong: Vec<String> = thread::scope(|scope| {
        let every_nth = |first: usize| {
            let check = &check;
            scope.spawn(move || {
                let own = items.iter().skip(first).step_by(threads);
                own.filter_map(|item| check(item).err()).collect::<Vec<_>>()
            })
        };
        let running: Vec<_> = (0..threads).map(every_nth).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the program came to its own end.
fn expect_end(case: &Case, setup: &Setup, first: &str, says: &str) -> Result<(), String> {
    let output = case.run(setup, first);
    let errors = String::from_utf8_lossy(&output.stderr);
    let expected = case.expected(setup);
    if end(&output) == expected && errors.contains(says) {
        return Ok(());
    }
    let (name, policy) = (case.name, case.policy(setup.abi, first));
    Err(format!("{name}: {:?}, not {expected:?}; under: {policy}\n{errors}", end(&output)))
}

fn all_cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(TOGETHER)
}

fn named(name: &str) -> &'static Case {
    all_cases().find(|case| case.name == name).unwrap_or_else(|| panic!("no case {name}"))
}

#[test]
fn every_program_comes_to_its_own_end_under_its_group() {
    let setup = setup();
    let cases: Vec<&Case> = all_cases().filter(|case| !case.own_network).collect();
    check_all(&cases, |case| expect_end(case, &setup, "", case.says));
}

/// The programs have a network and an `/etc` of their own.
#[test]
fn names_are_resolved_under_the_group() {
    let setup = setup();
    let cases: Vec<&Case> = all_cases().filter(|case| case.own_network).collect();
    assert!(cases.len() > 2);
    check_all(&cases, |case| match end(&case.run(&setup, "")) {
        NO_NAMESPACES => Err(format!(
            "{}: this system gives no user and network namespaces, which the test needs",
            case.name
        )),
        _ => expect_end(case, &setup, "", case.says),
    });
}

/// Without the files that std opens, only the names in a backtrace are missing.
#[test]
fn files_may_be_refused() {
    let setup = setup();
    let reads_files = |case: &&Case| case.group.contains("@rust-panic") && case.above.is_empty();
    let cases: Vec<&Case> = all_cases().filter(reads_files).collect();
    assert!(cases.len() > 2);
    check_all(&cases, |case| expect_end(case, &setup, REFUSE_FILES, "the message"));
    let errors = named("backtrace").run(&setup, REFUSE_FILES).stderr;
    assert!(!String::from_utf8_lossy(&errors).contains("function_that_panics"));
}

/// The rows of measured.tsv for a setup, without those that depend on chance. A version of glibc that was not
/// measured makes the calls that all measured versions make.
fn rows_in(setup: &Setup) -> Vec<Row> {
    let rows: Vec<Row> = measurement::rows();
    let names = measurement::setups(&rows);
    let holds = |row: &Row, name: &str| {
        row.seen
            .iter()
            .filter(|seen| seen.often)
            .any(|seen| seen.setup == name && seen.build.is_none_or(|b| b == setup.build))
    };
    let alike: Vec<&str> = if names.contains(&&*setup.name) {
        vec![&setup.name]
    } else {
        let library = setup.name.split_inclusive('-').take(2).collect::<String>();
        names.iter().filter(|name| name.starts_with(&library)).copied().collect()
    };
    assert!(
        !alike.is_empty(),
        "the groups were not measured on {}: tests/rust-groups/run does it",
        setup.name
    );
    rows.iter().filter(|row| alike.iter().all(|name| holds(row, name))).cloned().collect()
}

#[test]
fn without_any_one_member_some_program_is_killed() {
    let setup = setup();
    // A call of a group within a group is a member of the inner group, which has cases of its own.
    let mut members: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for row in rows_in(&setup) {
        let Some(owner) = row.owner() else { continue };
        let lists = |name: &str| measured().any(|m| m.group == name && m.member == row.call);
        let own = lists(owner).then_some(row.call);
        let inner = || measured().find(|m| m.group == owner && lists(m.member)).map(|m| m.member);
        let Some(member) = own.or_else(inner) else { continue };
        // Chance decides whether the heap grows, except in threads and in long messages.
        if member == "@rust-heap" && !["@rust-thread", "@rust-unwind"].contains(&owner) {
            continue;
        }
        match members.iter_mut().find(|(group, call, _)| (*group, *call) == (owner, member)) {
            Some((.., cases)) => cases.extend(&row.cases),
            None => members.push((owner, member, row.cases.clone())),
        }
    }
    assert!(members.len() > 100, "{}", members.len());
    check_all(&members, |(group, member, cases)| {
        // A denial of a call must also deny another call that makes it.
        let also = if multiplexed(setup.abi, member).is_empty() { "" } else { ", @multiplexers" };
        // Some calls depend on a race, so other cases or other tries may have to show them: 20 tries miss a call that is
        // seen in a third of the rounds with a probability of 1 : 3000.
        for _ in 0..20 {
            for case in cases {
                let case = named(case);
                let end = end(&case.run(&setup, &format!("kill {member}{also};")));
                // The new process may be killed, which the program reports.
                let in_child = case.group.contains("@rust-process") && end != case.expected(&setup);
                // `names_are_resolved_under_the_group` reports that there are no namespaces.
                if end == End::SIGSYS || end == NO_NAMESPACES || in_child {
                    return Ok(());
                }
            }
        }
        Err(format!("{group}: {member}: {cases:?} do without"))
    });
}

/// The same policies with the other C library of Linux distributions. Takes four seconds of processor time when it
/// builds the programs, and one afterwards.
#[test]
fn the_groups_are_enough_with_musl_as_well() {
    const TARGET: &str = "x86_64-unknown-linux-musl";
    if Abi::NATIVE != Abi::X86_64 || std::env::var_os("MEASURED_SETUP").is_some() {
        return;
    }
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let sysroot = Command::new(rustc).args(["--print", "sysroot"]).output().expect("rustc runs");
    let sysroot = String::from_utf8(sysroot.stdout).expect("UTF-8");
    if !Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).exists() {
        // This bypasses the test harness, which would hide it.
        let mut screen = std::io::stderr();
        writeln!(screen, "\nNOT TESTED with musl: `rustup target add {TARGET}`\n")
            .expect("written");
        return;
    }
    // The target directory of the workspace, whose macros other tests have built or need too.
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target directory");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--bin", "measured", "--no-default-features"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(directory)
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .status();
    assert!(built.expect("cargo runs").success());
    let program = directory.join(TARGET).join("debug/measured");
    let setup = Setup::new("x86_64-musl", "debug", program);
    let has = |case: &&Case| !case.program.starts_with("tokio") && !case.own_network;
    let cases: Vec<&Case> = all_cases().filter(has).collect();
    check_all(&cases, |case| expect_end(case, &setup, "", case.says));
}

/// The text in standard output's buffer is the program's own, so to write it is not part of leaving
/// `main`.
#[test]
fn leaving_main_writes_only_what_the_program_left_in_a_buffer() {
    let setup = setup();
    let case = Case { besides: &[], ..case("unflushed", "@rust-exit, @rust-heap") };
    assert_eq!(end(&case.run(&setup, "")), End::SIGSYS);
    let output = case.run(&setup, "allow write(fd == 1);");
    assert_eq!((end(&output), &output.stdout[..]), (LEFT, &b"not a whole line"[..]));
}

#[test]
fn a_message_goes_to_standard_error_and_a_rule_above_the_group_may_refuse_it() {
    let setup = setup();
    assert_eq!(end(&named("catch").run(&setup, "kill write(fd != 2);")), FINE);
    assert_eq!(end(&named("catch").run(&setup, "kill write(fd == 2);")), End::SIGSYS);
}

#[test]
fn a_call_that_replaces_another_is_a_member_only_where_the_other_is_missing() {
    for (name, call, with, without) in [
        ("@rust-exit", "ppoll", Abi::X86_64, Abi::Aarch64),
        ("@rust-heap", "mmap", Abi::X86, Abi::S390x),
        ("@rust-thread", "mmap", Abi::X86, Abi::X86_64),
        ("@rust-panic", "readlinkat", Abi::X86_64, Abi::Riscv64),
        ("@rust-fs", "mkdirat", Abi::X86_64, Abi::Aarch64),
        ("@rust-process", "dup3", Abi::X86, Abi::Riscv64),
    ] {
        let is_member = |abi| {
            let number = number(abi, call).expect("the ABI has it");
            group(name).expect(name).numbers(abi).contains(&number)
        };
        assert!(!is_member(with) && is_member(without), "{name}: {call}");
    }
}
