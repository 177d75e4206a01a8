//! Compiles a policy, proves its filter, and runs it on the calls around which the policy's action changes.

use fastrand::Rng;
use seccomp_ir::bpf;
use seccomp_ir::filter::Filter;
use seccomp_ir::lower::{LowerErrorKind, lower};
use seccomp_ir::policy::{Policy, PolicyAction, Symbol, meaning};
use seccomp_ir::prove::{Refusal, prove};

use crate::calls::{boundary, symbols};

/// What became of a policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Its program is proven and agrees with it on that many calls.
    Compared(usize),
    /// The compiler says that it is too large.
    TooLarge,
}

/// Panics unless the filter of `policy` is proven and agrees with it on the calls around which it
/// changes its mind, under several values of the symbols. `seed` chooses among those.
pub fn compile_and_compare(policy: &Policy, seed: u64) -> Outcome {
    let Some(filter) = lowered(policy) else { return Outcome::TooLarge };
    match prove(policy, &filter) {
        Ok(_) => {}
        Err(Refusal::TooLarge) => return Outcome::TooLarge,
        Err(refusal) => panic!("{refusal}\n{policy:#?}\n{filter:#x?}"),
    }
    Outcome::Compared(agree(policy, &filter, seed))
}

/// The program of `policy`, unless the compiler says that it is too large.
pub fn lowered(policy: &Policy) -> Option<Filter> {
    match lower(policy, &seccomp_ir::table::frequency) {
        Ok(filter) => Some(filter),
        Err(error) => match error.kind {
            LowerErrorKind::TooLong(_) | LowerErrorKind::TooComplex => None,
        },
    }
}

/// The number of calls on which `filter` was seen to agree with `policy`; panics if it does not.
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

/// What the proof says of a program that the compiler did not make.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Judgement {
    /// Refused with a call that the interpreter confirms.
    Confirmed,
    /// Refused with a call that depends on what symbols are.
    Depending,
    /// Refused for what it is: not loaded by the kernel, or nothing that is ever emitted.
    Malformed,
    /// Refused although equal, because the kernel would not remember an answer.
    Forgotten,
    /// Accepted.
    Equal,
}

/// Judges a program by the proof, and the proof by the interpreter: panics if it accepts what answers
/// otherwise than `policy` on a call around which that changes its mind, or if the call by which it
/// refuses is none on which the two differ.
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
