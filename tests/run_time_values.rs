//! A value of the running program means what the same number means in its place: every policy here is written with a value,
//! and again with numbers. The filter with the value put in is proven equal to the policy with the number. If the compiler
//! refuses the number, the install refuses the value.

// Policies that are only compared have `default log`.
#![expect(deprecated)]

use arbitrary::Unstructured;
use proc_macro2::{Span, TokenStream};
use seccomp_ir::Compiled;
use seccomp_ir::abi::{Abi, Half};
use seccomp_ir::bpf::check;
use seccomp_ir::filter::{Filter, Relocation, SymbolOperand};
use seccomp_ir::fit::{Bounds, ValuePurpose};
use seccomp_ir::policy::{Symbol, meaning};
use seccomp_ir::prove::{Refusal, prove};
use seccomp_runtime::__private::{Blanks, Operand, Template, Term};
use seccomp_runtime::{
    Action, Call, InstallError, InsteadOfKill, Policy, PolicyWith, SockFilter, call, seccomp_policy,
};
use seccomp_test_support::calls::{boundary, symbols};
use seccomp_test_support::compare::{has_errno_of, lowered};
use seccomp_test_support::policies::{SYMBOLS, Shape, policy};
use seccomp_test_support::seeds::{Seeded, are_named, seeds};
use seccomp_tests::values::VALUES;

/// Each value is tried in one of so many policies, so that each value occurs in each kind of place. With 1 the test takes
/// three times as long, and passes.
const SHARE: usize = 3;

/// The text of a policy, in which the value is `run_time(v)`, and its filter with the value put in.
type Filled = (String, Result<Vec<SockFilter>, InstallError>);

fn filled<const N: usize>(text: String, policy: &PolicyWith<N>) -> Filled {
    let mut buffer = vec![SockFilter::statement(0, 0); 4096];
    let filter = policy.filter_in(&mut buffer).map(<[SockFilter]>::to_vec);
    assert_eq!(policy.check(), filter.clone().map(drop));
    (text, filter)
}

/// A policy of these tokens, and its text.
macro_rules! policy {
    ($all:ident $($policy:tt)*) => {
        // rustc leaves out the space before some words `in`.
        $all.push(filled(
            stringify!($($policy)*).replace("in ", " in "),
            &seccomp_policy! { $($policy)* },
        ))
    };
}

/// A policy for each comparison of an argument of a call.
macro_rules! asked {
    ($all:ident $v:ident $([$($call:tt)*] [$($subject:tt)*])*) => { $(
        policy!($all errno(1) $($call)*($($subject)* == run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* != run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* < run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* <= run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* > run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* >= run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* & run_time($v) == 0); default log);
        policy!($all errno(1) $($call)*($($subject)* & run_time($v) != 0); default log);
        policy!($all errno(1) $($call)*($($subject)* & 0xff == run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* & 0xf0 > run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* & run_time($v) >= run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* in {run_time($v), 9}); default log);
        policy!($all errno(1) $($call)*($($subject)* in {9, run_time($v)..}); default log);
        policy!($all errno(1) $($call)*($($subject)* in run_time($v)..); default log);
        policy!($all errno(1) $($call)*($($subject)* in ..run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* in 1..=run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* in run_time($v)..100); default log);
        policy!($all errno(1) $($call)*($($subject)* in run_time($v)..run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* in run_time($v)..=run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* in run_time($v) | 2..=0x7f); default log);
        policy!($all errno(1) $($call)*($($subject)* in 3..run_time($v) | 8); default log);
        policy!($all errno(1) $($call)*($($subject)* == !run_time($v)); default log);
        policy!($all errno(1) $($call)*($($subject)* == run_time($v) | 4); default log);
        policy!($all errno(1) $($call)*($($subject)* & run_time($v) == 6); default log);
        policy!($all errno(1) $($call)*($($subject)* & run_time($v) < 1); default log);
        policy!($all errno(1) $($call)*($($subject)* & !(run_time($v) | 1) == 0); default log);
    )* };
}

