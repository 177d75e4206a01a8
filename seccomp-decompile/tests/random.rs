//! Random filters come back as equal policies, except filters with more answers than any policy has, and one of
//! thousands whose arithmetic takes too much memory.
//!
//! `SECCOMP_SEED=0..10000` draws more: `tests/decompile/run` does so, and keeps the result.

mod random_filters;

use seccomp_decompile::{DecompileError, Decompiled, Options, decompile, from_bytes};
use seccomp_ir::abi::{Abi, Endian};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{SockFilter, interpret};
use seccomp_ir::explore::Unexplored;
use seccomp_ir::policy::meaning;
use seccomp_syntax::PolicyText;
use seccomp_test_support::seeds::{Seeded, are_named, seeds};

use random_filters::{Shape, filter};

/// The number of calls on which a policy and its filter are compared.
const CALLS: usize = 100;

/// Checks a policy with code that shares nothing with the decompiler: the parser, the interpreter, and the meaning of
/// policies.
fn check(rng: &mut Seeded, filter: &[SockFilter], decompiled: &Decompiled) {
    let text = decompiled.text();
    let parsed = PolicyText::new("decompiled", &text, decompiled.target()).tree();
    let parsed = parsed.unwrap_or_else(|report| panic!("{report}\n{text}"));
    assert!(parsed.is_same(decompiled.tree()), "{text}");
    for _ in 0..CALLS {
        let call = random_filters::call(rng, filter);
        let done = interpret(filter, &call, Endian::Little).unwrap();
        let said = meaning(decompiled.policy(), &call, &|_| 0);
        assert_eq!(Action::from_return_value(done), said, "{call:x?}\n{text}");
    }
}

#[test]
fn a_random_filter_comes_back_equal_or_has_more_answers_than_a_policy() {
    let (mut equal, mut unsayable, mut large) = (0, 0, 0);
    let seeds = seeds(0..16);
    for seed in seeds.clone() {
        let mut rng = Seeded::with_seed(seed);
        let shape = if seed % 2 == 0 { Shape::Structured } else { Shape::Arbitrary };
        let filter = filter(&mut rng, shape);
        match decompile(&filter, &Options::for_kernel(Abi::X86_64)) {
            Ok(decompiled) => {
                equal += 1;
                check(&mut rng, &filter, &decompiled);
            }
            // No policy has so many answers.
            Err(DecompileError::Unexplored(Unexplored::ManyResults { .. })) => unsayable += 1,
            // For example, the filter compares a product with a large constant.
            Err(DecompileError::Unexplored(_)) => large += 1,
            Err(error) => panic!("{error}: {filter:?}"),
        }
    }
    println!(
        "seeds {seeds:?}: {equal} equal, {unsayable} have more answers than the longest filter has instructions, {large} \
         take too much memory"
    );
    assert!(large <= 1 + equal / 1000, "{large} of {seeds:?}");
    assert!(are_named() || equal > 10, "{equal} of {seeds:?}");
}

#[test]
fn any_bytes_are_a_filter_or_an_error() {
    let mut rng = Seeded::new_in_each_run();
    let (mut filters, mut errors) = (0, 0);
    for _ in 0..1000 {
        let length = rng.usize(..64);
        let bytes: Vec<u8> = match rng.u8(..3) {
            0 => (0..length).map(|_| rng.u8(..)).collect(),
            1 => (0..length).map(|_| b"0123456789abcdefx ,{}\n#/\xff"[rng.usize(..25)]).collect(),
            // One wrong byte.
            _ => {
                let filter = filter(&mut rng, Shape::Structured);
                let mut bytes = seccomp_decompile::to_bytes(&filter, Endian::Little);
                let at = rng.usize(..bytes.len());
                bytes[at] = rng.u8(..);
                bytes
            }
        };
        match from_bytes(&bytes) {
            Ok((filter, _)) => {
                filters += 1;
                // The kernel loads few of these. For each that it loads there is a policy, or a reason why not.
                if let Err(error) = decompile(&filter[..filter.len().min(20)], &Options::default())
                {
                    assert!(!error.to_string().contains("internal"), "{error}: {filter:?}");
                    errors += 1;
                }
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                errors += 1;
            }
        }
    }
    assert!(filters > 30 && errors > 30, "{filters} {errors}");
}
