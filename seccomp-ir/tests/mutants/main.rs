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
use seccomp_ir::lower::lower_simply;
use seccomp_ir::policy::Policy;
use seccomp_ir::prove::{prove, prove_in_parts};
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
fn every_small_change_to_a_program_is_refused_or_is_none() {
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

/// A proof that follows the rules test by test forgets what it has learnt. What it accepts, the proof by
/// diagrams accepts too.
#[test]
fn what_a_proof_in_parts_accepts_is_what_diagrams_prove() {
    let (mut followed, mut filters, mut accepted, mut refused) = (0, 0, 0, 0);
    let corpus = corpus([23, 997]);
    for (i, (name, policy, stride)) in corpus.into_iter().enumerate() {
        let simple = lower_simply(&policy, &frequency).unwrap();
        filters += 1;
        followed += u32::from(prove_in_parts(&policy, &simple, 0).is_ok());
        for mutant in mutants(&simple).into_iter().skip(i % stride).step_by(stride) {
            // No diagrams, and some.
            for nodes in [0, 300] {
                if prove_in_parts(&policy, &mutant, nodes).is_ok() {
                    assert!(prove(&policy, &mutant).is_ok(), "{name}: {mutant:#x?}");
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
    assert!(2 * followed > filters && accepted > 0 && refused > 10 * accepted);
}
