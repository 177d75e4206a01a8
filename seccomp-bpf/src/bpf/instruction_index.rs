//! Which instruction of a filter.

use core::fmt;

/// The index of an instruction in its filter. The target of a jump may have an index past the end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InstructionIndex(pub usize);

impl InstructionIndex {
    /// The index of the first instruction of every filter.
    pub const FIRST: Self = Self(0);

    /// The index of the instruction after this one.
    #[inline]
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The index of the instruction where a filter continues if it skips `skip` instructions after this one. If it is
    /// too great for a `usize`, it becomes the greatest, which no instruction has.
    #[inline]
    #[must_use]
    pub const fn after(self, skip: u32) -> Self {
        // On a target with 16-bit addresses the cast could truncate `skip`; Linux runs on none.
        Self(self.0.saturating_add(1).saturating_add(skip as usize))
    }
}

impl fmt::Display for InstructionIndex {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
