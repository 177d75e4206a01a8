//! The proof catches every deliberate bug of the compiler, with a call that shows it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use arbitrary::Unstructured;
use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::action::Action;
use seccomp_ir::filter::Filter;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Symbol, Value, Width,
};
use seccomp_ir::prove::prove;
use seccomp_test_support::compare::{Judgement, judge};
use seccomp_test_support::policies::{Shape, policy};
use seccomp_test_support::seeds::{Seeded, seeds};
use seccomp_tests_faults::{faults, lower_with};

/// Random policies, with and without symbols, and some so long that jumps reach their limits.
fn corpus() -> Vec<Policy> {
    let shape = Shape { rules: 6, depth: 2, ..Shape::ANY };
    let mut all = Vec::new();
    for seed in seeds(0..120) {
        let mut rng = Seeded::with_seed(seed);
        let mut bytes = vec![0; 2048];
        rng.fill(&mut bytes);
        let shape = Shape { symbols: seed % 2 == 0, ..shape };
        all.push(policy(&mut Unstructured::new(&bytes), shape).unwrap());
    }
    all.extend((150..200).map(long));
    all.extend((205..225).step_by(7).map(long_before_another));
    all.push(far_from_another(400));
    all.extend([
        read_once(63, 17),
        read_once(17, 63),
        cut_down(),
        two_words(),
        symbols_under_masks(),
    ]);
    all.extend(masks_of_one_word());
    all
}

/// A policy whose filter tests so many values, which no single instruction can test together.
fn long(values: u64) -> Policy {
    let is = |value| compare(None, Operator::Equal, Value::Known(value));
    let any = (0..values).map(|i| is(i * i * 7 + i % 3)).collect();
    allows(vec![(vec![16], Condition::Any(any)), (vec![3, 17, 90], Condition::Always)])
}

/// The same, with a test of another argument if the first argument has none of the values.
fn long_before_another(values: u64) -> Policy {
    let is = |value| compare(None, Operator::Equal, Value::Known(value));
    let any = (0..values).map(|i| is(i * i * 7 + i % 3)).collect();
    let policy =
        allows(vec![(vec![16], Condition::Any(any)), (vec![16], of(ArgumentIndex::A1, is(3)))]);
    let mut parts = policy.into_parts();
    parts.abis[0].rules[0].action = PolicyAction::Action(Action::Errno(2));
    Policy::new(parts).unwrap()
}

/// A policy with a test of so many values that a conditional jump does not reach the test of another
/// argument after it.
fn far_from_another(values: u64) -> Policy {
    let is = |value| compare(None, Operator::Equal, Value::Known(value));
    let any = Condition::Any((0..values).map(|i| is(i * i * 7 + i % 3)).collect());
    allows(vec![(vec![16], Condition::All(vec![any, of(ArgumentIndex::A1, is(3))]))])
}

/// A policy that tests two arguments alike.
fn two_words() -> Policy {
    let is = compare(None, Operator::Equal, Value::Known(5));
    allows(vec![(vec![16], of(ArgumentIndex::A1, is.clone())), (vec![17], is)])
}

/// A policy that compares two fields of one word with values of rustc.
fn symbols_under_masks() -> Policy {
    let is = |mask, symbol| {
        compare(Some(Value::Known(mask)), Operator::Equal, Value::Symbol(Symbol(symbol)))
    };
    allows(vec![(vec![63], Condition::All(vec![is(0xff, 0), is(0xff00, 1)]))])
}

/// Policies that compare one word under several masks, or also as a whole.
fn masks_of_one_word() -> Vec<Policy> {
    use Operator::{Equal, Greater, NotEqual};
    let is =
        |mask, operator, value| compare(Some(Value::Known(mask)), operator, Value::Known(value));
    let whole = |operator, value| compare(None, operator, Value::Known(value));
    let conditions = [
        Condition::Any(vec![is(0xff00, Equal, 0x6400), whole(Equal, 0x5401)]),
        Condition::All(vec![is(0xff00, Equal, 0x5400), whole(NotEqual, 0x5412)]),
        Condition::All(vec![whole(Greater, 1000), is(0xf, Equal, 8)]),
        Condition::Any(vec![is(0xff00, Equal, 0x5400), is(0xff, Equal, 0x11)]),
        Condition::Any(vec![is(0xff0f, Equal, 0x5405), is(0xf0ff, Equal, 0x5013)]),
        Condition::All(vec![is(0xff, Equal, 17), is(0x7e02_0000, Equal, 0), whole(NotEqual, 17)]),
        Condition::All(vec![whole(Greater, 100_000), is(0xffff, Greater, 1000)]),
    ];
    conditions.into_iter().map(|condition| allows(vec![(vec![63], condition)])).collect()
}

