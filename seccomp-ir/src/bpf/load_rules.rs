//! The kernel's load rules, which a filter must keep to be accepted.
//!
//! Sources: `bpf_check_classic` and `check_load_and_stores` in `net/core/filter.c`,
//! `seccomp_check_filter` and `seccomp_prepare_filter` in `kernel/seccomp.c`, Linux 6.12. The
//! kernel returns `EINVAL` for every broken rule; the order here is that of the instructions.
//!
//! What is *not* here: rights (`no_new_privs`), and the limit on the total length of all filters of
//! a thread ([`MAX_CONVERTED_LEN`](super::MAX_CONVERTED_LEN)).

use core::fmt;

use super::{Arithmetic, InstructionIndex, Operand, Operation};
use super::{MAX_INSTRUCTIONS, MEMORY_CELLS, SockFilter, Violation};
use crate::abi::Call;

/// Why the kernel refuses a filter, and where.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct LoadError {
    /// The index of the instruction at fault; 0 if the filter is empty.
    pub index: InstructionIndex,
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

#[cfg(feature = "debug")]
impl core::error::Error for LoadError {}

/// Whether the kernel loads `filter` as a filter.
///
/// # Errors
///
/// The first instruction that breaks a rule; otherwise a last instruction that is not a return;
/// otherwise the first read of memory for which the kernel sees no earlier write.
pub const fn check(filter: &[SockFilter]) -> Result<(), LoadError> {
    let len = filter.len();
    if len == 0 {
        return Err(LoadError { index: InstructionIndex::FIRST, violation: Violation::Empty });
    }
    if len > MAX_INSTRUCTIONS {
        let violation = Violation::TooLong(len);
        return Err(LoadError { index: InstructionIndex(MAX_INSTRUCTIONS), violation });
    }
    let mut index = InstructionIndex::FIRST;
    while index.0 < len {
        if let Err(violation) = check_one(filter[index.0], len - index.0 - 1) {
            return Err(LoadError { index, violation });
        }
        index = index.next();
    }
    let last = InstructionIndex(len - 1);
    match filter[last.0].operation() {
        Some(Operation::ReturnConstant(_) | Operation::ReturnA) => {}
        _ => return Err(LoadError { index: last, violation: Violation::NoReturnAtEnd }),
    }
    check_memory(filter)
}

/// Checks one instruction that is followed by `after` others.
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

/// Whether every read of memory follows a write, as the kernel checks it: in one pass, with
/// one bit for each cell. Two effects of that are kept. An instruction after a return inherits the
/// cells written before the return, although no path leads there; so a filter may be refused
/// although each of its paths writes before it reads. And an instruction after a jump, if no jump
/// leads to it, may read every cell.
///
/// Expects that every jump is in range and every cell exists.
const fn check_memory(filter: &[SockFilter]) -> Result<(), LoadError> {
    const ALL: u16 = u16::MAX;
    let mut written_at = [ALL; MAX_INSTRUCTIONS];
    let mut written: u16 = 0;
    let mut index = InstructionIndex::FIRST;
    while index.0 < filter.len() {
        written &= written_at[index.0];
        match filter[index.0].operation() {
            Some(Operation::Store(_, cell)) => written |= 1 << cell,
            Some(Operation::LoadMemory(_, cell)) if written & (1 << cell) == 0 => {
                return Err(LoadError { index, violation: Violation::UnwrittenCell(cell) });
            }
            Some(Operation::Jump(skip)) => {
                written_at[index.after(skip).0] &= written;
                written = ALL;
            }
            Some(Operation::Branch { if_true, if_false, .. }) => {
                written_at[index.after(if_true as u32).0] &= written;
                written_at[index.after(if_false as u32).0] &= written;
                written = ALL;
            }
            _ => {}
        }
        index = index.next();
    }
    Ok(())
}

#[cfg(test)]
#[path = "load_rules_tests.rs"]
mod tests;
