//! Calls that a policy should not allow, or should not forget, and defaults.

use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::Lint;

use crate::{ENDINGS, LOG, abis_with, has, kinds, of_denials, of_rules, warnings};

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