/// Every place for a value in arguments of every type.
fn with_value(v: i128) -> Vec<Filled> {
    let mut all = Vec::new();
    asked! { all v
        [read] [fd]
        [kill] [sig]
        [fchmod] [mode]
        [clone] [flags]
        [lseek] [offset]
        [syscall(1000)] [a0]
        [write] [a0 as u64]
        [write] [a0 as i64]
        [clone] [flags as u32]
        [clone] [flags as i32]
    }
    policy!(all errno(1) read(buf == run_time(v)); default log);
    policy!(all errno(1) read(buf != run_time(v)); default log);
    policy!(all errno(run_time(v)) reboot; default log);
    policy!(all errno(run_time(v) | 1) reboot; default log);
    policy!(all errno(!run_time(v)) reboot; default log);
    policy!(all errno(!(run_time(v) | 0)) reboot; default log);
    policy!(all errno(ENOSYS | !run_time(v)) reboot; default log);
    policy!(all default errno(run_time(v)));
    policy!(all unknown errno(run_time(v)); default log);
    policy!(all bad_arch errno(!run_time(v)); default log);
    // No instruction has the value.
    policy!(all allow @basic-io; errno(run_time(v)) @basic-io; default log);
    all
}

fn compile(policy: &str, abi: Abi) -> Result<Compiled, String> {
    let tokens: TokenStream = policy.parse().expect("tokens");
    seccomp_syntax::compile(tokens, Span::call_site(), abi).map_err(|errors| errors.to_string())
}

#[test]
fn a_policy_with_a_value_is_the_policy_with_the_number_or_is_refused_like_it() {
    let (mut same, mut refused) = (0, 0);
    for (turn, value) in VALUES.into_iter().enumerate() {
        // Each policy is tried with some of the values, and the next policy with others.
        for (text, filter) in with_value(value).into_iter().skip(turn % SHARE).step_by(SHARE) {
            let numbers = text.replace("run_time(v)", &value.to_string());
            match (compile(&numbers, Abi::NATIVE), filter) {
                (Ok(compiled), Ok(instructions)) => {
                    check(&instructions).expect("the kernel loads it");
                    let filter = Filter { instructions, relocations: Vec::new() };
                    match prove(&compiled.policy, &filter) {
                        // The kernel would remember more calls for the filter whose values are known.
                        Ok(_) | Err(Refusal::NotConstant { .. }) => same += 1,
                        Err(refusal) => panic!("{numbers}: {refusal}"),
                    }
                }
                (Err(_), Err(InstallError::Value { why })) => {
                    assert!(why.contains("run_time") || why.contains('$'), "{numbers}: {why}");
                    refused += 1;
                }
                (compiled, filter) => {
                    let compiled = compiled.map(drop);
                    panic!("{numbers}: {compiled:?}, but with the value: {filter:?}");
                }
            }
        }
    }
    assert!(same > 700 && refused > 700, "{same} {refused}");
}

/// The program puts values into the same operands as rustc, on every ABI.
#[test]
fn the_filter_with_values_of_the_program_is_the_filter_with_values_of_rustc() {
    let mut texts = Vec::new();
    for (text, _) in with_value(1) {
        texts.push(text);
    }
    let (mut same, mut refused) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        // Each policy is compiled for a few ABIs, and together they cover all ABIs.
        for abi in Abi::ALL.iter().cycle().skip(index * 5).take(5) {
            let of_rustc = compile(&text.replace("run_time(v)", "self::V"), *abi);
            let of_the_run = compile(&text.replace("run_time(v)", "$v"), *abi);
            match (of_rustc, of_the_run) {
                (Ok(left), Ok(right)) => {
                    assert_eq!(left.filter, right.filter, "{text} on {abi}");
                    assert_eq!(left.symbols.len(), right.symbols.len());
                    assert!(right.symbols.iter().all(|symbol| symbol.expression.is_run_time()));
                    same += 1;
                }
                (Err(left), Err(right)) => {
                    assert_eq!(left.replace("self::V", "$v"), right, "{text} on {abi}");
                    refused += 1;
                }
                (left, right) => panic!("{text} on {abi}: {:?} {:?}", left.err(), right.err()),
            }
        }
    }
    assert!(same > 1200 && refused < 100, "{same} {refused}");
}

