//! The names of a filter's numbers that only the policy's text knows.

use super::Compiled;
use crate::abi::Half;
use crate::filter::{Relocation, SymbolOperand};
use crate::names::{ArgumentConstant, TableNames};
use crate::policy::Symbol;

impl Compiled {
    /// The names of the filter's numbers, for [`bpf::disassemble`](crate::bpf::disassemble()) and
    /// [`bpf::dot`](crate::bpf::dot()).
    #[must_use]
    pub fn names(&self) -> TableNames {
        let operand = |relocation: &Relocation| {
            let text = match relocation.operand {
                SymbolOperand::Word { symbol, half: Half::Low, .. } => self.symbol_text(symbol),
                SymbolOperand::Word { symbol, half: Half::High, .. } => {
                    format!("{} >> 32", self.symbol_text(symbol))
                }
                SymbolOperand::ReturnErrno(symbol) => {
                    format!("errno({})", self.symbol_text(symbol))
                }
            };
            (relocation.index, text)
        };
        let constants = self.constants.iter().map(|constant| ArgumentConstant {
            abi: constant.abi,
            nr: constant.nr,
            argument: constant.argument,
            value: constant.value,
            name: constant.name.clone(),
        });
        TableNames {
            operands: self.filter.relocations.iter().map(operand).collect(),
            constants: constants.collect(),
        }
    }

    /// The text of each symbol, by number.
    #[must_use]
    pub fn symbol_texts(&self) -> Vec<String> {
        self.symbols.iter().map(|symbol| symbol.expression.to_string()).collect()
    }

    fn symbol_text(&self, symbol: Symbol) -> String {
        self.symbols[symbol.0 as usize].expression.to_string()
    }
}
