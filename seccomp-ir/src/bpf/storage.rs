//! The two registers and the cells of memory, in one list: where a filter keeps a number from one instruction to the next.

use super::{MEMORY_CELLS, Register};

/// A register or a cell of memory, by its place in a list of all of them.
#[derive(Clone, Copy)]
pub(crate) struct StorageIndex(pub(crate) usize);

impl StorageIndex {
    /// The number of registers and cells.
    pub(crate) const COUNT: usize = Self::CELLS + MEMORY_CELLS as usize;

    /// The place of the first cell.
    const CELLS: usize = 2;

    /// The accumulator.
    pub(crate) const A: Self = Self(0);

    /// The index register.
    pub(crate) const X: Self = Self(1);

    /// A register.
    pub(crate) const fn of_register(register: Register) -> Self {
        match register {
            Register::A => Self::A,
            Register::X => Self::X,
        }
    }

    /// A cell of memory, which is below [`MEMORY_CELLS`] in a filter that the kernel loads. It is inside of the list in
    /// any case.
    pub(crate) const fn of_cell(cell: u32) -> Self {
        Self(Self::CELLS + (cell % MEMORY_CELLS) as usize)
    }

    /// Its bit in a set of registers and cells.
    pub(crate) const fn bit(self) -> u32 {
        1 << self.0
    }
}

const _: () = assert!(StorageIndex::COUNT <= u32::BITS as usize);
