//! What one call denies and another still does.

use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::Lint;
use seccomp_ir::table;

use crate::{ENDINGS, has, of_denials, of_rules, warnings};

#[test]
fn every_call_of_a_family_that_an_abi_has_is_named_when_another_is_denied() {
    let mut asked = 0;
    for abi in [Abi::X86_64, Abi::X86, Abi::Aarch64, Abi::Arm, Abi::S390x, Abi::Mips] {
        for family in table::families() {
            let here: Vec<_> =
                family.members.iter().filter(|member| has(abi, &[member.name])).collect();
            for denied in &here {
                let found = match denied.denied {
                    table::Denied::Ever | table::Denied::Whole => {
                        of_denials(&format!("errno(EPERM) {}", denied.name), abi)
                    }
                    table::Denied::Bits { .. } | table::Denied::Never => continue,
                };
                let job = format!("can {} as well", family.job);
                let found = found.iter().find(|(_, message)| message.contains(&job));
                for other in here.iter().filter(|other| other.name != denied.name) {
                    if (denied.name, other.name) == ("clone", "clone3") {
                        continue;
                    }
                    asked += 1;
                    let (lint, message) = found.unwrap_or_else(|| {
                        panic!("{}: {} of {}", abi.name(), denied.name, family.name)
                    });
                    assert_eq!(*lint, Lint::SiblingAllowed);
                    assert!(message.contains(&format!("`{}`", other.name)), "{message}");
                }
            }
            // If all of them are denied, the job cannot be done.
            let whole: Vec<_> = here.iter().map(|member| member.name).collect();
            if !whole.is_empty() {
                let found = of_denials(&format!("errno(EPERM) {}", whole.join(", ")), abi);
                let job = format!("can {} as well", family.job);
                assert!(!found.iter().any(|(_, message)| message.contains(&job)), "{found:?}");
            }
        }
    }
    assert!(asked > 1000, "{asked}");
}

#[test]
fn a_sibling_that_has_been_thought_of_is_not_reported() {
    for rules in [
        // Programs are meant to fall back to the other call.
        "errno(ENOSYS) openat2; allow openat",
        "errno(ENOSYS) statx; allow newfstatat",
        // The other call is allowed under a condition.
        "errno(EPERM) fork, vfork; errno(ENOSYS) clone3; allow clone(flags & CLONE_THREAD != 0)",
        "errno(EACCES) open; allow openat(flags & O_ACCMODE == O_RDONLY)",
        // The other call is denied too, by any action.
        "errno(EPERM) kill",
        "errno(EPERM) kill; kill tkill, tgkill",
        // The condition is not about the job.
        "errno(EPERM) mmap(len > 0x10000); allow mmap, mprotect",
        "errno(EPERM) clone(flags & CLONE_THREAD == 0); allow clone, unshare; \
             errno(ENOSYS) clone3",
        // A supervisor decides about the other call.
        "errno(EPERM) open; notify openat",
        // The group has all calls for the job.
        "errno(EPERM) @setuid; allow setfsuid",
        // The call is denied with its group because it is obsolete.
        "errno(EPERM) @obsolete; allow settimeofday, clock_settime, rt_sigprocmask",
        // These calls do more than the others, so denying them does not deny the job of the others.
        "errno(EPERM) open_by_handle_at, process_madvise; allow open, openat, madvise",
        "errno(EPERM) @privileged; allow openat",
        "errno(EPERM) pkey_mprotect; allow mmap, mprotect",
        "errno(EPERM) sched_setattr; allow setpriority",
        "errno(EPERM) splice; allow sendfile",
        // The program may choose its execution domain, except one in which all readable memory is executable.
        "errno(EPERM) mmap(prot & PROT_EXEC != 0), mprotect, pkey_mprotect, shmat; \
             allow mmap; allow personality(personality & READ_IMPLIES_EXEC == 0)",
    ] {
        assert_eq!(of_rules(rules), [], "{rules}");
    }
}

#[test]
fn a_denial_in_part_leaves_the_job_to_siblings_that_nobody_restricted() {
    for (rules, sibling) in [
        ("errno(EPERM) kill(sig == SIGKILL); allow kill, tgkill", "tgkill"),
        ("errno(EPERM) mmap(prot & PROT_EXEC != 0); allow mmap, mprotect", "mprotect"),
        (
            "errno(EPERM) clone(flags & CLONE_NEWUSER != 0); allow clone, unshare; \
             errno(ENOSYS) clone3",
            "unshare",
        ),
        (
            "errno(EPERM) openat; #[allow(seccomp::powerful_call)] allow io_uring_setup",
            "io_uring_setup",
        ),
        // A condition that is always true.
        (
            "errno(EPERM) open; \
             #[allow(seccomp::always_true)] allow openat(flags == 0 || flags != 0)",
            "openat",
        ),
    ] {
        let found = warnings(&format!("{rules}; {ENDINGS}"), Abi::X86_64);
        let [(Lint::SiblingAllowed, message)] = &found[..] else { panic!("{rules}: {found:?}") };
        assert!(message.contains(&format!("but `{sibling}` stays allowed")), "{message}");
    }
}

