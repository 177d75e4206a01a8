//! The exact comparison of two policies or filters: the same, or a call for each way in which they differ.
//!
//! Each side becomes one function from all bits of `seccomp_data` to an action, as a decision diagram. Equal functions are
//! the same node, so "the same" is a fact about all calls and not about those that were tried. Where the two differ, a path
//! through both diagrams is a call that shows it. Each such call is then given to the reference
//! ([`meaning`](crate::policy::meaning()) of a policy, the interpreter for a filter), which must confirm it.
//!
//! Here a filter may be anything that the kernel loads, whoever made it: the compiler's own proof (`prove`) reads only the
//! instructions that this project emits. If the diagrams of all calls at once are too large, each call is compared by itself
//! (`compare::call_by_call`).
//!
//! **Which way they differ.** [`permissiveness`] orders actions by how much of a call they let happen. The right side is
//! *wider* if it lets more happen of some call, *narrower* if it lets less happen of some call, and it may be both. What the
//! order does not tell apart is *otherwise* different: `errno(EPERM)` and `errno(EACCES)`, `allow` and `log`.
//!
//! **Symbols.** A value that the compiler does not know is one more input. Two symbols are the same input if they have the
//! same text. So "the same" holds for all values of the symbols.

mod call_by_call;
mod canonical;
mod differences;
mod execute;
mod side;
mod vectors;
mod witness;

use std::fmt;

use crate::abi::{Abi, Call, Endian};
use crate::action::Action;
use crate::bpf::{LoadError, SockFilter};
use crate::diagram::TooLarge;
use crate::policy::Policy;

pub use canonical::canonical;
use differences::compare_whole;
use side::Sides;

/// What is compared.
#[derive(Clone, Copy)]
pub enum Side<'a> {
    /// A checked policy.
    Policy {
        /// The policy.
        policy: &'a Policy,
        /// The text of each of its symbols, by number. Symbols of both sides with the same text have the same value. A symbol
        /// without a text here is like no other.
        symbols: &'a [String],
    },
    /// Any filter that the kernel loads.
    Filter {
        /// Its instructions.
        instructions: &'a [SockFilter],
        /// The byte order of the kernel that runs it.
        endian: Endian,
    },
}

/// How the right side differs from the left one, over all calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyComparison {
    /// A call that the right side restricts more; `None` if there is no such call.
    pub narrower: Option<Witness>,
    /// A call that the right side restricts less; `None` if there is no such call.
    pub wider: Option<Witness>,
    /// A call that gets another action, which is neither more nor less permissive; `None` if there is no such call.
    pub otherwise: Option<Witness>,
    /// Every call with a difference, among those that the tables know on the ABIs that a side serves: the difference, the ABI
    /// and the number. A call may have several. Only a witness may be a call that the tables do not know.
    pub calls: Vec<(Difference, Abi, u32)>,
}

impl PolicyComparison {
    /// Whether both sides have the same action for every call.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.narrower.is_none() && self.wider.is_none() && self.otherwise.is_none()
    }

    /// The calls that were found: what the right side does with each, and the call.
    pub fn witnesses(&self) -> impl Iterator<Item = (Difference, &Witness)> {
        let all = [
            (Difference::Wider, &self.wider),
            (Difference::Narrower, &self.narrower),
            (Difference::Otherwise, &self.otherwise),
        ];
        all.into_iter().filter_map(|(difference, witness)| Some((difference, witness.as_ref()?)))
    }

    /// The calls in [`Self::calls`] with this difference.
    pub fn calls_with(&self, difference: Difference) -> impl Iterator<Item = (Abi, u32)> {
        let with = self.calls.iter().filter(move |(other, ..)| *other == difference);
        with.map(|&(_, abi, number)| (abi, number))
    }

    fn witness_mut(&mut self, difference: Difference) -> &mut Option<Witness> {
        match difference {
            Difference::Narrower => &mut self.narrower,
            Difference::Wider => &mut self.wider,
            Difference::Otherwise => &mut self.otherwise,
        }
    }
}

