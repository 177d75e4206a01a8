//! Warnings for what is legal but has caused trouble in practice, on every ABI that each concerns; and correct
//! policies, which have no warnings.

mod compile_tokens;

use proc_macro2::{Span, TokenStream};
use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::{Code, Diagnostic, Lint};
use seccomp_ir::table;
use seccomp_syntax::stage;
use seccomp_syntax::{DraftItemIndex, DraftPolicy};

use compile_tokens::{compile, of_draft, tokens};

/// Items for every policy here, so that only the tested warnings appear.
const ENDINGS: &str = "allow exit, exit_group, rt_sigreturn; default kill";

/// An action for all other calls with which a program ends as it likes.
const LOG: &str = "#[allow(seccomp::default_allow)] default log";

#[track_caller]
fn warnings(policy: &str, abi: Abi) -> Vec<(Lint, String)> {
    let compiled = compile(tokens(policy), abi)
        .unwrap_or_else(|errors| panic!("{}: `{policy}`: {errors}", abi.name()));
    compiled.warnings.iter().map(|warning| (kind(warning), warning.text())).collect()
}

fn kind(warning: &Diagnostic) -> Lint {
    match warning.code {
        Code::Warning(lint) => lint,
        code => panic!("{code} is not a warning"),
    }
}

fn kinds(policy: &str, abi: Abi) -> Vec<Lint> {
    warnings(policy, abi).into_iter().map(|(lint, _)| lint).collect()
}

/// The warnings of `rules` in a policy with everything else that it needs, on x86_64.
#[track_caller]
fn of_rules(rules: &str) -> Vec<Lint> {
    kinds(&format!("{rules}; {ENDINGS}"), Abi::X86_64)
}

/// The warnings of `rules` in a policy that allows all other calls, on `abi`.
#[track_caller]
fn of_denials(rules: &str, abi: Abi) -> Vec<(Lint, String)> {
    let multiplexers = ["socketcall", "ipc"].into_iter().filter(|call| has(abi, &[call]));
    let absent: String = multiplexers.map(|call| format!("errno(ENOSYS) {call};")).collect();
    warnings(&format!("{rules}; {absent} #[allow(seccomp::default_allow)] default allow"), abi)
}

fn has(abi: Abi, calls: &[&str]) -> bool {
    calls.iter().all(|call| table::number(abi, call).is_some())
}

fn abis_with(calls: &'static [&'static str]) -> impl Iterator<Item = Abi> {
    Abi::ALL.iter().copied().filter(move |abi| has(*abi, calls))
}

#[test]
fn a_list_of_the_calls_that_a_program_needs_has_no_warning() {
    for &abi in Abi::ALL {
        let policy = format!(
            "allow read, write, close, futex, mmap, munmap, brk, openat; \
             allow clone; errno(ENOSYS) clone3, openat2, io_uring_setup; \
             allow ioctl(cmd == TCGETS); {ENDINGS}"
        );
        let policy = if has(abi, &["mmap"]) { policy } else { policy.replace("mmap", "mmap2") };
        let policy = if has(abi, &["clone3"]) { policy } else { policy.replace("clone3, ", "") };
        let policy = if has(abi, &["futex"]) { policy } else { policy.replace("futex,", "") };
        assert_eq!(warnings(&policy, abi), [], "{}", abi.name());
    }
}

#[test]
fn each_warning_is_silenced_by_its_own_name_on_its_item_and_by_no_other() {
    let cases = [
        (Lint::AlwaysTrue, "", "allow read(count as u64 >= 0)", ENDINGS),
        (Lint::AnyOfBits, "", "allow ioctl(cmd & 0x6400 != 0)", ENDINGS),
        (Lint::BadArchAllow, "", "bad_arch allow", ENDINGS),
        (Lint::Clone3Allowed, "", "allow clone(flags & CLONE_NEWUSER == 0); allow clone3", ENDINGS),
        (Lint::Clone3Denied, "", "allow clone", ENDINGS),
        (Lint::ConditionWithoutEffect, "", "allow read(fd == 0)", "allow read; ENDINGS"),
        (Lint::DecimalMode, "", "allow fchmod(mode == 644)", ENDINGS),
        (Lint::DefaultAllow, "", "default allow", ""),
        (Lint::ExactDenial, "", "errno(EPERM) socket(type == SOCK_RAW)", "allow socket; ENDINGS"),
        (Lint::ExactFlags, "", "allow openat(flags == O_RDONLY)", ENDINGS),
        (Lint::ForeignConstant, "", "allow socket(family == SOCK_RAW)", ENDINGS),
        (Lint::IgnoredArgument, "", "allow fcntl(cmd == F_GETFD, arg == 0)", ENDINGS),
        (Lint::JoinedValues, "", "allow socket(family == AF_INET | AF_INET6)", ENDINGS),
        (Lint::NarrowCast, "", "allow write(count as u32 <= 100)", ENDINGS),
        (Lint::NoExit, "allow rt_sigreturn", "default kill", ""),
        (Lint::NoSigreturn, "allow exit", "default kill", ""),
        (Lint::OpenCommand, "", "allow fcntl(arg == 3)", ENDINGS),
        (Lint::PowerfulCall, "", "allow ptrace", ENDINGS),
        (Lint::RedundantRule, "allow read", "allow read(fd == 0)", ENDINGS),
        (Lint::SeveralCalls, "arch x86_64, x86", "allow syscall(7)", ENDINGS),
        (Lint::SiblingAllowed, "", "errno(EPERM) open; allow openat", ENDINGS),
        (Lint::Time64Denied, "arch x86_64, x86", "allow clock_gettime", ENDINGS),
        (Lint::TioclinuxAllowed, "", "errno(EPERM) ioctl(cmd == TIOCSTI); allow ioctl", ENDINGS),
        (Lint::ValueAsMask, "", "allow socket(type & SOCK_STREAM == SOCK_STREAM)", ENDINGS),
        (Lint::WideCast, "", "allow ioctl(cmd as u64 == TCGETS)", ENDINGS),
    ];
    assert_eq!(cases.map(|(lint, ..)| lint), Lint::ALL);
    for (lint, before, item, after) in cases {
        let after = after.replace("ENDINGS", ENDINGS);
        let policy = |attribute: &str| {
            format!("{before}; {attribute} {item}; {after}").trim_start_matches("; ").to_owned()
        };
        let found = warnings(&policy(""), Abi::X86_64);
        assert_eq!(found.iter().map(|(lint, _)| *lint).collect::<Vec<_>>(), [lint], "{found:?}");
        let name = lint.name();
        assert!(
            found[0].1.ends_with(&format!("`#[allow(seccomp::{name})]` before it")),
            "{found:?}"
        );
        for other in Lint::ALL {
            let attribute = format!("#[allow(seccomp::{})]", other.name());
            let left = if *other == lint { vec![] } else { vec![lint] };
            assert_eq!(kinds(&policy(&attribute), Abi::X86_64), left, "{attribute} {item}");
        }
        let many = format!("#[allow(seccomp::{name}, seccomp::no_exit,)]");
        assert_eq!(kinds(&policy(&many), Abi::X86_64), [], "{item}");
    }
}

