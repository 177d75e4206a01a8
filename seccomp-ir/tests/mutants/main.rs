//! The proof refuses every small change to an emitted filter, unless the change has no effect.
//!
//! The interpreter and the policy's meaning check a refusal on its own call. A mutant that is
//! accepted runs on the calls near the values where the policy's action changes.
//!
//! `cargo test` runs some of the mutants. With `SECCOMP_MUTANTS=FILE` in the environment it runs
//! all of them, and writes policies, filters, accepted mutants and some refused ones to that file
//! as JSON, one policy per line. `tests/independent/run` then decides them with a solver.

mod export;
mod mutate;

use std::collections::BTreeMap;
use std::io::Write;

use arbitrary::Unstructured;
use mutate::mutants;
use seccomp_ir::abi::ArgumentIndex;
use seccomp_ir::abi::{Abi, Call, Endian};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{InstructionIndex, check, interpret};
use seccomp_ir::lower::{Lowered, lower_simply};
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Symbol, Value, Width, meaning,
};
use seccomp_ir::prove::{prove_actions, prove_in_parts};
use seccomp_ir::table::frequency;
use seccomp_test_support::compare::{Judgement, judge, lowered};
use seccomp_test_support::policies::{Shape, policy};
use seccomp_test_support::seeds::{Seeded, are_named, seeds};
use seccomp_test_support::workloads::workloads;

/// `cargo test` runs one of this many mutants: for random policies, and for the workloads, which are as
/// large as policies get.
const STRIDE: [usize; 2] = [7, 97];

/// Random policies of several shapes, enough for every instruction and both byte orders, and the
/// workloads. Each with its stride.
fn corpus([of_random, of_workloads]: [usize; 2]) -> Vec<(String, Policy, usize)> {
    let small = Shape { symbols: false, abis: 2, rules: 4, depth: 2, one_call: false };
    let mut all = Vec::new();
    for (shape, count) in [(small, 24), (Shape { symbols: true, ..small }, 24)] {
        for seed in seeds(0..count) {
            let mut rng = Seeded::with_seed(seed);
            let mut bytes = vec![0; 2048];
            rng.fill(&mut bytes);
            let policy = policy(&mut Unstructured::new(&bytes), shape).unwrap();
            all.push((format!("random {seed}, symbols {}", shape.symbols), policy, of_random));
        }
    }
    for workload in workloads() {
        all.push((workload.name.clone(), workload.policy(), of_workloads));
    }
    all
}

#[test]
fn every_small_change_to_a_filter_is_refused_or_has_no_effect() {
    let file = std::env::var_os("SECCOMP_MUTANTS");
    let mut out = file.as_ref().map(|path| std::fs::File::create(path).unwrap());
    let mut counts: BTreeMap<Judgement, usize> = BTreeMap::new();
    let strides = if out.is_some() { [1, 1] } else { STRIDE };
    for (i, (name, policy, stride)) in corpus(strides).into_iter().enumerate() {
        let filter = lowered(&policy).unwrap();
        let (mut equal, mut different) = (Vec::new(), Vec::new());
        for (j, mutant) in mutants(&filter).into_iter().enumerate().skip(i % stride).step_by(stride)
        {
            let judgement = judge(&policy, &mutant, j as u64);
            *counts.entry(judgement).or_default() += 1;
            match judgement {
                Judgement::Equal | Judgement::Forgotten => equal.push(mutant),
                Judgement::Confirmed | Judgement::Depending => different.push(mutant),
                Judgement::Malformed => {}
            }
        }
        if let Some(out) = &mut out {
            let sample: Vec<_> = different.into_iter().skip(i % 10).step_by(10).collect();
            let line = export::line(&name, &policy, &filter, &equal, &sample);
            writeln!(out, "{line}").unwrap();
        }
    }
    println!("mutants: {counts:?}");
    if are_named() {
        return;
    }
    assert!(counts[&Judgement::Confirmed] > 2000);
    assert!(counts[&Judgement::Equal] < counts[&Judgement::Confirmed] / 5);
}