#[test]
fn calls_that_a_denied_group_leaves_are_reported_once_for_the_group() {
    for (rules, left) in [
        ("errno(EPERM) @debug; allow process_vm_readv", "`process_vm_readv` stays allowed"),
        ("errno(EPERM) @process; allow execve", "`execve` stays allowed"),
        ("errno(EPERM) @resources; allow prlimit64", "`prlimit64` stays allowed"),
        (
            "errno(EPERM) @file-system; #[allow(seccomp::powerful_call)] allow io_uring_setup; \
             allow open_by_handle_at",
            "; `open_by_handle_at` stays allowed and can open files as `open` does",
        ),
    ] {
        let found = warnings(&format!("{rules}; {ENDINGS}"), Abi::X86_64);
        let [(Lint::SiblingAllowed, message)] = &found[..] else { panic!("{rules}: {found:?}") };
        assert!(message.contains(left), "{message}");
    }
}

/// `READ_IMPLIES_EXEC` bypasses a policy against memory that is writable and executable at once: it makes
/// readable memory executable, without any call that asks for it.
#[test]
fn a_policy_that_denies_executable_memory_is_warned_of_personality() {
    for &abi in Abi::ALL.iter().filter(|abi| has(**abi, &["mprotect", "personality"])) {
        let found = of_denials("errno(EPERM) mprotect(prot & PROT_EXEC != 0)", abi);
        assert!(
            found.iter().any(|(_, message)| message.contains("`personality`")),
            "{abi:?}: {found:?}"
        );
    }
}

/// `mmap` takes its arguments in memory on some ABIs: there it can be denied only as a whole.
#[test]
fn what_a_warning_about_siblings_says_to_deny_can_be_written_on_each_abi() {
    let denial = "errno(EPERM) mprotect(prot & PROT_EXEC != 0)";
    for &abi in Abi::ALL.iter().filter(|abi| has(**abi, &["mprotect"])) {
        let found = of_denials(denial, abi);
        let add = advice(&found[0].1);
        assert_eq!(of_denials(&format!("{denial}, {add}"), abi), [], "{abi:?}: {add}");
    }
    for abis in ["x86_64, x86", "x86, x86_64"] {
        let arch = format!("arch {abis}; errno(ENOSYS) @multiplexers; {denial}");
        let found = of_denials(&arch, Abi::X86_64);
        let mut rules = format!("{arch}, {}", advice(&found[0].1));
        for one in
            ["`mmap(prot & PROT_EXEC != 0)` after `#[arch(x86_64)]`", "`mmap` after `#[arch(x86)]`"]
        {
            assert!(found[0].1.contains(one), "{found:?}");
            let mut parts = one.split('`').skip(1).step_by(2);
            let (denial, attribute) = (parts.next().expect(one), parts.next().expect(one));
            rules.push_str(&format!("; {attribute} errno(EPERM) {denial}"));
        }
        assert_eq!(of_denials(&rules, Abi::X86_64), [], "{rules}");
    }
}

/// The denial that a warning advises.
fn advice(message: &str) -> &str {
    let (_, rest) = message.split_once("also deny `").expect(message);
    rest.split('`').next().expect("a text in backquotes")
}

#[test]
fn one_item_has_one_warning_for_a_family_on_however_many_abis() {
    let found = of_denials("arch x86_64, x86; errno(EPERM) open, openat", Abi::X86_64);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("`creat`, `open_by_handle_at`, `openat2` and `io_uring_setup`"));
    let found = of_denials("errno(EPERM) open, kill", Abi::X86_64);
    assert_eq!(found.len(), 2, "{found:?}");
}

/// An ABI that lacks the denied call has no rule about it, and there the sibling still does the job.
#[test]
fn a_sibling_on_an_abi_that_lacks_the_denied_call_is_reported() {
    for (denied, sibling) in [
        ("semop, semtimedop; errno(ENOSYS) @multiplexers", "semtimedop_time64"),
        ("newfstatat, stat, lstat, oldstat, oldlstat, statx", "fstatat64"),
        ("mmap", "mmap2"),
        ("setuid, setreuid, setresuid", "setuid32"),
    ] {
        let policy = |also: &str| {
            format!(
                "arch x86_64, x86; errno(EPERM) io_uring_setup; errno(EPERM) {denied}{also}; \
                 unknown errno(ENOSYS); #[allow(seccomp::default_allow)] default allow"
            )
        };
        let found = warnings(&policy(""), Abi::X86_64);
        let named = |(lint, message): &&(Lint, String)| {
            *lint == Lint::SiblingAllowed && message.contains(&format!("`{sibling}`"))
        };
        assert_eq!(found.iter().filter(named).count(), 1, "{denied}: {found:?}");
        // There is no warning if the sibling is denied as well.
        let found = warnings(&policy(&format!("; errno(EPERM) {sibling}")), Abi::X86_64);
        let not_denied = found.iter().filter(|(_, message)| {
            message.split("but ").nth(1).is_some_and(|left| left.contains(&format!("`{sibling}`")))
        });
        assert_eq!(not_denied.count(), 0, "{denied}: {found:?}");
    }
}
