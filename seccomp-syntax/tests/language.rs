//! Tests each rule of the language as a claim, from the text of a policy to the actions of its
//! filter.
//!
//! Each action is computed twice, from the reference meaning and by running the filter, and both must
//! agree.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action::{self, Allow, Errno, KillProcess};
use seccomp_ir::policy::meaning;
use seccomp_ir::{bpf, table};
use seccomp_syntax::compile;

fn tokens(policy: &str) -> TokenStream {
    policy.parse().expect("the text of a test is tokens")
}

/// The action of `policy` on `abi` for the call `call`.
fn action_of(abi: Abi, policy: &str, call: &str, args: &[u64]) -> Action {
    let nr = table::number(abi, call).expect("the ABI has this call");
    action_of_number(abi, policy, nr, args)
}

fn action_of_number(abi: Abi, policy: &str, nr: u32, args: &[u64]) -> Action {
    let compiled = compile(tokens(policy), Span::call_site(), abi)
        .unwrap_or_else(|errors| panic!("{abi:?}: {policy}\n{errors}"));
    let mut registers = [0; 6];
    registers[..args.len()].copy_from_slice(args);
    let data = Call { nr, arch: abi.audit_arch(), instruction_pointer: 0, args: registers };
    let meant = meaning(&compiled.policy, &data, &|_| unreachable!("no symbol"));
    let done = bpf::interpret(&compiled.filter.instructions, &data, abi.endian());
    assert_eq!(done.map(Action::from_return_value), Ok(meant), "{abi:?}: {policy}, {data:x?}");
    meant
}

/// Whether `condition` of `call` is true for these arguments.
fn holds(abi: Abi, call: &str, condition: &str, args: &[u64]) -> bool {
    let policy = format!("allow {call}({condition}); default kill");
    action_of(abi, &policy, call, args) == Allow
}

/// The messages of the errors in `policy`, each with its column.
fn errors_of(abi: Abi, policy: &str) -> Vec<(usize, String)> {
    let errors = compile(tokens(policy), Span::call_site(), abi).expect_err("an error");
    errors.iter().map(|error| (error.span.start().column, error.to_string())).collect()
}

fn error_of(abi: Abi, policy: &str) -> String {
    let errors = errors_of(abi, policy);
    assert_eq!(errors.len(), 1, "{policy}: {errors:#?}");
    errors[0].1.clone()
}

const MINUS_1: u64 = u64::MAX;

#[test]
fn an_operator_means_what_it_does_in_rust() {
    for (operator, expected) in [
        ("==", [false, true, false]),
        ("!=", [true, false, true]),
        ("<", [true, false, false]),
        ("<=", [true, true, false]),
        (">", [false, false, true]),
        (">=", [false, true, true]),
    ] {
        for abi in Abi::ALL {
            let condition = format!("fd {operator} 7");
            let held = [6, 7, 8].map(|fd| holds(*abi, "read", &condition, &[fd]));
            assert_eq!(held, expected, "{abi:?} {condition}");
            // A mask goes before the operator.
            let condition = format!("fd & 0xf {operator} 7");
            let held = [0x16, 0x27, 0x38].map(|fd| holds(*abi, "read", &condition, &[fd]));
            assert_eq!(held, expected, "{abi:?} {condition}");
        }
    }
}

#[test]
fn a_range_ends_as_in_rust() {
    for (range, expected) in [
        ("3..5", [false, true, true, false]),
        ("3..=5", [false, true, true, true]),
        ("3..", [false, true, true, true]),
        ("..3", [true, false, false, false]),
        ("..=3", [true, true, false, false]),
        ("3..=3", [false, true, false, false]),
        ("{2, 5}", [true, false, false, true]),
        ("{2, 3..5,}", [true, true, true, false]),
        ("{..3, 4..=4, 4}", [true, false, true, false]),
        ("(1 | 2)..(4 | 1)", [false, true, true, false]),
    ] {
        for abi in [Abi::X86_64, Abi::S390x, Abi::Arm] {
            let condition = format!("fd in {range}");
            let held = [2, 3, 4, 5].map(|fd| holds(abi, "read", &condition, &[fd]));
            assert_eq!(held, expected, "{abi:?} {condition}");
        }
    }
}

