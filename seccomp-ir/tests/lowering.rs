//! What is lowered means what the policy means, on policies and calls made at random from fixed
//! seeds.

mod generate;

use generate::{Random, SYMBOLS, calls, policy};
use seccomp_ir::action::Action;
use seccomp_ir::bpf;
use seccomp_ir::lower::lower;
use seccomp_ir::policy::{Symbol, meaning};
use seccomp_ir::prove::prove;

/// Compares the policies of these seeds with their programs, on `count` calls each.
fn compare(seeds: std::ops::Range<u64>, symbols: bool, count: usize) {
    for seed in seeds {
        let mut random = Random::new(seed);
        let policy = policy(&mut random, symbols);
        let program = lower(&policy).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        if let Err(refusal) = prove(&policy, &program) {
            panic!("seed {seed}: {refusal}\n{policy:#x?}\n{program:#x?}");
        }
        for _ in 0..if symbols { 4 } else { 1 } {
            let mut values = [0; SYMBOLS as usize];
            for value in &mut values {
                // An errno is asserted to fit by the expansion, so small values are all there is.
                *value = *random.pick(&[0, 1, 2, 38, 4095, 0x80, 255]);
            }
            let value_of = |symbol: Symbol| values[symbol.0 as usize];
            let instructions = program.resolve(&value_of);
            bpf::check(&instructions).unwrap_or_else(|error| panic!("seed {seed}: {error:?}"));
            let endian = policy.abis[0].abi.endian();
            for call in calls(&mut random, &policy, &value_of, count) {
                let answer = bpf::interpret(&instructions, &call, endian)
                    .unwrap_or_else(|fault| panic!("seed {seed}: {fault:?}"));
                let want = meaning(&policy, &call, &value_of);
                assert_eq!(
                    Action::from_return_value(answer),
                    want,
                    "seed {seed}: {call:x?}\n{values:x?}\n{policy:#x?}"
                );
            }
        }
    }
}

#[test]
fn a_program_answers_as_its_policy_does() {
    compare(0..120, false, 300);
}

#[test]
fn a_program_with_values_left_to_rustc_answers_as_its_policy_does() {
    compare(1000..1100, true, 150);
}