#[test]
fn the_expressions_are_evaluated_once_and_in_order() {
    let mut seen = Vec::new();
    let mut note = |value: i32| {
        seen.push(value);
        value
    };
    let policy = seccomp_policy! {
        allow read(fd == $(note(1))), write(fd in {$(note(2)), 7, $(note(3))..=$(note(4))});
        errno($(note(5))) dup, dup3(flags & !$(note(6)) == $(note(8)));
        #[arch(s390x)] allow close(fd == $(note(9)));
        allow riscv_flush_icache?(start == $(note(0)));
        unknown errno($(note(10)));
        default errno($(note(11)))
    };
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 8, 9, 0, 10, 11]);
    let call =
        |call: Call, value: u64| policy.decide(&Call { args: [value, 0, 0, 0, 0, 0], ..call });
    assert_eq!(call(call!(read()), 1), Action::Allow);
    assert_eq!(call(call!(read()), 2), Action::Errno(11));
    assert_eq!(call(call!(write()), 2), Action::Allow);
    assert_eq!(call(call!(write()), 4), Action::Allow);
    assert_eq!(call(call!(write()), 5), Action::Errno(11));
    assert_eq!(policy.decide(&call!(dup())), Action::Errno(5));
    assert_eq!(policy.decide(&Call { nr: 5000, ..call!(dup()) }), Action::Errno(10));
}

#[test]
fn every_integer_type_is_a_value() {
    macro_rules! of_types {
        ($($integer:ident)*) => { $({
            let value: $integer = 100;
            let policy = seccomp_policy! { allow write(fd == run_time(value)); default log };
            assert_eq!(policy.decide(&call!(write(100))), Action::Allow);
            assert_eq!(policy.decide(&call!(write(101))), Action::Log);
        })* };
    }
    of_types! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }
}

#[test]
fn a_value_may_be_a_field_a_method_or_a_constant_and_may_leave_the_function() {
    const FIVE: i32 = 5;
    struct Worker<const N: u32> {
        log: u32,
    }
    impl<const N: u32> Worker<N> {
        const OTHER: u32 = N + 1;

        fn fd(&self) -> u32 {
            self.log + 1
        }

        fn policy(&self, last: Option<u32>) -> Option<PolicyWith<6>> {
            Some(seccomp_policy! {
                allow write(fd in {$(self.log), $(self.fd()), $N, $(Self::OTHER), { FIVE + 2 }, $FIVE, $(last?)});
                #[cfg(any())] allow read(fd == $(nothing));
                default log
            })
            .map(|policy: PolicyWith<6>| policy)
        }
    }
    let worker = Worker::<20> { log: 10 };
    assert!(worker.policy(None).is_none());
    let policy = worker.policy(Some(30)).expect("a policy");
    for fd in [10, 11, 20, 21, 7, 5, 30] {
        let call = Call { args: [fd, 0, 0, 0, 0, 0], ..call!(write()) };
        assert_eq!(policy.decide(&call), Action::Allow, "{fd}");
    }
    assert_eq!(policy.decide(&call!(write(12))), Action::Log);
}

#[test]
fn a_policy_for_several_abis_has_each_value_once() {
    #[cfg(target_arch = "x86_64")]
    {
        let fd = 0x8000_0001_u32;
        let policy: PolicyWith<1> = seccomp_policy! {
            arch x86_64, x86;
            allow write(fd == $fd);
            default log
        };
        let args = [u64::from(fd), 0, 0, 0, 0, 0];
        assert_eq!(policy.decide(&Call::new(Abi::X86_64, 1, args)), Action::Allow);
        assert_eq!(policy.decide(&Call::new(Abi::X86, 4, args)), Action::Allow);
        assert_eq!(policy.decide(&Call::new(Abi::X86, 4, [1; 6])), Action::Log);
        // A value that fits only on one of them does not fit.
        let count = 1_u64 << 32;
        let policy: PolicyWith<1> = seccomp_policy! {
            arch x86_64, x86;
            allow write(count == $count);
            default log
        };
        let Err(InstallError::Value { why }) = policy.check() else { panic!("it fits x86") };
        assert!(
            why.starts_with("`$count`: this value does not fit `size_t count` of `write` on x86: "),
            "{why}"
        );
    }
}