#[test]
fn a_signed_range_goes_through_zero() {
    for abi in Abi::ALL {
        let held =
            [-6_i64, -5, -1, 0, 4, 5].map(|pid| holds(*abi, "kill", "pid in -5..5", &[pid as u64]));
        assert_eq!(held, [false, true, true, true, true, false], "{abi:?}");
        // The same bits without sign extension, as a register may hold them.
        assert!(holds(*abi, "kill", "pid in -5..5", &[0xffff_fffb]), "{abi:?}");
    }
}

#[test]
fn order_of_64_bits_is_that_of_both_halves() {
    let values: [u64; 9] =
        [0, 1, 0xffff_ffff, 1 << 32, (1 << 32) + 1, i64::MAX as u64, 1 << 63, MINUS_1 - 1, MINUS_1];
    for bound in values {
        for value in values {
            let unsigned = format!("count <= {bound}");
            assert_eq!(holds(Abi::X86_64, "read", &unsigned, &[0, 0, value]), value <= bound);
            let signed = format!("offset >= {}", bound as i64);
            let expected = value as i64 >= bound as i64;
            assert_eq!(holds(Abi::S390x, "lseek", &signed, &[0, value]), expected, "{signed}");
        }
    }
}

#[test]
fn bits_above_the_width_of_an_argument_are_not_seen() {
    for abi in Abi::ALL {
        assert!(holds(*abi, "ioctl", "cmd == TIOCSTI", &[0, tiocsti(*abi) | 1 << 40]), "{abi:?}");
        assert!(holds(*abi, "fchmod", "mode == 0o777", &[0, 0o777 | 0xabcd_0000]), "{abi:?}");
    }
}

fn tiocsti(abi: Abi) -> u64 {
    match table::constant(abi, "TIOCSTI") {
        table::ConstantLookup::Value(constant) => constant.value,
        _ => panic!("{abi:?} has TIOCSTI"),
    }
}

#[test]
fn as_overrides_width_and_sign() {
    for (condition, fd, expected) in [
        ("fd as i32 < 0", 0xffff_ffff, true),
        ("fd as i32 < 0", 1 << 40, false),
        ("fd as i64 < 0", 0xffff_ffff, false),
        ("fd as i64 < 0", MINUS_1, true),
        ("fd as u64 == 1", 1 << 40 | 1, false),
        ("fd as u64 & 0xff == 1", 1 << 40 | 1, true),
        ("(fd as u64) & 0xff == 1", 1 << 40 | 1, true),
        ("fd as u32 == 1", 1 << 40 | 1, true),
    ] {
        assert_eq!(holds(Abi::X86_64, "read", condition, &[fd]), expected, "{condition}");
    }
}

#[test]
fn as_sees_no_more_than_a_register_has() {
    for abi in Abi::ALL.iter().copied().filter(|abi| abi.register_bits() == 32) {
        // The kernel shows such registers with an upper half of 0: -1 is 0xffff_ffff.
        assert!(holds(abi, "kill", "pid as i64 == -1", &[0xffff_ffff]), "{abi:?}");
        assert!(holds(abi, "kill", "pid as i64 < 0", &[0xffff_ffff]), "{abi:?}");
        assert!(!holds(abi, "kill", "pid as i64 < 0", &[1]), "{abi:?}");
        assert!(!holds(abi, "kill", "pid as u64 < 5", &[0xffff_ffff]), "{abi:?}");
        let message = error_of(abi, "allow read(buf as u64 >= 0x1_0000_0000); default kill");
        assert!(message.contains("it has 32 bits"), "{abi:?}: {message}");
    }
}

