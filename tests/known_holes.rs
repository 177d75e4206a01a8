//! Policy bugs that others published, and how this language treats them: docs/known-holes.md names the test of
//! each. Most tests hold for every ABI, because the compiler serves every ABI on any host.

use proc_macro2::{Span, TokenStream};
use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::interpret;
use seccomp_ir::lint::Lint;
use seccomp_ir::table;
use seccomp_syntax::Compiled;

const EPERM: Action = Action::Errno(1);

fn tokens(policy: &str) -> TokenStream {
    policy.parse().expect("balanced tokens")
}

#[track_caller]
fn compile(policy: &str, abi: Abi) -> Compiled {
    seccomp_syntax::compile(tokens(policy), Span::call_site(), abi)
        .unwrap_or_else(|errors| panic!("{}: {errors}", abi.name()))
}

/// The messages about a policy that is refused.
#[track_caller]
fn refusal(policy: &str, abi: Abi) -> String {
    match seccomp_syntax::compile(tokens(policy), Span::call_site(), abi) {
        Ok(_) => panic!("{}: `{policy}` is accepted", abi.name()),
        Err(errors) => errors.to_string(),
    }
}

#[track_caller]
fn number(abi: Abi, name: &str) -> u32 {
    table::number(abi, name).unwrap_or_else(|| panic!("{} has no {name}", abi.name()))
}

/// The action of the compiled filter.
#[track_caller]
fn action_of(filter: &Compiled, abi: Abi, call: &Call) -> Action {
    let value = interpret(&filter.filter.instructions, call, abi.endian()).expect("runs");
    Action::from_return_value(value)
}

#[track_caller]
fn action_on(filter: &Compiled, abi: Abi, name: &str, args: [u64; 6]) -> Action {
    action_of(filter, abi, &Call::new(abi, number(abi, name), args))
}

/// The ABIs with 64-bit registers: the others have no upper halves.
fn wide_abis() -> impl Iterator<Item = Abi> {
    Abi::ALL.iter().copied().filter(|abi| abi.register_bits() == 64)
}

#[test]
fn a_denied_ioctl_stays_denied_whatever_is_in_the_upper_half_of_its_command() {
    for abi in wide_abis() {
        let filter = compile("errno(EPERM) ioctl(cmd == TIOCSTI); allow ioctl; default kill", abi);
        let table::ConstantLookup::Value(tiocsti) = table::constant(abi, "TIOCSTI") else {
            panic!("{} has no TIOCSTI", abi.name());
        };
        let ioctl = |cmd| action_on(&filter, abi, "ioctl", [0, cmd, 0, 0, 0, 0]);
        for bit in 32..64 {
            assert_eq!(ioctl(tiocsti.value | 1 << bit), EPERM, "{}: bit {bit}", abi.name());
        }
        assert_eq!(ioctl(tiocsti.value | 0xffff_ffff << 32), EPERM);
        assert_eq!(ioctl(tiocsti.value), EPERM);
        assert_eq!(ioctl(tiocsti.value ^ 1), Action::Allow);
    }
}

#[test]
fn a_list_of_allowed_commands_leaves_out_those_that_nobody_thought_of() {
    for &abi in Abi::ALL {
        let policy = "allow ioctl(cmd in {TCGETS, TIOCGWINSZ, FIONREAD}); default errno(EPERM)";
        let filter = compile(policy, abi);
        let ioctl = |name| {
            let table::ConstantLookup::Value(cmd) = table::constant(abi, name) else {
                panic!("{} has no {name}", abi.name());
            };
            action_on(&filter, abi, "ioctl", [0, cmd.value & 0xffff_ffff, 0, 0, 0, 0])
        };
        assert_eq!(ioctl("TIOCGWINSZ"), Action::Allow);
        assert_eq!(ioctl("TIOCSTI"), EPERM);
        assert_eq!(ioctl("TIOCLINUX"), EPERM);
    }
}

