//! The reasons why there is no policy for a filter.

use std::fmt;

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::bpf::LoadError;
use seccomp_ir::explore::{InputBit, Unequal, Unexplored};
use seccomp_ir::table;

/// The reason why a filter is not decompiled.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DecompileError {
    /// The kernel does not load the filter.
    Load(LoadError),
    /// The filter tests values of `arch` of both byte orders, so the caller has to say which one it is for.
    ByteOrder,
    /// The filter does more than can be worked out.
    Unexplored(Unexplored),
    /// The language cannot say what the filter does.
    Unsaid(Unsaid),
    /// A fault of the decompiler: the policy that it made is not valid.
    Invalid(String),
    /// A fault of the decompiler: the policy that it made is not proven equal.
    NotProven(Unequal),
}

/// Behaviour of a filter that a policy cannot express.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Unsaid {
    /// Values of `arch` that belong to no ABI get different actions, or an action that depends on the call.
    OtherArchs,
    /// Numbers that belong to no ABI do not get the action of other values of `arch`.
    NumbersOfNoAbi {
        /// An ABI with this value of `arch`.
        abi: Abi,
        /// The action of these numbers, if they all have the same.
        action: Option<Action>,
        /// The action for other values of `arch`.
        bad_arch: Action,
    },
    /// The action depends on something that the language has no word for.
    DependsOn {
        /// The ABI of the calls.
        abi: Abi,
        /// The number; `None` for all numbers without a name.
        nr: Option<u32>,
        /// The input that it depends on.
        bit: InputBit,
    },
    /// The action for numbers without a name depends on arguments.
    ArgumentsOfUnknown {
        /// Their ABI.
        abi: Abi,
    },
    /// Too many numbers without a name are told apart.
    ManyNumbers {
        /// Their ABI.
        abi: Abi,
        /// How many numbers do not get the action of most.
        count: u64,
        /// The action of most.
        action: Action,
    },
    /// Numbers without a name get different actions on two ABIs.
    AbisDiffer {
        /// One ABI and its action.
        one: (Abi, Action),
        /// Another one.
        other: (Abi, Action),
    },
    /// The rules for a call would be too long.
    TooMany {
        /// Its ABI.
        abi: Abi,
        /// Its number.
        nr: u32,
    },
}

impl From<Unexplored> for DecompileError {
    fn from(unexplored: Unexplored) -> Self {
        Self::Unexplored(unexplored)
    }
}

impl From<Unsaid> for DecompileError {
    fn from(unsaid: Unsaid) -> Self {
        Self::Unsaid(unsaid)
    }
}

impl std::error::Error for DecompileError {}

impl fmt::Display for DecompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => write!(f, "this is not a filter that the kernel loads: {error}"),
            Self::ByteOrder => f.write_str(
                "the filter tests values of `arch` of little-endian and of big-endian machines: say which one it is for",
            ),
            Self::Unexplored(unexplored) => unexplored.fmt(f),
            Self::Unsaid(unsaid) => unsaid.fmt(f),
            Self::Invalid(message) => {
                write!(f, "internal error: the policy for this filter is not valid: {message}")
            }
            Self::NotProven(unequal) => write!(
                f,
                "internal error: the policy for this filter is not proven equal to it: {unequal}"
            ),
        }
    }
}

impl fmt::Display for Unsaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherArchs => f.write_str(
                "the filter does not give one action to all values of `arch` that belong to no ABI, as a policy does; \
                 ask about the calls of a kernel instead, which has only some ABIs",
            ),
            Self::NumbersOfNoAbi { abi, action, bad_arch } => {
                write!(
                    f,
                    "with the `arch` of {abi}, numbers from {:#x} on belong to no ABI, and the filter answers them ",
                    2 * Abi::X32_BIT
                )?;
                match action {
                    Some(action) => write!(f, "with {action}")?,
                    None => f.write_str("in different ways")?,
                }
                write!(
                    f,
                    ", but other values of `arch` with {bad_arch}: a policy has one action for both; ask about the calls \
                     of a kernel instead, which makes none of these"
                )
            }
            Self::DependsOn { abi, nr, bit } => {
                let what = match bit {
                    InputBit::InstructionPointer(_) => "the address of the instruction that makes the call",
                    InputBit::Arch(_) => "`arch`",
                    InputBit::Nr(_) => "the number",
                    InputBit::Argument(..) => "an argument",
                };
                write!(f, "what the filter does with ")?;
                match nr {
                    Some(nr) => call(f, *abi, *nr)?,
                    None => write!(f, "the calls of {abi} that have no name")?,
                }
                write!(f, " depends on {what}, which a policy cannot look at")
            }
            Self::ArgumentsOfUnknown { abi } => write!(
                f,
                "what the filter does with the calls of {abi} that have no name depends on arguments: a policy looks at \
                 the arguments of calls that it names"
            ),
            Self::ManyNumbers { abi, count, action } => write!(
                f,
                "most calls of {abi} that have no name get {action}, and {count} of them something else: a policy would \
                 have to list each number"
            ),
            Self::AbisDiffer { one, other } => write!(
                f,
                "calls that have no name get {} on {} and {} on {}: a policy has one action for both",
                one.1, one.0, other.1, other.0
            ),
            Self::TooMany { abi, nr } => {
                f.write_str("the condition of ")?;
                call(f, *abi, *nr)?;
                f.write_str(" is too long to be written: it takes hundreds of comparisons, or more")
            }
        }
    }
}

/// "`read` on x86_64"
fn call(f: &mut fmt::Formatter<'_>, abi: Abi, nr: u32) -> fmt::Result {
    match table::name(abi, nr) {
        Some(name) => write!(f, "`{name}` on {abi}"),
        None => write!(f, "`syscall({})` on {abi}", nr as i32),
    }
}
