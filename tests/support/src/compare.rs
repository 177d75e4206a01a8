//! Compiles a policy, proves its filter, and runs it on the calls around which the policy's action changes.

use fastrand::Rng;
use seccomp_ir::bpf;
use seccomp_ir::filter::Filter;
use seccomp_ir::lower::lower;
use seccomp_ir::policy::{Policy, PolicyAction, Symbol, meaning};
use seccomp_ir::prove::{Refusal, prove};

use crate::calls::{boundary, symbols};

/// The outcome for a policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Its filter is proven, and agrees with it on this number of calls.
    Compared(usize),
    /// The compiler says that the policy is too large.
    TooLarge,
}

/// Panics unless the filter of `policy` is proven and agrees with it on the calls around which the
/// policy's action changes, under several values of the symbols, which `seed` chooses.
pub fn compile_and_compare(policy: &Policy, seed: u64) -> Outcome {
    let Some(filter) = lowered(policy) else { return Outcome::TooLarge };
    match prove(policy, &filter) {
        Ok(_) => {}
        Err(Refusal::TooLarge) => return Outcome::TooLarge,
        Err(refusal) => panic!("{refusal}\n{policy:#?}\n{filter:#x?}"),
    }
    Outcome::Compared(agree(policy, &filter, seed))
}

/// The filter of `policy`, unless the compiler says that the policy is too large.
pub fn lowered(policy: &Policy) -> Option<Filter> {
    lower(policy, &seccomp_ir::table::frequency).ok()
}

/// Panics unless `filter` agrees with `policy`. Returns the number of compared calls.
pub fn agree(policy: &Policy, filter: &Filter, seed: u64) -> usize {
    let mut rng = Rng::with_seed(seed);
    let endian = policy.abis[0].abi.endian();
    let rounds = if filter.relocations.is_empty() { 1 } else { 4 };
    let mut compared = 0;
    for _ in 0..rounds {
        let values = symbols(&mut rng, policy, has_errno_of(policy));
        let value_of = |symbol: Symbol| values[symbol.0 as usize];
        let instructions = filter.resolve(&value_of);
        for call in boundary(&mut rng, policy, &values) {
            let said = meaning(policy, &call, &value_of);
            let done = bpf::interpret(&instructions, &call, endian);
            assert_eq!(
                done,
                Ok(said.to_return_value()),
                "{call:x?}, symbols {values:x?}\n{policy:#?}\n{instructions:#x?}"
            );
            if bpf::const_allows(&instructions, call.arch, call.nr) {
                assert_eq!(said, seccomp_ir::action::Action::Allow, "{call:x?} is remembered");
            }
            compared += 1;
        }
    }
    compared
}

/// The result of the proof for a filter that the compiler did not make.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Judgement {
    /// Refused, with a call that the interpreter confirms.
    Confirmed,
    /// Refused, with a call that depends on the values of symbols.
    Depending,
    /// Refused, because the kernel does not load the filter, or the compiler never emits such a
    /// filter.
    Malformed,
    /// Refused although equal, because the kernel would not remember a call.
    Forgotten,
    /// Accepted.
    Equal,
}

/// Gives a filter to the proof, and checks the result by the interpreter. Panics if the proof accepts
/// a filter with another action than `policy` for a call around which the policy's action changes, or
/// if the two agree on the call with which the proof refuses.
pub fn judge(policy: &Policy, filter: &Filter, seed: u64) -> Judgement {
    match prove(policy, filter) {
        Ok(_) => {
            agree(policy, filter, seed);
            Judgement::Equal
        }
        Err(Refusal::NotConstant { .. }) => {
            agree(policy, filter, seed);
            Judgement::Forgotten
        }
        Err(Refusal::Disagreement(found)) if found.assumptions.is_empty() => {
            let endian = policy.abis[0].abi.endian();
            for first in [1000, u64::MAX - 9000] {
                let value_of = |symbol: Symbol| first + u64::from(symbol.0);
                let said = meaning(policy, &found.call, &value_of).to_return_value();
                let done = bpf::interpret(&filter.resolve(&value_of), &found.call, endian);
                assert_ne!(done, Ok(said), "{found}\n{policy:#?}\n{filter:#x?}");
            }
            Judgement::Confirmed
        }
        Err(Refusal::Disagreement(_)) => Judgement::Depending,
        Err(refusal @ Refusal::TooLarge) => {
            panic!("{refusal}\n{policy:#?}\n{filter:#x?}")
        }
        Err(_) => Judgement::Malformed,
    }
}

/// Whether an action of `policy` is an errno that is a symbol.
pub fn has_errno_of(policy: &Policy) -> bool {
    let parts = policy.abis.iter().flat_map(|part| {
        let unknown = part.unknown.as_ref().map(|unknown| unknown.action);
        part.rules.iter().map(|rule| rule.action).chain([part.default]).chain(unknown)
    });
    parts.chain([policy.bad_arch]).any(|action| matches!(action, PolicyAction::ErrnoOf(_)))
}
