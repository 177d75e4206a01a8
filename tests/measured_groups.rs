//! The groups `@rust-…`: what is in them is enough, and none of it is too much.
//!
//! A case is a program (`src/bin/measured`) under a policy of one group that kills whatever is not in
//! it. It must come to its own end, and be killed if any one of the members is that name the case
//! (`seccomp-ir/data/rust-groups.tsv`).
#![allow(unsafe_code)] // The version of glibc is a C string.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use seccomp_ir::abi::Abi;
use seccomp_ir::table::{self, Measured, groups, measured};
use seccomp_tests::child::End;

/// A program under a policy, and the end that it comes to.
struct Case {
    name: &'static str,
    program: &'static str,
    /// What stands in the policy above the group.
    above: &'static str,
    group: &'static str,
    /// What the program needs to say how it is going, and no group has.
    besides: &'static str,
    end: End,
    /// What is in its standard error.
    says: &'static str,
}

/// That a program ends by `exit_group` is its report, unless its end is what is measured.
const REPORT: &str = "allow exit_group;";
const REPORT_AND_WATCH: &str = "allow exit_group, pread64;";
const FINE: End = End::Exited(0);
/// `LEFT_MAIN` of the programs.
const LEFT: End = End::Exited(7);
const ABORTED: End = End::Killed(libc::SIGABRT);

const fn case(program: &'static str, group: &'static str) -> Case {
    Case { name: program, program, above: "", group, besides: REPORT, end: FINE, says: "" }
}

const CASES: &[Case] = &[
    case("grow", "@rust-heap"),
    case("large", "@rust-heap"),
    case("realloc", "@rust-heap"),
    case("hash-map", "@rust-heap"),
    case("grow-in-thread", "@rust-heap"),
    Case { above: REFUSE_FILES, ..case("free-in-thread", "@rust-heap") },
    Case { besides: REPORT_AND_WATCH, ..case("join", "@rust-thread") },
    Case {
        name: "join-without-clone3",
        above: "errno(ENOSYS) clone3;",
        besides: REPORT_AND_WATCH,
        ..case("join", "@rust-thread")
    },
    case("name", "@rust-thread"),
    Case { above: REFUSE_FILES, ..case("crowd", "@rust-thread") },
    Case { besides: REPORT_AND_WATCH, ..case("scope", "@rust-thread") },
    case("thread-local", "@rust-thread"),
    case("detach", "@rust-thread"),
    Case { besides: CHANNEL, ..case("channel", "@rust-thread") },
    Case { says: "the message", ..case("catch", "@rust-unwind") },
    case("catch-quietly", "@rust-unwind"),
    case("catch-long", "@rust-unwind"),
    Case { end: ABORTED, ..case("abort", "@rust-unwind") },
    Case { end: OVERFLOWED, ..case("overflow", "@rust-unwind") },
    Case { end: End::Killed(libc::SIGSEGV), ..case("fault", "@rust-unwind") },
    Case {
        name: "panic-twice-without-files",
        above: REFUSE_FILES,
        end: ABORTED,
        says: "the message",
        ..case("panic-twice", "@rust-unwind")
    },
    Case { name: "backtrace", says: "function_that_panics", ..case("catch", "@rust-panic") },
    Case {
        name: "backtrace-without-maps",
        above: REFUSE_OPENING,
        says: "the message",
        ..case("catch", "@rust-panic")
    },
    Case { end: ABORTED, says: "function_that_panics", ..case("panic-twice", "@rust-panic") },
    Case { besides: "", end: LEFT, ..case("return", "@rust-exit") },
    Case { besides: "", end: LEFT, ..case("exit", "@rust-exit") },
    Case { besides: "allow pread64;", end: LEFT, ..case("exit-twice", "@rust-exit") },
];

/// Programs that need several groups.
const TOGETHER: &[Case] = &[
    Case { says: "the message", ..case("panic-in-thread", "@rust-thread, @rust-unwind") },
    Case {
        besides: "",
        end: End::Exited(101),
        says: "the message",
        ..case("panic-in-main", "@rust-exit, @rust-unwind")
    },
    Case { besides: "", end: LEFT, says: "the message", ..case("service", ALL) },
];

const ALL: &str = "@rust-exit, @rust-thread, @rust-panic";
const REFUSE_FILES: &str = "errno(ENOENT) @rust-files;";
/// The program catches a signal of its own and reads the clock of a thread.
const CHANNEL: &str = if cfg!(target_pointer_width = "32") {
    "allow exit_group, rt_sigreturn, sigreturn, clock_gettime64;"
} else {
    "allow exit_group, rt_sigreturn, clock_gettime;"
};
/// musl opens files by open(2) where there is one.
const REFUSE_OPENING: &str =
    if cfg!(all(target_env = "musl", any(target_arch = "x86_64", target_arch = "x86"))) {
        "errno(ENOENT) open;"
    } else {
        "errno(ENOENT) openat;"
    };

/// std knows no guard page of the first thread's stack with musl, and leaves the fault as it is.
const OVERFLOWED: End =
    if cfg!(target_env = "musl") { End::Killed(libc::SIGSEGV) } else { ABORTED };