#[test]
fn conditions_bind_as_in_rust() {
    for (condition, args, expected) in [
        ("fd == 1 || fd == 2 && count == 3", [1, 0, 9], true),
        ("fd == 1 || fd == 2 && count == 3", [2, 0, 9], false),
        ("fd == 1 || fd == 2, count == 3", [1, 0, 9], false),
        ("(fd == 1 || fd == 2) && count == 3", [1, 0, 3], true),
        ("!(fd == 1 && count == 3)", [1, 0, 4], true),
        ("!(!(fd == 1)), ((fd)) == 1, ((fd & 3)) == 1", [1, 0, 4], true),
        ("fd & !1 == 0", [1, 0, 0], true),
        ("fd & (1 | 4) == 1 | 4", [5, 0, 0], true),
        ("fd == !!5", [5, 0, 0], true),
        ("buf != 0", [0, 1 << 40, 0], true),
    ] {
        assert_eq!(holds(Abi::X86_64, "read", condition, &args), expected, "{condition} {args:?}");
    }
}

#[test]
fn a_value_that_a_macro_of_the_user_got_as_one_stays_one() {
    // `$call(flags == !$x)` with `A | B` for `$x:expr` has invisible brackets around the value.
    let whole = |text: &str| TokenTree::Group(Group::new(Delimiter::None, tokens(text)));
    let policy = |before: &str, value: &str, after: &str| {
        let condition = [tokens(before), TokenStream::from(whole(value)), tokens(after)];
        let condition = Group::new(Delimiter::Parenthesis, condition.into_iter().collect());
        let parts =
            [tokens("allow read"), TokenTree::Group(condition).into(), tokens("; default kill")];
        compile(parts.into_iter().collect(), Span::call_site(), Abi::X86_64)
    };
    let same = |before, value, after, text: &str| {
        let came = policy(before, value, after).expect("no error").filter.instructions;
        let text = format!("allow read({text}); default kill");
        let written = compile(tokens(&text), Span::call_site(), Abi::X86_64).expect("no error");
        assert_eq!(came, written.filter.instructions, "{text}");
    };
    same("fd == !", "1 | 2", "", "fd == !(1 | 2)");
    same("fd &", "1 | 2", "== 1", "fd & (1 | 2) == 1");
    same("fd ==", "3", ", count == 1", "fd == 3, count == 1");
    same("fd as i32 ==", "-3", "", "fd as i32 == -3");
    same("fd in", "3", "..9", "fd in 3..9");
    assert!(policy("fd ==", "1 || count == 2", "").is_err(), "a value is not a condition");
}

#[test]
fn a_literal_may_bring_its_sign() {
    let minus = proc_macro2::Literal::i64_unsuffixed(-5);
    let condition = [tokens("pid =="), TokenTree::Literal(minus).into()];
    let condition: TokenStream = condition.into_iter().collect();
    let group = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, condition);
    let policy = [
        tokens("allow kill"),
        proc_macro2::TokenTree::Group(group).into(),
        tokens("; default kill"),
    ];
    let came = compile(policy.into_iter().collect(), Span::call_site(), Abi::X86_64);
    let written = tokens("allow kill(pid == -5); default kill");
    let written = compile(written, Span::call_site(), Abi::X86_64).expect("no error");
    assert_eq!(came.expect("no error").filter.instructions, written.filter.instructions);
}

#[test]
fn the_first_rule_that_matches_decides() {
    const POLICY: &str = "errno(1) read(fd == 1); errno(2) read(fd < 3); allow read(fd != 9), write; \
                          errno(3) @basic-io; default kill";
    let read = |fd| action_of(Abi::Aarch64, POLICY, "read", &[fd]);
    assert_eq!([1, 0, 5, 9].map(read), [Errno(1), Errno(2), Allow, Errno(3)]);
    assert_eq!(action_of(Abi::Aarch64, POLICY, "write", &[]), Allow);
    assert_eq!(action_of(Abi::Aarch64, POLICY, "close", &[]), Errno(3));
    assert_eq!(action_of(Abi::Aarch64, POLICY, "mount", &[]), KillProcess);
}

