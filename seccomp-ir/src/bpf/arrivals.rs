//! Finds the values of an input word for which the filter takes one side of a branch.
//!
//! Between the load of a word and the branches that test it, the path of a filter depends on this word
//! only. So the path is followed for one value. It also shows up to which value all values take the
//! same path. Then the next value is followed, until none is left.
//!
//! Like `facts`, this is for people only: in doubt, it finds nothing.

use super::facts::{FactTable, Facts, KnownWord};
use super::{Arithmetic, InstructionIndex, Names, Operand, Operation, SockFilter, Test};

/// The most runs of values that a label shows.
const MAX_RUNS: usize = 3;

/// The most paths that are followed, and the most steps of one path, before giving up.
const MAX_PATHS: usize = 512;

/// One side of a branch.
#[derive(Clone, Copy)]
pub(super) struct BranchSide {
    /// The branch.
    pub(super) branch: InstructionIndex,
    /// Whether its test holds.
    pub(super) holds: bool,
}

/// Values, as a few runs of neighbours, ascending.
#[derive(Clone, Copy)]
pub(super) struct Runs {
    runs: [(u32, u32); MAX_RUNS],
    len: usize,
}

impl Runs {
    /// The first and last value of each run.
    pub(super) fn as_slice(&self) -> &[(u32, u32)] {
        self.runs.get(..self.len).unwrap_or_default()
    }

    /// The number of values.
    pub(super) fn count(&self) -> u64 {
        self.as_slice().iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    /// Adds values above all others. `None` if that would be too many runs.
    fn push(&mut self, first: u32, last: u32) -> Option<()> {
        match self.runs[..self.len].last_mut() {
            Some((_, end)) if *end + 1 == first => *end = last,
            _ => {
                *self.runs.get_mut(self.len)? = (first, last);
                self.len += 1;
            }
        }
        Some(())
    }
}

/// The values of the compared word for which one side of a branch is taken. `None` if they form too
/// many runs, or are not certain.
pub(super) fn arrivals(
    filter: &[SockFilter],
    names: &dyn Names,
    table: FactTable<'_>,
    side: BranchSide,
) -> Option<Runs> {
    let facts = table.at(side.branch)?;
    let load = only_load(filter, table, side.branch, facts)?;
    let mut arriving = Runs { runs: [(0, 0); MAX_RUNS], len: 0 };
    let mut value = 0;
    for _ in 0..MAX_PATHS {
        let path = follow(filter, names, load, value, side)?;
        if path.arrives {
            arriving.push(value, path.last_alike)?;
        }
        match path.last_alike.checked_add(1) {
            Some(next) => value = next,
            None => return Some(arriving),
        }
    }
    None
}

/// The only instruction that can have loaded the word compared at `branch`.
///
/// Other loads of the same word serve other calls or other ABIs. If one of them may be on the path,
/// the word may have been tested before.
fn only_load(
    filter: &[SockFilter],
    table: FactTable<'_>,
    branch: InstructionIndex,
    facts: Facts,
) -> Option<InstructionIndex> {
    let KnownWord { offset, .. } = facts.a?;
    let mut only = None;
    for (index, instruction) in filter.get(..branch.0)?.iter().enumerate() {
        let index = InstructionIndex(index);
        if instruction.operation() == Some(Operation::LoadWord(offset.into()))
            && table.at(index).is_some_and(|before| before.may_lead_to(facts))
            && only.replace(index).is_some()
        {
            return None;
        }
    }
    only
}

struct FollowedPath {
    /// Whether the path takes that side of that branch.
    arrives: bool,
    /// Every value up to this one takes the same path.
    last_alike: u32,
}

/// Follows the path of a call for which `load` loads `value`.
fn follow(
    filter: &[SockFilter],
    names: &dyn Names,
    load: InstructionIndex,
    value: u32,
    side: BranchSide,
) -> Option<FollowedPath> {
    let mut last_alike = u32::MAX;
    let mut keep = u32::MAX;
    let mut index = load.next();
    while index <= side.branch {
        let is_known = names.operand(index).is_none();
        let skip = match filter.get(index.0)?.operation()? {
            Operation::Jump(skip) => skip,
            Operation::Arithmetic(Arithmetic::And, Operand::Constant(k)) if is_known => {
                keep &= k;
                0
            }
            Operation::Branch { test, operand: Operand::Constant(k), if_true, if_false }
                if is_known =>
            {
                let holds = test.holds(value & keep, k);
                last_alike = last_alike.min(match test {
                    // Neighbours may differ in any of the kept bits.
                    _ if keep != u32::MAX => value,
                    Test::AnyBit => value,
                    Test::Equal if value < k => k - 1,
                    Test::Equal if value == k => k,
                    Test::Greater if !holds => k,
                    Test::GreaterOrEqual if !holds => k - 1,
                    Test::Equal | Test::Greater | Test::GreaterOrEqual => u32::MAX,
                });
                if index == side.branch {
                    return Some(FollowedPath { arrives: holds == side.holds, last_alike });
                }
                u32::from(if holds { if_true } else { if_false })
            }
            // Another word is loaded or the filter ends, so this is another path.
            Operation::LoadWord(_) | Operation::ReturnConstant(_) | Operation::ReturnA => break,
            _ => return None,
        };
        index = index.after(skip);
    }
    Some(FollowedPath { arrives: false, last_alike })
}

#[cfg(test)]
#[path = "arrivals_tests.rs"]
mod tests;