/// A comparison with that argument.
fn of(argument: ArgumentIndex, condition: Condition) -> Condition {
    match condition {
        Condition::Compare(comparison) => Condition::Compare(Comparison { argument, ..comparison }),
        other => other,
    }
}

/// A policy with one condition, which call `reads` tests after another comparison of the same
/// argument, and call `asks` tests at once.
fn read_once(reads: u32, asks: u32) -> Policy {
    let symbol = compare(None, Operator::Equal, Value::Symbol(Symbol(0)));
    let above = compare(None, Operator::Greater, Value::Known(5));
    let both = Condition::All(vec![above, symbol.clone()]);
    allows(vec![(vec![reads], both), (vec![asks], symbol)])
}

/// A policy that compares all of an argument after some of its bits.
fn cut_down() -> Policy {
    let symbol = compare(None, Operator::Equal, Value::Symbol(Symbol(0)));
    let masked = compare(Some(Value::Known(0xf0f)), Operator::Equal, Value::Known(0x203));
    allows(vec![(vec![63], Condition::All(vec![masked, symbol]))])
}

fn compare(mask: Option<Value>, operator: Operator, value: Value) -> Condition {
    let (argument, width, signed) = (ArgumentIndex::A0, Width::W32, false);
    Condition::Compare(Comparison { argument, width, signed, mask, operator, value })
}

/// The policy that allows these calls under these conditions.
fn allows(calls: Vec<(Vec<u32>, Condition)>) -> Policy {
    let rule = |(origin, (numbers, condition))| Rule {
        numbers,
        condition,
        action: PolicyAction::Action(Action::Allow),
        hot: false,
        origin: Origin(origin),
    };
    let rules = (0..).zip(calls).map(rule).collect();
    let default = PolicyAction::Action(Action::Errno(1));
    let part = AbiPolicy { abi: Abi::Aarch64, rules, unknown: None, default };
    let bad_arch = PolicyAction::Action(Action::KillProcess);
    Policy::new(PolicyParts { abis: vec![part], bad_arch }).unwrap()
}

/// Does `work` for each of `all`, with a thread for each processor, because `cargo test` runs this test alone.
fn for_each<T: Sync>(all: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(one);
        }
    };
    // A panic in one of the threads fails the test.
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(worker);
        }
    });
}

/// Whether the proof refuses the filter that the compiler makes with this bug, for some policy of the
/// corpus.
fn is_caught(name: &'static str, corpus: &[(Policy, Filter)]) -> bool {
    let mut harmless = 0;
    let caught = corpus.iter().find_map(|(policy, right)| {
        let wrong = catch_unwind(AssertUnwindSafe(|| lower_with(name, policy)));
        let Ok(Some(wrong)) = wrong else { return None };
        let judgement = if wrong == *right { Judgement::Equal } else { judge(policy, &wrong, 0) };
        harmless += usize::from(judgement == Judgement::Equal);
        // A call that the kernel does not remember has no wrong action.
        let refused = !matches!(judgement, Judgement::Equal | Judgement::Forgotten);
        refused.then_some(judgement)
    });
    if let Some(judgement) = &caught {
        println!("{name}: {judgement:?} after {harmless} policies without it");
    }
    caught.is_some()
}

#[test]
fn every_deliberate_bug_of_the_compiler_is_caught() {
    let compiled = |policy: Policy| lower_with("", &policy).map(|filter| (policy, filter));
    // A few random policies are too large; the right filter of each other policy is proven.
    let corpus: Vec<_> = corpus().into_iter().filter_map(compiled).collect();
    assert!(corpus.len() > 100, "{} policies", corpus.len());
    for_each(&corpus, |(policy, filter)| {
        prove(policy, filter).unwrap_or_else(|refusal| panic!("{refusal}\n{policy:#?}"));
    });
    let escaped = Mutex::new(Vec::new());
    let names: Vec<&'static str> = faults().collect();
    for_each(&names, |name| {
        if !is_caught(name, &corpus) {
            escaped.lock().unwrap().push(*name);
        }
    });
    let escaped = escaped.into_inner().unwrap();
    assert!(escaped.is_empty(), "{escaped:?} changed no answer, or were not caught");
    assert!(names.len() >= 20);
}
