//! A filter as a diagram: which calls reach which instruction.
//!
//! In this instruction set the accumulator always holds a word of the input under masks and
//! flips, or a constant ([`LeftOperand`]). The state of a filter is therefore an instruction and one of few
//! accumulators. Jumps lead forward, so one pass is enough, in either direction:
//!
//! - *From the first instruction to the last*, the pass knows which calls reach an instruction when it
//!   comes there, and sends them on. Calls that end at a `RET` get its action. A set of calls holds
//!   all earlier tests, so each of thousands of values costs as many nodes as all words have
//!   bits.
//! - *From the last to the first*, the pass knows to which action each instruction leads, and needs no
//!   sets of calls: a value costs the nodes of its word. But it also builds the actions of an
//!   instruction for calls that never reach it. For filters that test arguments before they have tested
//!   all numbers (those of seccompiler, most mutants) it is a hundred times slower.
//!
//! Both give the same function, and each alone is a proof. `prove` tries the first, and takes the second
//! if the filter is too large for the first.

use super::refusal::Refusal;
use crate::abi::Endian;
use crate::bpf::{InstructionIndex, Opcode};
use crate::diagram::input::{Atoms, InputWord, LeftOperand, Order, RightOperand};
use crate::diagram::{Diagrams, Leaf, Ref, TooLarge};
use crate::filter::{Filter, SymbolOperand};

/// How the kernel reads a filter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// It runs the filter on a call.
    Run,
    /// It looks for numbers that are allowed for all arguments: `seccomp_is_const_allow`
    /// (`kernel/seccomp.c`, Linux 6.12), which gives up at a load of anything except `nr` and `arch`, and
    /// at `XOR`.
    ConstantAllow,
    /// It stops where it first loads anything except `nr` and `arch`.
    Numbers,
}

/// The end from which a filter is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the first instruction to the last.
    Forward,
    /// From the last to the first.
    Backward,
}

/// More states than this are refused; a filter that loads before it tests has one or two each.
const MAX_STATES: usize = 1 << 16;

/// The effect of an instruction.
pub(super) enum Transition {
    /// The next instruction, with this accumulator.
    Next(LeftOperand),
    /// This instruction, with the accumulator unchanged.
    Jump(InstructionIndex),
    /// A choice between two instructions.
    Test { code: u16, operand: RightOperand, yes: InstructionIndex, no: InstructionIndex },
    /// The end, with this action.
    Return(Leaf),
}

/// The action of `filter` for every call.
pub(super) fn function(
    diagrams: &mut Diagrams,
    atoms: &mut Atoms,
    filter: &Filter,
    endian: Endian,
    reading: Reading,
    direction: Direction,
) -> Result<Ref, Refusal> {
    let reader = Reader::new(filter, endian, reading)?;
    function_from(diagrams, atoms, &reader, InstructionIndex::FIRST, direction)
}

/// The action of a filter from the instruction `entry` on, for every call. The accumulator holds 0 there.
pub(super) fn function_from(
    diagrams: &mut Diagrams,
    atoms: &mut Atoms,
    reader: &Reader<'_>,
    entry: InstructionIndex,
    direction: Direction,
) -> Result<Ref, Refusal> {
    match direction {
        Direction::Forward => forward(diagrams, atoms, reader, entry),
        Direction::Backward => backward(diagrams, atoms, reader, entry),
    }
}

