//! Calls with which filters are compared.

use std::collections::BTreeMap;

use fastrand::Rng;
use seccomp_ir::abi::{Abi, ArgumentIndex, Call};
use seccomp_ir::action::Action;

use crate::workload::{Operator, Rule, Test, Workload};

/// The calls that a workload allows under one number.
#[derive(Debug)]
pub struct Allowed {
    /// How often the number is called, among about a hundred calls.
    pub frequency: f64,
    /// One call that satisfies each of its rules.
    pub calls: Vec<Call>,
    /// Whether its arguments are checked.
    pub checked: bool,
}

/// The calls that `workload` allows, by number.
#[must_use]
pub fn allowed(workload: &Workload) -> BTreeMap<u32, Allowed> {
    let mut by_number = BTreeMap::new();
    for rule in workload.rules.iter().filter(|rule| rule.action == Action::Allow) {
        let new = Allowed { frequency: rule.frequency, calls: Vec::new(), checked: false };
        let entry = by_number.entry(rule.number).or_insert(new);
        entry.calls.push(witness(rule));
        entry.checked |= !rule.tests.is_empty();
    }
    by_number
}

/// The calls of x86_64, up to Linux 6.13, that no rule names, with all arguments 0.
#[must_use]
pub fn unlisted(workload: &Workload) -> Vec<Call> {
    let listed = |number: &u32| workload.rules.iter().any(|rule| rule.number == *number);
    (0..=334).chain(424..=466).filter(|number| !listed(number)).map(|n| call(n, [0; 6])).collect()
}

/// Native calls and calls through other ABIs, chosen so that they show differences between filters:
/// every number of a call and the numbers beside it; for numbers with rules, arguments at and
/// beside every value, with other bits set, and in combinations.
#[must_use]
pub fn samples(workload: &Workload) -> Vec<Call> {
    let mut samples: Vec<_> = (0..600)
        .chain([1000, 0xffff, 0x10000, 0x3fff_ffff])
        .flat_map(|number| [call(number, [0; 6]), call(number, [u64::MAX; 6])])
        .collect();
    for rule in workload.rules {
        let base = witness(rule);
        samples.push(base);
        let of_number: Vec<_> =
            workload.rules.iter().filter(|other| other.number == rule.number).collect();
        for argument in ArgumentIndex::ALL {
            for value in interesting(&of_number, argument) {
                let mut near = base;
                near.args[argument as usize] = value;
                samples.push(near);
            }
        }
    }
    samples.extend(combinations(workload));
    for abi in [Abi::X86, Abi::Aarch64, Abi::Riscv64] {
        samples.extend((0..480).map(|number| Call::new(abi, number, [0; 6])));
    }
    samples
}

/// Calls of the x32 ABI, which share their audit value with x86_64.
#[must_use]
pub fn x32() -> Vec<Call> {
    (0..550).map(|number| call(Abi::X32_BIT | number, [0; 6])).collect()
}

/// Values of one argument: the values of the rules, the values beside them, and values with a bit
/// of either half flipped.
fn interesting(rules: &[&Rule], argument: ArgumentIndex) -> Vec<u64> {
    let tests = rules.iter().flat_map(|rule| rule.tests).filter(|test| test.argument == argument);
    let mut values: Vec<u64> = tests
        .flat_map(|test| {
            let mask = test.mask.unwrap_or(0);
            let value = test.value;
            let near = [value, value.wrapping_sub(1), value.wrapping_add(1), value | mask, !mask];
            let flipped = (0..64).map(move |bit| value ^ (1 << bit));
            near.into_iter().chain(flipped)
        })
        .collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// For each number whose arguments are checked, random values for all arguments at once.
fn combinations(workload: &Workload) -> Vec<Call> {
    // A fixed seed: every run uses the same calls.
    let mut random = Rng::with_seed(1);
    let mut calls = Vec::new();
    for (number, entry) in allowed(workload) {
        if !entry.checked {
            continue;
        }
        let rules: Vec<_> = workload.rules.iter().filter(|rule| rule.number == number).collect();
        let values = ArgumentIndex::ALL.map(|argument| interesting(&rules, argument));
        for _ in 0..500 {
            let args = std::array::from_fn(|index| match values[index].len() {
                0 => random.u64(..),
                some => values[index][random.usize(..some)],
            });
            calls.push(call(number, args));
        }
    }
    calls
}

/// A call that satisfies `rule`, with its other arguments 0.
fn witness(rule: &Rule) -> Call {
    let mut args = [0; 6];
    for test in rule.tests {
        args[test.argument as usize] = satisfying(test);
    }
    call(rule.number, args)
}

fn satisfying(test: &Test) -> u64 {
    match (test.operator, test.mask) {
        (Operator::Equal, _) => test.value,
        (Operator::Less, _) => test.value - 1,
        (Operator::Greater, _) => test.value + 1,
        // All workloads compare with 0 here, so the lowest bit of the mask is enough.
        (Operator::NotEqual, Some(mask)) => mask & mask.wrapping_neg(),
        (Operator::NotEqual, None) => test.value ^ 1,
    }
}

fn call(number: u32, args: [u64; 6]) -> Call {
    Call::new(Abi::X86_64, number, args)
}
