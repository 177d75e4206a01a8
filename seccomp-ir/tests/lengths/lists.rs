//! Long lists of calls and of values: the bound that the compiler promises, and what another one would cost.

use fastrand::Rng;
use seccomp_ir::abi::ArgumentIndex::{self, A0, A1};
use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::bpf;
use seccomp_ir::lower::{Budgets, lower, lower_as_chain};
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Value, Width,
};
use seccomp_ir::prove::{Refusal, prove};
use seccomp_ir::table::frequency;
use seccomp_test_support::workloads::workloads;

/// The call whose argument is compared.
const CALL: u32 = 16;

fn policy(rules: Vec<Rule>) -> Policy {
    let kill = PolicyAction::Action(Action::KillProcess);
    let abis = vec![AbiPolicy { abi: Abi::X86_64, rules, unknown: None, default: kill }];
    Policy::new(PolicyParts { abis, bad_arch: kill }).unwrap()
}

fn allow(numbers: Vec<u32>, condition: Condition) -> Rule {
    let action = PolicyAction::Action(Action::Allow);
    Rule { numbers, condition, action, hot: false, origin: Origin(0) }
}

fn equal(argument: ArgumentIndex, width: Width, value: u64) -> Condition {
    let value = Value::Known(value);
    let operator = Operator::Equal;
    Condition::Compare(Comparison { argument, width, signed: false, mask: None, operator, value })
}

/// Values that are not neighbours of each other.
fn unrelated(count: usize, seed: u64) -> Vec<u64> {
    let rng = &mut Rng::with_seed(seed);
    let mut values = std::collections::BTreeSet::new();
    while values.len() < count {
        values.insert(u64::from(rng.u32(..) & !1));
    }
    values.into_iter().collect()
}

fn any_of(values: &[u64]) -> Policy {
    let any = values.iter().map(|&value| equal(A1, Width::W32, value)).collect();
    policy(vec![allow(vec![CALL], Condition::Any(any))])
}

/// Length, longest path, and the mean of the steps of `calls`.
struct Figures {
    length: usize,
    depth: usize,
    mean: f64,
}

fn figures(filter: &seccomp_ir::filter::Filter, calls: &[Call]) -> Figures {
    let steps: usize = calls
        .iter()
        .map(|call| bpf::run(&filter.instructions, call, Abi::X86_64.endian()).unwrap().steps)
        .sum();
    let mean = if calls.is_empty() { 0.0 } else { steps as f64 / calls.len() as f64 };
    Figures { length: filter.instructions.len(), depth: filter.longest_path(), mean }
}

/// The filter and the chain of a policy. Checks the bound: at most half as many instructions again and one more, and
/// no longer path.
fn bounded(name: &str, policy: &Policy, calls: &[Call]) -> (Figures, Figures) {
    let filter = lower(policy, &frequency).unwrap();
    match prove(policy, &filter) {
        Ok(_) | Err(Refusal::TooLarge) => {}
        Err(refusal) => panic!("{name}: {refusal}"),
    }
    let chain = lower_as_chain(policy, &frequency, Budgets::DEFAULT).unwrap();
    let (here, chain) = (figures(&filter, calls), figures(&chain, calls));
    let most = chain.length + chain.length / 2 + 1;
    assert!(here.length <= most, "{name}: {} instructions, {most} at most", here.length);
    assert!(here.depth <= chain.depth, "{name}: path {}, chain {}", here.depth, chain.depth);
    (here, chain)
}

/// The least mean of the steps to `count` values that are equally frequent and not neighbours, with an equality for each
/// value and one comparison besides.
fn least_mean_with_one_comparison(count: usize) -> f64 {
    let row = |count: usize| count * (count + 1) / 2;
    let mut least = 0;
    for count in 1..=count {
        // First the comparison, or first an equality.
        let halved = (1..count).map(|low| count + row(low) + row(count - low)).min();
        least = halved.unwrap_or(usize::MAX).min(count + if count == 1 { 1 } else { least });
    }
    least as f64 / count as f64
}

