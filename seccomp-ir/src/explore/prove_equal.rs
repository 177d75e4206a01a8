//! The proof that a filter, whoever made it, does with every call what a policy says.
//!
//! The calls are divided by `arch` and `nr`. Each number that the policy names or knows is taken by itself: there the filter
//! and the policy must be the same function of the arguments. All other numbers of an ABI get one action from the policy,
//! and so do all calls of no ABI that it serves; there the filter must give that action throughout.

use std::fmt;

use super::{Budget, CallFunction, CallFunctions, CallSet, FunctionView, InputBit, Unexplored};
use crate::abi::{Abi, Call};
use crate::action::Action;
use crate::bpf::{self, LoadError, SockFilter};
use crate::policy::{AbiPolicy, Policy, PolicyAction};

/// The most nodes of the functions of a proof.
const NODES: usize = 3 << 18;

/// The calls for which a filter and a policy are compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EqualFor {
    /// Every input that a filter can have.
    Every,
    /// The calls of these ABIs, which a kernel that serves no others can give to a filter. The upper half of an
    /// argument is 0 where registers have 32 bits, and no policy that is resolved from a tree looks at it there.
    Abis(Vec<Abi>),
}

/// Why a filter and a policy are not proven equal.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Unequal {
    /// The kernel does not load the filter.
    Load(LoadError),
    /// The filter cannot be read.
    Unexplored(Unexplored),
    /// The policy has values that only rustc or the running program knows.
    Symbols,
    /// They differ.
    Differ {
        /// A call for which they do.
        call: Call,
        /// What the policy says.
        policy: Action,
        /// What the filter does.
        filter: Action,
    },
}

impl From<Unexplored> for Unequal {
    fn from(unexplored: Unexplored) -> Self {
        Self::Unexplored(unexplored)
    }
}

impl fmt::Display for Unequal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => write!(f, "the kernel does not load the filter: {error}"),
            Self::Unexplored(unexplored) => unexplored.fmt(f),
            Self::Symbols => f.write_str("the policy has values that are not known"),
            Self::Differ { call, policy, filter } => write!(
                f,
                "for arch {:#x}, number {:#x}, arguments {:x?} the action of the filter is {filter}, and of the policy {policy}",
                call.arch, call.nr, call.args
            ),
        }
    }
}

impl std::error::Error for Unequal {}

/// Proves that `filter` does with every call that `equal_for` names what `policy` says. The data of a kill is not compared, because
/// the kernel ends the process whatever it is.
///
/// # Errors
///
/// [`Unequal`]: whatever cannot be proven, including what is true but too large.
pub fn prove_equal(
    policy: &Policy,
    filter: &[SockFilter],
    equal_for: &EqualFor,
) -> Result<(), Unequal> {
    bpf::check(filter).map_err(Unequal::Load)?;
    let abis: Vec<Abi> = match equal_for {
        EqualFor::Every => policy.abis.iter().map(|part| part.abi).collect(),
        EqualFor::Abis(abis) => abis.clone(),
    };
    let mut archs: Vec<u32> = abis.iter().map(|abi| abi.audit_arch()).collect();
    archs.sort_unstable();
    archs.dedup();
    let budget = Budget::new(Budget::STEPS);
    for &arch in &archs {
        // A store for each, so that none grows with the number of ABIs.
        let mut proof = EqualityProof {
            policy,
            filter,
            equal_for,
            functions: CallFunctions::new(NODES, &budget),
        };
        proof.arch(arch, &abis)?;
    }
    if *equal_for == EqualFor::Every {
        let mut proof = EqualityProof {
            policy,
            filter,
            equal_for,
            functions: CallFunctions::new(NODES, &budget),
        };
        let listed = proof.functions.arch_in(&archs)?;
        let within = proof.functions.not(listed)?;
        proof.region(CallSet { within, ..CallSet::ALL }, policy.bad_arch)?;
    }
    Ok(())
}

struct EqualityProof<'a> {
    policy: &'a Policy,
    filter: &'a [SockFilter],
    equal_for: &'a EqualFor,
    functions: CallFunctions,
}