/// A proof that follows the rules test by test succeeds for each straight chain. Every other filter that it accepts,
/// wherever it is told that conditions begin, the proof by diagrams accepts too.
#[test]
fn a_filter_that_a_proof_in_parts_accepts_is_proven_by_diagrams() {
    let (mut followed, mut filters, mut accepted, mut refused) = (0, 0, 0, 0);
    let corpus = corpus([23, 997]);
    for (i, (name, policy, stride)) in corpus.into_iter().enumerate() {
        let Lowered { filter, starts } = lower_simply(&policy, &frequency).unwrap();
        filters += 1;
        if prove_in_parts(&policy, &filter, &starts, 0).is_ok() {
            followed += 1;
        } else {
            // Two calls whose rules differ and mean the same share one chain.
            let proof = prove_in_parts(&policy, &filter, &starts, 1 << 12);
            assert!(proof.is_ok(), "{name}: {proof:?} {filter:#x?}");
        }
        // Conditions may be said to begin in wrong places.
        let wrong: Vec<_> =
            (0..filter.instructions.len()).map(InstructionIndex).step_by(i % 3 + 1).collect();
        for mutant in mutants(&filter).into_iter().skip(i % stride).step_by(stride) {
            // No diagrams, and some.
            for (nodes, starts) in [(0, &starts), (300, &starts), (0, &wrong)] {
                if prove_in_parts(&policy, &mutant, starts, nodes).is_ok() {
                    // What the kernel remembers is not part of a proof without diagrams.
                    let proof = prove_actions(&policy, &mutant, &[]);
                    assert!(proof.is_ok(), "{name}: {mutant:#x?}");
                    accepted += 1;
                } else {
                    refused += 1;
                }
            }
        }
    }
    println!("{followed} of {filters} followed; of mutants {accepted} accepted, {refused} refused");
    if are_named() {
        return;
    }
    assert!(followed > filters * 9 / 10 && accepted > 0 && refused > 10 * accepted);
}

/// A policy whose conditions have no diagram of a size that can be afforded: random masks on one argument.
fn without_diagram(seed: u64) -> Policy {
    let mut rng = Seeded::with_seed(seed);
    let mut rules = Vec::new();
    for number in 0..40_u32 {
        let mask = rng.u64(..) & rng.u64(..) & rng.u64(..) & rng.u64(..);
        let condition = Condition::Compare(Comparison {
            argument: ArgumentIndex::A2,
            width: Width::W64,
            signed: false,
            mask: Some(Value::Known(mask)),
            operator: if number % 5 == 4 { Operator::Less } else { Operator::Equal },
            value: Value::Known(rng.u64(..) & mask),
        });
        let action = match number % 3 {
            0 => Action::Allow,
            1 => Action::Errno(number as u16),
            _ => Action::Trap(number as u16),
        };
        let (action, origin) = (PolicyAction::Action(action), Origin(number));
        rules.push(Rule { numbers: vec![0], condition, action, hot: false, origin });
    }
    let kill = PolicyAction::Action(Action::KillProcess);
    let abis = vec![AbiPolicy { abi: Abi::X86_64, rules, unknown: None, default: kill }];
    Policy::new(PolicyParts { abis, bad_arch: kill }).unwrap()
}

/// A rule of one condition on call 0.
fn of_one_condition(condition: Condition) -> Policy {
    let kill = PolicyAction::Action(Action::KillProcess);
    let (action, origin) = (PolicyAction::Action(Action::Allow), Origin(0));
    let rules = vec![Rule { numbers: vec![0], condition, action, hot: false, origin }];
    let abis = vec![AbiPolicy { abi: Abi::X86_64, rules, unknown: None, default: kill }];
    Policy::new(PolicyParts { abis, bad_arch: kill }).unwrap()
}

