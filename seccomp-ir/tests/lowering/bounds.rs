//! Policies that are too large: each is compiled, or refused with a rule named, in bounded processor time.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use fastrand::Rng;
use seccomp_ir::abi::ArgumentIndex::{self, A0, A1, A3};
use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::bpf;
use seccomp_ir::filter::Filter;
use seccomp_ir::lower::{
    LowerError, LowerErrorKind, Lowered, lower_calls_simply, lower_simply, lower_with_starts,
};
use seccomp_ir::policy::{Condition, Operator, Origin, Policy, Symbol, Value, Width};
use seccomp_ir::prove::{Refusal, prove, prove_actions, prove_with_starts, unproven_calls};
use seccomp_ir::table::frequency;

use super::{allow, compare, equal, masked, policy};

/// Work that takes less processor time does not hang. This is not a measure of speed: without optimisation
/// the longest of these takes about three seconds.
const LIMIT: Duration = Duration::from_secs(20);

/// Work that takes longer on a clock hangs, however busy the machine is.
const WATCHDOG: Duration = Duration::from_secs(1800);

fn bounded(name: &str, policy: &Policy) -> Result<Filter, LowerError> {
    lowered(name, policy).map(|lowered| lowered.filter)
}

fn lowered(name: &str, policy: &Policy) -> Result<Lowered, LowerError> {
    let (ended, end) = channel::<()>();
    let (lowered, time) = std::thread::scope(|scope| {
        let worker = scope.spawn(move || {
            let before = processor_time();
            let lowered = lower_with_starts(policy, &frequency);
            drop(ended);
            (lowered, processor_time() - before)
        });
        if end.recv_timeout(WATCHDOG) == Err(RecvTimeoutError::Timeout) {
            // The thread cannot be ended, and the scope would wait for it.
            eprintln!("{name} has not ended after {WATCHDOG:?}");
            std::process::exit(1);
        }
        worker.join().expect("no panic")
    });
    println!(
        "{name}: {time:?}, {:?}",
        lowered
            .as_ref()
            .map(|lowered| lowered.filter.instructions.len())
            .map_err(|error| error.kind)
    );
    assert!(time < LIMIT, "{name} took {time:?}");
    lowered
}

/// The processor time of this thread, in the kernel too: fields 14 and 15 of
/// `/proc/thread-self/stat`, in hundredths of a second (proc_pid_stat(5), Linux man-pages 6.9.1).
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("/proc is mounted");
    // The second field is a name in parentheses, which may have spaces.
    let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
    let ticks = |field: &str| field.parse::<u64>().expect("a number");
    let mut fields = fields.split_ascii_whitespace().skip(11).map(ticks);
    let (user, system) = (fields.next().expect("utime"), fields.next().expect("stime"));
    Duration::from_millis(10 * (user + system))
}

#[test]
fn three_thousand_values_of_an_argument_compile() {
    let mut rng = Rng::with_seed(1);
    let values: Vec<u64> = (0..3000).map(|_| u64::from(rng.u32(..))).collect();
    let rule = Condition::Any(values.iter().map(|&value| equal(A1, Width::W32, value)).collect());
    let policy = policy(vec![allow(&[16], rule)]);
    let filter = bounded("3000 values in a rule", &policy).unwrap();
    super::agrees(&policy, &filter, &values);

    let rules = values.iter().map(|&value| allow(&[16], equal(A1, Width::W32, value))).collect();
    let filter = bounded("3000 rules of a value", &super::policy(rules)).unwrap();
    super::agrees(&policy, &filter, &values);
}

#[test]
fn two_thousand_five_hundred_values_of_64_bits_compile() {
    let mut rng = Rng::with_seed(6);
    let values: Vec<u64> = (0..2500).map(|_| u64::from(rng.u32(..))).collect();
    let any = values.iter().map(|&value| equal(A1, Width::W64, value)).collect();
    let policy = policy(vec![allow(&[16], Condition::Any(any))]);
    let filter = bounded("2500 values of 64 bits", &policy).unwrap();
    prove(&policy, &filter).unwrap();
    super::agrees(&policy, &filter, &values);
}