/// Where the groups were measured, all names of which the table knows.
const SETUPS: [&str; 6] =
    ["x86_64-gnu", "x86_64-gnu-2.41", "x86_64-musl", "x86-gnu", "aarch64-gnu", "s390x-gnu"];

/// What the table calls the ABI and the C library that this runs on.
fn here() -> String {
    let libc = match glibc_minor() {
        None => "musl",
        // Threads are registered for restartable sequences since 2.35.
        Some(..35) => "gnu-before-2.35",
        Some(35..41) => "gnu",
        // The kernel's part of random numbers without a system call.
        Some(41..) if linux() < (6, 11) => "gnu-2.41-before-linux-6.11",
        Some(41..) => "gnu-2.41",
    };
    format!("{}-{libc}", Abi::NATIVE.name())
}

/// The 36 of glibc 2.36, if that is the C library.
#[cfg(target_env = "gnu")]
fn glibc_minor() -> Option<u32> {
    // SAFETY: gnu_get_libc_version(3) (Linux man-pages 6.03) takes nothing.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: it returns a string with its end, which lives forever.
    let version = unsafe { std::ffi::CStr::from_ptr(version) };
    let minor = version.to_str().ok()?.split('.').nth(1)?;
    Some(minor.parse().expect("glibc numbers its versions"))
}

#[cfg(not(target_env = "gnu"))]
fn glibc_minor() -> Option<u32> {
    None
}