#[test]
fn a_name_that_no_warning_has_is_an_error_that_offers_the_nearest() {
    for (attribute, expected) in [
        ("#[allow(seccomp::no_exot)]", "did you mean `seccomp::no_exit`?"),
        (
            "#[allow(seccomp::nonsense_of_mine)]",
            "the warnings are always_true, any_of_bits, bad_arch_allow",
        ),
        ("#[allow(clippy::all)]", "each after `seccomp::`"),
        ("#[allow(dead_code)]", "each after `seccomp::`"),
        ("#[allow()]", "each after `seccomp::`"),
        ("#[allow]", "each after `seccomp::`"),
        ("#[allow[seccomp::no_exit]]", "each after `seccomp::`"),
        ("#[allow(seccomp::no_exit) x]", "each after `seccomp::`"),
        ("#[deny(seccomp::no_exit)]", "`#[allow(seccomp::…)]`"),
    ] {
        let policy = tokens(&format!("allow exit; {attribute} default kill"));
        let error = compile(policy, Abi::X86_64).expect_err(attribute);
        assert!(error.contains(expected), "{attribute}: {error}");
    }
    let with_error = tokens("#[allow(seccomp::no_exot)] allow raed; default kill");
    let both = compile(with_error, Abi::X86_64).expect_err("two errors");
    assert!(both.contains("no_exot") && both.contains("raed"), "{both}");
}

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
fn a_condition_that_a_later_rule_undoes_is_reported() {
    let expected = [Lint::ConditionWithoutEffect];
    for idle in [
        "allow write(fd in {1, 2}); allow write",
        "allow read(fd == 0); allow @basic-io",
        "allow write(fd == 1); allow write(fd in {1, 2})",
        "allow write(fd == 1); allow write(fd < 2); allow write(fd > 5)",
        "errno(EPERM) write(fd == 1); errno(EPERM) write",
        "allow write(fd == 1); errno(EPERM) write(fd == 9); allow write",
        "allow write(fd in {1, 2}); allow write(fd == 1 || count < 5); allow write(fd <= 2)",
        // Two rules together decide all of its calls.
        "allow write(fd in {1, 2}); allow write(fd in {1, 5}), write(fd in 2..4)",
    ] {
        assert_eq!(of_rules(idle).first(), expected.first(), "{idle}");
    }
    for right in [
        "allow write(fd in {1, 2}); errno(EPERM) write",
        "errno(EPERM) ioctl(cmd in {TIOCSTI, TIOCLINUX}); allow ioctl",
        "allow write(fd in {1, 2}); log write",
        "errno(EPERM) write(fd == 1); errno(EACCES) write",
        "#[hot] allow futex(op == FUTEX_WAIT); allow futex",
        "allow write(fd == 1); allow write(fd == 2); errno(EPERM) write(fd == 3); allow read",
        // The rule has the same action as the default: it is there for the reader.
        "kill write(fd == 1)",
        "errno(EPERM) write(fd == 1); allow write(fd == 2)",
    ] {
        assert_eq!(of_rules(right), [], "{right}");
    }
    // The rule matters on one of the ABIs.
    let one = format!("arch x86_64, x86; allow syscall(4)(a0 == 0); allow stat; {ENDINGS}");
    assert_eq!(kinds(&one, Abi::X86_64), [Lint::SeveralCalls]);
}

#[test]
fn a_number_that_is_another_call_on_each_abi_is_reported_with_the_calls() {
    let warned =
        |rule: &str| warnings(&format!("arch x86_64, x86; {rule}; {ENDINGS}"), Abi::X86_64);
    let found = warned("errno(EPERM) syscall(101)");
    assert!(found[0].1.contains("`ptrace` on x86_64 and `ioperm` on x86"), "{found:?}");
    // open_tree has one number on both, 334 is a call on x86_64 alone, and a rule for one ABI means its own call.
    assert_eq!(warned("allow syscall(428)"), []);
    assert_eq!(warned("allow syscall(334)").len(), 1);
    assert_eq!(warned("#[arch(x86)] allow syscall(7)"), []);
    // The bits of x32 are in its numbers, so none is one of x86_64.
    assert_eq!(kinds(&format!("arch x86_64, x32; allow syscall(7); {ENDINGS}"), Abi::X86_64), []);
}