fn backward(
    diagrams: &mut Diagrams,
    atoms: &mut Atoms,
    reader: &Reader<'_>,
    entry: InstructionIndex,
) -> Result<Ref, Refusal> {
    let length = reader.len();
    // What the accumulator may hold at each instruction, then what each of these leads to.
    let mut calls = ReachingCalls::new(length);
    calls.send(diagrams, entry, entry, LeftOperand::constant(0), Ref::TRUE)?;
    for at in entry.0..length {
        let at = InstructionIndex(at);
        for &(accumulator, ..) in &calls.at[at.0].clone() {
            match reader.step(at, accumulator)? {
                Transition::Next(next) => calls.send(diagrams, at, at.next(), next, Ref::TRUE)?,
                Transition::Jump(to) => calls.send(diagrams, at, to, accumulator, Ref::TRUE)?,
                Transition::Test { yes, no, .. } => {
                    calls.send(diagrams, at, yes, accumulator, Ref::TRUE)?;
                    calls.send(diagrams, at, no, accumulator, Ref::TRUE)?;
                }
                Transition::Return(_) => {}
            }
        }
    }
    for at in (entry.0..length).rev() {
        let at = InstructionIndex(at);
        for state in 0..calls.at[at.0].len() {
            let accumulator = calls.at[at.0][state].0;
            let leads_to = match reader.step(at, accumulator)? {
                Transition::Next(next) => calls.leads_to(at, at.next(), next)?,
                Transition::Jump(to) => calls.leads_to(at, to, accumulator)?,
                Transition::Test { code, operand, yes, no } => {
                    let test = test(diagrams, atoms, code, accumulator, operand)?;
                    let Some(test) = test else { return Err(reader.refused(at)) };
                    let yes = calls.leads_to(at, yes, accumulator)?;
                    let no = calls.leads_to(at, no, accumulator)?;
                    diagrams.choose(test, yes, no)?
                }
                Transition::Return(leaf) => diagrams.leaf(leaf)?,
            };
            calls.at[at.0][state].1 = leads_to;
        }
    }
    calls.leads_to(entry, entry, LeftOperand::constant(0))
}

fn forward(
    diagrams: &mut Diagrams,
    atoms: &mut Atoms,
    reader: &Reader<'_>,
    entry: InstructionIndex,
) -> Result<Ref, Refusal> {
    let mut calls = ReachingCalls::new(reader.len());
    let mut returned: Vec<(Leaf, Ref)> = Vec::new();
    calls.send(diagrams, entry, entry, LeftOperand::constant(0), Ref::TRUE)?;
    for at in entry.0..reader.len() {
        let at = InstructionIndex(at);
        for &(accumulator, reached) in &calls.take(at) {
            match reader.step(at, accumulator)? {
                Transition::Next(next) => calls.send(diagrams, at, at.next(), next, reached)?,
                Transition::Jump(to) => calls.send(diagrams, at, to, accumulator, reached)?,
                Transition::Test { code, operand, yes, no } => {
                    let test = test(diagrams, atoms, code, accumulator, operand)?;
                    let Some(test) = test else { return Err(reader.refused(at)) };
                    let passed = diagrams.and(test, reached)?;
                    let failed = diagrams.choose(test, Ref::FALSE, reached)?;
                    calls.send(diagrams, at, yes, accumulator, passed)?;
                    calls.send(diagrams, at, no, accumulator, failed)?;
                }
                Transition::Return(leaf) => {
                    match returned.iter_mut().find(|(known, _)| *known == leaf) {
                        Some((_, calls)) => *calls = diagrams.or(reached, *calls)?,
                        None => returned.push((leaf, reached)),
                    }
                }
            }
        }
    }
    // Every call is in exactly one of the sets, so the first action also serves calls in none of them.
    let Some(((first, _), others)) = returned.split_first() else {
        return Err(Refusal::LeavesFilter { index: InstructionIndex::FIRST });
    };
    let mut function = diagrams.leaf(*first)?;
    for &(leaf, calls) in others {
        let leaf = diagrams.leaf(leaf)?;
        function = diagrams.choose(calls, leaf, function)?;
    }
    Ok(function)
}

/// The calls that reach an instruction, by what the accumulator then holds.
struct ReachingCalls {
    at: Vec<Vec<(LeftOperand, Ref)>>,
    states: usize,
}

impl ReachingCalls {
    /// For a filter of this length: no call reaches any instruction yet.
    fn new(length: usize) -> Self {
        let mut at = Vec::with_capacity(length);
        for _ in 0..length {
            at.push(Vec::new());
        }
        Self { at, states: 0 }
    }

