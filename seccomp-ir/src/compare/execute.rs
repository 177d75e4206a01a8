//! Any filter that the kernel loads as a diagram: what it returns for every call.
//!
//! The filter is run once, from its first instruction to its last, for all calls at the same time. Registers and memory
//! hold numbers that depend on the call ([`Vector`]). Jumps lead forward, so all calls that ever reach an instruction are
//! known when the run comes there. Calls with the same registers travel together. Registers whose content is not read
//! again are forgotten, so most filters have one such group at an instruction; if there are too many, they are joined,
//! and each bit of a register becomes a choice.
//!
//! Nothing is left out: the result is exact, or it is too large.

use std::collections::HashMap;

use super::vectors::{Vector, Vectors, arithmetic, choose, constant, negate, only, test, word};
use crate::abi::{Call, Endian};
use crate::action::Action;
use crate::bpf::{
    Arithmetic, InstructionIndex, Operand, Operation, SockFilter, StorageIndex, Test,
};
use crate::diagram::input::InputWord;
use crate::diagram::{Diagrams, Leaf, Level, Ref, TooLarge};

const A: StorageIndex = StorageIndex::A;
const X: StorageIndex = StorageIndex::X;

/// The two registers and the memory, as numbers of vectors.
type Registers = [u32; StorageIndex::COUNT];

/// More groups than this at one instruction are joined.
const MOST_GROUPS: usize = 24;

/// The calls that reach an instruction with the same registers.
#[derive(Clone, Copy)]
struct CallGroup {
    registers: Registers,
    calls: Ref,
}

/// The action of a filter for every call in `within`; elsewhere the result means nothing. Each leaf is the return value
/// of an action, so what the kernel does not tell apart is the same leaf.
///
/// The filter must keep the load rules.
pub(super) fn function(
    diagrams: &mut Diagrams,
    filter: &[SockFilter],
    endian: Endian,
    within: Ref,
) -> Result<Ref, TooLarge> {
    let mut run = FilterRun {
        diagrams,
        vectors: Vectors::new(),
        endian,
        live: live(filter),
        at: vec![Vec::new(); filter.len()],
        returned: Vec::new(),
        computed: Vec::new(),
    };
    let registers = [Vectors::ZERO; StorageIndex::COUNT];
    run.send(InstructionIndex::FIRST, CallGroup { registers, calls: within })?;
    for (at, instruction) in filter.iter().enumerate() {
        for group in std::mem::take(&mut run.at[at]) {
            // The load rules were checked, so every code is known.
            let operation =
                instruction.operation().unwrap_or(Operation::ReturnConstant(KILL.value));
            run.step(InstructionIndex(at), operation, group)?;
        }
    }
    run.result()
}

/// The number of bits of a return value that come with an action (`SECCOMP_RET_DATA`, `include/uapi/linux/seccomp.h`, Linux 6.12).
const DATA_BITS: usize = 16;

/// `kill`.
const KILL: Leaf = Leaf { kind: Leaf::RETURN, value: Action::KillProcess.to_return_value() };

struct FilterRun<'a> {
    diagrams: &'a mut Diagrams,
    vectors: Vectors,
    endian: Endian,
    /// For each instruction the registers that are read from it on, a bit each.
    live: Vec<u32>,
    /// The groups that wait at each instruction.
    at: Vec<Vec<CallGroup>>,
    /// The actions that instructions return, with their calls.
    returned: Vec<(Leaf, Ref)>,
    /// Calls whose action the filter computes, with the function that gives it.
    computed: Vec<(Ref, Ref)>,
}

