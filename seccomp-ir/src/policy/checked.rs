//! Makes a [`Policy`]. The properties that later stages rely on are checked here, once.

use std::fmt;
use std::ops::Deref;

use super::{Policy, PolicyAction, PolicyParts, Rule, Unknown};
use crate::abi::{Abi, Endian};
use crate::action::Action;

/// Why some parts are not a policy.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
#[non_exhaustive]
pub enum InvalidPolicy {
    /// There is no ABI.
    NoAbi,
    /// This ABI occurs twice.
    AbiTwice(Abi),
    /// This ABI has another byte order than the first one: no kernel serves both.
    OtherByteOrder(Abi),
    /// For this ABI, a rule has no numbers, or the numbers of a rule or the known numbers do not ascend, or one
    /// does not belong to the ABI.
    Numbers(Abi),
    /// The kernel does not pass on an errno this high.
    Errno(u16),
}

impl fmt::Display for InvalidPolicy {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAbi => f.write_str("a policy needs an ABI"),
            Self::AbiTwice(abi) => write!(f, "a policy has {abi} twice"),
            Self::OtherByteOrder(abi) => {
                write!(f, "no kernel serves both {abi} and the first ABI: their byte orders differ")
            }
            Self::Numbers(abi) => {
                write!(f, "the call numbers of a rule must ascend and belong to its ABI, {abi}")
            }
            Self::Errno(errno) => {
                write!(
                    f,
                    "errno {errno} is above {}, the highest that the kernel passes on",
                    Action::MAX_ERRNO
                )
            }
        }
    }
}

#[cfg(feature = "debug")]
impl std::error::Error for InvalidPolicy {}

/// A policy gives read access to its parts only, so what was checked stays true.
impl Deref for Policy {
    type Target = PolicyParts;

    fn deref(&self) -> &PolicyParts {
        &self.0
    }
}

impl Policy {
    /// The policy of these parts.
    ///
    /// # Errors
    ///
    /// If a part is not as its documentation says.
    pub fn new(parts: PolicyParts) -> Result<Self, InvalidPolicy> {
        let Some(first) = parts.abis.first() else { return Err(InvalidPolicy::NoAbi) };
        let endian = first.abi.endian();
        let mut known: Vec<Abi> = Vec::new();
        check_policy_action(parts.bad_arch)?;
        for part in &parts.abis {
            let abi = part.abi;
            if abi.endian() != endian {
                return Err(InvalidPolicy::OtherByteOrder(abi));
            }
            if known.contains(&abi) {
                return Err(InvalidPolicy::AbiTwice(abi));
            }
            known.push(abi);
            check_policy_action(part.default)?;
            for Rule { numbers, condition: _, action, hot: _, origin: _ } in &part.rules {
                if numbers.is_empty() {
                    return Err(InvalidPolicy::Numbers(abi));
                }
                check_numbers(abi, numbers)?;
                // Every condition has a meaning on every ABI: see `Comparison`.
                check_policy_action(*action)?;
            }
            if let Some(Unknown { known, action }) = &part.unknown {
                check_numbers(abi, known)?;
                check_policy_action(*action)?;
            }
        }
        Ok(Self(parts))
    }

    /// The parts of this policy, to make another one.
    #[must_use]
    pub fn into_parts(self) -> PolicyParts {
        self.0
    }

    /// The byte order of the kernels that the policy is for.
    #[must_use]
    pub fn endian(&self) -> Endian {
        self.abis[0].abi.endian()
    }
}

/// Checks that the numbers ascend and belong to the ABI.
fn check_numbers(abi: Abi, numbers: &[u32]) -> Result<(), InvalidPolicy> {
    let mut last = None;
    for &number in numbers {
        if last >= Some(number) || !abi.has_call(abi.audit_arch(), number) {
            return Err(InvalidPolicy::Numbers(abi));
        }
        last = Some(number);
    }
    Ok(())
}

const fn check_policy_action(action: PolicyAction) -> Result<(), InvalidPolicy> {
    match action {
        PolicyAction::Action(Action::Errno(errno)) if errno > Action::MAX_ERRNO => {
            Err(InvalidPolicy::Errno(errno))
        }
        // Whatever else is added: the kernel returns all of its values unchanged.
        PolicyAction::Action(_) | PolicyAction::ErrnoOf(_) => Ok(()),
    }
}

#[cfg(test)]
#[path = "checked_tests.rs"]
mod tests;
