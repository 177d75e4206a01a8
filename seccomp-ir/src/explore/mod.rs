//! What any filter that the kernel loads does, as functions of its input: for tools that read the filters of others.
//!
//! [`CallFunctions`] runs a filter on many calls at once ([`CallFunctions::run`]) and gives the result as a [`CallFunction`] from
//! the bits of the input to an action. Equal functions are the same [`CallFunction`]. [`prove_equal`] compares a filter and a
//! policy for every call.
//!
//! The proof of the compiler (`prove`) reads only the instructions that this project emits, and shares nothing with this
//! module except diagrams and the meaning of policies. Here every instruction of seccomp is read.

mod alike;
mod machine;
mod number;
mod prove_equal;

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use crate::abi::{Abi, ArgumentIndex, Endian, Half};
use crate::action::Action;
use crate::bpf::{InstructionIndex, MAX_INSTRUCTIONS, SockFilter};
use crate::diagram::input::InputWord;
use crate::diagram::{Diagrams, Leaf, Ref, TooLarge, TopNode};
use crate::policy::Condition;
use crate::policy::diagrams::{PolicyDiagrams, Symbols};

pub use prove_equal::{EqualFor, Unequal, prove_equal};

/// A function from the input of a filter to an action, or to whether something holds. It belongs to the [`CallFunctions`]
/// that made it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CallFunction(pub(super) Ref);

impl CallFunction {
    /// The condition that holds for every call.
    pub const ALWAYS: Self = Self(Ref::TRUE);
    /// The condition that holds for no call.
    pub const NEVER: Self = Self(Ref::FALSE);
}

/// A bit of the input of a filter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum InputBit {
    /// A bit of `seccomp_data.arch`, 0 the least significant.
    Arch(u32),
    /// A bit of `seccomp_data.nr`.
    Nr(u32),
    /// A bit, 0 to 63, of an argument.
    Argument(ArgumentIndex, u32),
    /// A bit, 0 to 63, of the instruction pointer.
    InstructionPointer(u32),
}

/// A function, seen from its first question. Questions come in the order `arch`, `nr`, arguments 0 to 5, instruction
/// pointer, and the most significant bit of each first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionView {
    /// The action is the same for every call.
    Action(Action),
    /// The condition holds for every call or for none.
    Holds(bool),
    /// The function asks for a bit of the input.
    Asks {
        /// The bit.
        bit: InputBit,
        /// The rest of the function if the bit is 0.
        zero: CallFunction,
        /// The rest of the function if the bit is 1.
        one: CallFunction,
    },
}

/// Some calls. Each field restricts which.
#[derive(Clone, Copy, Debug)]
pub struct CallSet {
    /// The value of `seccomp_data.arch`, if all have the same.
    pub arch: Option<u32>,
    /// The value of `seccomp_data.nr`, if all have the same.
    pub nr: Option<u32>,
    /// A condition on the input.
    pub within: CallFunction,
    /// The upper half of each argument is 0, as a kernel leaves it for an ABI with registers of 32 bits.
    pub narrow: bool,
}

impl CallSet {
    /// Every call.
    pub const ALL: Self =
        Self { arch: None, nr: None, within: CallFunction::ALWAYS, narrow: false };
}

/// Why a filter cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Unexplored {
    /// The functions need more memory than allowed.
    TooLarge,
    /// The functions need more steps than allowed.
    TooLong,
    /// The functions need more memory than allowed, for what this instruction computes.
    TooLargeAt {
        /// Which instruction.
        index: InstructionIndex,
    },
    /// The filter returns a number that it has computed, and has more results than a filter has instructions. No policy
    /// says this, because the filter of a policy has an instruction for each result.
    ManyResults {
        /// Which instruction.
        index: InstructionIndex,
    },
    /// The kernel does not load a filter with this instruction.
    Instruction {
        /// Which instruction.
        index: InstructionIndex,
    },
    /// There is no call to run the filter on.
    NoCalls,
}

