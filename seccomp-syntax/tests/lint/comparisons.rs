//! Comparisons of more or fewer bits than the kernel uses, and those without effect.

use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::Lint;
use seccomp_ir::table;

use crate::compile_tokens::{compile, tokens};

use crate::{ENDINGS, kinds, of_rules, warnings};

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
fn a_comparison_of_what_the_kernel_does_not_look_at_is_reported() {
    let ignored = vec![Lint::IgnoredArgument];
    assert_eq!(of_rules("allow preadv(pos_h == 0)"), ignored);
    assert_eq!(of_rules("allow preadv(pos_h as u32 == 0)"), ignored);
    assert_eq!(of_rules("allow fcntl(cmd in {F_GETFD, F_GETFL}, arg == 0)"), ignored);
    assert_eq!(of_rules("allow kcmp(type == KCMP_VM, idx1 == 0)"), ignored);
    assert_eq!(of_rules("allow kcmp(type == KCMP_FILE, idx1 == 0, idx2 == 0)"), []);
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
