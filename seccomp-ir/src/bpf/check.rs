//! The kernel's load rules: what a program must keep to be accepted as a filter.
//!
//! Sources: `bpf_check_classic` and `check_load_and_stores` in `net/core/filter.c`,
//! `seccomp_check_filter` and `seccomp_prepare_filter` in `kernel/seccomp.c`, Linux 6.12. The
//! kernel answers every broken rule with `EINVAL`; the order here is that of the instructions.
//!
//! What is *not* here: rights (`no_new_privs`), and the limit on what all filters of a thread add
//! up to ([`MAX_CONVERTED_LEN`](super::MAX_CONVERTED_LEN)).

use core::fmt;

use super::{Arithmetic, Operand, Operation};
use super::{MAX_INSTRUCTIONS, MEMORY_CELLS, SockFilter, Violation};
use crate::abi::Call;

/// Why the kernel refuses a program, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoadError {
    /// The index of the instruction at fault; 0 if the program is empty.
    pub index: usize,
    /// The rule that it breaks.
    pub violation: Violation,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.violation {
            violation @ (Violation::Empty | Violation::TooLong(_)) => violation.fmt(f),
            violation => write!(f, "instruction {}: {violation}", self.index),
        }
    }
}

impl core::error::Error for LoadError {}

/// Whether the kernel loads this program as a filter.
///
/// # Errors
///
/// The first instruction that breaks a rule; then whether the last one is a return; then the first
/// read of memory that the kernel cannot see to be written.
pub const fn check(program: &[SockFilter]) -> Result<(), LoadError> {
    let len = program.len();
    if len == 0 {
        return Err(LoadError { index: 0, violation: Violation::Empty });
    }
    if len > MAX_INSTRUCTIONS {
        let violation = Violation::TooLong(len);
        return Err(LoadError { index: MAX_INSTRUCTIONS, violation });
    }
    let mut index = 0;
    while index < len {
        if let Err(violation) = check_one(program[index], len - index - 1) {
            return Err(LoadError { index, violation });
        }
        index += 1;
    }
    match program[len - 1].operation() {
        Some(Operation::ReturnConstant(_) | Operation::ReturnA) => {}
        _ => return Err(LoadError { index: len - 1, violation: Violation::NoReturnAtEnd }),
    }
    check_memory(program)
}

/// The rules for one instruction that `after` others follow.
const fn check_one(instruction: SockFilter, after: usize) -> Result<(), Violation> {
    let Some(operation) = instruction.operation() else {
        return Err(Violation::UnknownCode(instruction.code));
    };
    match operation {
        Operation::LoadWord(offset) if offset >= Call::SIZE || offset % 4 != 0 => {
            Err(Violation::Offset(offset))
        }
        Operation::LoadMemory(_, cell) | Operation::Store(_, cell) if cell >= MEMORY_CELLS => {
            Err(Violation::NoSuchCell(cell))
        }
        Operation::Arithmetic(Arithmetic::Divide, Operand::Constant(0)) => {
            Err(Violation::DivisionByZero)
        }
        Operation::Arithmetic(
            Arithmetic::ShiftLeft | Arithmetic::ShiftRight,
            Operand::Constant(by @ 32..),
        ) => Err(Violation::Shift(by)),
        Operation::Jump(skip) if skip as usize >= after => Err(Violation::JumpOutOfRange),
        Operation::Branch { if_true, if_false, .. }
            if if_true as usize >= after || if_false as usize >= after =>
        {
            Err(Violation::JumpOutOfRange)
        }
        _ => Ok(()),
    }
}

/// Whether every read of memory follows a write, judged as the kernel judges it: in one pass, with
/// one bit for each cell. Two of its habits are kept. An instruction after a return inherits what
/// was written before the return, although nothing gets there that way; so a program may be refused
/// though each of its paths writes before it reads. And an instruction after a jump that nothing
/// jumps to may read everything.
///
/// Expects that every jump is in range and every cell exists.
const fn check_memory(program: &[SockFilter]) -> Result<(), LoadError> {
    const ALL: u16 = u16::MAX;
    let mut written_at = [ALL; MAX_INSTRUCTIONS];
    let mut written: u16 = 0;
    let mut index = 0;
    while index < program.len() {
        written &= written_at[index];
        let next = index + 1;
        match program[index].operation() {
            Some(Operation::Store(_, cell)) => written |= 1 << cell,
            Some(Operation::LoadMemory(_, cell)) if written & (1 << cell) == 0 => {
                return Err(LoadError { index, violation: Violation::UnwrittenCell(cell) });
            }
            Some(Operation::Jump(skip)) => {
                written_at[next + skip as usize] &= written;
                written = ALL;
            }
            Some(Operation::Branch { if_true, if_false, .. }) => {
                written_at[next + if_true as usize] &= written;
                written_at[next + if_false as usize] &= written;
                written = ALL;
            }
            _ => {}
        }
        index = next;
    }
    Ok(())
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