/// Policies with the structure of those of large programs, written anew: the threads of a virtual machine
/// monitor, the default profile of a container, the devices of a monitor, the restrictions of a service manager.
#[test]
fn large_policies_have_no_warnings_about_slips() {
    let silent = [
        Lint::AnyOfBits,
        Lint::ConditionWithoutEffect,
        Lint::DecimalMode,
        Lint::ExactDenial,
        Lint::ExactFlags,
        Lint::ForeignConstant,
        Lint::IgnoredArgument,
        Lint::JoinedValues,
        Lint::NarrowCast,
        Lint::OpenCommand,
        Lint::SeveralCalls,
        Lint::ValueAsMask,
    ];
    for policy in [
        "allow futex(op in {FUTEX_WAIT_PRIVATE, FUTEX_WAKE_PRIVATE, FUTEX_CMP_REQUEUE_PRIVATE}); \
         allow fcntl(cmd == F_SETFD, arg == FD_CLOEXEC), fcntl(cmd == F_DUPFD_CLOEXEC); \
         allow ioctl(cmd == KVM_RUN, arg == 0), ioctl(cmd in {FIONBIO, TCGETS, TUNSETIFF, KVM_IRQFD}); \
         allow socket(family == AF_UNIX, type == SOCK_STREAM | SOCK_CLOEXEC, protocol == 0); \
         allow accept4(flags == SOCK_CLOEXEC), madvise(behavior == MADV_DONTNEED); \
         allow mmap(prot == PROT_READ | PROT_WRITE, flags == MAP_SHARED | MAP_NORESERVE); \
         allow mmap(flags == MAP_PRIVATE | MAP_ANONYMOUS, fd == -1, offset == 0); \
         allow mremap(flags == MREMAP_MAYMOVE), tgkill(sig == SIGABRT), kill(pid == 1, sig == 0); \
         allow openat(dfd == AT_FDCWD, flags & O_ACCMODE == O_RDONLY); \
         allow openat(flags == O_RDONLY | O_CLOEXEC), timerfd_settime(flags == 0); \
         allow rt_sigprocmask(how == SIG_UNBLOCK), newfstatat(flag == AT_EMPTY_PATH); \
         allow timerfd_create(clockid == CLOCK_MONOTONIC, flags == TFD_CLOEXEC | TFD_NONBLOCK); \
         allow writev(fd == 2), recvmsg(flags & !MSG_DONTWAIT == 0), close(fd >= 3); \
         errno(ENOSYS) clone3; default kill",
        "allow personality(personality in {0, 8, 0x20000, 0x20008, 0xffff_ffff}); \
         allow clone(flags & 0x7e02_0000 == 0), socket(family != AF_VSOCK), read, write; \
         allow ptrace(request in {PTRACE_TRACEME, PTRACE_SEIZE}), prlimit64, unshare(flags & !CLONE_FS == 0); \
         errno(ENOSYS) clone3; default errno(EPERM)",
        "allow mmap(prot in {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE}); \
         allow mprotect(prot & !(PROT_READ | PROT_WRITE) == 0), prctl(option in {PR_SET_NAME, PR_GET_NAME}); \
         allow madvise(behavior in {MADV_DONTNEED, MADV_DONTDUMP, MADV_REMOVE, MADV_MERGEABLE}); \
         allow clone(flags & CLONE_THREAD != 0), fcntl(cmd in {F_GETFL, F_SETFL}), dup3(flags == O_CLOEXEC); \
         allow lseek(whence in {SEEK_SET, SEEK_DATA}), fallocate(mode == FALLOC_FL_KEEP_SIZE); \
         allow epoll_ctl(op in {EPOLL_CTL_ADD, EPOLL_CTL_DEL}), statx(flags & AT_EMPTY_PATH != 0); \
         allow getsockopt(level == SOL_SOCKET, optname == SO_PEERCRED), shutdown(how == SHUT_WR); \
         allow waitid(which == P_PID, options & WEXITED != 0), wait4(options & !(WNOHANG | __WALL) == 0); \
         errno(ENOSYS) clone3; default kill",
        "errno(EPERM) mmap(prot & (PROT_WRITE | PROT_EXEC) == PROT_WRITE | PROT_EXEC), \
             mprotect(prot & PROT_EXEC != 0), pkey_mprotect(prot & PROT_EXEC != 0), \
             shmat(shmflg & SHM_EXEC != 0); \
         errno(EPERM) personality(personality != PER_LINUX); \
         errno(EPERM) sched_setscheduler(policy in {SCHED_FIFO, SCHED_RR, SCHED_DEADLINE} || policy > SCHED_EXT); \
         errno(EPERM) chmod(mode & S_ISUID != 0), fchmodat(mode & S_ISGID != 0), openat(mode & S_ISUID != 0); \
         errno(EPERM) unshare(flags & CLONE_NEWUSER != 0), setns(flags & CLONE_NEWNET != 0), setns(flags == 0); \
         errno(EAFNOSUPPORT) socket(family < AF_UNIX || family > AF_INET6), socket(family in AF_INET..AF_INET6); \
         errno(EPERM) @clock, @module, @raw-io, @reboot, @swap, @mount, @obsolete; \
         errno(ENOSYS) clone3; #[allow(seccomp::default_allow)] default allow",
    ] {
        let found = warnings(policy, Abi::X86_64);
        let slips = found.iter().filter(|warning| silent.contains(&warning.0)).collect::<Vec<_>>();
        assert!(slips.is_empty(), "{slips:?}");
    }
}

