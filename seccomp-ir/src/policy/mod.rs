//! The checked policy: numbers, widths and actions, no names and no spans.
//!
//! Everything here is resolved for given ABIs. [`meaning`] defines what a policy *means*; the compiler
//! is held to that function and to nothing else.

mod check;
mod checked;
pub(crate) mod diagrams;
mod meaning;
mod query;

pub use check::{Finding, check};
pub use checked::InvalidPolicy;
pub use meaning::{SymbolValues, meaning};
pub use query::{Decider, PolicyQuery};

use crate::abi::{Abi, ArgumentIndex};
use crate::action::Action;
use crate::fit;

/// A policy for one or several ABIs of one kernel, as every later stage takes it. Only [`Policy::new`]
/// makes one, and it checks what the documentation of the parts promises.
#[cfg_attr(feature = "debug", derive(Debug, Clone))]
pub struct Policy(PolicyParts);

/// The parts of a [`Policy`].
#[cfg_attr(feature = "debug", derive(Debug, Clone))]
pub struct PolicyParts {
    /// The policy for each ABI. Never empty; all of one byte order; no ABI twice.
    pub abis: Vec<AbiPolicy>,
    /// The action for a call through an ABI that is not listed.
    pub bad_arch: PolicyAction,
}

/// The part of a policy for one ABI.
#[cfg_attr(feature = "debug", derive(Debug, Clone))]
pub struct AbiPolicy {
    /// The ABI.
    pub abi: Abi,
    /// The rules, read from first to last; the first that matches decides.
    pub rules: Vec<Rule>,
    /// The action for calls that no rule matches and that the tables do not know.
    pub unknown: Option<Unknown>,
    /// The action for every other call that no rule matches.
    pub default: PolicyAction,
}

/// A rule of an [`AbiPolicy`], by its place in [`AbiPolicy::rules`].
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct RuleIndex(pub u32);

impl AbiPolicy {
    /// The rule at that place.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> &Rule {
        &self.rules[index.0 as usize]
    }

    /// The action for a call numbered `nr` that no rule matches.
    #[must_use]
    pub fn unmatched(&self, nr: u32) -> PolicyAction {
        match &self.unknown {
            Some(unknown) if unknown.known.binary_search(&nr).is_err() => unknown.action,
            Some(_) | None => self.default,
        }
    }
}

/// What a policy says about numbers for which the tables have no call. A kernel that is newer than the tables may
/// give such a number to a new call: mostly one above all others, but also one in a gap below.
#[derive(Clone)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Unknown {
    /// The numbers that are known, ascending, as in `seccomp_data.nr`. All others of the ABI are unknown.
    pub known: Vec<u32>,
    /// The action for the others.
    pub action: PolicyAction,
}

/// One rule: some calls, a condition on their arguments, an action.
#[cfg_attr(feature = "debug", derive(Debug, Clone))]
pub struct Rule {
    /// Ascending call numbers of the ABI, as in `seccomp_data.nr`. Never empty.
    pub numbers: Vec<u32>,
    /// The condition on the arguments.
    pub condition: Condition,
    /// The action.
    pub action: PolicyAction,
    /// Marked `#[hot]`: the layout of the filter counts its calls as frequent.
    pub hot: bool,
    /// Where the rule was written.
    pub origin: Origin,
}

/// Where something was written: an index that has a meaning only for its writer.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub struct Origin(pub u32);

/// A condition on the arguments of a call.
#[derive(Clone, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub enum Condition {
    /// Holds always.
    Always,
    /// One comparison.
    Compare(Comparison),
    /// All of these hold. Empty means always.
    All(Vec<Condition>),
    /// At least one of these holds. Empty means never.
    Any(Vec<Condition>),
    /// This does not hold.
    Not(Box<Condition>),
}

impl Condition {
    /// The number of comparisons in the condition.
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
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub struct Comparison {
    /// Which argument.
    pub argument: ArgumentIndex,
    /// How many bits of the register the kernel reads, and so how many are compared.
    pub width: Width,
    /// Whether the order is that of two's complement numbers of that width.
    pub signed: bool,
    /// Bits to keep before comparing; `None` keeps all.
    pub mask: Option<Value>,
    /// The relation.
    pub operator: Operator,
    /// The right side, in two's complement; only its low `width` bits count.
    pub value: Value,
}

impl Comparison {
    /// The bit to flip so that the order becomes unsigned; 0 if the order is unsigned.
    #[must_use]
    pub const fn sign(&self) -> u64 {
        if self.signed { self.width.sign() } else { 0 }
    }
}

/// A width of an argument.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
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
    /// The width with this many bits, if there is one.
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
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
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
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
    ];

    /// The relation that holds exactly where this one does not.
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

    /// Whether it holds where the left side is less, equal, and greater.
    #[must_use]
    pub const fn outcomes(self) -> (bool, bool, bool) {
        match self {
            Self::Equal => (false, true, false),
            Self::NotEqual => (true, false, true),
            Self::Less => (true, false, false),
            Self::LessOrEqual => (true, true, false),
            Self::Greater => (false, false, true),
            Self::GreaterOrEqual => (false, true, true),
        }
    }
}

/// A number in a policy.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub enum Value {
    /// Known to this compiler: two's complement, extended to 64 bits.
    Known(u64),
    /// Known only to rustc or to the running program.
    Symbol(Symbol),
}

/// A symbol: a value that rustc evaluates, or the program when it runs. It is an index into the expressions
/// that the writer of the policy keeps. Nothing may be assumed about its value, except that it is the same at
/// every mention.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug, PartialOrd, Ord, Hash))]
pub struct Symbol(pub u32);

/// The action of a rule.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq, Hash))]
pub enum PolicyAction {
    /// Known to this compiler.
    Action(Action),
    /// `errno` with the number of a symbol, 0 to [`Action::MAX_ERRNO`] once it is known.
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

    /// Whether the call is refused without asking a tracer or a supervisor: [`Action::forbids`].
    #[must_use]
    pub const fn forbids(self) -> bool {
        match self {
            Self::Action(action) => action.forbids(),
            Self::ErrnoOf(_) => true,
        }
    }

    /// Whether a signal handler of the program gets the call, and can make another call instead.
    pub(crate) const fn may_be_emulated(self) -> bool {
        match self {
            Self::Action(Action::Trap(_)) => true,
            Self::Action(
                Action::KillProcess
                | Action::KillThread
                | Action::Errno(_)
                | Action::Notify
                | Action::Trace(_)
                | Action::Log
                | Action::Allow,
            )
            | Self::ErrnoOf(_) => false,
        }
    }
}
