//! The checked policy: numbers, widths and actions, no names and no spans.
//!
//! Everything here is resolved for given ABIs. What a policy *means* is [`meaning`]; the compiler
//! is judged against that function and nothing else.

mod check;
mod checked;
pub(crate) mod diagrams;
mod meaning;
mod query;

pub use check::{Finding, check};
pub use checked::InvalidPolicy;
pub use meaning::{SymbolValues, meaning};
pub use query::{Decider, PolicyQuery};

use crate::abi::Abi;
use crate::action::Action;
use crate::fit;

/// A policy for one or several ABIs of one kernel, as every stage after this one takes it: what the parts
/// promise has been checked by [`Policy::new`], which is the only way to make one.
#[derive(Clone, Debug)]
pub struct Policy(PolicyParts);

/// What a [`Policy`] is made of.
#[derive(Clone, Debug)]
pub struct PolicyParts {
    /// What each ABI may do. Never empty; all of one byte order; no ABI twice.
    pub abis: Vec<AbiPolicy>,
    /// The answer to a call through an ABI that is not listed.
    pub bad_arch: PolicyAction,
}

/// The part of a policy that speaks for one ABI.
#[derive(Clone, Debug)]
pub struct AbiPolicy {
    /// The ABI.
    pub abi: Abi,
    /// Read from first to last; the first that matches decides.
    pub rules: Vec<Rule>,
    /// The answer to calls that no rule matches and that are numbered at or above the given number
    /// and are in no table, so newer than this compiler.
    pub unknown: Option<Unknown>,
    /// The answer to every other call that no rule matches.
    pub default: PolicyAction,
}

impl AbiPolicy {
    /// The answer to a call numbered `nr` that no rule matches.
    #[must_use]
    pub fn unmatched(&self, nr: u32) -> PolicyAction {
        match &self.unknown {
            Some(new) if new.first <= nr && !new.except.contains(&nr) => new.action,
            Some(_) | None => self.default,
        }
    }
}

/// What a policy says of calls newer than the tables.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// The lowest number that counts as new, as it stands in `seccomp_data.nr`. One of the ABI's.
    pub first: u32,
    /// Ascending numbers at or above `first` that are known all the same (Arm's private calls).
    pub except: Vec<u32>,
    /// The answer.
    pub action: PolicyAction,
}

/// One rule: some calls, a condition on their arguments, an answer.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Ascending call numbers of the ABI, as they stand in `seccomp_data.nr`. Never empty.
    pub numbers: Vec<u32>,
    /// What must hold of the arguments.
    pub condition: Condition,
    /// The answer.
    pub action: PolicyAction,
    /// Marked `#[hot]`: its calls count as frequent when the program is laid out.
    pub hot: bool,
    /// Where the rule was written.
    pub origin: Origin,
}

/// Where something was written: an index that only its writer can read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin(pub u32);

/// What must hold of the arguments of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Holds always.
    Always,
    /// One comparison.
    Compare(Comparison),
    /// All of them hold. Empty means always.
    All(Vec<Condition>),
    /// One of them holds. Empty means never.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

impl Condition {
    /// How many comparisons it makes.
    #[must_use]
    pub fn comparisons(&self) -> usize {
        match self {
            Self::Always => 0,
            Self::Compare(_) => 1,
            Self::All(parts) | Self::Any(parts) => {
                let mut sum = 0;
                for part in parts {
                    sum += part.comparisons();
                }
                sum
            }
            Self::Not(inner) => inner.comparisons(),
        }
    }
}

/// `(argument truncated to width) & mask  operator  value`, at that width and signedness.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comparison {
    /// Which argument, 0 to 5.
    pub argument: u8,
    /// How much of the register the kernel reads, so how much is compared.
    pub width: Width,
    /// Whether order is that of two's complement numbers of that width.
    pub signed: bool,
    /// Bits to keep before comparing; `None` keeps all.
    pub mask: Option<Value>,
    /// The relation.
    pub operator: Operator,
    /// What to compare with, two's complement; only its low `width` bits count.
    pub value: Value,
}

impl Comparison {
    /// The bit whose flipping turns the comparison's order into that of unsigned numbers; 0 if it is.
    #[must_use]
    pub const fn sign(&self) -> u64 {
        if self.signed { self.width.sign() } else { 0 }
    }
}

/// A width of an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// 8 bits.
    W8,
    /// 16 bits, as `umode_t`.
    W16,
    /// 32 bits, as `int`.
    W32,
    /// 64 bits.
    W64,
}

impl Width {
    /// The width of that many bits, if there is one.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        match bits {
            8 => Some(Self::W8),
            16 => Some(Self::W16),
            32 => Some(Self::W32),
            64 => Some(Self::W64),
            _ => None,
        }
    }

    /// The number of bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::W8 => 8,
            Self::W16 => 16,
            Self::W32 => 32,
            Self::W64 => 64,
        }
    }

    /// A value with all bits of this width set.
    #[must_use]
    pub const fn ones(self) -> u64 {
        fit::ones(self.bits())
    }

    /// The highest bit of this width: the sign of a number in two's complement.
    #[must_use]
    pub const fn sign(self) -> u64 {
        fit::sign(self.bits())
    }
}

/// A relation between an argument and a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Operator {
    /// The relation that is there where this one is not.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }
}

/// A number in a policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// Known to this compiler: two's complement, extended to 64 bits.
    Known(u64),
    /// Known only to rustc, when it evaluates the program's constants for the target.
    Symbol(Symbol),
}

/// A value left to rustc: an index into the expressions that the writer of the policy keeps.
/// Nothing may be assumed of its value; two mentions of one symbol are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Symbol(pub u32);

/// The answer of a rule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PolicyAction {
    /// Known to this compiler.
    Action(Action),
    /// `errno` with a number left to rustc, 0 to [`Action::MAX_ERRNO`] once it is known.
    ErrnoOf(Symbol),
}

impl PolicyAction {
    /// Whether the kernel makes the call: [`Action::permits`].
    #[must_use]
    pub const fn permits(self) -> bool {
        match self {
            Self::Action(action) => action.permits(),
            Self::ErrnoOf(_) => false,
        }
    }

    /// Whether the call is not made, and no tracer and no supervisor is asked: [`Action::forbids`].
    #[must_use]
    pub const fn forbids(self) -> bool {
        match self {
            Self::Action(action) => action.forbids(),
            Self::ErrnoOf(_) => true,
        }
    }
}
