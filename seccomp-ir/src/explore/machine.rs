//! Runs any filter that the kernel loads on all calls at once.
//!
//! The machine has A, X and sixteen cells of memory, and each bit of them is a function of the input. Jumps lead
//! forward, so one pass from the first instruction to the last is enough: when the pass comes to an instruction, it knows
//! which calls reach it, and what the registers hold for them.
//!
//! - What no later instruction reads is forgotten, so that paths that differ only in it come together.
//! - Where paths come together with different registers, a few states are kept apart, because tests of constants then
//!   decide. If there are more, they become one state, in which each bit depends on the path.

use super::alike::{Alike, written};
use super::number::Number;
use super::{Budget, CallSet, Unexplored};
use crate::abi::{Call, Endian, Half};
use crate::action::Action;
use crate::bpf::{
    Arithmetic, InstructionIndex, MAX_INSTRUCTIONS, MEMORY_CELLS, Operand, Operation, SockFilter,
    StorageIndex,
};
use crate::diagram::input::InputWord;
use crate::diagram::{Diagrams, Leaf, Ref, TooLarge};

/// The most states with different registers that are kept apart at one instruction.
const APART: usize = 8;

/// What it costs to handle a state, beside its diagrams.
const STATE_STEPS: usize = 4;

/// The most results of a filter that returns a computed number. The filter of a policy has an instruction for each result,
/// and the kernel loads no longer filter.
const MOST_RESULTS: usize = MAX_INSTRUCTIONS;

/// The actions that the kernel knows, each with the least data.
const KNOWN: [Action; 8] = [
    Action::KillProcess,
    Action::KillThread,
    Action::Trap(0),
    Action::Errno(0),
    Action::Notify,
    Action::Trace(0),
    Action::Log,
    Action::Allow,
];

const A: StorageIndex = StorageIndex::A;
const X: StorageIndex = StorageIndex::X;

/// Registers and cells, as bits: those that are read later.
pub(super) type Live = u32;

#[derive(Clone)]
struct State {
    registers: [Number; StorageIndex::COUNT],
    reached: Ref,
}

/// A filter that the kernel loads, read for calls of a kernel with some byte order.
pub(super) struct Machine<'a> {
    filter: &'a [SockFilter],
    endian: Endian,
    alike: Alike,
}

impl<'a> Machine<'a> {
    /// `filter` must be one that the kernel loads.
    pub(super) fn new(filter: &'a [SockFilter], endian: Endian) -> Self {
        Self { filter, endian, alike: Alike::of(filter) }
    }

    /// What the filter does with `calls`. It may be anything for other calls.
    pub(super) fn run(
        &self,
        d: &mut Diagrams,
        calls: &CallSet,
        budget: &Budget,
    ) -> Result<Ref, Unexplored> {
        let mut run =
            MachineRun { machine: self, d, calls, states: Vec::new(), result: Vec::new() };
        run.states.resize_with(self.filter.len(), Vec::new);
        let registers = std::array::from_fn(|_| Number::Known(0));
        run.send(InstructionIndex::FIRST, State { registers, reached: calls.within.0 })?;
        for at in 0..self.filter.len() {
            for state in std::mem::take(&mut run.states[at]) {
                budget.take(STATE_STEPS);
                budget.check()?;
                run.step(InstructionIndex(at), state)?;
            }
        }
        run.finish()
    }
}

struct MachineRun<'a> {
    machine: &'a Machine<'a>,
    d: &'a mut Diagrams,
    calls: &'a CallSet,
    states: Vec<Vec<State>>,
    /// Functions, each with the calls for which it is the result.
    result: Vec<(Ref, Ref)>,
}