#[test]
fn a_list_of_denied_calls_is_not_outgrown_by_new_ways_to_mount() {
    for &abi in Abi::ALL {
        let filter = compile("errno(EPERM) @mount; unknown errno(ENOSYS); default allow", abi);
        for name in ["mount", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount", "open_tree"]
        {
            assert_eq!(action_on(&filter, abi, name, [0; 6]), EPERM, "{}: {name}", abi.name());
        }
        assert_eq!(action_on(&filter, abi, "mount_setattr", [0; 6]), EPERM);
        // Numbers that no kernel of the tables has yet: above all numbers of the tables, and in the gaps
        // between them.
        let (first, last) = abi.numbers();
        let mut gaps = 0;
        for number in (first..last.min(first + 7000)).chain([last]) {
            if table::name(abi, number).is_none() && number != Abi::SKIPPED {
                let new = Call::new(abi, number, [0; 6]);
                assert_eq!(action_of(&filter, abi, &new), enosys(abi), "{}: {number}", abi.name());
                gaps += 1;
            }
        }
        assert!(gaps > 6000, "{}: {gaps} numbers", abi.name());
        assert_eq!(action_on(&filter, abi, "read", [0; 6]), Action::Allow);
    }
}

/// `errno(ENOSYS)`, whose number is each ABI's own.
fn enosys(abi: Abi) -> Action {
    let table::ConstantLookup::Value(errno) = table::constant(abi, "ENOSYS") else {
        panic!("{} has no ENOSYS", abi.name());
    };
    Action::Errno(u16::try_from(errno.value).expect("small"))
}

/// Values at which a wrong comparison of two halves shows.
fn boundaries(around: u64) -> impl Iterator<Item = u64> {
    let (high, low) = (around >> 32, around & 0xffff_ffff);
    let near = |half: u64| [0, half.wrapping_sub(1), half, half + 1, 0x8000_0000, 0xffff_ffff];
    near(high).into_iter().flat_map(move |high| {
        near(low).into_iter().map(move |low| (high & 0xffff_ffff) << 32 | (low & 0xffff_ffff))
    })
}

#[test]
fn comparisons_of_64_bits_are_those_of_numbers_with_64_bits() {
    const VALUES: [u64; 5] =
        [0x1_0000_0000, 0x0000_0002_8000_0000, 0x7fff_ffff_ffff_fffe, 0x1234_5678_9abc_def0, 5];
    type Compare = fn(&u64, &u64) -> bool;
    const OPERATORS: [(&str, Compare); 6] = [
        ("==", u64::eq),
        ("!=", u64::ne),
        ("<", u64::lt),
        ("<=", u64::le),
        (">", u64::gt),
        (">=", u64::ge),
    ];
    for abi in [Abi::X86_64, Abi::Aarch64, Abi::Riscv64, Abi::S390x, Abi::Ppc64] {
        for value in VALUES {
            for (operator, compare) in OPERATORS {
                let unsigned = compile(
                    &format!(
                        "allow mprotect(start as u64 {operator} {value}); default errno(EPERM)"
                    ),
                    abi,
                );
                let signed = compile(
                    &format!("allow lseek(offset {operator} {value}); default errno(EPERM)"),
                    abi,
                );
                // Signed order is unsigned order with the sign bit flipped.
                let flip = |number: u64| number ^ 1 << 63;
                for argument in boundaries(value) {
                    let expected = |holds| if holds { Action::Allow } else { EPERM };
                    assert_eq!(
                        action_on(&unsigned, abi, "mprotect", [argument, 0, 0, 0, 0, 0]),
                        expected(compare(&argument, &value)),
                        "{}: {argument:#x} {operator} {value:#x}",
                        abi.name()
                    );
                    assert_eq!(
                        action_on(&signed, abi, "lseek", [0, argument, 0, 0, 0, 0]),
                        expected(compare(&flip(argument), &flip(value))),
                        "{}: signed {argument:#x} {operator} {value:#x}",
                        abi.name()
                    );
                }
            }
        }
    }
}

#[test]
fn comparisons_of_64_bits_that_share_a_half_stay_apart() {
    const POLICY: &str = "allow mprotect(start as u64 < 0x2_0000_1000);
        errno(EPERM) mprotect(start as u64 <= 0x2_0000_2000);
        errno(5) mprotect(start as u64 > 0x3_0000_1000, start as u64 != 0x3_ffff_ffff);
        default errno(2)";
    for abi in wide_abis() {
        let filter = compile(POLICY, abi);
        for around in [0x2_0000_1000, 0x2_0000_2000, 0x3_0000_1000, 0x3_ffff_ffff] {
            for start in boundaries(around) {
                let expected = match start {
                    ..0x2_0000_1000 => Action::Allow,
                    0x2_0000_1000..=0x2_0000_2000 => EPERM,
                    0x3_ffff_ffff => Action::Errno(2),
                    0x3_0000_1001.. => Action::Errno(5),
                    _ => Action::Errno(2),
                };
                let args = [start, 0, 0, 0, 0, 0];
                assert_eq!(action_on(&filter, abi, "mprotect", args), expected, "{start:#x}");
            }
        }
    }
}

#[test]
fn a_call_with_the_bit_of_x32_is_not_one_of_x86_64() {
    let filter = compile("errno(EPERM) ptrace; default allow", Abi::X86_64);
    let call = |nr| action_of(&filter, Abi::X86_64, &Call::new(Abi::X86_64, nr, [0; 6]));
    assert_eq!(call(101), EPERM);
    for (nr, _) in table::calls(Abi::X86_64) {
        assert_eq!(call(nr | Abi::X32_BIT), Action::KillProcess, "{nr}");
    }
    // x32 has some calls of its own, and no ABI has numbers above them. (Except -1, which a tracer
    // sets to skip a call.)
    for nr in [512, 521, 547, 0x3fff_ffff, 0x7fff_ffff, 0xbfff_fffe] {
        assert_eq!(call(nr | Abi::X32_BIT), Action::KillProcess, "{nr}");
    }
    // Kernels before 5.4 took x32's own numbers without the bit too: they are unknown.
    let filter = compile("errno(EPERM) ptrace; unknown kill; default allow", Abi::X86_64);
    for nr in 512..=547 {
        let call = Call::new(Abi::X86_64, nr, [0; 6]);
        assert_eq!(action_of(&filter, Abi::X86_64, &call), Action::KillProcess, "{nr}");
    }
}

#[test]
fn x32_is_served_by_name_and_its_own_numbers_are_denied_with_the_others() {
    let filter = compile("arch x86_64, x32; errno(EPERM) ptrace; default allow", Abi::X86_64);
    assert_eq!(action_on(&filter, Abi::X86_64, "ptrace", [0; 6]), EPERM);
    assert_eq!(number(Abi::X32, "ptrace"), 521 | Abi::X32_BIT);
    assert_eq!(action_on(&filter, Abi::X32, "ptrace", [0; 6]), EPERM);
}

#[test]
fn a_call_through_another_abi_never_meets_the_rules_of_this_one() {
    for &abi in Abi::ALL {
        let filter = compile("allow @known; default allow", abi);
        let others = Abi::ALL.iter().filter(|other| other.audit_arch() != abi.audit_arch());
        let foreign = others.map(|other| other.audit_arch()).chain([0, u32::MAX]);
        for arch in foreign {
            let call = Call { arch, ..Call::new(abi, number(abi, "read"), [0; 6]) };
            assert_eq!(
                action_of(&filter, abi, &call),
                Action::KillProcess,
                "{} {arch:#x}",
                abi.name()
            );
        }
    }
}

#[test]
fn the_flags_of_clone_are_looked_for_where_the_abi_has_them() {
    const NEWUSER: u64 = 0x1000_0000;
    for &abi in Abi::ALL {
        let filter = compile("allow clone(flags & CLONE_NEWUSER == 0); default errno(EPERM)", abi);
        let mut args = [0; 6];
        let (flags, stack) = if matches!(abi, Abi::S390 | Abi::S390x) { (1, 0) } else { (0, 1) };
        args[stack] = NEWUSER;
        assert_eq!(action_on(&filter, abi, "clone", args), Action::Allow, "{}", abi.name());
        args[flags] = NEWUSER;
        assert_eq!(action_on(&filter, abi, "clone", args), EPERM, "{}", abi.name());
    }
}

#[test]
fn flags_behind_a_pointer_are_not_filtered_by_mistake() {
    for &abi in Abi::ALL.iter().filter(|abi| table::number(**abi, "clone3").is_some()) {
        let named = refusal("errno(EPERM) clone3(flags & CLONE_NEWUSER != 0); default allow", abi);
        assert!(named.contains("`clone3` has no argument `flags`"), "{named}");
        let pointed = refusal("errno(EPERM) clone3(a0 & CLONE_NEWUSER != 0); default allow", abi);
        assert!(pointed.contains("is a pointer, and a filter cannot follow it"), "{pointed}");
    }
}

#[test]
fn a_filter_that_the_kernel_would_not_take_is_a_compile_error() {
    let values: Vec<String> = (0..6000).map(|value| (value * 7).to_string()).collect();
    let policy = format!("allow ioctl(cmd in {{{}}}); default kill", values.join(", "));
    let message = refusal(&policy, Abi::X86_64);
    assert!(message.contains("instructions, and the kernel takes at most 4096"), "{message}");
}

#[test]
fn an_unconditional_rule_does_not_swallow_a_conditional_one() {
    let hidden = refusal("allow read; errno(EPERM) read(fd == 0); default kill", Abi::X86_64);
    assert!(hidden.contains("never decides anything: `allow read` above decides"), "{hidden}");
    for &abi in Abi::ALL {
        let filter = compile("errno(EPERM) read(fd == 0); allow read; default kill", abi);
        assert_eq!(action_on(&filter, abi, "read", [0; 6]), EPERM);
        assert_eq!(action_on(&filter, abi, "read", [1, 0, 0, 0, 0, 0]), Action::Allow);
    }
}

#[test]
fn two_conditions_on_one_argument_must_both_hold() {
    for &abi in Abi::ALL {
        let filter = compile("allow write(fd > 2, fd < 10, fd != 5); default errno(EPERM)", abi);
        for fd in 0..20 {
            let expected = if matches!(fd, 3..=4 | 6..=9) { Action::Allow } else { EPERM };
            assert_eq!(action_on(&filter, abi, "write", [fd, 0, 0, 0, 0, 0]), expected, "{fd}");
        }
    }
}

#[test]
fn a_negative_constant_matches_however_the_register_was_filled() {
    for &abi in Abi::ALL {
        let filter = compile("allow openat(dfd == AT_FDCWD); default errno(EPERM)", abi);
        let openat = |dfd| action_on(&filter, abi, "openat", [dfd, 0, 0, 0, 0, 0]);
        assert_eq!(openat(0xffff_ff9c), Action::Allow, "{}", abi.name());
        if abi.register_bits() == 64 {
            assert_eq!(openat(0xffff_ffff_ffff_ff9c), Action::Allow, "{}", abi.name());
            assert_eq!(openat(0x1234_5678_ffff_ff9c), Action::Allow, "{}", abi.name());
        }
        assert_eq!(openat(100), EPERM);
    }
}

#[test]
fn a_negative_argument_is_less_than_zero() {
    for &abi in Abi::ALL {
        let filter = compile("errno(EPERM) setpriority(niceval > 0); default allow", abi);
        let setpriority = |nice| action_on(&filter, abi, "setpriority", [0, 0, nice, 0, 0, 0]);
        assert_eq!(setpriority(0xffff_ffff), Action::Allow, "{}", abi.name());
        assert_eq!(setpriority(0), Action::Allow);
        assert_eq!(setpriority(1), EPERM);
        if abi.register_bits() == 64 {
            assert_eq!(setpriority(u64::MAX), Action::Allow, "{}", abi.name());
        }
    }
}

#[test]
fn an_unused_upper_half_does_not_deny_what_is_allowed() {
    for abi in wide_abis() {
        let filter = compile("allow copy_file_range(flags == 0); default errno(EPERM)", abi);
        for rubbish in [0, 1 << 32, 0xdead_beef << 32] {
            let args = [0, 0, 0, 0, 0, rubbish];
            assert_eq!(action_on(&filter, abi, "copy_file_range", args), Action::Allow);
        }
        assert_eq!(action_on(&filter, abi, "copy_file_range", [0, 0, 0, 0, 0, 1]), EPERM);
    }
}

#[test]
fn an_errno_that_would_arrive_as_another_is_refused() {
    for errno in ["4096", "65535", "65536", "0x1_0000_0001"] {
        let message = refusal(&format!("default errno({errno})"), Abi::X86_64);
        assert!(message.contains("is above 4095"), "{message}");
    }
    let message = refusal("default errno(-1)", Abi::X86_64);
    assert!(message.contains("without a minus sign"), "{message}");
    let filter = compile("default errno(4095)", Abi::X86_64);
    assert_eq!(action_on(&filter, Abi::X86_64, "read", [0; 6]), Action::Errno(4095));
}

#[test]
fn a_number_that_looks_octal_is_refused() {
    for abi in [Abi::X86_64, Abi::S390x] {
        let message = refusal("allow fchmod(mode == 0644); default kill", abi);
        assert!(message.contains("write `0o644` or `644`"), "{message}");
        let filter = compile("allow fchmod(mode == 0o644); default errno(EPERM)", abi);
        assert_eq!(action_on(&filter, abi, "fchmod", [0, 0o644, 0, 0, 0, 0]), Action::Allow);
        assert_eq!(action_on(&filter, abi, "fchmod", [0, 644, 0, 0, 0, 0]), EPERM);
    }
}

#[test]
fn a_way_to_type_into_a_terminal_that_is_left_is_warned_of() {
    for &abi in Abi::ALL {
        let warned = |commands: &str| {
            let policy = format!("errno(EPERM) ioctl(cmd in {{{commands}}}); default allow");
            let warnings = compile(&policy, abi).warnings;
            warnings.iter().any(|warning| warning.code == Lint::TioclinuxAllowed.into())
        };
        assert!(warned("TIOCSTI"), "{}", abi.name());
        assert!(!warned("TIOCSTI, TIOCLINUX"), "{}", abi.name());
    }
}

#[test]
fn a_rule_that_socketcall_side_steps_is_refused() {
    const POLICY: &str = "errno(EPERM) socket(family == AF_PACKET); default allow";
    for abi in [Abi::X86, Abi::S390, Abi::S390x, Abi::Mips, Abi::Ppc, Abi::Ppc64] {
        let message = refusal(POLICY, abi);
        assert!(message.contains("can also be made through `socketcall`"), "{message}");
        let filter = compile(&format!("errno(ENOSYS) @multiplexers; {POLICY}"), abi);
        assert_eq!(action_on(&filter, abi, "socketcall", [1, 0, 0, 0, 0, 0]), enosys(abi));
        assert_eq!(action_on(&filter, abi, "socket", [17, 0, 0, 0, 0, 0]), EPERM);
    }
}

#[test]
fn an_answer_of_errno_0_is_not_taken_for_a_filter_in_force() {
    use seccomp_runtime::{InstallError, Operation, Policy, seccomp_policy};
    use seccomp_tests::call::{ENOSYS, bare_probe};
    use seccomp_tests::child::{End, child};

    const AROUND: Policy = seccomp_policy! {
        errno(0) seccomp;
        #[allow(seccomp::default_allow)]
        default allow
    };
    const INSIDE: Policy = seccomp_policy! {
        errno(7) syscall(1000);
        #[allow(seccomp::default_allow)]
        default allow
    };
    let outcome = child(|notes| {
        if AROUND.install().is_err() {
            return 1;
        }
        let faked = InstallError::Faked { operation: Operation::SetFilter };
        notes.put(0, i64::from(INSIDE.install() == Err(faked)));
        notes.put(1, bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, ENOSYS]));
}

/// The path of a call changes after its supervisor has read it. Returns the result of the call: 0 from a read of
/// /dev/null, the path that was read, or the error of reading the folder /proc.
fn path_changes_after(
    answer: impl FnOnce(seccomp_runtime::Notification<'_>, &std::ffi::CStr),
) -> i64 {
    use std::sync::atomic::{AtomicU8, Ordering};

    use seccomp_runtime::{Policy, seccomp_policy};
    use seccomp_tests::call::{openat_shared, read_byte};
    use seccomp_tests::child::End;
    use seccomp_tests::target::supervised_after;
    use seccomp_tests::thread::spawn;

    const ASK: Policy = seccomp_policy! {
        notify openat;
        #[allow(seccomp::default_allow)]
        default allow
    };
    const GO: usize = 1;
    const DONE: usize = 2;
    static PATH: [AtomicU8; 16] = [const { AtomicU8::new(0) }; 16];
    fn set(path: &[u8]) {
        for (byte, &value) in PATH.iter().zip(path) {
            byte.store(value, Ordering::SeqCst);
        }
    }
    let before = |_: &_| {
        set(b"/dev/null\0");
        true
    };
    let (child, listener) = supervised_after(before, ASK.installer(), |notes| {
        let Some(thread) = spawn(notes, |notes| {
            notes.wait(GO);
            set(b"/proc\0");
            notes.put(DONE, 1);
        }) else {
            return 1;
        };
        notes.put(0, read_byte(openat_shared(&PATH)));
        thread.join();
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    let mut buffer = [0; 64];
    let path = notification.read_string(notification.call().args[1], &mut buffer).unwrap();
    assert_eq!(path, c"/dev/null");
    child.notes.put(GO, 1);
    child.notes.wait(DONE);
    answer(notification, path);
    let outcome = child.wait();
    assert_eq!(outcome.end, End::Exited(0));
    outcome.notes.get(0)
}

#[test]
fn a_supervisor_that_opens_what_it_has_read_is_not_deceived_by_memory_that_changes() {
    use seccomp_runtime::AddFd;

    let returned = path_changes_after(|notification, path| {
        let file = std::fs::File::open(path.to_str().unwrap()).unwrap();
        notification.respond_with_fd(&file, AddFd::default()).unwrap();
    });
    assert_eq!(returned, 0, "the end of /dev/null");
    // The same with `continue_unchecked` has the hole.
    let returned = path_changes_after(|notification, _| notification.continue_unchecked().unwrap());
    assert_eq!(returned, -i64::from(libc::EISDIR), "the kernel opened /proc");
}