#[test]
fn a_value_that_does_not_fit_says_which_and_why_and_kills_in_every_decision() {
    let (log, error, first, last, mask) = (-1, 4096_u16, 9, 5, 1);
    for (policy, expected) in [
        (
            checked(&seccomp_policy! { allow write(fd == $log); default log }),
            "`$log`: this value is negative and does not fit `unsigned int fd` of `write`: it is unsigned; write \
             `$(log as u32)` for its 32 bits",
        ),
        (
            checked(&seccomp_policy! { allow write(fd == $(log << 3)); default log }),
            "`$(log << 3)`: this value is negative and does not fit `unsigned int fd` of `write`: it is unsigned; write \
             `$((log << 3) as u32)` for its 32 bits",
        ),
        (
            checked(&seccomp_policy! { errno($error) write; default log }),
            "`$error`: this errno is above 4095, the highest that the kernel passes on: it would arrive as 4095",
        ),
        (
            checked(&seccomp_policy! { allow close(fd in $first..=$last); default log }),
            "this range is upside down and matches nothing, as `$first` is above `$last`: the lower bound goes first",
        ),
        (
            checked(&seccomp_policy! { allow close(fd & $mask == $last); default log }),
            "no call matches `allow close(fd & $mask == $last)`: its conditions contradict each other",
        ),
    ] {
        assert_eq!(policy, Err(InstallError::Value { why: expected }));
    }
    let shown = InstallError::Value { why: "`$log`: it is wrong" }.to_string();
    assert_eq!(shown, "this policy cannot have the values of this run: `$log`: it is wrong");
}

/// The result of `check`. A policy that cannot be installed kills in every decision.
fn checked<const N: usize>(policy: &PolicyWith<N>) -> Result<(), InstallError> {
    let result = policy.check();
    if result.is_err() {
        assert_eq!(policy.decide(&call!(getpid())), Action::KillProcess);
        assert!(policy.denies(&call!(getpid())) && !policy.allows(&call!(getpid())));
        let audit = policy.installer().instead_of_kill(InsteadOfKill::Log);
        assert_eq!(audit.decide(&call!(getpid())), Action::KillProcess);
    }
    result
}

#[test]
fn a_buffer_that_is_too_small_gets_no_filter() {
    let fd = 3;
    let policy = seccomp_policy! { allow write(fd == $fd); default log };
    let mut buffer = [SockFilter::statement(0, 0); 4096];
    let length = policy.filter_in(&mut buffer).expect("it fits").len();
    let error = policy.filter_in(&mut buffer[..length - 1]);
    assert_eq!(error, Err(InstallError::Length { instructions: length }));
    assert!(policy.filter_in(&mut buffer[..length]).is_ok());
}

/// Calls around each value that the policy below compares.
fn calls() -> Vec<Call> {
    let mut calls = Vec::new();
    for nr in [call!(read()).nr, call!(write()).nr, call!(openat()).nr, call!(dup()).nr, 5000] {
        for fd in 0..4 {
            let args = [fd, 0, 0, 0, 0, 0];
            calls.push(Call::new(Abi::NATIVE, nr, args));
            calls.push(Call { arch: 0, ..Call::new(Abi::NATIVE, nr, args) });
        }
    }
    calls
}