/// Each call takes at least 25 instructions: six times two loads and two tests, and the test of the number.
/// No test is farther than 255 instructions from the return for failure, and no last test of a call is
/// farther from the return for success, so each return exists 16 times: 163 calls would take 4109.
#[test]
fn as_many_calls_with_six_values_each_compile_as_fit_the_kernel() {
    let mut rng = Rng::with_seed(8);
    let rule = |number: u32, rng: &mut Rng| {
        let all =
            ArgumentIndex::ALL.map(|argument| equal(argument, Width::W64, rng.u64(..))).into();
        allow(&[number], Condition::All(all))
    };
    let mut compile = |calls: u32| {
        let policy = policy((0..calls).map(|number| rule(number, &mut rng)).collect());
        (bounded(&format!("{calls} calls with six values"), &policy), policy)
    };
    let (filter, policy) = compile(162);
    let filter = filter.unwrap();
    prove(&policy, &filter).unwrap();
    super::agrees(&policy, &filter, &[]);
    let (refused, _) = compile(170);
    let error = refused.unwrap_err();
    assert!(matches!(error.kind, LowerErrorKind::TooLong(4250..4400)), "{error}");
}

#[test]
fn a_call_with_too_many_values_is_refused_by_its_rule() {
    let many = |first: u64| {
        Condition::Any((0..5000).map(|n| equal(A1, Width::W32, first + 3 * n)).collect())
    };
    let small = || equal(A1, Width::W32, 1);
    let rules = vec![allow(&[72], small()), allow(&[16], many(7)), allow(&[54], small())];
    let error = bounded("5000 values", &policy(rules)).unwrap_err();
    assert!(matches!(error.kind, LowerErrorKind::TooLong(length) if length > 5000), "{error}");
    assert_eq!((error.rule, error.number), (Origin(1), 16));
    assert!(error.to_string().contains("the kernel takes at most 4096"), "{error}");
}

#[test]
fn many_calls_with_some_values_each_are_refused_by_the_heaviest() {
    let rule = |number: u32| {
        let count = if number == 77 { 80 } else { 40 };
        let value = |n: u64| equal(A0, Width::W32, u64::from(number) + 5 * n * n);
        allow(&[number], Condition::Any((0..count).map(value).collect()))
    };
    let error = bounded("200 calls", &policy((0..200).map(rule).collect())).unwrap_err();
    assert!(matches!(error.kind, LowerErrorKind::TooLong(_)), "{error}");
    assert_eq!((error.rule, error.number), (Origin(77), 77));
}

#[test]
fn thousands_of_call_numbers_compile_or_are_refused() {
    let every_other = |count: u32| (0..count).map(|n| 2 * n).collect::<Vec<u32>>();
    let policy = policy(vec![allow(&every_other(3000), Condition::Always)]);
    let filter = bounded("3000 numbers", &policy).unwrap();
    super::agrees(&policy, &filter, &[]);
    let error = bounded(
        "9000 numbers",
        &super::policy(vec![
            allow(&[7], Condition::Always),
            allow(&every_other(9000), Condition::Always),
        ]),
    );
    // The search decides whether they fit. If not, the rule with the numbers is named.
    if let Err(error) = error {
        assert_eq!(error.rule, Origin(1));
    }
}

#[test]
fn pairs_of_arguments_that_belong_together_end() {
    let mut rng = Rng::with_seed(2);
    for count in [50, 500, 2000] {
        let pair = |rng: &mut Rng| {
            let (a, b) = (u64::from(rng.u32(..)), u64::from(rng.u32(..)));
            Condition::All(vec![equal(A0, Width::W32, a), equal(A3, Width::W64, b)])
        };
        let pairs = (0..count).map(|_| pair(&mut rng)).collect();
        let policy = policy(vec![allow(&[9], Condition::Any(pairs))]);
        ends(&format!("{count} pairs"), &policy);
    }
}