#[test]
fn a_number_is_the_call_that_has_it() {
    let policy = "allow syscall(0)(fd == 3), syscall(5000)(a5 == 0x1_0000_0000); default errno(1)";
    assert_eq!(action_of(Abi::X86_64, policy, "read", &[3]), Allow);
    assert_eq!(action_of_number(Abi::X86_64, policy, 5000, &[0, 0, 0, 0, 0, 1 << 32]), Allow);
    assert_eq!(action_of_number(Abi::X86_64, policy, 5000, &[0, 0, 0, 0, 0, 1]), Errno(1));
}

#[test]
fn unknown_is_what_no_table_has_and_no_rule_decides() {
    let policy = "allow syscall(5000); unknown errno(38); default kill";
    for abi in Abi::ALL.iter().copied().filter(|abi| *abi != Abi::X32) {
        assert_eq!(action_of_number(abi, policy, 5000, &[]), Allow, "{abi:?}");
        assert_eq!(action_of_number(abi, policy, 8000, &[]), Errno(38), "{abi:?}");
        for (number, name) in table::calls(abi) {
            if number != 5000 {
                assert_eq!(action_once(abi, policy, number), KillProcess, "{abi:?} {name}");
            }
        }
    }
}

/// Like `action_of_number`, but compiles only once for all numbers.
fn action_once(abi: Abi, policy: &'static str, nr: u32) -> Action {
    use std::cell::RefCell;
    thread_local!(static LAST: RefCell<Option<(Abi, Vec<bpf::SockFilter>)>> = const { RefCell::new(None) });
    LAST.with_borrow_mut(|last| {
        if last.as_ref().is_none_or(|(of, _)| *of != abi) {
            let compiled = compile(tokens(policy), Span::call_site(), abi).expect("no error");
            *last = Some((abi, compiled.filter.instructions));
        }
        let (_, filter) = last.as_ref().expect("just made");
        let data = Call { nr, arch: abi.audit_arch(), ..Call::default() };
        let value = bpf::interpret(filter, &data, abi.endian()).expect("it ends");
        Action::from_return_value(value)
    })
}

#[test]
fn every_error_is_reported_once_and_where_it_is() {
    let policy = "allow raed, write(fdd == 1, count == 1 << 2); errno(EPREM) close; allow read(fd in 5..3); \
                  arch x86_64, x68; default kil";
    let token = |(column, _): (usize, String)| {
        policy[column..].split([' ', ',', ')', ';']).next().unwrap_or_default()
    };
    let found: Vec<_> = errors_of(Abi::X86_64, policy).into_iter().map(token).collect();
    // Errors of the parser come first, then names that are not found.
    assert_eq!(found, ["<<", "kil", "x68", "EPREM", "5..3"]);
    let found = errors_of(Abi::X86_64, "allow raed, wrte; allow read(fdd == 1);").len();
    assert_eq!(found, 4, "no default either");
}

#[test]
fn the_error_for_a_slip_says_what_to_write() {
    for (policy, expected) in [
        ("allow read(fd == 0 and count == 1); default kill", "`&&`"),
        ("allow read(fd == 0 or count == 1); default kill", "`||`"),
        ("allow read(fd not in {1}); default kill", "`!(fd in …)`"),
        ("allow read(fd == 1..3); default kill", "`fd in 3..10`"),
        ("allow read(fd == 0X10); default kill", "`0x10`"),
        ("allow read(fd == 00); default kill", "written `0`"),
        (
            "allow kill(pid == - -1); default kill",
            "a minus sign goes before a number; for anything else",
        ),
        ("allow kill(pid == -$pid); default kill", "write `$(-EXPRESSION)`"),
        ("allow kill(pid == -run_time(pid)); default kill", "write `$(-EXPRESSION)`"),
        ("arch \"x86_64\"; default kill", "the name of an ABI"),
        ("allow @basic-; default kill", "ends in `-`"),
        ("#![hot] allow read; default kill", "an attribute needs brackets"),
        ("#[] allow read; default kill", "an attribute needs a name"),
        ("#[cfg] allow read; default kill", "`#[cfg(feature = \"name\")]`"),
        ("#[cfg(unix)] allow read; default kill", "works only in `seccomp_policy!`"),
        ("include crate::NET; default kill", "works only in `seccomp_policy!`"),
        ("include \"net.policy\"; default kill", "works only in `seccomp_policy!`"),
        ("include crate::; default kill", "`include my_crate::NET;`"),
        ("include a b; default kill", "`include my_crate::NET;`"),
    ] {
        let message = error_of(Abi::X86_64, policy);
        assert!(message.contains(expected), "{policy}: {message}");
    }
}

