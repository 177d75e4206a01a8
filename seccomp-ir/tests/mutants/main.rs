//! Nothing fools the proof: every small change to an emitted program is refused, or is none.
//!
//! A refusal is checked on its own call, by the interpreter and the policy's meaning. A mutant that is
//! accepted is run on the calls around which the policy changes its mind.
//!
//! `cargo test` looks at some of the mutants. With `SECCOMP_MUTANTS=FILE` in the environment it looks at
//! all of them and writes policies, programs, accepted mutants and some refused ones to that file
//! as JSON, one policy a line, for `tests/independent/run` to decide with a solver.

#[path = "../common/mod.rs"]
mod common;
mod export;
mod mutate;

use std::io::Write;

use arbitrary::Unstructured;
use common::compare::{agree, lowered};
use common::policies::{Shape, policy};
use fastrand::Rng;
use mutate::mutants;
use seccomp_ir::bpf;
use seccomp_ir::policy::{Policy, Symbol, meaning};
use seccomp_ir::program::Program;
use seccomp_ir::prove::{Refusal, prove};

/// What became of the mutants of a program.
#[derive(Default)]
struct Tally {
    /// Refused with a call that the interpreter confirms.
    confirmed: usize,
    /// Refused with a call that depends on what symbols are.
    depending: usize,
    /// Refused because the kernel would not remember an answer.
    forgotten: usize,
    /// Refused for what they are: not loaded, or none that is ever emitted.
    malformed: usize,
    /// Proven equal.
    equal: usize,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.confirmed += other.confirmed;
        self.depending += other.depending;
        self.forgotten += other.forgotten;
        self.malformed += other.malformed;
        self.equal += other.equal;
    }
}

/// Random policies of several shapes, enough to have every instruction and every ABI's byte order.
fn corpus() -> Vec<(String, Policy)> {
    let small = Shape { symbols: false, abis: 2, rules: 4, depth: 2 };
    let mut all = Vec::new();
    for (shape, count) in [(small, 24), (Shape { symbols: true, ..small }, 24)] {
        for seed in 0..count {
            let mut rng = Rng::with_seed(seed);
            let mut bytes = vec![0; 2048];
            rng.fill(&mut bytes);
            let policy = policy(&mut Unstructured::new(&bytes), shape).unwrap();
            all.push((format!("random {seed}, symbols {}", shape.symbols), policy));
        }
    }
    all
}

/// The policy's mutants, judged; every `stride`th of them, those accepted and some refused are kept.
fn judge(
    policy: &Policy,
    program: &Program,
    stride: usize,
    first: usize,
) -> (Tally, Vec<Program>, Vec<Program>) {
    let mut tally = Tally::default();
    let (mut equal, mut different) = (Vec::new(), Vec::new());
    for (i, mutant) in mutants(program).into_iter().enumerate().skip(first).step_by(stride) {
        match prove(policy, &mutant) {
            Ok(_) => {
                tally.equal += 1;
                agree(policy, &mutant, i as u64);
                equal.push(mutant);
            }
            Err(Refusal::Disagreement(found)) if found.assumptions.is_empty() => {
                let endian = policy.abis[0].abi.endian();
                for first in [1000, u64::MAX - 9000] {
                    let value_of = |symbol: Symbol| first + u64::from(symbol.0);
                    let said = meaning(policy, &found.call, &value_of).to_return_value();
                    let instructions = mutant.resolve(&value_of);
                    let done = bpf::interpret(&instructions, &found.call, endian);
                    assert_ne!(done, Ok(said), "{found}\n{policy:#?}\n{mutant:#x?}");
                }
                tally.confirmed += 1;
                different.push(mutant);
            }
            Err(Refusal::Disagreement(_)) => {
                tally.depending += 1;
                different.push(mutant);
            }
            Err(Refusal::NotConstant { .. }) => {
                tally.forgotten += 1;
                agree(policy, &mutant, i as u64);
                equal.push(mutant);
            }
            Err(Refusal::TooLarge | Refusal::Policy) => panic!("not judged\n{mutant:#x?}"),
            Err(_) => tally.malformed += 1,
        }
    }
    (tally, equal, different)
}

#[test]
fn every_small_change_to_a_program_is_refused_or_is_none() {
    let file = std::env::var_os("SECCOMP_MUTANTS");
    let mut out = file.as_ref().map(|path| std::fs::File::create(path).unwrap());
    let mut all = Tally::default();
    for (i, (name, policy)) in corpus().into_iter().enumerate() {
        let program = lowered(&policy).unwrap();
        let stride = if out.is_some() { 1 } else { 7 };
        let (tally, equal, different) = judge(&policy, &program, stride, i % stride);
        all.add(&tally);
        if let Some(out) = &mut out {
            let sample: Vec<_> = different.into_iter().skip(i % 10).step_by(10).collect();
            let line = export::line(&name, &policy, &program, &equal, &sample);
            writeln!(out, "{line}").unwrap();
        }
    }
    println!(
        "refused: {} confirmed by their call, {} depending on symbols, {} forgotten by the kernel, \
         {} malformed; accepted: {}",
        all.confirmed, all.depending, all.forgotten, all.malformed, all.equal
    );
    assert!(all.confirmed > 2000 && all.equal < all.confirmed / 5);
}