/// The condition that two arguments have the same value in one bit.
fn equal_bit(bit: u32) -> Condition {
    let is = |argument, set: bool| {
        masked(argument, Width::W32, 1 << bit, if set { 1 << bit } else { 0 })
    };
    Condition::Any(vec![
        Condition::All(vec![is(A0, true), is(A3, true)]),
        Condition::All(vec![is(A0, false), is(A3, false)]),
    ])
}

#[test]
fn arguments_that_are_compared_bit_by_bit_end() {
    // Equality of two arguments, bit by bit, is the worst case for diagrams.
    for bits in [4, 8, 16, 32] {
        let all = Condition::All((0..bits).map(equal_bit).collect());
        let policy = policy(vec![allow(&[9], all)]);
        ends(&format!("{bits} equal bits"), &policy);
        // A tree of all combinations is less deep and up to six times as long.
        let length = |filter: &Filter| filter.instructions.len();
        let chain = length(&lower_simply(&policy, &frequency).unwrap().filter);
        let best = length(&lower_with_starts(&policy, &frequency).unwrap().filter);
        assert!(best <= chain + chain / 2 + 1, "{best} instructions, and {chain} as a chain");
    }
}

#[test]
fn masks_at_random_end() {
    let mut rng = Rng::with_seed(3);
    for count in [5, 20, 100, 400] {
        for sparse in [true, false] {
            let one = |rng: &mut Rng| {
                let mask = rng.u64(..) & if sparse { rng.u64(..) & rng.u64(..) } else { u64::MAX };
                let value = rng.u64(..) & mask;
                let operator = *rng
                    .choice([Operator::Equal, Operator::Less, Operator::GreaterOrEqual].iter())
                    .unwrap();
                compare(A0, Width::W64, Some(mask), operator, value)
            };
            let parts = (0..count).map(|_| one(&mut rng)).collect::<Vec<_>>();
            let any = parts.chunks(3).map(|part| Condition::All(part.to_vec())).collect();
            let policy = policy(vec![allow(&[9], Condition::Any(any))]);
            ends(&format!("{count} masks, sparse {sparse}"), &policy);
        }
    }
}

#[test]
fn many_values_left_to_rustc_end() {
    for count in [10, 100, 1000, 3000] {
        let part = |n: u32| {
            let Condition::Compare(mut comparison) = equal(A0, Width::W64, 0) else { panic!() };
            comparison.value = Value::Symbol(Symbol(n));
            if n % 3 == 0 {
                comparison.operator = Operator::Less;
            }
            let known = equal(ArgumentIndex::ALL[n as usize % 5], Width::W32, u64::from(n));
            Condition::All(vec![Condition::Compare(comparison), known])
        };
        let policy = policy(vec![allow(&[9], Condition::Any((0..count).map(part).collect()))]);
        ends(&format!("{count} symbols"), &policy);
    }
}

#[test]
fn many_values_of_one_argument_end() {
    let symbol = |n: u32| {
        let Condition::Compare(mut comparison) = equal(A0, Width::W64, 0) else { panic!() };
        comparison.value = Value::Symbol(Symbol(n));
        Condition::Compare(comparison)
    };
    let one = || Condition::Any((0..1000).map(symbol).collect());
    ends("one of 1000 symbols", &policy(vec![allow(&[9], one())]));
    let none = Condition::Not(Box::new(Condition::Any((0..900).map(symbol).collect())));
    ends("none of 900 symbols", &policy(vec![allow(&[9], none)]));
    let mut rng = Rng::with_seed(5);
    for (masks, values) in [(1, 1300), (200, 600)] {
        let mut all = Vec::new();
        for _ in 0..masks {
            let mask = (0..5).fold(0, |mask, _| mask | 1 << rng.u32(..64));
            all.push(masked(A1, Width::W64, mask, rng.u64(..) & mask));
        }
        all.extend((0..values).map(|_| equal(A1, Width::W64, rng.u64(..))));
        rng.shuffle(&mut all);
        let policy = policy(vec![allow(&[9], Condition::Any(all))]);
        ends(&format!("{masks} masks among {values} values"), &policy);
    }
}