#[test]
fn a_long_set_of_values_of_64_bits_that_are_not_known_here_is_proven() {
    for prefix in ["self::V", "$v"] {
        let (mut values, mut ranges) = (Vec::new(), Vec::new());
        for number in 0..60 {
            values.push(format!("{prefix}{number}"));
            ranges.push(format!("{prefix}{number}..{prefix}{number}"));
        }
        for set in [values, ranges] {
            let set = set.join(", ");
            let policy = format!("errno(EPERM) lseek(offset in {{{set}}}); default log");
            let tokens = policy.parse().expect("tokens");
            let compiled = compile(tokens, Span::call_site(), Abi::X86_64);
            assert!(compiled.is_ok(), "{}", compiled.expect_err("just seen"));
        }
    }
}

#[test]
fn a_policy_has_at_most_1024_values_of_the_running_program_on_all_abis_together() {
    let with = |served: &str, count: usize| {
        let values = vec!["$v"; count].join(", ");
        format!("arch {served}; errno(EPERM) write(fd in {{{values}}}); default allow")
    };
    for (served, count) in [("x86_64", 1025), ("x86_64, x86", 513)] {
        let message = error_of(Abi::X86_64, &with(served, count));
        assert!(message.contains("more than 1024 values that are known only when"), "{message}");
    }
}

#[test]
fn an_error_on_some_of_several_abis_says_on_which() {
    let wide = "write(count == 0x1_0000_0000), exit_group";
    for (served, rules, expected) in [
        ("x86_64", "dup(fdd == 1)", "`dup` has no argument `fdd`"),
        ("x86_64, x86", "dup(fdd == 1)", "`dup` has no argument `fdd`"),
        ("x86_64, x86", "dup(a1 == 1)", "`dup` has no argument `a1`"),
        ("x86_64, x86", "umount(fdd == 1)", "on x86: `umount` has no argument `fdd`"),
        ("x86_64, x86", wide, "on x86: 0x100000000 does not fit `size_t count` of `write`"),
        ("x86_64, x86, x32", wide, "on x86: 0x100000000 does not fit"),
        ("x86_64, x86, arm", wide, "on x86, arm: 0x100000000 does not fit"),
        ("x86_64, x86", "write(count in 5..=3)", "this range is upside down"),
        ("x86_64, x86", "umount(name == 7)", "on x86: `char *name` of `umount` is a pointer"),
        ("x86_64, x86", "pread64(pos == 7)", "on x86 `pos` of `pread64` has 64 bits"),
        ("x86_64, x86", "raed", "unknown system call `raed`"),
    ] {
        let message = error_of(Abi::X86_64, &format!("arch {served}; allow {rules}; default kill"));
        assert!(message.starts_with(expected), "{served}: {rules}: {message}");
    }
}

/// All tokens that a macro of the user made may have the same place.
#[test]
fn the_same_error_at_the_same_place_is_reported_once() {
    fn in_one_place(tokens: TokenStream) -> TokenStream {
        let moved = |token| match token {
            TokenTree::Group(group) => {
                Group::new(group.delimiter(), in_one_place(group.stream())).into()
            }
            mut token => {
                TokenTree::set_span(&mut token, Span::call_site());
                token
            }
        };
        tokens.into_iter().map(moved).collect()
    }
    let policy = "allow read(fe == 0); allow read(fe == 0), frobnicate; default kill";
    assert_eq!(errors_of(Abi::X86_64, policy).len(), 3);
    let errors = compile(in_one_place(tokens(policy)), Span::call_site(), Abi::X86_64);
    assert_eq!(errors.expect_err("two errors").iter().count(), 2);
}