#[test]
fn a_constant_of_another_argument_is_reported() {
    for slip in [
        "allow openat(mode & !(O_RDONLY | O_WRONLY) == 0)",
        "allow mmap(flags & PROT_EXEC == 0)",
        "allow socket(type == AF_INET)",
        "allow clone(flags & !(CLONE_VM | CLONE_NEWTIME) == 0); errno(ENOSYS) clone3",
        "allow kill(pid == SIGTERM)",
        "allow write(fd == O_RDWR)",
        "allow fcntl(cmd in {F_GETFD, O_CLOEXEC})",
        "allow prctl(a0 == PTRACE_TRACEME)",
        "allow pipe2(flags == FD_CLOEXEC)",
        "allow seccomp(op == SECCOMP_RET_KILL)",
        "allow setuid(uid == SIGTERM)",
        "allow write(fd in 0..=SIGTERM)",
        "allow mmap(len == PROT_READ)",
        "allow lseek(offset == SEEK_END)",
        "allow socket(protocol == SOCK_STREAM)",
        "allow process_madvise(flags == MADV_COLD)",
        // The argument has another domain under this command, in either order.
        "allow fcntl(cmd == F_SETFD, arg == O_CLOEXEC)",
        "allow fcntl(arg & FD_CLOEXEC == 0, cmd == F_SETFL)",
        "allow prctl(option == PR_CAP_AMBIENT, arg2 == CAP_NET_ADMIN)",
        "allow setsockopt(level == SOL_SOCKET, optname in {SO_KEEPALIVE, TCP_NODELAY})",
        "allow ptrace(request == PTRACE_SETOPTIONS, data == SIGTERM)",
    ] {
        let found = warnings(&format!("{slip}; {ENDINGS}"), Abi::X86_64);
        assert!(
            found.iter().any(|warning| warning.0 == Lint::ForeignConstant),
            "{slip}: {found:?}"
        );
    }
    let found = warnings(&format!("allow socket(type == AF_INET); {ENDINGS}"), Abi::X86_64);
    assert!(found[0].1.contains("which has `SOCK_*`") && found[0].1.contains("compare `family`"));
    for right in [
        "allow fcntl(cmd == F_SETFD, arg == FD_CLOEXEC)",
        "allow fcntl(cmd in {F_SETFL, F_SETFD}, arg & O_NONBLOCK == 0)",
        "allow fcntl(cmd == F_ADD_SEALS, arg & F_SEAL_EXEC == 0)",
        "allow prctl(option == PR_CAP_AMBIENT, arg2 == PR_CAP_AMBIENT_RAISE, arg3 == CAP_KILL)",
        "allow setsockopt(level in {SOL_SOCKET, SOL_TCP}, optname in {SO_KEEPALIVE, TCP_NODELAY})",
        "allow setsockopt(level == SOL_TCP, optname == TCP_NODELAY)",
        "allow socket(protocol in {IPPROTO_TCP, NETLINK_ROUTE, ETH_P_ALL})",
        "allow mmap(off == IORING_OFF_SQ_RING)",
        "allow futex(val3 == FUTEX_BITSET_MATCH_ANY)",
        "allow ioctl(cmd in {EPIOCGPARAMS, SEV_ISSUE_CMD})",
        "allow write(fd in STDIN_FILENO..=STDERR_FILENO)",
    ] {
        assert_eq!(of_rules(right), [], "{right}");
    }
}

#[test]
fn values_of_a_list_are_not_joined_with_or() {
    for slip in [
        "allow socket(family == AF_INET | AF_INET6)",
        "allow write(fd == STDOUT_FILENO | STDERR_FILENO)",
        "errno(EPERM) kill(sig != SIGTERM | SIGINT)",
        "allow lseek(whence in {SEEK_SET | SEEK_END})",
        "allow fcntl(cmd == F_GETFD | F_SETFD)",
    ] {
        let found = kinds(&format!("{slip}; {ENDINGS}"), Abi::X86_64);
        assert_eq!(found.first(), Some(&Lint::JoinedValues), "{slip}");
    }
    for right in [
        "allow socket(type == SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK)",
        "allow futex(op == FUTEX_WAKE | FUTEX_PRIVATE_FLAG)",
        "allow mmap(prot == PROT_READ | PROT_WRITE)",
        "allow flock(cmd == LOCK_EX | LOCK_NB)",
        "allow mbind(mode == MPOL_BIND | MPOL_F_STATIC_NODES)",
    ] {
        let found = kinds(&format!("{right}; {ENDINGS}"), Abi::X86_64);
        assert!(
            !found.contains(&Lint::JoinedValues) || right.contains("whence"),
            "{right}: {found:?}"
        );
    }
}

#[test]
fn any_of_several_bits_allows_what_nobody_thought_of() {
    let expected = [Lint::AnyOfBits];
    assert_eq!(of_rules("allow ioctl(cmd & 0x6400 != 0)"), expected);
    assert_eq!(of_rules("allow mmap(prot & (PROT_READ | PROT_WRITE) != 0)"), expected);
    assert_eq!(of_rules("allow mmap(!(prot & (PROT_READ | PROT_WRITE) == 0))"), expected);
    for right in [
        "allow mmap(prot & PROT_READ != 0)",
        "allow mmap(prot & (PROT_WRITE | PROT_EXEC) != PROT_WRITE | PROT_EXEC)",
        "allow mmap(!(prot & (PROT_WRITE | PROT_EXEC) != 0))",
        "errno(EPERM) unshare(flags & (CLONE_NEWUSER | CLONE_NEWNET) != 0)",
        "allow fcntl(arg & 0xff != 0, cmd == F_SETPIPE_SZ)",
    ] {
        assert_eq!(of_rules(right), [], "{right}");
    }
}