impl MachineRun<'_> {
    fn step(&mut self, at: InstructionIndex, mut state: State) -> Result<(), Unexplored> {
        let Some(operation) = self.machine.filter[at.0].operation() else {
            return Err(Unexplored::Instruction { index: at });
        };
        match operation {
            Operation::LoadWord(offset) => state.registers[A.0] = self.word(at, offset)?,
            Operation::LoadLength(to) => {
                state.registers[StorageIndex::of_register(to).0] = Number::Known(Call::SIZE)
            }
            Operation::LoadConstant(to, k) => {
                state.registers[StorageIndex::of_register(to).0] = Number::Known(k)
            }
            Operation::LoadMemory(to, cell) => {
                let from = self.cell(at, cell)?;
                state.registers[StorageIndex::of_register(to).0] = state.registers[from.0].clone();
            }
            Operation::Store(from, cell) => {
                let to = self.cell(at, cell)?;
                state.registers[to.0] = state.registers[StorageIndex::of_register(from).0].clone();
            }
            Operation::Arithmetic(arithmetic, operand) => {
                let operand_number = value(&state, operand);
                if (arithmetic, operand) == (Arithmetic::Divide, Operand::X) {
                    // A division by an X of 0 ends the filter with the result 0.
                    let zero = Number::Known(0);
                    let zero = operand_number.test(crate::bpf::Test::Equal, &zero, self.d)?;
                    let ends = self.d.and(zero, state.reached)?;
                    state.reached = self.d.choose(zero, Ref::FALSE, state.reached)?;
                    self.returns(0, ends)?;
                }
                if !self.is_read_after(at, operation) {
                    return self.send(at.next(), state);
                }
                let a = state.registers[A.0].compute(arithmetic, &operand_number, self.d);
                state.registers[A.0] =
                    a.map_err(|TooLarge| Unexplored::TooLargeAt { index: at })?;
            }
            Operation::Negate => state.registers[A.0] = state.registers[A.0].negated(self.d)?,
            Operation::CopyAToX => state.registers[X.0] = state.registers[A.0].clone(),
            Operation::CopyXToA => state.registers[A.0] = state.registers[X.0].clone(),
            Operation::Jump(skip) => return self.send(at.after(skip), state),
            Operation::Branch { test, operand, if_true, if_false } => {
                let holds = state.registers[A.0].test(test, &value(&state, operand), self.d);
                let holds = holds.map_err(|TooLarge| Unexplored::TooLargeAt { index: at })?;
                let yes = self.d.and(holds, state.reached)?;
                let no = self.d.choose(holds, Ref::FALSE, state.reached)?;
                self.send(at.after(if_true.into()), State { reached: yes, ..state.clone() })?;
                return self.send(at.after(if_false.into()), State { reached: no, ..state });
            }
            Operation::ReturnConstant(k) => return Ok(self.returns(k, state.reached)?),
            Operation::ReturnA => return self.returns_number(at, &state),
        }
        self.send(at.next(), state)
    }

    /// The word of the input at `offset` in bytes.
    fn word(&mut self, at: InstructionIndex, offset: u32) -> Result<Number, Unexplored> {
        if offset % 4 != 0 || offset >= Call::SIZE {
            return Err(Unexplored::Instruction { index: at });
        }
        let endian = self.machine.endian;
        let (word, known) = match (offset, endian.argument_at(offset)) {
            (_, Some((index, half))) => {
                let none = half == Half::High && self.calls.narrow;
                (InputWord::argument(index, half), none.then_some(0))
            }
            (Call::NR, None) => (InputWord::NR, self.calls.nr),
            (Call::ARCH, None) => (InputWord::ARCH, self.calls.arch),
            (_, None) => (InputWord::instruction_pointer(endian.half_at(offset)), None),
        };
        if let Some(known) = known {
            return Ok(Number::Known(known));
        }
        let mut bits = [Ref::FALSE; 32];
        for (bit, function) in (0..).zip(&mut bits) {
            *function = self.d.ask(word.level(bit), Ref::FALSE, Ref::TRUE)?;
        }
        Ok(Number::of(bits))
    }

    fn cell(&self, at: InstructionIndex, cell: u32) -> Result<StorageIndex, Unexplored> {
        if cell < MEMORY_CELLS {
            Ok(StorageIndex::of_cell(cell))
        } else {
            Err(Unexplored::Instruction { index: at })
        }
    }

    /// Whether what an instruction writes is read later.
    fn is_read_after(&self, at: InstructionIndex, operation: Operation) -> bool {
        let alike = &self.machine.alike;
        let live = alike.same.get(at.next().0).map_or(0, |next| alike.live[next.0]);
        written(operation).is_some_and(|place| live & place.bit() != 0)
    }

    /// Sends calls on to an instruction, or to the one that does the same.
    fn send(&mut self, to: InstructionIndex, mut state: State) -> Result<(), Unexplored> {
        if state.reached == Ref::FALSE {
            return Ok(());
        }
        let to = self.machine.alike.same.get(to.0).copied().unwrap_or(to);
        let Some(states) = self.states.get_mut(to.0) else {
            return Err(Unexplored::Instruction {
                index: InstructionIndex(to.0.saturating_sub(1)),
            });
        };
        for (register, number) in state.registers.iter_mut().enumerate() {
            if self.machine.alike.live[to.0] >> register & 1 == 0 {
                *number = Number::Known(0);
            }
        }
        for known in states.iter_mut() {
            if known.registers == state.registers {
                known.reached = self.d.or(state.reached, known.reached)?;
                return Ok(());
            }
        }
        if states.len() < APART {
            states.push(state);
            return Ok(());
        }
        let known = &mut states[APART - 1];
        for (known, number) in known.registers.iter_mut().zip(&state.registers) {
            *known = number.or_else(state.reached, known, self.d)?;
        }
        known.reached = self.d.or(state.reached, known.reached)?;
        Ok(())
    }

    fn returns(&mut self, value: u32, reached: Ref) -> Result<(), TooLarge> {
        if reached != Ref::FALSE {
            let result = self.d.leaf(leaf(value))?;
            self.add(result, reached)?;
        }
        Ok(())
    }

    fn add(&mut self, result: Ref, reached: Ref) -> Result<(), TooLarge> {
        match self.result.iter_mut().find(|(known, _)| *known == result) {
            Some((_, calls)) => *calls = self.d.or(reached, *calls)?,
            None => self.result.push((result, reached)),
        }
        Ok(())
    }

    /// `RET A`: the result is a number that the filter has computed. Only the action that the kernel reads from it counts.
    fn returns_number(&mut self, at: InstructionIndex, state: &State) -> Result<(), Unexplored> {
        let bits = match &state.registers[A.0] {
            Number::Known(known) => return Ok(self.returns(*known, state.reached)?),
            Number::Bits(bits) => **bits,
        };
        let (mut rest, mut total) = (state.reached, 0);
        for action in KNOWN {
            let start = action.to_return_value();
            let mut reached = rest;
            for (bit, function) in bits.iter().enumerate().skip(16) {
                let (zero, one) = self.halves(reached, *function)?;
                reached = if start >> bit & 1 == 1 { one } else { zero };
            }
            rest = self.d.choose(reached, Ref::FALSE, rest)?;
            let data_bits = match action {
                Action::Trap(_) | Action::Trace(_) => 16,
                Action::Errno(_) => 12,
                Action::KillProcess
                | Action::KillThread
                | Action::Notify
                | Action::Log
                | Action::Allow => 0,
            };
            if data_bits == 12 {
                // The kernel clamps every greater number to the greatest errno.
                for function in &bits[12..16] {
                    let (zero, one) = self.halves(reached, *function)?;
                    self.returns(Action::Errno(Action::MAX_ERRNO).to_return_value(), one)?;
                    reached = zero;
                }
            }
            let mut results = vec![(start, reached)];
            for (bit, function) in bits.iter().enumerate().take(data_bits).rev() {
                let mut next = Vec::with_capacity(results.len());
                for (value, reached) in results {
                    let (zero, one) = self.halves(reached, *function)?;
                    next.extend([(value, zero), (value | 1 << bit, one)]);
                }
                next.retain(|(_, reached)| *reached != Ref::FALSE);
                if total + next.len() > MOST_RESULTS {
                    return Err(Unexplored::ManyResults { index: at });
                }
                results = next;
            }
            total += results.len();
            for (value, reached) in results {
                self.returns(value, reached)?;
            }
        }
        // The kernel does not know the other actions.
        Ok(self.returns(Action::KillProcess.to_return_value(), rest)?)
    }

    /// The calls of `reached` for which a bit is 0, and those for which it is 1.
    fn halves(&mut self, reached: Ref, bit: Ref) -> Result<(Ref, Ref), TooLarge> {
        Ok((self.d.choose(bit, Ref::FALSE, reached)?, self.d.and(bit, reached)?))
    }

    /// Puts the results of all returns together.
    fn finish(self) -> Result<Ref, Unexplored> {
        let Some(((first, _), others)) = self.result.split_first() else {
            return Err(Unexplored::NoCalls);
        };
        let mut function = *first;
        for &(result, reached) in others {
            function = self.d.choose(reached, result, function)?;
        }
        Ok(function)
    }
}

fn value(state: &State, operand: Operand) -> Number {
    match operand {
        Operand::Constant(k) => Number::Known(k),
        Operand::X => state.registers[X.0].clone(),
    }
}

/// The leaf for a returned value: what the kernel does with it, so that two values with one action are one leaf.
pub(super) fn leaf(value: u32) -> Leaf {
    Leaf { kind: Leaf::RETURN, value: Action::from_return_value(value).to_return_value() }
}
