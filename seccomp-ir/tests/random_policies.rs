//! Random policies over the whole language, for all ABIs. Each filter is proven, and takes the policy's
//! action for every call near the values where that action changes.
//!
//! A policy is made from a seed, and a failure names it: see `seccomp_test_support::seeds`.

use std::ops::Range;

use arbitrary::Unstructured;
use seccomp_test_support::compare::{Outcome, compile_and_compare};
use seccomp_test_support::policies::{Shape, policy};
use seccomp_test_support::seeds::{Seeded, are_named, seeds};

/// Checks the policies of these seeds, or of those in the environment.
fn check(shape: Shape, own: Range<u64>) {
    let (mut compared, mut calls, mut too_large) = (0_u32, 0, 0_u32);
    let seeds = seeds(own);
    for seed in seeds.clone() {
        let mut rng = Seeded::with_seed(seed);
        let mut bytes = vec![0; rng.usize(64..4096)];
        rng.fill(&mut bytes);
        let policy = policy(&mut Unstructured::new(&bytes), shape).expect("bytes are never short");
        match compile_and_compare(&policy, seed) {
            Outcome::Compared(n) => {
                compared += 1;
                calls += n;
            }
            Outcome::TooLarge => too_large += 1,
        }
    }
    println!("seeds {seeds:?}: {compared} compared on {calls} calls, {too_large} too large");
    assert!(
        are_named() || compared >= 20 * too_large,
        "most policies must be small enough to be compiled"
    );
}

#[test]
fn random_policies_are_proven_and_their_filters_do_what_they_say() {
    check(Shape::ANY, 0..50);
}

#[test]
fn random_policies_without_symbols_are_proven_and_their_filters_do_what_they_say() {
    check(Shape { symbols: false, ..Shape::ANY }, 0..80);
}

#[test]
fn random_policies_of_many_small_rules_are_proven_and_their_filters_do_what_they_say() {
    check(Shape { symbols: false, abis: 2, rules: 60, depth: 1, one_call: false }, 0..8);
}

/// The costs of policy 540 exceed 64 bits unless the sums of the compiler are kept in bounds.
#[test]
fn random_policies_of_six_arguments_of_one_call_are_proven_and_their_filters_do_what_they_say() {
    check(Shape { rules: 16, one_call: true, ..Shape::ANY }, 520..545);
}

/// The seeds with which fuzzing reached new code (`fuzz/run`), checked every time.
#[test]
fn the_policies_of_the_fuzzing_corpus_are_proven_and_their_filters_do_what_they_say() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/policy");
    let mut compared = 0;
    for file in std::fs::read_dir(corpus).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let policy = policy(&mut Unstructured::new(&bytes), Shape::ANY).unwrap();
        compared += u32::from(compile_and_compare(&policy, 0) != Outcome::TooLarge);
    }
    assert!(compared > 50, "{compared} policies");
}