impl FilterRun<'_> {
    /// Sends a group of calls to an instruction.
    fn send(&mut self, to: InstructionIndex, mut group: CallGroup) -> Result<(), TooLarge> {
        if group.calls == Ref::FALSE {
            return Ok(());
        }
        for (register, vector) in group.registers.iter_mut().enumerate() {
            if self.live[to.0] >> register & 1 == 0 {
                *vector = Vectors::ZERO;
            }
        }
        for other in &mut self.at[to.0] {
            if other.registers == group.registers {
                other.calls = self.diagrams.or(group.calls, other.calls)?;
                return Ok(());
            }
        }
        if self.at[to.0].len() < MOST_GROUPS {
            self.at[to.0].push(group);
            return Ok(());
        }
        let mut joined = self.at[to.0][MOST_GROUPS - 1];
        for (vector, added) in joined.registers.iter_mut().zip(group.registers) {
            let (yes, no) = (self.vectors.get(added), self.vectors.get(*vector));
            *vector = self.vectors.number(choose(self.diagrams, group.calls, &yes, &no)?);
        }
        joined.calls = self.diagrams.or(group.calls, joined.calls)?;
        self.at[to.0][MOST_GROUPS - 1] = joined;
        Ok(())
    }

    fn step(
        &mut self,
        at: InstructionIndex,
        operation: Operation,
        group: CallGroup,
    ) -> Result<(), TooLarge> {
        let get = |run: &Self, register: StorageIndex| run.vectors.get(group.registers[register.0]);
        let result = match operation {
            Operation::LoadWord(offset) => (A, self.word(offset)?),
            Operation::LoadLength(register) => {
                (StorageIndex::of_register(register), constant(Call::SIZE))
            }
            Operation::LoadConstant(register, k) => {
                (StorageIndex::of_register(register), constant(k))
            }
            Operation::LoadMemory(register, cell) => {
                (StorageIndex::of_register(register), get(self, StorageIndex::of_cell(cell)))
            }
            Operation::Store(register, cell) => {
                (StorageIndex::of_cell(cell), get(self, StorageIndex::of_register(register)))
            }
            Operation::Negate => (A, negate(self.diagrams, &get(self, A))?),
            Operation::CopyAToX => (X, get(self, A)),
            Operation::CopyXToA => (A, get(self, X)),
            Operation::Arithmetic(operation, operand) => {
                return self.arithmetic(at, operation, operand, group);
            }
            Operation::Jump(skip) => return self.send(at.after(skip), group),
            Operation::Branch { test: kind, operand, if_true, if_false } => {
                let operand = self.operand(operand, group);
                let holds = test(self.diagrams, kind, &get(self, A), &operand)?;
                let yes = self.diagrams.and(holds, group.calls)?;
                let no = self.diagrams.choose(holds, Ref::FALSE, group.calls)?;
                self.send(at.after(if_true.into()), CallGroup { calls: yes, ..group })?;
                return self.send(at.after(if_false.into()), CallGroup { calls: no, ..group });
            }
            Operation::ReturnConstant(value) => return self.end(value, group.calls),
            Operation::ReturnA => return self.return_vector(&get(self, A), group.calls),
        };
        self.set(at, result, group)
    }

    /// Continues after an instruction that has set a register.
    fn set(
        &mut self,
        at: InstructionIndex,
        (register, vector): (StorageIndex, Vector),
        mut group: CallGroup,
    ) -> Result<(), TooLarge> {
        group.registers[register.0] = self.vectors.number(vector);
        self.send(at.next(), group)
    }

    fn operand(&self, operand: Operand, group: CallGroup) -> Vector {
        match operand {
            Operand::Constant(k) => constant(k),
            Operand::X => self.vectors.get(group.registers[X.0]),
        }
    }

    fn arithmetic(
        &mut self,
        at: InstructionIndex,
        operation: Arithmetic,
        operand: Operand,
        mut group: CallGroup,
    ) -> Result<(), TooLarge> {
        let mut b = self.operand(operand, group);
        let mut a = self.vectors.get(group.registers[A.0]);
        match operation {
            Arithmetic::Multiply | Arithmetic::Divide => {
                if operation == Arithmetic::Divide {
                    // A division by 0 ends the filter with 0.
                    let zero = test(self.diagrams, Test::Equal, &b, &constant(0))?;
                    let ended = self.diagrams.and(zero, group.calls)?;
                    self.end(0, ended)?;
                    group.calls = self.diagrams.choose(zero, Ref::FALSE, group.calls)?;
                }
                // Registers that are 0 for all other calls keep the result small.
                a = only(self.diagrams, group.calls, &a)?;
                if matches!(operand, Operand::X) {
                    b = only(self.diagrams, group.calls, &b)?;
                }
            }
            Arithmetic::Add
            | Arithmetic::Subtract
            | Arithmetic::Or
            | Arithmetic::And
            | Arithmetic::Xor
            | Arithmetic::ShiftLeft
            | Arithmetic::ShiftRight => {}
        }
        let result = arithmetic(self.diagrams, operation, &a, &b)?;
        self.set(at, (A, result), group)
    }

    fn end(&mut self, value: u32, calls: Ref) -> Result<(), TooLarge> {
        if calls == Ref::FALSE {
            return Ok(());
        }
        let leaf = leaf(value);
        match self.returned.iter_mut().find(|(known, _)| *known == leaf) {
            Some((_, known)) => *known = self.diagrams.or(calls, *known)?,
            None => self.returned.push((leaf, calls)),
        }
        Ok(())
    }

    /// Returns with a number that depends on the call.
    fn return_vector(&mut self, value: &Vector, calls: Ref) -> Result<(), TooLarge> {
        let mut actions = ComputedActions { diagrams: self.diagrams, known: HashMap::new() };
        if let Some(function) = actions.function(*value, calls)? {
            self.computed.push((calls, function));
        }
        Ok(())
    }

    fn word(&mut self, offset: u32) -> Result<Vector, TooLarge> {
        match InputWord::loaded(offset, self.endian) {
            Some(input) => word(self.diagrams, input),
            // The load rules were checked, so this offset can be loaded.
            None => Ok(constant(0)),
        }
    }

    /// Every call of `within` has ended, so one of the actions may also serve all other calls.
    fn result(self) -> Result<Ref, TooLarge> {
        let mut function = self.diagrams.leaf(KILL)?;
        for (index, (leaf, calls)) in self.returned.into_iter().enumerate() {
            let leaf = self.diagrams.leaf(leaf)?;
            let is_rest = index == 0 && self.computed.is_empty();
            function = if is_rest { leaf } else { self.diagrams.choose(calls, leaf, function)? };
        }
        for (calls, computed) in self.computed {
            function = self.diagrams.choose(calls, computed, function)?;
        }
        Ok(function)
    }
}

