//! Warnings for what is legal but has caused trouble in practice, on every ABI that each concerns; and correct
//! policies, which have no warnings.

mod compile_tokens;
/// The files of the folder `lint`.
mod lint {
    mod calls;
    mod comparisons;
    mod constants;
    mod siblings;
}

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