impl From<TooLarge> for Unexplored {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

impl fmt::Display for Unexplored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => {
                f.write_str("what the filter does takes too much memory to be worked out")
            }
            Self::TooLong => {
                f.write_str("what the filter does takes too many steps to be worked out")
            }
            Self::TooLargeAt { index } => write!(
                f,
                "instruction {index}: what it computes takes too much memory to be worked out"
            ),
            Self::ManyResults { index } => write!(
                f,
                "instruction {index}: it returns a number that the filter has computed from the call, which gives more than \
                 {MAX_INSTRUCTIONS} different actions: a policy names each action, and no filter has that many instructions"
            ),
            Self::Instruction { index } => {
                write!(f, "instruction {index}: the kernel does not load it")
            }
            Self::NoCalls => f.write_str("there is no call to run the filter on"),
        }
    }
}

impl std::error::Error for Unexplored {}

/// How much work stores may do together. It is a number of steps and not a time, so that a filter is read or refused on
/// every machine alike. A step takes 20 to 200 ns on a machine of 2024.
#[derive(Clone, Debug)]
pub struct Budget(Rc<Cell<u64>>);

impl Budget {
    /// The steps that the reading of one filter may take.
    pub const STEPS: u64 = 80_000_000;

    /// A budget of `steps`.
    #[must_use]
    pub fn new(steps: u64) -> Self {
        Self(Rc::new(Cell::new(steps)))
    }

    /// Takes steps away, down to 0.
    fn take(&self, steps: usize) {
        self.0.set(self.0.get().saturating_sub(steps as u64));
    }

    /// Whether there are steps left.
    fn check(&self) -> Result<(), Unexplored> {
        if self.0.get() == 0 { Err(Unexplored::TooLong) } else { Ok(()) }
    }
}

/// A store of functions.
pub struct CallFunctions {
    diagrams: Diagrams,
    budget: Budget,
}

impl CallFunctions {
    /// An empty store for at most `nodes` parts of functions. Each part takes up to 150 bytes. Stores can share a budget.
    #[must_use]
    pub fn new(nodes: usize, budget: &Budget) -> Self {
        Self { diagrams: Diagrams::new(nodes), budget: budget.clone() }
    }

    /// Works with the diagrams, and takes the cost from the budget.
    fn with<T, E>(
        &mut self,
        make: impl FnOnce(&mut Diagrams) -> Result<T, E>,
    ) -> Result<T, Unexplored>
    where
        Unexplored: From<E>,
    {
        self.budget.check()?;
        let before = self.diagrams.work();
        let made = make(&mut self.diagrams);
        self.budget.take(1 + self.diagrams.work() - before);
        Ok(made?)
    }

    /// What `filter` does with `calls` on a kernel of this byte order. For other calls the function may be anything.
    ///
    /// # Errors
    ///
    /// If the kernel does not load the filter, or the function is too large.
    pub fn run(
        &mut self,
        filter: &[SockFilter],
        endian: Endian,
        calls: &CallSet,
    ) -> Result<CallFunction, Unexplored> {
        let budget = self.budget.clone();
        let machine = machine::Machine::new(filter, endian);
        self.with(|diagrams| machine.run(diagrams, calls, &budget)).map(CallFunction)
    }

    /// The function from its first question.
    #[must_use]
    pub fn view(&self, function: CallFunction) -> FunctionView {
        self.budget.take(1);
        match self.diagrams.top(function.0) {
            TopNode::Leaf(Leaf { kind: Leaf::RETURN, value }) => {
                FunctionView::Action(Action::from_return_value(value))
            }
            TopNode::Leaf(Leaf { value, .. }) => FunctionView::Holds(value == 1),
            TopNode::Ask { level, low, high } => {
                let (word, bit) = InputWord::at(level).expect("no function here has symbols");
                FunctionView::Asks {
                    bit: input_bit(word, bit),
                    zero: CallFunction(low),
                    one: CallFunction(high),
                }
            }
        }
    }

    /// The function that is `action` for every call.
    ///
    /// # Errors
    ///
    /// If the store is full.
    pub fn action(&mut self, action: Action) -> Result<CallFunction, Unexplored> {
        let leaf = Leaf { kind: Leaf::RETURN, value: action.to_return_value() };
        self.with(|diagrams| diagrams.leaf(leaf)).map(CallFunction)
    }

    /// The function that is `zero` or `one`, by a bit of the input. Both must ask only for later bits.
    ///
    /// # Errors
    ///
    /// If the store is full.
    pub fn ask(
        &mut self,
        bit: InputBit,
        zero: CallFunction,
        one: CallFunction,
    ) -> Result<CallFunction, Unexplored> {
        self.with(|diagrams| diagrams.ask(level(bit), zero.0, one.0)).map(CallFunction)
    }