#[test]
fn rules_at_random_on_all_arguments_end() {
    let mut rng = Rng::with_seed(4);
    for count in [10, 40, 160] {
        let one = |rng: &mut Rng, origin: usize| {
            let part = |rng: &mut Rng| {
                let width = *rng.choice([Width::W32, Width::W64].iter()).unwrap();
                let operator = *rng
                    .choice([Operator::Equal, Operator::Less, Operator::Greater].iter())
                    .unwrap();
                compare(
                    ArgumentIndex::ALL[usize::from(rng.u8(..6))],
                    width,
                    None,
                    operator,
                    rng.u64(..) >> rng.u32(..64),
                )
            };
            let all = (0..3).map(|_| part(rng)).collect();
            let mut rule = allow(&[9], Condition::All(all));
            if origin % 2 == 0 {
                rule.action = super::errno(origin as u16);
            }
            rule
        };
        let rules = (0..count).map(|origin| one(&mut rng, origin)).collect();
        ends(&format!("{count} rules on all arguments"), &policy(rules));
    }
}

#[test]
fn only_a_call_that_is_too_large_for_a_proof_becomes_a_chain() {
    let mut rng = Rng::with_seed(9);
    let values: Vec<u64> = (0..100).map(|_| u64::from(rng.u32(..))).collect();
    let listed = values.iter().map(|&value| equal(A1, Width::W32, value)).collect();
    let policy = policy(vec![
        allow(&[9], Condition::All((0..16).map(equal_bit).collect())),
        allow(&[16], Condition::Any(listed)),
    ]);
    let Lowered { filter: best, starts } = lower_with_starts(&policy, &frequency).unwrap();
    let proof = prove_with_starts(&policy, &best, &starts);
    assert_eq!(proof, Err(Refusal::TooLarge), "then this is another test");
    let calls = unproven_calls(&policy, &best, &starts);
    assert_eq!(calls, [(Abi::X86_64.audit_arch(), 9)]);
    let Lowered { filter, starts } = lower_calls_simply(&policy, &frequency, &calls).unwrap();
    prove_actions(&policy, &filter, &starts).unwrap();
    let most_steps = |filter: &Filter| {
        let call = |value| Call::new(Abi::X86_64, 16, [0, value, 0, 0, 0, 0]);
        let steps = |value: &u64| {
            let call = call(*value);
            bpf::run(&filter.instructions, &call, Abi::X86_64.endian()).unwrap().steps
        };
        values.iter().map(steps).max().unwrap()
    };
    let all = lower_simply(&policy, &frequency).unwrap().filter;
    assert!(most_steps(&filter) <= most_steps(&best) + 1, "the list is searched as before");
    assert!(most_steps(&all) > 100, "and would be a chain without that");
}

/// Ends in time, with a proven filter or, if that would be too long, with an error that names a rule.
fn ends(name: &str, policy: &Policy) {
    match lowered(name, policy) {
        Ok(Lowered { filter, starts }) => {
            super::agrees(policy, &filter, &[]);
            let before = processor_time();
            let proof = prove_with_starts(policy, &filter, &starts);
            if proof == Err(Refusal::TooLarge) {
                let Lowered { filter, starts } = lower_simply(policy, &frequency).unwrap();
                super::agrees(policy, &filter, &[]);
                let proof = prove_actions(policy, &filter, &starts);
                assert!(proof.is_ok(), "{name}: {proof:?}");
            } else {
                assert!(proof.is_ok(), "{name}: {proof:?}");
            }
            println!("proven in {:?}", processor_time() - before);
        }
        Err(error) => {
            assert!((error.rule.0 as usize) < policy.abis[0].rules.len(), "{error:?}");
            assert_eq!(error.number, 9);
        }
    }
}