#[test]
fn an_exact_value_is_reported_where_other_bits_make_the_same_call() {
    let denial = [Lint::ExactDenial];
    assert_eq!(of_rules("errno(EPERM) socket(type == SOCK_RAW); allow socket"), denial);
    assert_eq!(of_rules("allow socket(type != SOCK_RAW)"), denial);
    assert_eq!(of_rules("errno(EPERM) futex(op == FUTEX_WAKE); allow futex"), denial);
    assert_eq!(of_rules("errno(EPERM) unshare(flags == CLONE_NEWUSER); allow unshare"), denial);
    let shmctl = "errno(EPERM) shmctl(cmd == IPC_RMID); allow shmctl";
    assert_eq!(kinds(&format!("{shmctl}; {ENDINGS}"), Abi::Arm), denial);
    assert_eq!(kinds(&format!("{shmctl}; {ENDINGS}"), Abi::X86_64), []);
    let flags = [Lint::ExactFlags];
    assert_eq!(of_rules("allow openat(flags == O_RDONLY)"), flags);
    assert_eq!(of_rules("allow socket(family == AF_UNIX, type == SOCK_STREAM)"), flags);
    assert_eq!(of_rules("allow futex(op in {FUTEX_WAIT, FUTEX_WAKE})"), [flags, flags].concat());
    for right in [
        "errno(EPERM) socket(type & 0xf == SOCK_RAW); allow socket",
        "errno(EPERM) socket(type & !(SOCK_CLOEXEC | SOCK_NONBLOCK) == SOCK_RAW); allow socket",
        "errno(EPERM) socket(type == SOCK_RAW); allow socket(type & 0xf == SOCK_STREAM)",
        "errno(EPERM) unshare(flags & CLONE_NEWUSER != 0); allow unshare",
        "allow openat(flags & O_ACCMODE == O_RDONLY)",
        "allow openat(flags == O_RDONLY | O_CLOEXEC)",
        "allow openat(flags & !(O_CLOEXEC | O_LARGEFILE) == O_RDONLY)",
        "allow openat(flags in {O_RDONLY, O_RDONLY | O_CLOEXEC})",
        "allow futex(op == FUTEX_WAIT); allow futex(op == FUTEX_WAIT | FUTEX_PRIVATE_FLAG)",
        "allow futex(op == libc::FUTEX_WAIT)",
        "allow futex(op & 0x7f == FUTEX_WAIT)",
    ] {
        assert_eq!(of_rules(right), [], "{right}");
    }
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

#[test]
fn a_default_that_only_logs_is_reported_like_one_that_allows() {
    assert_eq!(kinds("default log", Abi::X86_64), [Lint::DefaultAllow]);
    let meant = "#[allow(seccomp::default_allow)] default log";
    assert_eq!(kinds(meant, Abi::X86_64), []);
}

#[test]
fn allowing_the_calls_of_newer_kernels_is_reported_under_every_default() {
    let rules = "allow exit, exit_group, rt_sigreturn; default";
    for default in ["kill", "errno(EPERM)"] {
        for action in ["allow", "log"] {
            let policy = format!("unknown {action}; {rules} {default}");
            assert_eq!(kinds(&policy, Abi::X86_64), [Lint::DefaultAllow], "{policy}");
            let meant = format!("#[allow(seccomp::default_allow)] {policy}");
            assert_eq!(kinds(&meant, Abi::X86_64), [], "{meant}");
        }
        let policy = format!("unknown errno(ENOSYS); {rules} {default}");
        assert_eq!(kinds(&policy, Abi::X86_64), [], "{policy}");
    }
}

#[test]
fn clone3_must_be_refused_with_enosys_wherever_clone_is_filtered() {
    for abi in abis_with(&["clone", "clone3"]) {
        let of = |rules: &str| kinds(&format!("{rules}; {ENDINGS}"), abi);
        let allowed = [Lint::Clone3Allowed];
        assert_eq!(of("allow clone(flags & CLONE_NEWUSER == 0), clone3"), allowed);
        assert_eq!(of("allow clone(flags & CLONE_NEWUSER == 0), clone3(size == 64)"), allowed);
        assert_eq!(
            of("errno(EPERM) clone(flags & CLONE_NEWUSER != 0); allow clone, clone3, unshare, \
                    setns")
            .last(),
            Some(&Lint::Clone3Allowed)
        );
        assert_eq!(of("allow clone, clone3"), []);
        assert_eq!(of("allow clone3"), []);
        assert_eq!(of("allow clone"), [Lint::Clone3Denied]);
        assert_eq!(of("allow clone; errno(EPERM) clone3"), [Lint::Clone3Denied]);
        assert_eq!(of("allow clone; errno(libc::EPERM) clone3"), [Lint::Clone3Denied]);
        for right in ["errno(ENOSYS)", "errno(libc::ENOSYS)", "errno({ ENOSYS })", "trap", "notify"]
        {
            assert_eq!(of(&format!("allow clone; {right} clone3")), [], "{right}");
        }
    }
}

#[test]
fn a_form_with_64_bit_times_that_no_rule_names_is_missed_where_c_libraries_make_it_first() {
    let pairs = [
        ("clock_adjtime", "clock_adjtime64"),
        ("clock_getres", "clock_getres_time64"),
        ("clock_gettime", "clock_gettime64"),
        ("clock_settime", "clock_settime64"),
        ("recvmmsg", "recvmmsg_time64"),
        ("sched_rr_get_interval", "sched_rr_get_interval_time64"),
        ("timer_gettime", "timer_gettime64"),
        ("timer_settime", "timer_settime64"),
        ("timerfd_gettime", "timerfd_gettime64"),
    ];
    for &abi in Abi::ALL {
        let of = |rules: &str| kinds(&format!("{rules}; {ENDINGS}"), abi);
        for (call, form) in pairs {
            let has_it = has(abi, &[form]);
            let said: &[Lint] = if has_it { &[Lint::Time64Denied] } else { &[] };
            assert_eq!(of(&format!("allow {call}")), said, "{call}");
            assert_eq!(of(&format!("allow {call}(a0 == 1)")), said, "{call}");
            assert_eq!(of(&format!("allow {call}, {form}?")), [], "{call}");
            assert_eq!(of(&format!("allow {form}?(a0 == 1); allow {call}")), [], "{call}");
            assert_eq!(of(&format!("errno(ENOSYS) {form}?; allow {call}")), [], "{call}");
            // The author means this, and `sibling_allowed` says what it leaves.
            for action in ["errno(EPERM)", "trap", "notify", "trace(1)", "kill"] {
                let said = of(&format!("{action} {form}?; allow {call}"));
                assert!(!said.contains(&Lint::Time64Denied), "{call} {action}: {said:?}");
            }
            assert_eq!(of(&format!("errno(EPERM) {call}")), [], "{call}");
        }
        // Their forms are made first only by some versions, or if a time needs them.
        for call in ["futex", "ppoll", "pselect6", "clock_nanosleep", "utimensat"] {
            if has(abi, &[call]) {
                let rules = format!("allow {call}");
                assert_eq!(of(&rules), [], "{call}");
            }
        }
        let of = |default: &str| {
            let rules = "allow clock_gettime, exit, exit_group, rt_sigreturn;";
            kinds(&format!("{rules} {default}"), abi)
        };
        assert_eq!(of("default errno(ENOSYS)"), []);
        assert_eq!(of("default trap"), []);
        assert_eq!(of("default errno(EPERM)").len(), usize::from(has(abi, &["clock_gettime64"])));
    }
}

#[test]
fn tioclinux_must_be_denied_with_tiocsti() {
    for &abi in Abi::ALL {
        let of = |rules: &str| kinds(&format!("{rules}; {ENDINGS}"), abi);
        let expected = [Lint::TioclinuxAllowed];
        assert_eq!(of("errno(EPERM) ioctl(cmd == TIOCSTI); allow ioctl"), expected);
        assert_eq!(of("kill ioctl(cmd & 0xffff_ffff == TIOCSTI); allow ioctl"), expected);
        assert_eq!(of("allow ioctl(cmd != TIOCSTI)"), expected);
        assert_eq!(of("errno(EPERM) ioctl(cmd in {TIOCSTI, TIOCLINUX}); allow ioctl"), []);
        assert_eq!(of("allow ioctl(cmd in {TCGETS, FIONREAD})"), []);
        assert_eq!(of("allow ioctl(cmd in {TCGETS, TIOCLINUX})"), []);
        assert_eq!(of("allow ioctl"), []);
    }
}

#[test]
fn powerful_calls_are_reported_where_they_are_allowed_whole_and_by_a_rule() {
    for &abi in Abi::ALL {
        for call in ["io_uring_setup", "ptrace", "process_vm_writev", "seccomp"] {
            let of = |rules: String| kinds(&format!("{rules}; {ENDINGS}"), abi);
            assert_eq!(of(format!("allow {call}")), [Lint::PowerfulCall], "{call}");
            assert_eq!(of(format!("log {call}")), [Lint::PowerfulCall], "{call}");
            assert_eq!(
                of(format!("errno(EPERM) {call}(a0 == 1); allow {call}")),
                [Lint::PowerfulCall]
            );
            assert_eq!(of(format!("errno(EPERM) {call}")), []);
            assert_eq!(of(format!("allow {call}(a0 == 1)")), []);
        }
    }
    assert_eq!(of_rules("allow @aio"), [Lint::PowerfulCall]);
    assert_eq!(of_rules("errno(ENOSYS) io_uring_setup; allow @aio"), []);
    assert_eq!(of_denials("errno(EPERM) add_key, keyctl, request_key", Abi::X86_64), []);
}

#[test]
fn a_way_to_end_and_one_to_return_from_a_signal_are_missed_only_if_there_is_none() {
    for &abi in Abi::ALL {
        assert_eq!(kinds("allow read; default kill", abi), [Lint::NoExit, Lint::NoSigreturn]);
        for exit in [
            "allow exit",
            "allow exit_group",
            "log exit_group",
            "allow exit_group(error_code == 0)",
            "notify exit",
            "trace(1) exit_group",
        ] {
            assert_eq!(
                kinds(&format!("{exit}; allow rt_sigreturn; default errno(EPERM)"), abi),
                []
            );
        }
        if has(abi, &["sigreturn"]) {
            assert_eq!(kinds("allow exit, sigreturn; default kill", abi), []);
        }
        assert_eq!(
            kinds(&format!("kill exit, exit_group, rt_sigreturn; {LOG}"), abi).first(),
            Some(&Lint::NoExit)
        );
        assert_eq!(kinds(LOG, abi), []);
    }
    // Every ABI must have them.
    let part = "arch x86_64, x86; #[allow(seccomp::several_calls)] allow syscall(1), syscall(60), rt_sigreturn; default kill";
    assert_eq!(kinds(part, Abi::X86_64), []);
    let part = "arch x86_64, x86; #[allow(seccomp::several_calls)] allow syscall(60), rt_sigreturn; default kill";
    assert_eq!(kinds(part, Abi::X86_64), [Lint::NoExit]);
}

#[test]
fn a_wide_comparison_is_reported_where_the_kernel_uses_less() {
    for &abi in Abi::ALL {
        let of = |rules: &str| kinds(&format!("{rules}; {ENDINGS}"), abi);
        let expected = if abi.register_bits() == 64 { vec![Lint::WideCast] } else { vec![] };
        assert_eq!(of("allow ioctl(cmd as u64 == TCGETS)"), expected, "{}", abi.name());
        assert_eq!(of("allow ioctl(a1 as i64 == TCGETS)"), expected);
        assert_eq!(of("allow ioctl(fd == 1 && !(cmd as u64 != TCGETS))"), expected);
        assert_eq!(of("allow ioctl(cmd as u32 == TCGETS)"), []);
        assert_eq!(of("allow mprotect(start as u64 > 4096)"), []);
        assert_eq!(of("allow writev(fd as u64 == 2)"), expected, "{}", abi.name());
        // A mode has 16 bits, and the register has at least 32.
        for cast in ["u32", "i32", "u64"] {
            let rules = format!("allow fchmod(mode as {cast} == 0o777)");
            assert_eq!(of(&rules), [Lint::WideCast], "{}", abi.name());
        }
        assert_eq!(of("allow fchmod(mode == 0o777)"), [], "{}", abi.name());
        // Some ABIs declare this argument with 32 bits.
        let fcntl = of("allow fcntl(cmd == F_DUPFD, arg as u64 == 3)");
        assert_eq!(fcntl, expected, "{}", abi.name());
    }
}

#[test]
fn a_narrow_comparison_is_reported_where_the_kernel_uses_more() {
    for &abi in Abi::ALL {
        let of = |rules: &str| kinds(&format!("{rules}; {ENDINGS}"), abi);
        let used = table::signature(abi, "read").expect("a call").registers()[2].ty.bits;
        let expected = if used == 64 { vec![Lint::NarrowCast] } else { vec![] };
        assert_eq!(of("allow read(count as u32 <= 100)"), expected, "{}", abi.name());
        assert_eq!(of("allow read(a2 as i32 & 7 != 0 || count == 3)"), expected);
        assert_eq!(of("allow writev(fd as u32 == 2, vlen as u32 <= 3)"), []);
        // The commands are unknown, and the rule says how many bits it compares.
        assert_eq!(of("allow fcntl(arg as u32 == 3)"), []);
        assert_eq!(of("allow fcntl(cmd == F_DUPFD, arg as u32 == 3)"), []);
    }
}

#[test]
fn a_comparison_that_depends_on_a_command_is_reported_where_the_rule_leaves_it_open() {
    let open = vec![Lint::OpenCommand];
    assert_eq!(of_rules("allow fcntl(arg == 3)"), open);
    assert_eq!(of_rules("allow fcntl(a2 in {1, 2})"), open);
    assert_eq!(of_rules("allow fcntl(arg & 4 != 0)"), open);
    assert_eq!(of_rules("allow fcntl(cmd != F_DUPFD, arg == 3)"), open);
    assert_eq!(of_rules("allow fcntl(cmd == libc::F_DUPFD, arg == 3)"), open);
    assert_eq!(of_rules("allow fcntl(cmd & 0xff == F_DUPFD, arg == 3)"), open);
    assert_eq!(of_rules("allow fcntl(cmd == F_DUPFD || arg == 3)"), open);
    // One of the commands takes an int, the other a structure.
    assert_eq!(of_rules("allow fcntl(cmd in {F_DUPFD, F_SETLK}, arg == 0)"), open);
    assert_eq!(of_rules("allow keyctl(arg2 == 3)"), open);
    assert_eq!(of_rules("allow prctl(arg2 == 3)"), open);
    assert_eq!(of_rules("allow kcmp(idx1 == 3)"), open);
    // With a fixed command the argument is compared in its type, wherever the command is written.
    for fixed in [
        "allow fcntl(cmd == F_DUPFD, arg == 3)",
        "allow fcntl(arg == 3, cmd == F_DUPFD)",
        "allow fcntl(a1 == 0, a2 == 3)",
        "allow fcntl(cmd in {F_DUPFD, F_DUPFD_CLOEXEC}, arg == 3)",
        "allow fcntl((cmd == F_DUPFD || cmd == F_SETFL) && arg == 3)",
        "allow fcntl(cmd == F_DUPFD && arg == 3 || cmd == F_SETFD && arg == 1)",
        "allow fcntl(cmd == F_DUPFD, fd == 1 && !(arg == 3 || arg == 4))",
        "allow prctl(option == PR_SET_DUMPABLE, arg2 == 0)",
        "allow futex(op == FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, utime == 1)",
        "allow ioctl(cmd == TIOCSCTTY, arg == 0)",
        "allow ioctl(cmd == TCFLSH, arg == 0)",
        "allow ioctl(cmd == KVM_RUN, arg == 0)",
        "allow ioctl(cmd == FICLONE, arg == 3)",
    ] {
        assert_eq!(of_rules(fixed), [], "{fixed}");
    }
}

#[test]
fn a_comparison_under_a_command_whose_driver_is_not_known_is_reported_on_registers_of_64_bits() {
    for &abi in Abi::ALL {
        let of = |rules: &str| kinds(&format!("{rules}; {ENDINGS}"), abi);
        let expected = if abi.register_bits() == 64 { vec![Lint::OpenCommand] } else { vec![] };
        assert_eq!(of("allow ioctl(cmd == EVIOCGRAB, arg == 1)"), expected, "{}", abi.name());
        assert_eq!(of("allow ioctl(cmd in {FIONBIO, EVIOCGRAB}, arg == 0)"), expected);
        assert_eq!(of("allow ioctl(cmd == 0x1234, arg & 1 != 0)"), expected);
        assert_eq!(of("allow ioctl(cmd == EVIOCGRAB, arg as u32 == 1)"), []);
        assert_eq!(of("allow ioctl(cmd == EVIOCGRAB, arg as u64 == 1)"), []);
        assert_eq!(of("allow ioctl(cmd == EVIOCGRAB)"), []);
    }
}

#[test]
fn a_constant_that_is_not_a_command_of_ioctl_is_reported_and_every_command_is_accepted() {
    for wrong in ["AF_INET", "TIOCM_DTR", "KVM_CAP_IRQCHIP", "SYS_SOCKET", "O_RDWR", "SEMOP"] {
        let rule = format!("allow ioctl(cmd == {wrong})");
        assert_eq!(of_rules(&rule), [Lint::ForeignConstant], "{wrong}");
    }
    let quota = "allow quotactl(cmd == Q_SYNC)";
    assert!(of_rules(quota).contains(&Lint::ForeignConstant));
    let mut commands = 0;
    for name in table::constants().filter(|name| table::is_ioctl_command(name)) {
        for &abi in Abi::ALL {
            if let table::ConstantLookup::Value(_) = table::constant(abi, name) {
                let domain = table::domain(abi, "ioctl", "cmd").expect("an argument");
                assert!(domain.has(name), "{name}");
            }
        }
        commands += 1;
    }
    assert!(commands > 3500, "{commands}");
}

#[test]
fn an_exact_denial_of_open_is_reported_for_its_unknown_bits_too() {
    for rule in ["errno(EPERM) openat(flags == O_RDONLY)", "errno(EPERM) open(flags == 0)"] {
        let found = of_denials(rule, Abi::X86_64);
        assert!(found.iter().any(|(lint, _)| *lint == Lint::ExactDenial), "{rule}: {found:?}");
    }
    let masked = of_denials("errno(EPERM) openat(flags & O_ACCMODE == O_RDONLY)", Abi::X86_64);
    assert!(masked.iter().all(|(lint, _)| *lint != Lint::ExactDenial), "{masked:?}");
}

#[test]
fn a_comparison_of_what_the_kernel_does_not_look_at_is_reported() {
    let ignored = vec![Lint::IgnoredArgument];
    assert_eq!(of_rules("allow preadv(pos_h == 0)"), ignored);
    assert_eq!(of_rules("allow preadv(pos_h as u32 == 0)"), ignored);
    assert_eq!(of_rules("allow fcntl(cmd in {F_GETFD, F_GETFL}, arg == 0)"), ignored);
    assert_eq!(of_rules("allow kcmp(type == KCMP_VM, idx1 == 0)"), ignored);
    assert_eq!(of_rules("allow kcmp(type == KCMP_FILE, idx1 == 0, idx2 == 0)"), []);
}

#[test]
fn a_fragment_by_itself_has_only_warnings_about_its_own_rules() {
    let alone = |rules: &str| {
        let rules = stage::alone(DraftPolicy::written(tokens(rules)));
        let compiled = of_draft(&rules, Abi::X86_64).expect("compiles");
        compiled.warnings.iter().map(kind).collect::<Vec<_>>()
    };
    assert_eq!(alone("errno(EPERM) open; allow openat, clone, ioctl(cmd != TIOCSTI)"), []);
    assert_eq!(alone("allow ptrace"), [Lint::PowerfulCall]);
    assert_eq!(alone("allow ioctl(cmd as u64 == TCGETS);"), [Lint::WideCast]);
    // The warnings of the fragment alone are not repeated where it is included; the others are reported there.
    let mark = proc_macro2::Ident::new("somewhere", Span::call_site());
    let rules = "errno(EPERM) open; allow openat, ptrace; allow ioctl(cmd as u64 == TCGETS)";
    let policy = DraftPolicy::written(tokens(&format!("include crate::F; {ENDINGS}")));
    let rules = DraftPolicy::included(tokens(rules), &[mark], &TokenStream::new());
    let policy = stage::with_included(policy, vec![(DraftItemIndex(0), rules)]);
    let compiled = of_draft(&policy, Abi::X86_64).expect("compiles");
    let found: Vec<_> = compiled.warnings.iter().map(kind).collect();
    assert_eq!(found, [Lint::SiblingAllowed]);
}

#[test]
fn a_file_by_itself_has_only_warnings_about_its_own_rules_with_their_lines() {
    let found = seccomp_syntax::check_text("a.policy", "allow read;\nallow ptrace", Abi::X86_64);
    let found = found.expect("compiles");
    let [(Lint::PowerfulCall, message)] = &found[..] else { panic!("{found:?}") };
    assert!(message.starts_with("a.policy:2:7: `ptrace` takes over"), "{message}");
    let silenced = "#[allow(seccomp::powerful_call)]\nallow ptrace";
    assert_eq!(seccomp_syntax::check_text("a.policy", silenced, Abi::X86_64), Ok(Vec::new()));
}

#[test]
fn an_errno_of_rustc_is_taken_for_enosys_in_a_warning_by_its_whole_name_alone() {
    for (errno, warned) in [
        ("ENOSYS", false),
        ("38", false),
        ("libc::ENOSYS", false),
        ("{ libc::ENOSYS }", false),
        ("EPERM", true),
        ("crate::NOT_ENOSYS", true),
        ("{ -libc::ENOSYS }", true),
        ("{ OTHER - ENOSYS }", true),
        ("{ !ENOSYS }", true),
        ("!{ ENOSYS }", true),
    ] {
        let policy = format!("errno({errno}) open; {ENDINGS}").replace("kill", "allow");
        let siblings = kinds(&policy, Abi::X86_64).contains(&Lint::SiblingAllowed);
        assert_eq!(siblings, warned, "{policy}");
    }
}

#[test]
fn a_condition_that_always_holds_is_advised_to_be_left_out_of_the_rule_as_it_is_written() {
    for (rule, advised) in [
        ("allow syscall(900)(a0 >= 0)", "allow syscall(900)"),
        ("errno(EPERM) read(fd >= 0)", "errno(EPERM) read"),
        ("errno(libc::EPERM) write(fd >= 0)", "errno(libc::EPERM) write"),
    ] {
        let found = warnings(&format!("{rule}; {ENDINGS}"), Abi::X86_64);
        assert_eq!(found.len(), 1, "{found:?}");
        for quoted in [format!("write `{advised}` if"), format!("of `{rule}` is true")] {
            assert!(found[0].1.contains(&quoted), "{quoted}: {}", found[0].1);
        }
    }
}

#[test]
fn a_register_that_a_call_does_not_take_is_compared_only_with_a_type_and_a_warning() {
    assert_eq!(of_rules("allow getpid(a0 as u64 == 0)"), [Lint::IgnoredArgument]);
    assert_eq!(of_rules("allow read(a5 as u32 == 0)"), [Lint::IgnoredArgument]);
    let without = compile(tokens(&format!("allow getpid(a0 == 0); {ENDINGS}")), Abi::X86_64);
    let Err(error) = without else { panic!("no error") };
    assert!(error.contains("`getpid` has no argument `a0`: it takes none"), "{error}");
}
