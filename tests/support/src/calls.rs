//! The calls around which the action of a policy changes: near every number, value and mask in it.

use fastrand::Rng;
use seccomp_ir::abi::Call;
use seccomp_ir::policy::{Comparison, Condition, Policy, Rule, Symbol, Value};

use crate::policies::SYMBOLS;

/// A value for each symbol.
pub type Symbols = [u64; SYMBOLS as usize];

/// Values for the symbols of `policy`: values near those that it compares with, or any others. A program
/// asserts that the values for [`PolicyAction::ErrnoOf`](seccomp_ir::policy::PolicyAction::ErrnoOf) are
/// errnos, so `errno` asks for such values.
pub fn symbols(rng: &mut Rng, policy: &Policy, errno: bool) -> Symbols {
    let mut values: Vec<u64> = vec![0, 1, 38, 4095, u64::MAX, 1 << 63, 1 << 31];
    for comparison in all_comparisons(policy) {
        for value in [Some(comparison.value), comparison.mask] {
            if let Some(Value::Known(known)) = value {
                values.extend([known, known.wrapping_add(1), known & comparison.width.ones()]);
            }
        }
    }
    let mut chosen = [0; SYMBOLS as usize];
    for symbol in &mut chosen {
        *symbol = match rng.u8(0..5) {
            0 => rng.u64(..),
            _ => values[rng.usize(..values.len())],
        };
        if errno {
            *symbol &= 4095;
        }
    }
    chosen
}

/// Calls around every number of the policy, and around every value of every comparison, where the
/// other arguments have values near those that they are compared with.
pub fn boundary(rng: &mut Rng, policy: &Policy, symbols: &Symbols) -> Vec<Call> {
    let mut calls = Vec::new();
    for part in &policy.abis {
        let arch = part.abi.audit_arch();
        let (first, last) = part.abi.numbers();
        let mut numbers = vec![first, last];
        if let Some(unknown) = &part.unknown {
            numbers.extend(ends_of_runs(&unknown.known));
        }
        for rule in &part.rules {
            numbers.extend([rule.numbers[0], *rule.numbers.last().unwrap()]);
        }
        numbers.sort_unstable();
        numbers.dedup();
        for nr in numbers {
            for nr in [nr.wrapping_sub(1), nr, nr.wrapping_add(1), nr ^ 0x4000_0000] {
                let args = std::array::from_fn(|_| rng.u64(..));
                calls.push(Call { nr, arch, instruction_pointer: rng.u64(..), args });
            }
        }
        for rule in &part.rules {
            around_rule(rng, rule, arch, symbols, &mut calls);
        }
    }
    for _ in 0..4 {
        let arch = policy.abis[0].abi.audit_arch() ^ (1 << rng.u32(0..32));
        calls.push(Call { arch, nr: rng.u32(0..10), ..Call::default() });
    }
    calls
}

/// The first and last number of each run of consecutive numbers.
fn ends_of_runs(numbers: &[u32]) -> Vec<u32> {
    let inner = |number: u32| {
        let has = |other: Option<u32>| other.is_some_and(|n| numbers.binary_search(&n).is_ok());
        has(number.checked_sub(1)) && has(number.checked_add(1))
    };
    numbers.iter().copied().filter(|number| !inner(*number)).collect()
}

fn around_rule(rng: &mut Rng, rule: &Rule, arch: u32, symbols: &Symbols, calls: &mut Vec<Call>) {
    let mut comparisons = Vec::new();
    collect(&rule.condition, &mut comparisons);
    let mut values: [Vec<u64>; 6] = std::array::from_fn(|_| vec![0, u64::MAX]);
    for comparison in &comparisons {
        values[comparison.argument as usize].extend(edges(rng, comparison, symbols));
    }
    for comparison in &comparisons {
        for value in edges(rng, comparison, symbols) {
            for _ in 0..2 {
                let mut args = std::array::from_fn(|i| {
                    let of_argument: &Vec<u64> = &values[i];
                    of_argument[rng.usize(..of_argument.len())]
                });
                args[comparison.argument as usize] = value;
                let nr = rule.numbers[rng.usize(..rule.numbers.len())];
                calls.push(Call { nr, arch, instruction_pointer: 0, args });
            }
        }
    }
}

/// Values beside those at which a comparison changes, with and without other bits above its width
/// and outside its mask.
fn edges(rng: &mut Rng, comparison: &Comparison, symbols: &Symbols) -> Vec<u64> {
    let resolve = |value| match value {
        Value::Known(known) => known,
        Value::Symbol(Symbol(index)) => symbols[index as usize],
    };
    let ones = comparison.width.ones();
    let value = resolve(comparison.value) & ones;
    let mask = comparison.mask.map_or(ones, |mask| resolve(mask) & ones);
    let sign = ones ^ (ones >> 1);
    let mut edges = vec![
        value,
        value.wrapping_add(1) & ones,
        value.wrapping_sub(1) & ones,
        value ^ sign,
        value ^ (1 << rng.u32(0..comparison.width.bits())),
        value ^ (value & mask & (value & mask).wrapping_neg()),
        mask,
        !mask & ones,
    ];
    if comparison.width.bits() == 64 {
        edges.extend([value ^ (1 << 32), value & 0xffff_ffff, value << 32]);
    }
    let rubbish: Vec<u64> =
        edges.iter().map(|edge| (edge & mask) | (rng.u64(..) & !mask)).collect();
    edges.extend(rubbish);
    edges
}

/// Every comparison of a policy.
pub fn all_comparisons(policy: &Policy) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for rule in policy.abis.iter().flat_map(|part| &part.rules) {
        collect(&rule.condition, &mut comparisons);
    }
    comparisons
}

pub(crate) fn collect(condition: &Condition, into: &mut Vec<Comparison>) {
    match condition {
        Condition::Always => {}
        Condition::Compare(comparison) => into.push(*comparison),
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| collect(part, into));
        }
        Condition::Not(inner) => collect(inner, into),
    }
}
