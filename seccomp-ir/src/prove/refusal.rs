//! Why a filter is refused, and the call that shows it.

use std::fmt;

use crate::abi::{Abi, Call};
use crate::action::Action;
use crate::bpf::{InstructionIndex, LoadError, SockFilter};
use crate::diagram::input::Atom;
use crate::diagram::{Leaf, TooLarge};
use crate::policy::{Origin, Symbol};

/// Why there is no proof. Each is an error of the compiler, not of the policy's author, except
/// [`Self::TooLarge`].
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
#[non_exhaustive]
pub enum Refusal {
    /// The kernel would not load the filter.
    Load(LoadError),
    /// The filter differs from the policy.
    Disagreement(Box<Disagreement>),
    /// A call is allowed for all arguments, but the kernel would not find that out when it
    /// loads the filter, and so would run the filter on every such call.
    NotConstant {
        /// `seccomp_data.arch` of the call.
        arch: u32,
        /// The call number as in `seccomp_data.nr`.
        nr: u32,
    },
    /// The proof needs more memory than allowed.
    TooLarge,
    /// This project emits no such instruction, or no such use of a symbol.
    Instruction {
        /// Which one it is.
        index: InstructionIndex,
        /// The instruction.
        instruction: SockFilter,
    },
    /// A jump leaves the filter, or its end is reached without a return.
    LeavesFilter {
        /// The instruction at fault.
        index: InstructionIndex,
    },
    /// A relocation names no instruction, or the same one as another relocation, or one whose
    /// operand is not 0.
    Relocation {
        /// The index that it names.
        index: InstructionIndex,
    },
}

/// A call for which policy and filter differ.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub struct Disagreement {
    /// The call.
    pub call: Call,
    /// What must hold for symbols so that the two differ on that call; empty for most policies.
    pub assumptions: Vec<Assumption>,
    /// The action of the policy.
    pub policy: DecidedAction,
    /// The part of the policy that decides it.
    pub decided_by: Decision,
    /// The action of the filter.
    pub filter: DecidedAction,
}

/// What a filter returns.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub enum DecidedAction {
    /// This number.
    Returns(u32),
    /// `SECCOMP_RET_ERRNO` with the value of a symbol.
    ErrnoOf(Symbol),
}

/// The part of a policy that decided.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
#[non_exhaustive]
pub enum Decision {
    /// A rule.
    Rule(Origin),
    /// `unknown`, for calls that are newer than the tables.
    Unknown,
    /// `default`.
    Default,
    /// `bad_arch`, for calls through other ABIs.
    BadArch,
}

/// A fact about a symbol that a proof had to assume.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Assumption {
    pub(super) atom: Atom,
    pub(super) holds: bool,
}

impl From<TooLarge> for Refusal {
    fn from(TooLarge: TooLarge) -> Self {
        Self::TooLarge
    }
}

impl DecidedAction {
    pub(super) fn of(leaf: Leaf) -> Self {
        match leaf.kind {
            Leaf::ERRNO_OF => Self::ErrnoOf(Symbol(leaf.value)),
            _ => Self::Returns(leaf.value),
        }
    }
}

impl fmt::Display for DecidedAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Returns(value) => {
                let action = Action::from_return_value(value);
                if action.to_return_value() == value {
                    action.fmt(f)
                } else {
                    write!(f, "{action} (returned as {value:#010x})")
                }
            }
            Self::ErrnoOf(symbol) => write!(f, "errno(symbol {})", symbol.0),
        }
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Atom::Equal(left, right) | Atom::Less(left, right)) = self.atom;
        let relation = match (self.atom, self.holds) {
            (Atom::Equal(..), true) => "==",
            (Atom::Equal(..), false) => "!=",
            (Atom::Less(..), true) => "<",
            (Atom::Less(..), false) => ">=",
        };
        write!(f, "{left} {relation} {right}")
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call { nr, arch, instruction_pointer, args } = self.call;
        write!(f, "call {nr} through ")?;
        match Abi::of_call(arch, nr) {
            Some(abi) => f.write_str(abi.name())?,
            None => write!(f, "the unknown ABI {arch:#010x}")?,
        }
        let mut before = " with arguments (";
        for argument in &args {
            write!(f, "{before}{argument:#x}")?;
            before = ", ";
        }
        f.write_str(")")?;
        if instruction_pointer != 0 {
            write!(f, " from address {instruction_pointer:#x}")?;
        }
        let mut before = ", where ";
        for assumption in &self.assumptions {
            write!(f, "{before}{assumption}")?;
            before = " and ";
        }
        write!(f, ": the policy says {}, the filter {}", self.policy, self.filter)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => write!(f, "the kernel would not load the filter: {error}"),
            Self::Disagreement(disagreement) => disagreement.fmt(f),
            Self::NotConstant { arch, nr } => write!(
                f,
                "call {nr} of ABI {arch:#010x} is allowed whatever its arguments, but the filter \
                 reads more than its number first, so the kernel would not cache the action"
            ),
            Self::TooLarge => f.write_str(
                "this policy is too large to be proven: its conditions depend on each other in too \
                 many ways; split rules that compare several arguments",
            ),
            Self::Instruction { index, instruction } => {
                write!(f, "this compiler never emits instruction {index}: {instruction:x?}")
            }
            Self::LeavesFilter { index } => {
                write!(f, "instruction {index} leads out of the filter")
            }
            Self::Relocation { index } => {
                write!(f, "instruction {index} cannot take the value of a symbol")
            }
        }
    }
}

#[cfg(feature = "debug")]
impl std::error::Error for Refusal {}