#[test]
fn instead_of_kill_changes_each_kill_and_nothing_else() {
    const POLICY: Policy = seccomp_policy! {
        allow read(fd == 0);
        kill_thread read(fd == 1);
        trap(9) read;
        errno(7) write(fd == 1);
        log write;
        trace(3) openat;
        unknown kill;
        bad_arch kill_thread;
        default kill
    };
    let (first, nothing) = (0, 3);
    let with_values = seccomp_policy! {
        allow read(fd == $first);
        kill_thread read(fd == 1);
        trap(9) read;
        errno($(nothing + 4)) write(fd == 1);
        log write;
        trace(3) openat;
        unknown kill;
        bad_arch kill_thread;
        default kill
    };
    let errno = seccomp_runtime::Errno::EACCES;
    let mut changed = 0;
    for (instead, action) in [
        (InsteadOfKill::Log, Action::Log),
        (InsteadOfKill::Trap(0), Action::Trap(0)),
        (InsteadOfKill::Trap(u16::MAX), Action::Trap(u16::MAX)),
        (InsteadOfKill::Errno(errno), Action::Errno(13)),
    ] {
        let plain = POLICY.installer().instead_of_kill(instead);
        let valued = with_values.installer().log().instead_of_kill(instead);
        for call in calls() {
            let before = POLICY.decide(&call);
            assert_eq!(with_values.decide(&call), before);
            let kills = matches!(before, Action::KillProcess | Action::KillThread);
            changed += usize::from(kills);
            let expected = if kills { action } else { before };
            assert_eq!(
                (plain.decide(&call), valued.decide(&call)),
                (expected, expected),
                "{call:?}"
            );
        }
    }
    assert!(changed > 40, "{changed}");
}

/// The policy with this filter, whose symbols are values of the running program with 64 bits.
fn from_filter(
    filter: &Filter,
    given: [i128; SYMBOLS as usize],
) -> PolicyWith<{ SYMBOLS as usize }> {
    let mut values = Vec::new();
    for index in 0..SYMBOLS as usize {
        let bounds = Bounds { bits: 64, signed: false, purpose: ValuePurpose::Order };
        values.push(Term::Given { index, bounds, refusals: ["below", "above", "outside"] });
    }
    let mut operands = Vec::new();
    for Relocation { index, operand } in &filter.relocations {
        let made = match *operand {
            SymbolOperand::Word { half: Half::Low, keep, flip, .. } => Operand::Low { keep, flip },
            SymbolOperand::Word { half: Half::High, keep, flip, .. } => {
                Operand::High { keep, flip }
            }
            SymbolOperand::ReturnErrno(_) => Operand::Errno,
        };
        operands.push((index.0, operand.symbol().0 as usize, made));
    }
    let blanks =
        Blanks { values: values.leak(), operands: operands.leak(), ranges: &[], demands: &[] };
    let template = Template { filter: filter.instructions.clone().leak(), blanks, report: None };
    PolicyWith::__from_template(Box::leak(Box::new(template)), given)
}

#[test]
fn random_policies_with_random_values_decide_as_their_meaning_says() {
    let (mut policies, mut calls) = (0, 0);
    for seed in seeds(3000..3080) {
        let mut rng = Seeded::with_seed(seed);
        let mut bytes = vec![0; rng.usize(64..2048)];
        rng.fill(&mut bytes);
        let shape = Shape { rules: 6, ..Shape::ANY };
        let policy = policy(&mut Unstructured::new(&bytes), shape).expect("bytes are never short");
        // A policy is decided in the byte order of the target.
        if policy.endian() != Abi::NATIVE.endian() {
            continue;
        }
        let Some(filter) = lowered(&policy) else { continue };
        policies += 1;
        for _ in 0..4 {
            // A value that may be an errno has 12 bits.
            let values = symbols(&mut rng, &policy, has_errno_of(&policy));
            let given = std::array::from_fn(|index| i128::from(values[index]));
            let with_values = from_filter(&filter, given);
            let value_of = |symbol: Symbol| values[symbol.0 as usize];
            let instead = with_values.installer().instead_of_kill(InsteadOfKill::Trap(9));
            for call in boundary(&mut rng, &policy, &values).into_iter().step_by(7) {
                let said = meaning(&policy, &call, &value_of);
                assert_eq!(with_values.decide(&call), said, "{call:x?} {values:x?}\n{policy:#?}");
                let kills = matches!(said, Action::KillProcess | Action::KillThread);
                let renamed = if kills { Action::Trap(9) } else { said };
                assert_eq!(instead.decide(&call), renamed, "{call:x?} {values:x?}\n{policy:#?}");
                calls += 1;
            }
        }
    }
    assert!(are_named() || policies > 20 && calls > 5000, "{policies} {calls}");
}