    /// `yes` where `condition` holds, else `no`.
    ///
    /// # Errors
    ///
    /// If the store is full.
    pub fn choose(
        &mut self,
        condition: CallFunction,
        yes: CallFunction,
        no: CallFunction,
    ) -> Result<CallFunction, Unexplored> {
        self.with(|diagrams| diagrams.choose(condition.0, yes.0, no.0)).map(CallFunction)
    }

    /// The condition that both hold.
    ///
    /// # Errors
    ///
    /// If the store is full.
    pub fn and(&mut self, a: CallFunction, b: CallFunction) -> Result<CallFunction, Unexplored> {
        self.choose(a, b, CallFunction::NEVER)
    }

    /// The condition that one of them holds, or both.
    ///
    /// # Errors
    ///
    /// If the store is full.
    pub fn or(&mut self, a: CallFunction, b: CallFunction) -> Result<CallFunction, Unexplored> {
        self.choose(a, CallFunction::ALWAYS, b)
    }

    /// The condition that `a` does not hold.
    ///
    /// # Errors
    ///
    /// If the store is full.
    pub fn not(&mut self, a: CallFunction) -> Result<CallFunction, Unexplored> {
        self.choose(a, CallFunction::NEVER, CallFunction::ALWAYS)
    }

    /// The calls that belong to an ABI: by `arch`, and by `nr` where two ABIs share the value of `arch`.
    ///
    /// # Errors
    ///
    /// If the store is full.
    pub fn calls_of(&mut self, abi: Abi) -> Result<CallFunction, Unexplored> {
        self.policies(|of| of.calls_of(abi)).map(CallFunction)
    }

    /// The calls whose `arch` is one of these, which ascend.
    ///
    /// # Errors
    ///
    /// If the store is full.
    pub fn arch_in(&mut self, values: &[u32]) -> Result<CallFunction, Unexplored> {
        self.policies(|of| of.one_of(InputWord::ARCH, values, 31)).map(CallFunction)
    }

    /// The calls whose `nr` is one of these, which ascend.
    ///
    /// # Errors
    ///
    /// If the store is full.
    pub fn nr_in(&mut self, values: &[u32]) -> Result<CallFunction, Unexplored> {
        self.policies(|of| of.one_of(InputWord::NR, values, 31)).map(CallFunction)
    }

    /// The condition of a policy without symbols, as a function of the input.
    ///
    /// # Errors
    ///
    /// If the store is full.
    pub fn condition(&mut self, condition: &Condition) -> Result<CallFunction, Unexplored> {
        self.policies(|of| of.condition(condition)).map(CallFunction)
    }

    fn policies<T>(
        &mut self,
        make: impl FnOnce(&mut PolicyDiagrams<'_>) -> Result<T, TooLarge>,
    ) -> Result<T, Unexplored> {
        let mut none = Vec::new();
        self.with(|diagrams| {
            make(&mut PolicyDiagrams { diagrams, symbols: Symbols::Opaque(&mut none) })
        })
    }
}

fn input_bit(word: InputWord, bit: u32) -> InputBit {
    if word == InputWord::ARCH {
        return InputBit::Arch(bit);
    }
    if word == InputWord::NR {
        return InputBit::Nr(bit);
    }
    let wide = |high: InputWord| if word == high { bit + 32 } else { bit };
    match word.argument_of() {
        Some(index) => InputBit::Argument(index, wide(InputWord::argument(index, Half::High))),
        None => InputBit::InstructionPointer(wide(InputWord::instruction_pointer(Half::High))),
    }
}

fn level(bit: InputBit) -> crate::diagram::Level {
    let half = |bit: u32| if bit < 32 { Half::Low } else { Half::High };
    match bit {
        InputBit::Arch(bit) => InputWord::ARCH.level(bit),
        InputBit::Nr(bit) => InputWord::NR.level(bit),
        InputBit::Argument(index, bit) => InputWord::argument(index, half(bit)).level(bit % 32),
        InputBit::InstructionPointer(bit) => {
            InputWord::instruction_pointer(half(bit)).level(bit % 32)
        }
    }
}