    /// Takes out the calls that reach the instruction at `at`.
    fn take(&mut self, at: InstructionIndex) -> Vec<(LeftOperand, Ref)> {
        std::mem::take(&mut self.at[at.0])
    }

    /// Sends `calls` from one instruction to a later one.
    fn send(
        &mut self,
        diagrams: &mut Diagrams,
        from: InstructionIndex,
        to: InstructionIndex,
        accumulator: LeftOperand,
        calls: Ref,
    ) -> Result<(), Refusal> {
        let Some(states) = self.at.get_mut(to.0) else {
            return Err(Refusal::LeavesFilter { index: from });
        };
        if calls == Ref::FALSE {
            return Ok(());
        }
        for (known, known_calls) in states.iter_mut() {
            if *known == accumulator {
                *known_calls = diagrams.or(calls, *known_calls)?;
                return Ok(());
            }
        }
        self.states += 1;
        if self.states > MAX_STATES {
            return Err(Refusal::TooLarge);
        }
        states.push((accumulator, calls));
        Ok(())
    }

    /// The function noted for an instruction that is reached from another one with this accumulator.
    fn leads_to(
        &self,
        from: InstructionIndex,
        at: InstructionIndex,
        accumulator: LeftOperand,
    ) -> Result<Ref, Refusal> {
        if at.0 < self.at.len() {
            for &(known, noted) in &self.at[at.0] {
                if known == accumulator {
                    return Ok(noted);
                }
            }
        }
        Err(Refusal::LeavesFilter { index: from })
    }
}

/// A filter, read in one way.
pub(super) struct Reader<'a> {
    filter: &'a Filter,
    operands: Vec<Option<SymbolOperand>>,
    endian: Endian,
    reading: Reading,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        filter: &'a Filter,
        endian: Endian,
        reading: Reading,
    ) -> Result<Self, Refusal> {
        let mut operands = Vec::new();
        for _ in &filter.instructions {
            operands.push(None);
        }
        for relocation in &filter.relocations {
            match operands.get_mut(relocation.index.0) {
                Some(operand @ None) => *operand = Some(relocation.operand),
                _ => return Err(Refusal::Relocation { index: relocation.index }),
            }
            if filter.instructions[relocation.index.0].k != 0 {
                return Err(Refusal::Relocation { index: relocation.index });
            }
        }
        Ok(Self { filter, operands, endian, reading })
    }

    /// The number of instructions.
    pub(super) fn len(&self) -> usize {
        self.filter.instructions.len()
    }

    /// The effect of the instruction at `at` on `accumulator`.
    pub(super) fn step(
        &self,
        at: InstructionIndex,
        accumulator: LeftOperand,
    ) -> Result<Transition, Refusal> {
        let instruction = self.filter.instructions[at.0];
        let k = instruction.k;
        let refusal = Err(self.refused(at));
        let step = match (instruction.code, self.operands[at.0]) {
            (Opcode::LD_W_ABS, None) => match InputWord::loaded(k, self.endian) {
                Some(word) if self.gives_up_at(word) => Transition::Return(match self.reading {
                    Reading::Numbers => Leaf { kind: Leaf::ENTERS, value: at.0 as u32 },
                    Reading::Run | Reading::ConstantAllow => Leaf::GAVE_UP,
                }),
                Some(word) => Transition::Next(LeftOperand::word(word)),
                None => return refusal,
            },
            (Opcode::AND_K, None) => Transition::Next(accumulator.masked(k)),
            (Opcode::AND_K, Some(SymbolOperand::Word { symbol, half, keep, flip: 0 })) => {
                let kept = accumulator.masked(keep);
                if kept.mask.is_some() || kept.xor != 0 {
                    return refusal;
                }
                Transition::Next(kept.masked_by(symbol.0, half))
            }
            (Opcode::XOR_K, None) if self.reading != Reading::Run => {
                Transition::Return(Leaf::GAVE_UP)
            }
            (Opcode::XOR_K, None) => Transition::Next(accumulator.flipped(k)),
            (Opcode::JA, None) => Transition::Jump(at.after(k)),
            (code @ (Opcode::JEQ_K | Opcode::JGT_K | Opcode::JGE_K | Opcode::JSET_K), operand) => {
                let operand = match operand {
                    None => RightOperand::Known(k),
                    Some(SymbolOperand::Word { symbol, half, keep, flip }) => {
                        RightOperand::Symbol { symbol: symbol.0, half, keep, flip }
                    }
                    Some(SymbolOperand::ReturnErrno(_)) => return refusal,
                };
                let (yes, no) = (at.after(instruction.jt.into()), at.after(instruction.jf.into()));
                Transition::Test { code, operand, yes, no }
            }
            (Opcode::RET_K, None) => Transition::Return(Leaf { kind: Leaf::RETURN, value: k }),
            (Opcode::RET_K, Some(SymbolOperand::ReturnErrno(symbol))) => {
                Transition::Return(Leaf { kind: Leaf::ERRNO_OF, value: symbol.0 })
            }
            _ => return refusal,
        };
        Ok(step)
    }

    pub(super) fn refused(&self, index: InstructionIndex) -> Refusal {
        Refusal::Instruction { index, instruction: self.filter.instructions[index.0] }
    }

    fn gives_up_at(&self, word: InputWord) -> bool {
        self.reading != Reading::Run && word != InputWord::NR && word != InputWord::ARCH
    }
}

