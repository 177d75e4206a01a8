//! The interpreter: computes what the kernel computes when it runs a filter.
//!
//! It always ends, with a return value or a [`Fault`], because jumps only go forward. A filter that
//! the kernel would load never faults.
//!
//! Sources: `bpf_convert_filter` in `net/core/filter.c` and `___bpf_prog_run` in
//! `kernel/bpf/core.c`, Linux 6.12, which run a filter on a kernel without a just-in-time compiler.
//! Two cases have special rules. A division by an X of 0 ends the filter with the return value 0. A
//! shift by X uses the low 5 bits of X. Machine code on x86 and arm64 does so too, but on 32-bit
//! Arm and PowerPC it may give 0 for a shift by 32 or more, so no compiler should rely on it.

use core::fmt;

use super::{Arithmetic, InstructionIndex, Operand, Operation, Register, SockFilter, Violation};
use crate::abi::{Call, Endian};

/// An error for a filter that breaks a load rule: no kernel would load it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The index of the instruction at fault. If the filter ran past its end, it is the last one.
    pub index: InstructionIndex,
    /// The rule that it breaks.
    pub violation: Violation,
}

impl fmt::Display for Fault {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instruction {}: {}", self.index, self.violation)
    }
}

impl core::error::Error for Fault {}

/// The result of a run of a filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// The return value, for [`Action`](crate::action::Action) to read.
    pub value: u32,
    /// The number of instructions that ran, including the return.
    pub steps: usize,
}

/// The return value of `filter` for a call, on a kernel with this byte order.
/// [`Action`](crate::action::Action) reads it.
///
/// # Errors
///
/// A [`Fault`] if the filter breaks a load rule.
#[inline]
pub const fn interpret(filter: &[SockFilter], data: &Call, endian: Endian) -> Result<u32, Fault> {
    match run(filter, data, endian) {
        Ok(run) => Ok(run.value),
        Err(fault) => Err(fault),
    }
}

/// Like [`interpret`], and also counts the instructions that ran.
///
/// # Errors
///
/// A [`Fault`] if the filter breaks a load rule.
#[inline]
pub const fn run(filter: &[SockFilter], data: &Call, endian: Endian) -> Result<Run, Fault> {
    let mut machine = Machine { a: 0, x: 0, memory: [0; 16], written: 0 };
    let mut index = InstructionIndex::FIRST;
    let mut steps = 0;
    while index.0 < filter.len() {
        steps += 1;
        let flow = match machine.step(filter[index.0], data, endian) {
            Ok(flow) => flow,
            Err(violation) => return Err(Fault { index, violation }),
        };
        match flow {
            Flow::Next => index = index.next(),
            Flow::Skip(skip) => {
                let target = index.after(skip);
                if target.0 >= filter.len() {
                    return Err(Fault { index, violation: Violation::JumpOutOfRange });
                }
                index = target;
            }
            Flow::Return(value) => return Ok(Run { value, steps }),
        }
    }
    let violation = if filter.is_empty() { Violation::Empty } else { Violation::NoReturnAtEnd };
    Err(Fault { index: InstructionIndex(index.0.saturating_sub(1)), violation })
}

/// What follows an instruction.
enum Flow {
    Next,
    Skip(u32),
    Return(u32),
}

struct Machine {
    a: u32,
    x: u32,
    memory: [u32; 16],
    /// One bit for each cell of `memory` that has been written.
    written: u16,
}

const _: () = assert!(super::MEMORY_CELLS == 16);

impl Machine {
    #[inline]
    const fn step(
        &mut self,
        instruction: SockFilter,
        data: &Call,
        endian: Endian,
    ) -> Result<Flow, Violation> {
        let Some(operation) = instruction.operation() else {
            return Err(Violation::UnknownCode(instruction.code));
        };
        match operation {
            Operation::LoadWord(offset) => match data.word(offset, endian) {
                Some(word) => self.a = word,
                None => return Err(Violation::Offset(offset)),
            },
            Operation::LoadLength(register) => self.set(register, Call::SIZE),
            Operation::LoadConstant(register, k) => self.set(register, k),
            Operation::LoadMemory(register, cell) => {
                if cell >= super::MEMORY_CELLS {
                    return Err(Violation::NoSuchCell(cell));
                }
                if self.written & (1 << cell) == 0 {
                    return Err(Violation::UnwrittenCell(cell));
                }
                self.set(register, self.memory[cell as usize]);
            }
            Operation::Store(register, cell) => {
                if cell >= super::MEMORY_CELLS {
                    return Err(Violation::NoSuchCell(cell));
                }
                self.memory[cell as usize] = self.get(register);
                self.written |= 1 << cell;
            }
            Operation::Arithmetic(arithmetic, operand) => {
                if matches!((arithmetic, operand), (Arithmetic::Divide, Operand::X)) && self.x == 0
                {
                    return Ok(Flow::Return(0));
                }
                match self.compute(arithmetic, operand) {
                    Ok(a) => self.a = a,
                    Err(violation) => return Err(violation),
                }
            }
            Operation::Negate => self.a = self.a.wrapping_neg(),
            Operation::CopyAToX => self.x = self.a,
            Operation::CopyXToA => self.a = self.x,
            Operation::Jump(skip) => return Ok(Flow::Skip(skip)),
            Operation::Branch { test, operand, if_true, if_false } => {
                let holds = test.holds(self.a, self.value(operand));
                return Ok(Flow::Skip(if holds { if_true } else { if_false } as u32));
            }
            Operation::ReturnConstant(k) => return Ok(Flow::Return(k)),
            Operation::ReturnA => return Ok(Flow::Return(self.a)),
        }
        Ok(Flow::Next)
    }

    #[inline]
    const fn compute(&self, arithmetic: Arithmetic, operand: Operand) -> Result<u32, Violation> {
        let a = self.a;
        let b = self.value(operand);
        Ok(match arithmetic {
            Arithmetic::Add => a.wrapping_add(b),
            Arithmetic::Subtract => a.wrapping_sub(b),
            Arithmetic::Multiply => a.wrapping_mul(b),
            Arithmetic::Divide => match a.checked_div(b) {
                Some(quotient) => quotient,
                None => return Err(Violation::DivisionByZero),
            },
            Arithmetic::Or => a | b,
            Arithmetic::And => a & b,
            Arithmetic::Xor => a ^ b,
            Arithmetic::ShiftLeft | Arithmetic::ShiftRight => {
                if matches!(operand, Operand::Constant(32..)) {
                    return Err(Violation::Shift(b));
                }
                match arithmetic {
                    Arithmetic::ShiftLeft => a.wrapping_shl(b),
                    _ => a.wrapping_shr(b),
                }
            }
        })
    }

    #[inline]
    const fn value(&self, operand: Operand) -> u32 {
        match operand {
            Operand::Constant(k) => k,
            Operand::X => self.x,
        }
    }

    #[inline]
    const fn get(&self, register: Register) -> u32 {
        match register {
            Register::A => self.a,
            Register::X => self.x,
        }
    }

    #[inline]
    const fn set(&mut self, register: Register, value: u32) {
        match register {
            Register::A => self.a = value,
            Register::X => self.x = value,
        }
    }
}

#[cfg(test)]
#[path = "interpret_tests.rs"]
mod tests;