/// A way in which the right side differs from the left one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It lets less happen.
    Narrower,
    /// It lets more happen.
    Wider,
    /// Neither: another errno, another number for a tracer, logged or not.
    Otherwise,
}

impl Difference {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Wider, Self::Narrower, Self::Otherwise];

    /// The difference between two actions; `None` if they are the same.
    #[must_use]
    pub fn between(left: Action, right: Action) -> Option<Self> {
        if left == right {
            return None;
        }
        Some(match permissiveness(left).cmp(&permissiveness(right)) {
            std::cmp::Ordering::Less => Self::Wider,
            std::cmp::Ordering::Greater => Self::Narrower,
            std::cmp::Ordering::Equal => Self::Otherwise,
        })
    }
}

/// A call on which the two sides differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The call.
    pub call: Call,
    /// The action of the left side.
    pub left: Action,
    /// The action of the right side.
    pub right: Action,
    /// A value for each symbol that matters for this call, by its text; with these values the two sides differ on the call.
    pub symbols: Vec<(String, u64)>,
    /// Whether the reference confirms it. Without symbols it always does. With symbols, the search may find a path of the
    /// diagrams but no values for the symbols: then the two sides *may* differ on this call, and the actions are those of
    /// the diagrams.
    pub confirmed: bool,
}

/// How much of a call an action lets happen: a greater number is more. `allow` and `log` make the call; with `notify` and
/// `trace` another process may let it be made; with `errno` the program goes on as if it had failed, with `trap` it may go
/// on, with `kill_thread` its other threads do, and with `kill` nothing does.
#[must_use]
pub const fn permissiveness(action: Action) -> u8 {
    match action {
        Action::KillProcess => 0,
        Action::KillThread => 1,
        Action::Trap(_) => 2,
        Action::Errno(_) => 3,
        Action::Notify | Action::Trace(_) => 4,
        Action::Log | Action::Allow => 5,
    }
}

/// Compares two sides over all calls, all values of arguments and all values of symbols.
///
/// # Errors
///
/// A filter that the kernel does not load, or sides that are too large to be compared. A result is never partial: an error
/// says nothing about the two sides.
pub fn compare(left: Side<'_>, right: Side<'_>) -> Result<PolicyComparison, CompareError> {
    let sides = Sides::new(left, right)?;
    if let Ok(comparison) = compare_whole(&sides, FIRST_NODES) {
        return Ok(comparison);
    }
    match call_by_call::compare_in_parts(&sides) {
        Ok(comparison) => Ok(comparison),
        Err(in_parts) => compare_whole(&sides, LAST_NODES).map_err(|TooLarge| in_parts),
    }
}

/// The most nodes for all calls at once, before calls are compared one by one.
const FIRST_NODES: usize = 1 << 18;

/// The most nodes for all calls at once, after the comparison of single calls was too large as well: about 200 MB.
const LAST_NODES: usize = 1 << 20;

/// Why two sides cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompareError {
    /// The kernel would not load the left filter.
    LeftFilter(LoadError),
    /// The kernel would not load the right filter.
    RightFilter(LoadError),
    /// The comparison needs more memory or time than is granted.
    TooLarge {
        /// The `arch` and `nr` of the call whose conditions are too large; `None` if it is not one call alone.
        call: Option<(u32, u32)>,
    },
}

impl fmt::Display for CompareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeftFilter(error) => {
                write!(f, "the kernel would not load the first filter: {error}")
            }
            Self::RightFilter(error) => {
                write!(f, "the kernel would not load the second filter: {error}")
            }
            Self::TooLarge { call } => {
                f.write_str("too large to be compared: ")?;
                match *call {
                    Some((arch, nr)) => {
                        let abi = Abi::of_call(arch, nr);
                        match abi.and_then(|abi| crate::table::name(abi, nr)) {
                            Some(name) => write!(f, "the conditions on `{name}`")?,
                            None => write!(f, "the conditions on call {nr} of {arch:#010x}")?,
                        }
                    }
                    None => f.write_str("the conditions")?,
                }
                f.write_str(
                    " depend on each other in too many ways; split what compares several arguments, or compare \
                     smaller policies",
                )
            }
        }
    }
}

impl std::error::Error for CompareError {}
