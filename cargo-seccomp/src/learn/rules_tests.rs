use super::super::abi_rules::is_powerful;
use super::super::observed_call::Caller;
use super::*;
use crate::seeds::{Seeded, seeds};

const ABI: Abi = Abi::X86_64;

fn call(name: &str, args: [u64; 6]) -> ObservedCall {
    let number = table::number(ABI, name).expect(name);
    ObservedCall {
        call: Call::new(ABI, number, args),
        count: 1,
        process: 7,
        thread: 8,
        seen: Caller::default(),
    }
}

fn learned(policy: &str, calls: &[(&str, [u64; 6])]) -> Learned {
    let calls: Vec<ObservedCall> = calls.iter().map(|(name, args)| call(name, *args)).collect();
    rules(policy, ABI, &calls).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The lines that are not comments.
fn lines(learned: &Learned) -> Vec<&str> {
    learned.text.lines().filter(|line| !line.starts_with("//")).collect()
}

#[test]
fn a_clock_of_a_thread_is_any_clock_of_a_thread_as_its_number_has_the_id() {
    // pthread_getcpuclockid(3) of the threads 9614 and 9613, and the caller's own clock; clock_getcpuclockid(3) of the process 9613.
    let learned = learned(
        "default kill;",
        &[
            ("timer_create", [(-76914_i64) as u64, 0x1000, 0x2000, 0, 0, 0]),
            ("timer_create", [0xffff_ffff & (-76906_i64) as u64, 0x1000, 0x2000, 0, 0, 0]),
            ("timer_create", [1, 0x1000, 0x2000, 0, 0, 0]),
            ("timer_create", [(-2_i64) as u64, 0x1000, 0x2000, 0, 0, 0]),
            ("clock_getres", [(-76910_i64) as u64, 0x1000, 0, 0, 0, 0]),
            // The register of an argument that the command does not have is no clock.
            ("fcntl", [3, 3, 0xfd4c_f206, 0, 0, 0]),
        ],
    );
    assert_eq!(
        lines(&learned),
        [
            "allow clock_getres(which_clock & 0x8000_0007 == 0x8000_0002);",
            "allow fcntl(cmd == F_GETFL);",
            "allow timer_create(which_clock in {CLOCK_MONOTONIC, -2}),",
            "    timer_create(which_clock & 0x8000_0007 == 0x8000_0006);",
            "allow exit, exit_group;",
            "allow rt_sigreturn;",
        ][..],
    );
    assert!(learned.text.contains("is another one in each run"), "{}", learned.text);
}

#[test]
fn a_run_becomes_groups_a_list_of_calls_and_rules_with_conditions() {
    let learned = learned(
        "default kill;",
        &[
            ("clone3", [0; 6]),
            ("rseq", [0; 6]),
            ("set_robust_list", [0; 6]),
            ("munmap", [0; 6]),
            ("exit_group", [0; 6]),
            ("read", [3, 0, 0, 0, 0, 0]),
            ("accept4", [3, 0, 0, 0x80000, 0, 0]),
            ("write", [1, 0, 0, 0, 0, 0]),
            ("socket", [2, 1 | 0x80000, 0, 0, 0, 0]),
            ("socket", [10, 1 | 0x80000, 0, 0, 0, 0]),
        ],
    );
    assert_eq!(
        lines(&learned),
        [
            "errno(ENOSYS) clone3;",
            "allow @rust-exit, @rust-thread;",
            "allow read, write;",
            "allow accept4(flags & !SOCK_CLOEXEC == 0);",
            "allow socket(family in {AF_INET, AF_INET6}, type & !(SOCK_CLOEXEC | SOCK_NONBLOCK) == SOCK_STREAM);",
            "allow rt_sigreturn;",
        ][..],
    );
    assert_eq!((learned.kept.len(), learned.warnings.len()), (0, 0));
    assert!(
        learned.text.starts_with(
            "// Learned from a run that was denied 9 different system calls, on x86_64."
        )
    );
}

#[test]
fn allowed_calls_are_not_learned_and_calls_denied_on_purpose_stay_denied() {
    let learned = learned(
        "errno(ENOSYS) clone3; errno(EACCES) openat(dfd == 9); allow read, rt_sigreturn, exit, exit_group;\
         unknown errno(ENOSYS); default kill;",
        &[("clone3", [0; 6]), ("openat", [9, 0, 0, 0, 0, 0]), ("read", [0; 6])],
    );
    assert_eq!(learned.text, "");
    let kept: Vec<_> =
        learned.kept.iter().map(|kept| (kept.call.as_str(), kept.reason.as_str())).collect();
    assert_eq!(
        kept,
        [
            ("clone3", "`errno(ENOSYS) clone3` decides it"),
            ("openat", "`errno(EACCES) openat(dfd == 9)` decides it"),
        ]
    );
}

#[test]
fn a_call_of_an_abi_that_the_policy_lacks_or_newer_than_the_tables_is_kept() {
    let ending = "allow rt_sigreturn, exit, exit_group; unknown errno(ENOSYS); default kill;";
    let foreign = ObservedCall { call: Call::new(Abi::X86, 1, [0; 6]), ..call("read", [0; 6]) };
    let newer = ObservedCall { call: Call::new(ABI, 4000, [0; 6]), ..call("read", [0; 6]) };
    let learned = rules(ending, ABI, &[foreign, newer.clone()]).expect("a policy");
    assert_eq!((learned.text.as_str(), learned.kept.len()), ("", 2));
    assert!(learned.kept[0].reason.contains("`arch`"), "{:?}", learned.kept);
    let without = "allow rt_sigreturn, exit, exit_group; default kill;";
    let learned = rules(without, ABI, &[newer]).expect("a policy");
    assert_eq!(lines(&learned), ["allow syscall(4000);"]);
}

#[test]
fn a_policy_for_two_abis_gets_rules_for_each() {
    let text = "arch x86_64, x86; allow rt_sigreturn, sigreturn, exit, exit_group; errno(ENOSYS) @multiplexers; default kill;";
    let number = table::number(Abi::X86, "mmap2").expect("a call");
    let other = ObservedCall {
        call: Call::new(Abi::X86, number, [0, 4096, 3, 0x22, 0, 0]),
        ..call("read", [0; 6])
    };
    let learned = rules(text, ABI, &[call("getpid", [0; 6]), other]).expect("a policy");
    assert_eq!(
        lines(&learned),
        [
            "#[arch(x86)]",
            "allow mmap2(prot & !(PROT_READ | PROT_WRITE) == 0, flags & !(MAP_ANONYMOUS | MAP_PRIVATE) == 0);",
            "#[arch(x86_64)]",
            "allow getpid;",
        ][..],
        "{}",
        learned.text
    );
}

#[test]
fn a_condition_of_the_policy_keeps_its_effect() {
    let text = "allow write(fd in {1, 2}), futex(op == FUTEX_WAKE_PRIVATE); allow rt_sigreturn, exit, exit_group; default kill;";
    let learned = learned(
        text,
        &[
            ("write", [5, 0, 0, 0, 0, 0]),
            ("futex", [0, 128, 0, 0, 0, 0]),
            ("set_robust_list", [0; 6]),
            ("rseq", [0; 6]),
            ("brk", [0; 6]),
            ("munmap", [0; 6]),
        ],
    );
    // Another group takes away no effect.
    assert!(learned.text.contains("allow @rust-heap;"), "{}", learned.text);
    assert!(learned.warnings.is_empty(), "{:?}", learned.warnings);
    assert!(learned.text.contains("allow write(fd in 3..);"), "{}", learned.text);
    assert!(!learned.text.contains("@rust-thread"), "{}", learned.text);
}

#[test]
fn a_powerful_call_is_learned_in_a_rule_of_its_own() {
    let learned = learned("default kill", &[("io_uring_setup", [0; 6]), ("read", [0; 6])]);
    let lines = lines(&learned);
    let at = lines.iter().position(|line| *line == "allow io_uring_setup;").expect("a rule");
    assert_eq!(lines[at - 1], "#[allow(seccomp::powerful_call)]");
    assert!(lines.contains(&"allow read;"));
}

#[test]
fn the_powerful_calls_are_those_of_the_warning() {
    let all = table::group("@known").expect("a group").calls(ABI);
    let mut text = String::new();
    for call in &all {
        text += &format!("allow {};\n", call_name(ABI, call.number));
    }
    let policy = compiled(&(text + "default kill;"), ABI).expect("a policy");
    for call in &all {
        let name = call_name(ABI, call.number);
        let begins = format!("`{name}` ");
        let warned = warnings(&policy)
            .iter()
            .any(|(text, lint)| *lint == Lint::PowerfulCall && text.starts_with(&begins));
        assert_eq!(warned, is_powerful(&name), "{name}");
    }
}

#[test]
fn a_comment_above_the_rules_says_where_the_calls_came_from() {
    let mut one = call("fcntl", [3, 1, 0, 0, 0, 0]);
    one.seen = Caller {
        thread: "tests::opens".to_owned(),
        program: "target/debug/deps/server".to_owned(),
        c_library: "glibc 2.36".to_owned(),
        test: "tests::opens".to_owned(),
        place: "src/main.rs:12".to_owned(),
    };
    let text = rules("allow rt_sigreturn, exit, exit_group; default kill", ABI, &[one])
        .expect("a policy")
        .text;
    assert_eq!(
        text,
        "\
// Learned from a run that was denied 1 system call, on x86_64 with glibc 2.36. Programs:
// target/debug/deps/server. Tests: tests::opens. Threads: tests::opens.
// An argument that is one of a list may have the values that were seen, and an argument of
// flags any of the flags that were seen. Descriptors, addresses, sizes and counts may have any
// value.
// src/main.rs:12, in test tests::opens
allow fcntl(cmd == F_GETFD);
"
    );
}

#[test]
fn clone_without_clone3_gets_the_answer_that_c_libraries_expect() {
    let ending = "allow rt_sigreturn, exit, exit_group; default kill";
    let with = learned(ending, &[("clone", [17, 0, 0, 0, 0, 0])]);
    assert_eq!(
        lines(&with),
        ["errno(ENOSYS) clone3;", "allow clone(clone_flags & !CSIGNAL == 0);"]
    );
    // A later rule cannot change a denial on purpose.
    let kills = format!("kill rt_sigreturn, clone3; {ending}");
    let with = learned(
        &kills.replace("allow rt_sigreturn, ", "allow "),
        &[("clone", [17, 0, 0, 0, 0, 0])],
    );
    assert_eq!(lines(&with), ["allow clone(clone_flags & !CSIGNAL == 0);"]);
    assert_eq!(with.warnings.len(), 1, "{:?}", with.warnings);
}

#[test]
fn a_wait_that_the_kernel_resumes_under_another_name_brings_that_name() {
    const ENDING: &str = "allow rt_sigreturn, exit, exit_group; default kill";
    let poll = ("poll", [0x1000, 1, 0xffff_ffff, 0, 0, 0]);
    let with = learned(ENDING, &[poll, ("futex", [0x1000, 128, 1, 0x2000, 0, 0])]);
    assert_eq!(lines(&with).last(), Some(&"allow restart_syscall;"));
    assert!(with.text.contains("resumes `futex` and `poll` by this call"), "{}", with.text);
    // A wake does not wait, and the other calls are never resumed.
    let wake = ("futex", [0x1000, 129, 1, 0, 0, 0]);
    let with = learned(ENDING, &[wake, ("ppoll", [0; 6]), ("epoll_wait", [0; 6])]);
    assert!(!with.text.contains("restart_syscall"), "{}", with.text);
    // Some groups have it, and the policy may have decided about it.
    let with = learned(ENDING, &[poll, ("clock_nanosleep", [1, 0, 0, 0, 0, 0])]);
    assert_eq!(lines(&with), ["allow @rust-time;", "allow poll;"]);
    for decided in ["allow", "errno(EINTR)"] {
        let with = learned(&format!("{decided} restart_syscall; {ENDING}"), &[poll]);
        assert_eq!(lines(&with), ["allow poll;"]);
    }
}

/// Any calls at all, with any registers, under several policies and ABIs.
#[test]
fn rules_for_random_calls_compile_without_warnings_and_allow_each_call() {
    const POLICIES: [&str; 4] = [
        "default kill",
        "#[allow(seccomp::default_allow)] default log",
        "allow read(fd == 0), openat(dfd == AT_FDCWD, flags & O_ACCMODE == O_RDONLY), mprotect(prot & PROT_EXEC == 0); default errno(EPERM)",
        "errno(ENOSYS) clone3; allow @rust-heap, sendto(addr == 0, len <= 100); unknown errno(ENOSYS); default kill",
    ];
    for seed in seeds(0..10) {
        let mut random = Seeded::with_seed(seed);
        let abi = [ABI, ABI, Abi::Aarch64, Abi::X86, Abi::S390x][random.usize(..5)];
        let all = table::calls(abi).collect::<Vec<_>>();
        let few = 1 + random.usize(..60);
        let mut calls = Vec::new();
        for _ in 0..few {
            let (number, _) = all[random.usize(..all.len())];
            for _ in 0..1 + random.usize(..4) {
                let mut args = [0; 6];
                for register in &mut args {
                    let small = random.u64(..40);
                    let shifted = random.u64(..) >> random.u32(..64);
                    *register = [0, small, 1 << random.u32(..32), shifted, -100_i64 as u64]
                        [random.usize(..5)];
                    if abi.long_bits() == 32 {
                        *register &= 0xffff_ffff;
                    }
                }
                calls.push(ObservedCall {
                    call: Call::new(abi, number, args),
                    ..call("read", [0; 6])
                });
            }
        }
        let text = POLICIES[random.usize(..POLICIES.len())];
        // This fails if the rules do not compile, or do not allow a call.
        let learned =
            rules(text, abi, &calls).unwrap_or_else(|error| panic!("{abi}: {text}: {error:#}"));
        assert!(
            learned.warnings.is_empty(),
            "{abi}: {text}: {:#?}\n{}",
            learned.warnings,
            learned.text
        );
        let again = PolicyText::new("", &learned.text, abi).format().expect("items");
        assert_eq!(again, learned.text, "canonical");
    }
}