/// The condition that a test is true; `None` if diagrams have no input for the test.
pub(super) fn test(
    diagrams: &mut Diagrams,
    atoms: &mut Atoms,
    code: u16,
    left: LeftOperand,
    right: RightOperand,
) -> Result<Option<Ref>, TooLarge> {
    Ok(Some(match (left.mask, right) {
        (None, RightOperand::Known(k)) => known_test(diagrams, code, left, k)?,
        _ if code == Opcode::JSET_K => {
            let shared = match right {
                RightOperand::Known(k) => left.masked(k),
                RightOperand::Symbol { symbol, half, keep, flip: 0 }
                    if left.mask.is_none() && left.masked(keep).xor == 0 =>
                {
                    left.masked(keep).masked_by(symbol, half)
                }
                RightOperand::Symbol { .. } => return Ok(None),
            };
            let Order { equal, .. } = atoms.order(diagrams, shared, RightOperand::Known(0))?;
            diagrams.not(equal)?
        }
        _ => {
            let Order { less, equal } = atoms.order(diagrams, left, right)?;
            match code {
                Opcode::JEQ_K => equal,
                Opcode::JGE_K => diagrams.not(less)?,
                _ => {
                    let at_most = diagrams.or(less, equal)?;
                    diagrams.not(at_most)?
                }
            }
        }
    }))
}

/// The condition that a test without symbols is true: bit by bit, from the least significant.
fn known_test(
    diagrams: &mut Diagrams,
    code: u16,
    left: LeftOperand,
    k: u32,
) -> Result<Ref, TooLarge> {
    let mut below = Ref::constant(code == Opcode::JEQ_K || code == Opcode::JGE_K);
    for bit in 0..32 {
        let k = k >> bit & 1;
        let free = left.and >> bit & 1;
        let function = |input: u32| {
            let a = (input & free) ^ (left.xor >> bit & 1);
            match code {
                Opcode::JSET_K if a & k == 1 => Ref::TRUE,
                Opcode::JEQ_K if a != k => Ref::FALSE,
                Opcode::JGT_K | Opcode::JGE_K if a != k => Ref::constant(a > k),
                _ => below,
            }
        };
        let (zero, one) = (function(0), function(1));
        below = match left.input() {
            Some(word) => diagrams.ask(word.level(bit), zero, one)?,
            None => zero,
        };
    }
    Ok(below)
}