#[test]
fn a_long_list_takes_at_most_half_as_many_instructions_again_and_no_longer_path() {
    let mut table = String::new();
    let mut line = |name: &str, policy: &Policy, calls: &[Call], values: usize| {
        let (here, chain) = bounded(name, policy, calls);
        let one_more = match values {
            // Then that bound would change nothing.
            _ if here.length <= chain.length + 1 => "as here".to_owned(),
            _ => {
                // The instructions before and after the list take each call as many steps as in the chain.
                let around = chain.mean - (values + 1) as f64 / 2.0;
                format!("{:.1}", around + least_mean_with_one_comparison(values))
            }
        };
        table += &format!(
            "| {name} | {} | {} | {:.1} | {} | {} | {:.1} | {one_more} |\n",
            chain.length, chain.depth, chain.mean, here.length, here.depth, here.mean
        );
    };
    for workload in workloads() {
        let calls: Vec<Call> = workload.allowed_calls().into_values().flatten().collect();
        line(&workload.name, &workload.policy(), &calls, 0);
    }
    for count in [100, 500, 2500] {
        let values = unrelated(count, count as u64);
        let call = |&value: &u64| Call::new(Abi::X86_64, CALL, [0, value, 0, 0, 0, 0]);
        let calls: Vec<Call> = values.iter().map(call).collect();
        line(&format!("{count} unrelated values"), &any_of(&values), &calls, count);
    }
    println!("{table}");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/figures.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(&table), "docs/figures.md must have these lines:\n{table}");
}

/// A check that only a chain decides is not under more tests than in the chain of the whole policy.
#[test]
fn a_deep_check_among_many_calls_is_no_deeper_than_in_the_chain() {
    for (place, calls) in [(0, 18), (7, 40), (150, 300)] {
        let rng = &mut Rng::with_seed(place);
        // Equalities on six arguments: nothing is shallower than the chain.
        let deep = (0..12).map(|_| {
            Condition::All(ArgumentIndex::ALL.map(|a| equal(a, Width::W64, rng.u64(..))).into())
        });
        let deep = Condition::Any(deep.collect());
        let number = |place: u64| 2 * place as u32 + 1;
        let others = (0..calls).filter(|n| *n != place).map(number);
        let policy = policy(vec![
            allow(vec![number(place)], deep),
            allow(others.collect(), Condition::Always),
        ]);
        let (here, chain) = bounded("a deep check", &policy, &[]);
        println!("{place} of {calls}: path {} of {}", here.depth, chain.depth);
        // The others are in a tree all the same.
        let filter = lower(&policy, &frequency).unwrap();
        let call = Call::new(Abi::X86_64, number(calls - 1), [0; 6]);
        let steps = bpf::run(&filter.instructions, &call, Abi::X86_64.endian()).unwrap().steps;
        assert!(steps <= 20, "{steps} steps for the last of {calls} calls");
    }
}

#[test]
fn random_policies_with_long_lists_keep_the_bound() {
    for seed in 0..50 {
        let rng = &mut Rng::with_seed(seed);
        let mut rules = Vec::new();
        for _ in 0..rng.usize(1..6) {
            let most = if rng.bool() { 60 } else { 400 };
            let mut numbers: Vec<u32> = (0..rng.usize(1..40)).map(|_| rng.u32(..most)).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let argument = ArgumentIndex::ALL[usize::from(rng.u8(..3))];
            let values = |rng: &mut Rng, count: usize| {
                let wide = if rng.bool() { Width::W64 } else { Width::W32 };
                (0..count).map(|_| equal(argument, wide, u64::from(rng.u32(..)))).collect()
            };
            let condition = match rng.u8(..4) {
                0 => Condition::Always,
                1 => Condition::Any(values(rng, 5)),
                2 => Condition::Any(values(rng, 70)),
                _ => {
                    let pairs = (0..25).map(|_| {
                        Condition::All([A0, A1].map(|a| equal(a, Width::W32, rng.u64(..90))).into())
                    });
                    Condition::Any(pairs.collect())
                }
            };
            let mut rule = allow(numbers, condition);
            if rng.u8(..3) == 0 {
                rule.action = PolicyAction::Action(Action::Errno(rng.u16(1..4)));
            }
            rules.push(rule);
        }
        bounded(&format!("seed {seed}"), &policy(rules), &[]);
    }
}
