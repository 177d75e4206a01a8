//! Every deliberate bug of the compiler is caught by the proof, and by its own call.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arbitrary::Unstructured;
use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, Rule, Symbol, Value, Verdict, Width,
};
use seccomp_ir::prove::prove;
use seccomp_test_support::compare::{Judgement, judge};
use seccomp_test_support::policies::{Shape, policy};
use seccomp_test_support::seeds::{Seeded, seeds};
use seccomp_tests_faults::{faults, lower_with};

/// Random policies, with and without symbols, and some so long that jumps are at their limits.
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
    all.extend([read_once(16, 17), read_once(17, 16), cut_down()]);
    all
}

/// A policy whose program has tests for as many values that no single instruction takes together.
fn long(values: u64) -> Policy {
    let is = |value| compare(None, Operator::Equal, Value::Known(value));
    let any = (0..values).map(|i| is(i * i * 7 + i % 3)).collect();
    allows(vec![(vec![16], Condition::Any(any)), (vec![3, 17, 90], Condition::Always)])
}

/// A policy with one condition that is decided after its argument was read, by `reads`, and at
/// once, by `asks`.
fn read_once(reads: u32, asks: u32) -> Policy {
    let symbol = compare(None, Operator::Equal, Value::Symbol(Symbol(0)));
    let above = compare(None, Operator::Greater, Value::Known(5));
    let both = Condition::All(vec![above, symbol.clone()]);
    allows(vec![(vec![reads], both), (vec![asks], symbol)])
}

/// A policy that asks for all of an argument after it asked for some of its bits.
fn cut_down() -> Policy {
    let symbol = compare(None, Operator::Equal, Value::Symbol(Symbol(0)));
    let masked = compare(Some(Value::Known(0xf0f)), Operator::Equal, Value::Known(0x203));
    allows(vec![(vec![63], Condition::All(vec![masked, symbol]))])
}

fn compare(mask: Option<Value>, operator: Operator, value: Value) -> Condition {
    let (argument, width, signed) = (0, Width::W32, false);
    Condition::Compare(Comparison { argument, width, signed, mask, operator, value })
}

/// The policy that allows these calls under these conditions.
fn allows(calls: Vec<(Vec<u32>, Condition)>) -> Policy {
    let rule = |(origin, (numbers, condition))| Rule {
        numbers,
        condition,
        verdict: Verdict::Action(Action::Allow),
        hot: false,
        origin: Origin(origin),
    };
    let rules = (0..).zip(calls).map(rule).collect();
    let default = Verdict::Action(Action::Errno(1));
    let part = AbiPolicy { abi: Abi::Aarch64, rules, unknown: None, default };
    Policy { abis: vec![part], bad_arch: Verdict::Action(Action::KillProcess) }
}

#[test]
fn every_deliberate_bug_of_the_compiler_is_caught() {
    let compiled = |policy: Policy| lower_with("", &policy).map(|program| (policy, program));
    // A few random policies are too large; the right program of each other is proven.
    let corpus: Vec<_> = corpus().into_iter().filter_map(compiled).collect();
    assert!(corpus.len() > 100, "{} policies", corpus.len());
    for (policy, program) in &corpus {
        prove(policy, program).unwrap_or_else(|refusal| panic!("{refusal}\n{policy:#?}"));
    }
    let mut escaped = Vec::new();
    for name in faults() {
        let mut harmless = 0;
        let caught = corpus.iter().find_map(|(policy, right)| {
            let wrong = catch_unwind(AssertUnwindSafe(|| lower_with(name, policy)));
            let Ok(Some(wrong)) = wrong else { return None };
            let judgement =
                if wrong == *right { Judgement::Equal } else { judge(policy, &wrong, 0) };
            harmless += usize::from(judgement == Judgement::Equal);
            // What the kernel merely forgets is no wrong answer.
            let refused = !matches!(judgement, Judgement::Equal | Judgement::Forgotten);
            refused.then_some(judgement)
        });
        match caught {
            Some(judgement) => {
                println!("{name}: {judgement:?} after {harmless} policies without it")
            }
            None => escaped.push(name),
        }
    }
    assert!(escaped.is_empty(), "{escaped:?} changed no answer, or were not caught");
    assert!(faults().count() >= 20);
}