#[test]
fn the_call_of_mips_that_is_named_syscall_is_a_name_without_parentheses() {
    let compiles = |policy: &str, abi| compile(tokens(policy), Span::call_site(), abi).is_ok();
    for policy in [
        "allow syscall; default kill",
        "allow syscall, read; default kill",
        "allow syscall(4000)(a0 == 1); default kill",
    ] {
        assert!(compiles(policy, Abi::Mips), "{policy}");
    }
    assert!(!compiles("allow syscall(a0 == 1); default kill", Abi::Mips));
    assert!(!compiles("allow syscall; default kill", Abi::X86_64));
}

#[test]
fn what_to_write_instead_holds_for_all_abis_of_a_policy_or_says_for_which() {
    let message_of = |policy: &str, abi: Abi| {
        seccomp_syntax::compile(policy.parse().expect("tokens"), Span::call_site(), abi)
            .map(|_| ())
            .expect_err(policy)
            .to_string()
    };
    for arch in ["s390, s390x", "s390x, s390"] {
        let policy = format!("arch {arch}; allow semop; default kill");
        let message = message_of(&policy, Abi::S390x);
        let s390 = message.contains("`semtimedop_time64` on s390");
        assert!(s390 && message.contains("`semtimedop` on s390x"), "{message}");
    }
    let both = message_of("arch x86_64, x86; allow sleep; default kill", Abi::X86_64);
    assert!(both.contains("which makes the call `clock_nanosleep`"), "{both}");
    let both = message_of("arch x86_64, x86; allow fstatat; default kill", Abi::X86_64);
    assert!(both.contains("write `newfstatat, fstatat64`"), "{both}");
}

#[test]
fn as_many_values_of_rustc_as_a_filter_has_room_for_are_proven() {
    // Each value of rustc is compared in two halves, so 1100 values take more instructions than the kernel does.
    let values = |count| {
        let values = vec!["self::X"; count].join(", ");
        format!("allow read(fd == 0); allow write(count in {{{values}}}); default kill")
    };
    let policy = values(1000);
    let compiled = compile(tokens(&policy), Span::call_site(), Abi::X86_64)
        .unwrap_or_else(|errors| panic!("{errors}"));
    assert!(compiled.filter.instructions.len() > 4000);
    let policy = values(1100);
    let errors = errors_of(Abi::X86_64, &policy);
    let [(column, message)] = &errors[..] else { panic!("{errors:?}") };
    assert_eq!(Some(*column), policy.find("write"));
    assert!(message.contains("the kernel takes at most 4096"), "{message}");
    assert!(message.contains("this rule has the most comparisons"), "{message}");
}

#[test]
fn many_unrelated_numbers_are_proven_beside_a_condition_without_a_small_diagram() {
    // No diagram holds the equality of two arguments bit by bit, so the numbers are proven by themselves.
    let pairs: Vec<String> = (0..64)
        .map(|bit| 1u64 << bit)
        .map(|bit| {
            format!("(a0 & {bit} == 0 && a1 & {bit} == 0 || a0 & {bit} != 0 && a1 & {bit} != 0)")
        })
        .collect();
    // Marsaglia's xorshift spreads them over all numbers.
    let mut number = 17u32;
    let mut numbers = || {
        let numbers = (0..300).map(|_| {
            number ^= number << 13;
            number ^= number >> 17;
            number ^= number << 5;
            format!("syscall({})", number & 0x3fff_ffff)
        });
        numbers.collect::<Vec<_>>().join(", ")
    };
    let policy = format!(
        "allow syscall(900)({}); allow {}; errno(EPERM) {}; default kill",
        pairs.join(" && "),
        numbers(),
        numbers()
    );
    let equal = [0x1234_5678_9abc_def0; 2];
    assert_eq!(action_of_number(Abi::X86_64, &policy, 900, &equal), Allow);
    let other = [equal[0], equal[0] ^ 1 << 40];
    assert_eq!(action_of_number(Abi::X86_64, &policy, 900, &other), KillProcess);
}