impl EqualityProof<'_> {
    /// All calls with this `arch`.
    fn arch(&mut self, arch: u32, abis: &[Abi]) -> Result<(), Unequal> {
        let abis: Vec<Abi> = abis.iter().copied().filter(|abi| abi.audit_arch() == arch).collect();
        let is_narrow = abis.iter().all(|abi| abi.register_bits() == 32);
        let narrow = is_narrow && *self.equal_for != EqualFor::Every;
        let all = CallSet { arch: Some(arch), narrow, ..CallSet::ALL };
        let parts: Vec<&AbiPolicy> =
            self.policy.abis.iter().filter(|part| part.abi.audit_arch() == arch).collect();
        let mut single = vec![Abi::SKIPPED];
        for part in &parts {
            single.extend(part.rules.iter().flat_map(|rule| &rule.numbers));
            single.extend(part.unknown.iter().flat_map(|unknown| &unknown.known));
        }
        single.sort_unstable();
        single.dedup();
        for &nr in &single {
            let is_compared = abis.iter().any(|abi| abi.has_call(arch, nr));
            if is_compared || *self.equal_for == EqualFor::Every {
                let part = parts.iter().find(|part| part.abi.has_call(arch, nr));
                self.number(CallSet { nr: Some(nr), ..all }, nr, part.copied())?;
            }
        }
        let single = self.functions.nr_in(&single)?;
        let mut rest = self.functions.not(single)?;
        for abi in abis {
            let of_abi = self.functions.calls_of(abi)?;
            let within = self.functions.and(of_abi, rest)?;
            rest = self.functions.choose(of_abi, CallFunction::NEVER, rest)?;
            let expected = match parts.iter().find(|part| part.abi == abi) {
                None => self.policy.bad_arch,
                Some(AbiPolicy { unknown: Some(unknown), .. }) => unknown.action,
                Some(AbiPolicy { unknown: None, default, .. }) => *default,
            };
            self.region(CallSet { within, ..all }, expected)?;
        }
        if *self.equal_for == EqualFor::Every {
            let of_arch = self.functions.arch_in(&[arch])?;
            let within = self.functions.and(rest, of_arch)?;
            self.region(CallSet { within, ..all }, self.policy.bad_arch)?;
        }
        Ok(())
    }

    /// One call number, for all arguments.
    fn number(&mut self, calls: CallSet, nr: u32, part: Option<&AbiPolicy>) -> Result<(), Unequal> {
        let mut expected = match part {
            Some(part) => self.action(part.unmatched(nr))?,
            None => self.action(self.policy.bad_arch)?,
        };
        for rule in part.iter().flat_map(|part| &part.rules).rev() {
            if rule.numbers.binary_search(&nr).is_ok() {
                let matched = self.functions.condition(&rule.condition)?;
                let action = self.action(rule.action)?;
                expected = self.functions.choose(matched, action, expected)?;
            }
        }
        self.compare(calls, expected)
    }

    /// All of `calls` must get `expected`.
    fn region(&mut self, calls: CallSet, expected: PolicyAction) -> Result<(), Unequal> {
        if calls.within == CallFunction::NEVER {
            return Ok(());
        }
        let expected = self.action(expected)?;
        self.compare(calls, expected)
    }

    fn compare(&mut self, calls: CallSet, expected: CallFunction) -> Result<(), Unequal> {
        let endian = self.policy.endian();
        let actual = self.functions.run(self.filter, endian, &calls)?;
        let actual = self.functions.choose(calls.within, actual, expected)?;
        if actual == expected { Ok(()) } else { Err(self.difference(calls, actual, expected)) }
    }

    fn action(&mut self, action: PolicyAction) -> Result<CallFunction, Unequal> {
        match action {
            PolicyAction::Action(action) => Ok(self.functions.action(action)?),
            PolicyAction::ErrnoOf(_) => Err(Unequal::Symbols),
        }
    }

    /// A call for which the two functions, which are not the same, differ.
    fn difference(
        &self,
        calls: CallSet,
        mut filter: CallFunction,
        mut policy: CallFunction,
    ) -> Unequal {
        let mut call =
            Call { arch: calls.arch.unwrap_or(0), nr: calls.nr.unwrap_or(0), ..Call::default() };
        loop {
            let (a, b) = (self.functions.view(filter), self.functions.view(policy));
            let bit = match (a, b) {
                (FunctionView::Asks { bit: a, .. }, FunctionView::Asks { bit: b, .. }) => {
                    if super::level(a) < super::level(b) {
                        a
                    } else {
                        b
                    }
                }
                (FunctionView::Asks { bit, .. }, _) | (_, FunctionView::Asks { bit, .. }) => bit,
                (FunctionView::Action(filter), FunctionView::Action(policy)) => {
                    return Unequal::Differ { call, policy, filter };
                }
                (FunctionView::Holds(_), _) | (_, FunctionView::Holds(_)) => {
                    return Unequal::Symbols;
                }
            };
            let halves = |view, whole| match view {
                FunctionView::Asks { bit: asked, zero, one } if asked == bit => (zero, one),
                FunctionView::Asks { .. } | FunctionView::Action(_) | FunctionView::Holds(_) => {
                    (whole, whole)
                }
            };
            let ((filter_0, filter_1), (policy_0, policy_1)) =
                (halves(a, filter), halves(b, policy));
            // Two different functions differ in at least one of their halves.
            if filter_0 == policy_0 {
                (filter, policy) = (filter_1, policy_1);
                set(&mut call, bit);
            } else {
                (filter, policy) = (filter_0, policy_0);
            }
        }
    }
}

fn set(call: &mut Call, bit: InputBit) {
    match bit {
        InputBit::Arch(bit) => call.arch |= 1 << bit,
        InputBit::Nr(bit) => call.nr |= 1 << bit,
        InputBit::Argument(index, bit) => call.args[index as usize] |= 1 << bit,
        InputBit::InstructionPointer(bit) => call.instruction_pointer |= 1 << bit,
    }
}
