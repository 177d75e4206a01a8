//! The result of the compiler: instructions, and which of their operands are symbols.

use crate::abi::Half;
use crate::bpf::{InstructionIndex, Operation, SockFilter};
use crate::policy::Symbol;

/// A seccomp BPF filter whose operands may be symbols.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub struct Filter {
    /// The instructions. The `k` of one named in [`Self::relocations`] is 0 and must be replaced.
    pub instructions: Vec<SockFilter>,
    /// The operands that are symbols, by ascending index, at most one for each instruction.
    pub relocations: Vec<Relocation>,
}

/// An operand that is a symbol.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Relocation {
    /// The instruction with this `k`.
    pub index: InstructionIndex,
    /// How the `k` is made from the symbol.
    pub operand: SymbolOperand,
}

/// How a `k` is made from a symbol's value.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug, PartialOrd, Ord, Hash))]
pub enum SymbolOperand {
    /// A half of the value: its bits in `keep`, flipped where `flip` has bits:
    /// `(half & keep) ^ flip`.
    Word {
        /// The symbol.
        symbol: Symbol,
        /// Which half.
        half: Half,
        /// `u32::MAX`, or less for an argument narrower than a word.
        keep: u32,
        /// The sign bit for signed order, otherwise 0.
        flip: u32,
    },
    /// `SECCOMP_RET_ERRNO | (value & 0xffff)`.
    ReturnErrno(Symbol),
}

impl SymbolOperand {
    /// The operand for this `value` of the symbol.
    #[inline]
    #[must_use]
    pub const fn resolve(self, value: u64) -> u32 {
        match self {
            Self::Word { half, keep, flip, .. } => (half.of(value) & keep) ^ flip,
            Self::ReturnErrno(_) => crate::action::Action::Errno(value as u16).to_return_value(),
        }
    }

    /// The symbol of the operand.
    #[must_use]
    pub const fn symbol(self) -> Symbol {
        match self {
            Self::Word { symbol, .. } | Self::ReturnErrno(symbol) => symbol,
        }
    }
}

impl Filter {
    /// The number of instructions on its longest path, whether or not a call takes that path. Jumps lead
    /// forward and stay in the filter, as the kernel demands.
    #[must_use]
    pub fn longest_path(&self) -> usize {
        let filter = self.instructions.as_slice();
        let mut longest = vec![0_u32; filter.len()];
        for index in (0..filter.len()).rev() {
            let after = |skip: u32| {
                let target = InstructionIndex(index).after(skip);
                if target.0 < longest.len() { longest[target.0] } else { 0 }
            };
            longest[index] = 1 + match filter[index].operation() {
                Some(Operation::ReturnConstant(_) | Operation::ReturnA) => 0,
                Some(Operation::Jump(skip)) => after(skip),
                Some(Operation::Branch { if_true, if_false, .. }) => {
                    after(if_true.into()).max(after(if_false.into()))
                }
                _ => after(0),
            };
        }
        if longest.is_empty() { 0 } else { longest[0] as usize }
    }

    /// The instructions with the value that `value_of` gives each symbol.
    #[inline]
    #[must_use]
    pub fn resolve(&self, value_of: &dyn Fn(Symbol) -> u64) -> Vec<SockFilter> {
        let mut instructions = self.instructions.clone();
        for relocation in &self.relocations {
            let value = value_of(relocation.operand.symbol());
            instructions[relocation.index.0].k = relocation.operand.resolve(value);
        }
        instructions
    }
}
