//! Which parts of a filter matter, found from its last instruction to its first: which registers are read later, and which
//! instructions do the same from there on. So the machine never works out a number that decides nothing.
//!
//! - An instruction whose result is never read does the same as the next one, and a jump does the same as its target.
//! - A branch whose two sides do the same is not a branch.
//! - Two instructions are alike if they are equal and go on to instructions that are alike.

use std::collections::HashMap;

use super::machine::{Live, leaf};
use crate::bpf::{Arithmetic, InstructionIndex, Operand, Operation, SockFilter, StorageIndex};

/// What each instruction of a filter amounts to.
pub(super) struct Alike {
    /// The last instruction from which the filter does the same.
    pub(super) same: Vec<InstructionIndex>,
    /// The registers that are read at or after the instruction before they are written.
    pub(super) live: Vec<Live>,
}

/// An instruction without its jumps, and the instructions that follow it.
type Behaviour = (u16, u32, [Option<InstructionIndex>; 2]);

impl Alike {
    pub(super) fn of(filter: &[SockFilter]) -> Self {
        let same = (0..filter.len()).map(InstructionIndex).collect();
        let mut alike = Self { same, live: vec![0; filter.len()] };
        let mut known: HashMap<Behaviour, InstructionIndex> = HashMap::new();
        for at in (0..filter.len()).rev().map(InstructionIndex) {
            let Some(operation) = filter[at.0].operation() else { continue };
            let instruction = filter[at.0];
            let next = alike.after(at, 0);
            let follow = match operation {
                Operation::ReturnConstant(_) | Operation::ReturnA => [None, None],
                Operation::Jump(skip) => [alike.after(at, skip), None],
                Operation::Branch { if_true, if_false, .. } => {
                    [alike.after(at, if_true.into()), alike.after(at, if_false.into())]
                }
                Operation::LoadWord(_)
                | Operation::LoadLength(_)
                | Operation::LoadConstant(..)
                | Operation::LoadMemory(..)
                | Operation::Store(..)
                | Operation::Arithmetic(..)
                | Operation::Negate
                | Operation::CopyAToX
                | Operation::CopyXToA => [next, None],
            };
            let goes_on = match operation {
                Operation::Jump(_) => true,
                Operation::Branch { .. } => follow[0] == follow[1],
                _ => alike.is_needless(operation, next),
            };
            if let (true, [Some(follow), _]) = (goes_on, follow) {
                alike.same[at.0] = follow;
                alike.live[at.0] = alike.live[follow.0];
                continue;
            }
            let k = match operation {
                Operation::ReturnConstant(k) => leaf(k).value,
                Operation::Branch { operand: Operand::X, .. }
                | Operation::Arithmetic(_, Operand::X) => 0,
                _ => instruction.k,
            };
            alike.live[at.0] = alike.read(operation, follow);
            alike.same[at.0] = *known.entry((instruction.code, k, follow)).or_insert(at);
        }
        alike
    }

    /// What the instruction `skip` places after the next one amounts to; `None` past the end of the filter.
    fn after(&self, at: InstructionIndex, skip: u32) -> Option<InstructionIndex> {
        self.same.get(at.after(skip).0).copied()
    }

    /// Whether nothing reads what the operation writes, and the operation cannot end the filter.
    fn is_needless(&self, operation: Operation, next: Option<InstructionIndex>) -> bool {
        let Some(next) = next else { return false };
        let is_dead = |place: StorageIndex| self.live[next.0] & place.bit() == 0;
        // A division by an X of 0 ends the filter.
        let may_end = matches!(operation, Operation::Arithmetic(Arithmetic::Divide, Operand::X));
        written(operation).is_some_and(is_dead) && !may_end
    }

    /// The registers that are read at or after an instruction.
    fn read(&self, operation: Operation, follow: [Option<InstructionIndex>; 2]) -> Live {
        let mut live = 0;
        for follow in follow.into_iter().flatten() {
            live |= self.live[follow.0];
        }
        if let Some(place) = written(operation) {
            // The result of a division may be needless while its operand is not.
            let is_read = live & place.bit() != 0;
            live &= !place.bit();
            if !is_read {
                return live | operand(operation);
            }
        }
        live | match operation {
            Operation::LoadMemory(_, cell) => StorageIndex::of_cell(cell).bit(),
            Operation::Store(from, _) => StorageIndex::of_register(from).bit(),
            Operation::Arithmetic(..) | Operation::Branch { .. } => {
                StorageIndex::A.bit() | operand(operation)
            }
            Operation::Negate | Operation::CopyAToX | Operation::ReturnA => StorageIndex::A.bit(),
            Operation::CopyXToA => StorageIndex::X.bit(),
            Operation::LoadWord(_)
            | Operation::LoadLength(_)
            | Operation::LoadConstant(..)
            | Operation::Jump(_)
            | Operation::ReturnConstant(_) => 0,
        }
    }
}

/// The register of the other operand.
fn operand(operation: Operation) -> Live {
    match operation {
        Operation::Arithmetic(_, Operand::X) | Operation::Branch { operand: Operand::X, .. } => {
            StorageIndex::X.bit()
        }
        _ => 0,
    }
}

/// The place that an operation writes.
pub(super) fn written(operation: Operation) -> Option<StorageIndex> {
    match operation {
        Operation::LoadWord(_)
        | Operation::Arithmetic(..)
        | Operation::Negate
        | Operation::CopyXToA => Some(StorageIndex::A),
        Operation::CopyAToX => Some(StorageIndex::X),
        Operation::LoadLength(to)
        | Operation::LoadConstant(to, _)
        | Operation::LoadMemory(to, _) => Some(StorageIndex::of_register(to)),
        Operation::Store(_, cell) => Some(StorageIndex::of_cell(cell)),
        Operation::Jump(_)
        | Operation::Branch { .. }
        | Operation::ReturnConstant(_)
        | Operation::ReturnA => None,
    }
}