/// The actions of calls whose return value is a number that depends on the call.
struct ComputedActions<'a> {
    diagrams: &'a mut Diagrams,
    known: HashMap<(Vector, Ref), Ref>,
}

impl ComputedActions<'_> {
    /// The action of `calls`; `None` if there are no such calls.
    fn function(&mut self, value: Vector, calls: Ref) -> Result<Option<Ref>, TooLarge> {
        if calls == Ref::FALSE {
            return Ok(None);
        }
        if let Some(value) = decided(&value) {
            return self.diagrams.leaf(leaf(value)).map(Some);
        }
        if let Some(&known) = self.known.get(&(value, calls)) {
            return Ok(Some(known));
        }
        if self.known.len() >= MOST_ENDS {
            return Err(TooLarge);
        }
        let levels = value.iter().map(|&bit| self.diagrams.level(bit));
        let level = levels.fold(self.diagrams.level(calls), Level::min);
        let split = value.map(|bit| self.diagrams.split(bit, level));
        let (calls_0, calls_1) = self.diagrams.split(calls, level);
        let low = self.function(split.map(|(low, _)| low), calls_0)?;
        let high = self.function(split.map(|(_, high)| high), calls_1)?;
        let function = match (low, high) {
            (Some(low), Some(high)) => self.diagrams.ask(level, low, high)?,
            // There is a call, so there is one on one of the sides.
            (one, other) => match one.or(other) {
                Some(only) => only,
                None => return Ok(None),
            },
        };
        self.known.insert((value, calls), function);
        Ok(Some(function))
    }
}

/// The most functions that one computed return value may lead to. `trap`, `trace` and `errno` have fewer numbers together.
const MOST_ENDS: usize = 1 << 19;

/// The return value, as far as the kernel looks at it, if it is the same for every call.
fn decided(value: &Vector) -> Option<u32> {
    let constant = |bits: std::ops::Range<usize>| {
        let mut known = 0;
        for bit in bits {
            match value[bit] {
                Ref::TRUE => known |= 1 << bit,
                Ref::FALSE => {}
                _ => return None,
            }
        }
        Some(known)
    };
    let action = constant(DATA_BITS..32)?;
    match Action::from_return_value(action) {
        Action::KillProcess | Action::KillThread | Action::Notify | Action::Log | Action::Allow => {
            Some(action)
        }
        Action::Errno(_) if value[12..DATA_BITS].contains(&Ref::TRUE) => {
            Some(Action::Errno(Action::MAX_ERRNO).to_return_value())
        }
        Action::Errno(_) | Action::Trap(_) | Action::Trace(_) => {
            constant(0..DATA_BITS).map(|data| action | data)
        }
    }
}

const _: () =
    assert!(Action::MAX_ERRNO == (1 << 12) - 1, "`decided` clamps an errno by its higher bits");

/// The leaf for a returned value: what the kernel does with it.
fn leaf(value: u32) -> Leaf {
    Leaf { kind: Leaf::RETURN, value: Action::from_return_value(value).to_return_value() }
}

/// For each instruction the registers that are read from it on before they are written, a bit each.
fn live(filter: &[SockFilter]) -> Vec<u32> {
    let mut live = vec![0; filter.len()];
    for at in (0..filter.len()).rev() {
        let after = |skip: u32| live.get(InstructionIndex(at).after(skip).0).copied().unwrap_or(0);
        let bit = StorageIndex::bit;
        let read_by = |operand| match operand {
            Operand::Constant(_) => 0,
            Operand::X => bit(X),
        };
        let Some(operation) = filter[at].operation() else { continue };
        live[at] = match operation {
            Operation::LoadWord(_) => after(0) & !bit(A),
            Operation::LoadLength(register) | Operation::LoadConstant(register, _) => {
                after(0) & !bit(StorageIndex::of_register(register))
            }
            Operation::LoadMemory(register, cell) => {
                after(0) & !bit(StorageIndex::of_register(register))
                    | bit(StorageIndex::of_cell(cell))
            }
            Operation::Store(register, cell) => {
                after(0) & !bit(StorageIndex::of_cell(cell))
                    | bit(StorageIndex::of_register(register))
            }
            Operation::Arithmetic(_, operand) => after(0) | bit(A) | read_by(operand),
            Operation::Negate => after(0) | bit(A),
            Operation::CopyAToX => after(0) & !bit(X) | bit(A),
            Operation::CopyXToA => after(0) & !bit(A) | bit(X),
            Operation::Jump(skip) => after(skip),
            Operation::Branch { operand, if_true, if_false, .. } => {
                after(if_true.into()) | after(if_false.into()) | bit(A) | read_by(operand)
            }
            Operation::ReturnConstant(_) => 0,
            Operation::ReturnA => bit(A),
        };
    }
    live
}