/// The first two numbers of the kernel's version.
fn linux() -> (u32, u32) {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("/proc is mounted");
    let mut numbers = release.split(['.', '-']).map_while(|number| number.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// The policy as instructions in hexadecimal digits.
fn compiled(policy: &str) -> String {
    let tokens = policy.parse().unwrap_or_else(|error| panic!("{policy}: {error}"));
    let span = proc_macro2::Span::call_site();
    let compiled = seccomp_syntax::compile(tokens, span, Abi::NATIVE)
        .unwrap_or_else(|errors| panic!("{policy}: {errors:?}"));
    let mut text = String::new();
    for instruction in &compiled.filter.instructions {
        let seccomp_ir::bpf::SockFilter { code, jt, jf, k } = *instruction;
        write!(text, "{code:04x}{jt:02x}{jf:02x}{k:08x}").expect("strings can be written");
    }
    text
}

impl Case {
    fn policy(&self, first: &str) -> String {
        let Self { above, group, besides, .. } = self;
        format!("{first} {above} allow {group}; {besides} default kill")
    }

    /// Runs the program under its policy, with `first` above all else.
    fn run(&self, first: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_measured"));
        command.args([self.program, &compiled(&self.policy(first))]);
        // A backtrace costs time, so only what is about it asks for it.
        let backtrace = if self.group.contains("@rust-panic") { "1" } else { "0" };
        command.env("RUST_BACKTRACE", backtrace);
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }
}

fn end(output: &Output) -> End {
    match (output.status.code(), output.status.signal()) {
        (Some(status), _) => End::Exited(status),
        (None, signal) => End::Killed(signal.unwrap_or_default()),
    }
}

/// Checks every one of `items`, several at a time, and tells all that is wrong.
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
fn expect_end(case: &Case, first: &str, says: &str) -> Result<(), String> {
    let output = case.run(first);
    let errors = String::from_utf8_lossy(&output.stderr);
    if end(&output) == case.end && errors.contains(says) {
        return Ok(());
    }
    let policy = case.policy(first);
    Err(format!("{}: {:?}, not {:?}; under: {policy}\n{errors}", case.name, end(&output), case.end))
}

#[test]
fn every_program_comes_to_its_own_end_under_its_group() {
    let cases: Vec<&Case> = CASES.iter().chain(TOGETHER).collect();
    check_all(&cases, |case| expect_end(case, "", case.says));
}

/// Without the files that std opens there are no names in a backtrace, and that is all.
#[test]
fn files_may_be_refused() {
    let reads_files = |case: &&Case| case.group.contains("@rust-panic") && case.above.is_empty();
    let cases: Vec<&Case> = CASES.iter().chain(TOGETHER).filter(reads_files).collect();
    assert!(cases.len() > 2);
    check_all(&cases, |case| expect_end(case, REFUSE_FILES, "the message"));
    let backtrace = CASES.iter().find(|case| case.name == "backtrace").expect("it is there");
    let errors = backtrace.run(REFUSE_FILES).stderr;
    assert!(!String::from_utf8_lossy(&errors).contains("function_that_panics"));
}

#[test]
fn without_any_one_member_some_program_is_killed() {
    let members: Vec<Measured> =
        measured().filter(|member| member.seen.split(' ').any(|seen| seen == here())).collect();
    assert!(
        members.len() > 30,
        "nobody has measured the groups on {}: see seccomp-ir/data/rust-groups.tsv for how",
        here()
    );
    check_all(&members, |member| {
        let Measured { group, member, case, .. } = *member;
        let found = case.and_then(|name| CASES.iter().find(|case| case.name == name));
        let found = found.ok_or_else(|| format!("{group}: {member}: no case {case:?}"))?;
        // No program opens files that does not panic first.
        let of_group =
            found.group == group || (group, found.group) == ("@rust-files", "@rust-panic");
        if !of_group {
            return Err(format!("{group}: {member}: {} is a case of {}", found.name, found.group));
        }
        let output = found.run(&format!("kill {member};"));
        match end(&output) {
            End::SIGSYS => Ok(()),
            end => Err(format!("{group}: {member}: {} does without: {end:?}", found.name)),
        }
    });
}

/// What is in standard output's buffer is the program's own, so to write it is no part of leaving.
#[test]
fn leaving_main_writes_only_what_the_program_left_in_a_buffer() {
    let case = Case { besides: "", ..case("unflushed", "@rust-exit, @rust-heap") };
    assert_eq!(end(&case.run("")), End::SIGSYS);
    let output = case.run("allow write(fd == 1);");
    assert_eq!((end(&output), &output.stdout[..]), (LEFT, &b"not a whole line"[..]));
}

#[test]
fn a_message_can_be_held_to_standard_error() {
    let case = CASES.iter().find(|case| case.name == "catch").expect("it is there");
    assert_eq!(end(&case.run("allow write(fd == 2); kill write;")), FINE);
    assert_eq!(end(&case.run("allow write(fd == 1); kill write;")), End::SIGSYS);
}

#[test]
fn every_member_tells_its_reason_and_every_measured_one_its_case() {
    let cases: BTreeSet<_> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(cases.len(), CASES.len());
    let mut before = ("", "");
    for Measured { group, member, without, case, seen, reason } in measured() {
        assert!(before < (group, member), "{member} is out of order, or twice");
        before = (group, member);
        assert!(!reason.is_empty() && reason.is_ascii(), "{group}: {member}");
        assert_eq!(case.is_some(), !seen.is_empty(), "{group}: {member}");
        assert!(case.is_none_or(|case| cases.contains(case)), "{member}: case {case:?}");
        assert!(without.is_none_or(table::is_known), "{member}: without {without:?}");
        for seen in seen.split_ascii_whitespace() {
            assert!(SETUPS.contains(&seen), "{seen}");
            let (abi, _) = seen.split_once('-').expect("an ABI and a libc");
            let abi = Abi::from_name(abi).expect(abi);
            let whole = table::group(member).map(|group| group.numbers(abi));
            let one = table::number(abi, member).map(|number| vec![number]);
            let numbers = whole.or(one).unwrap_or_else(|| panic!("{seen} has no {member}"));
            let group = table::group(group).expect(group).numbers(abi);
            assert!(numbers.iter().all(|number| group.contains(number)), "{seen}: {member}");
        }
    }
}

#[test]
fn a_call_that_stands_in_for_another_is_a_member_only_where_that_is_missing() {
    for (group, call, with, without) in [
        ("@rust-exit", "ppoll", Abi::X86_64, Abi::Aarch64),
        ("@rust-heap", "mmap", Abi::X86, Abi::S390x),
        ("@rust-thread", "mmap", Abi::X86, Abi::X86_64),
        ("@rust-panic", "readlinkat", Abi::X86_64, Abi::Riscv64),
    ] {
        let is_member = |abi| {
            let number = table::number(abi, call).expect("the ABI has it");
            table::group(group).expect(group).numbers(abi).contains(&number)
        };
        assert!(!is_member(with) && is_member(without), "{group}: {call}");
    }
}

/// The table of a group in docs/groups.md.
fn table_of(group: &str) -> String {
    let mut table = String::from("| member | seen on | why |\n|---|---|---|\n");
    for Measured { group: of, member, without, seen, reason, .. } in measured() {
        if of == group {
            let only = without.map(|call| format!(", where there is no `{call}`"));
            let seen = match seen.split_ascii_whitespace().count() {
                0 => "not measured".to_owned(),
                all if all == SETUPS.len() => "all".to_owned(),
                _ => seen.replace(' ', ", "),
            };
            let only = only.unwrap_or_default();
            writeln!(table, "| `{member}`{only} | {seen} | {reason} |").expect("strings");
        }
    }
    table
}

#[test]
fn the_page_about_groups_has_every_member_and_its_reason() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/groups.md");
    let page = std::fs::read_to_string(&path).expect("docs/groups.md");
    let own: Vec<_> = groups().filter(|group| group.name.starts_with("@rust-")).collect();
    assert_eq!(own.len(), page.matches("\n## `@rust-").count());
    for group in own {
        let heading = format!("\n## `{}`\n\n{}.\n", group.name, group.description);
        let (_, section) = page.split_once(&heading).unwrap_or_else(|| panic!("no {heading}"));
        let section = section.split("\n## ").next().unwrap_or_default();
        let table = table_of(group.name);
        assert!(section.contains(&table), "{}: the table is now\n{table}", group.name);
        assert_eq!(section.matches("\n|").count(), table.lines().count(), "{}", group.name);
    }
}