/// A policy that compares an argument with many values: with some of them under masks, or with symbols.
fn of_many_values(seed: u64, symbols: bool) -> Policy {
    let mut rng = Seeded::with_seed(seed);
    let is = |mask, value| {
        let (argument, width, operator) = (ArgumentIndex::A2, Width::W64, Operator::Equal);
        let signed = false;
        Condition::Compare(Comparison { argument, width, signed, mask, operator, value })
    };
    let mut all = Vec::new();
    for number in 0..150 {
        let random = rng.u64(..);
        let value = if symbols { Value::Symbol(Symbol(number)) } else { Value::Known(random) };
        all.push(is(None, value));
        if !symbols && number % 25 == 0 {
            let mask = rng.u64(..) | rng.u64(..);
            all.push(is(Some(Value::Known(mask)), Value::Known(rng.u64(..) & mask)));
        }
    }
    let any = Condition::Any(all);
    of_one_condition(if seed % 2 == 0 { any } else { Condition::Not(Box::new(any)) })
}

/// Proofs that renew their stores or take a large store are checked against diagrams of the whole policy.
#[test]
fn no_mutant_with_another_action_is_accepted_where_an_argument_has_many_values() {
    let (mut accepted, mut refused) = (0, 0);
    for seed in seeds(0..4) {
        let policy = of_many_values(seed, seed < 2);
        let Lowered { filter, starts } = lower_simply(&policy, &frequency).unwrap();
        prove_in_parts(&policy, &filter, &starts, 0).unwrap();
        prove_actions(&policy, &filter, &[]).unwrap();
        for mutant in mutants(&filter).into_iter().skip(seed as usize).step_by(151) {
            if prove_in_parts(&policy, &mutant, &starts, 0).is_ok() {
                let proof = prove_actions(&policy, &mutant, &[]);
                assert!(proof.is_ok(), "seed {seed}: {proof:?} {mutant:#x?}");
                accepted += 1;
            } else {
                refused += 1;
            }
        }
    }
    println!("{accepted} accepted, {refused} refused");
    if are_named() {
        return;
    }
    assert!(accepted > 0 && refused > 100, "{accepted} {refused}");
}

/// Calls near the values of each rule of that policy.
fn calls_near(policy: &Policy, rng: &mut Seeded) -> Vec<Call> {
    let arch = Abi::X86_64.audit_arch();
    let mut calls = Vec::new();
    for rule in &policy.abis[0].rules {
        let Condition::Compare(Comparison {
            mask: Some(Value::Known(mask)),
            value: Value::Known(value),
            ..
        }) = rule.condition
        else {
            panic!("a mask")
        };
        for turn in 0..40 {
            let other = if turn < 20 { 0 } else { 1 << rng.u32(..64) };
            let mut args = [0; 6];
            args[2] = ((rng.u64(..) & !mask) | value) ^ other;
            calls.push(Call { nr: 0, arch, instruction_pointer: 0, args });
        }
    }
    calls
}

/// Diagrams cannot judge here, so calls do: no mutant is accepted that a call shows to be different.
#[test]
fn no_mutant_with_another_action_is_accepted_where_there_is_no_diagram() {
    let (mut wrong, mut accepted, mut missed) = (0, 0, 0);
    for seed in seeds(0..2) {
        let policy = without_diagram(seed);
        let Lowered { filter, starts } = lower_simply(&policy, &frequency).unwrap();
        assert!(prove_in_parts(&policy, &filter, &[], 1 << 15).is_err(), "diagrams are enough");
        prove_actions(&policy, &filter, &starts).unwrap();
        let mut rng = Seeded::with_seed(seed);
        let calls = calls_near(&policy, &mut rng);
        let expected: Vec<u32> =
            calls.iter().map(|call| meaning(&policy, call, &|_| 0).to_return_value()).collect();
        for mutant in mutants(&filter).into_iter().skip(seed as usize).step_by(101) {
            let is_accepted = prove_in_parts(&policy, &mutant, &starts, 0).is_ok();
            let differs = check(&mutant.instructions).is_err()
                || calls.iter().zip(&expected).any(|(call, expected)| {
                    interpret(&mutant.instructions, call, Endian::Little) != Ok(*expected)
                });
            assert!(!(is_accepted && differs), "seed {seed}: {mutant:#x?}");
            wrong += usize::from(differs);
            accepted += usize::from(is_accepted);
            missed += usize::from(!differs && !is_accepted);
        }
    }
    println!("{wrong} mutants differ; of others {accepted} are accepted and {missed} are not");
    if are_named() {
        return;
    }
    assert!(wrong > 50 && accepted > 5, "{wrong} {accepted}");
}
