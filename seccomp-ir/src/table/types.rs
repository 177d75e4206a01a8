//! C types of arguments: which bits of a register the kernel declares and uses.

use super::tsv::{Tsv, cell};
use crate::abi::Abi;

static TYPES: Tsv = Tsv::new(include_bytes!("../../data/types.tsv"));

/// The part of an argument's register that the kernel uses.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub struct Type {
    /// The low bits of the register that it uses: 8, 16, 32 or 64.
    pub bits: u32,
    /// Whether it uses them as a signed number.
    pub signed: bool,
    /// Whether it uses them as an address.
    pub pointer: bool,
    /// Whether it uses none of them. `bits` is then the declared width.
    pub ignored: bool,
    /// The low bits of the register that it declares, which may be more than it uses.
    pub declared_bits: u32,
    /// The type as the kernel spells it.
    pub spelling: &'static str,
}

impl Type {
    /// The type of an unknown argument.
    pub(super) fn whole_register(abi: Abi) -> Self {
        let bits = abi.register_bits();
        let spelling = if bits == 64 { "u64" } else { "u32" };
        Self::declared(spelling, bits, false, false)
    }

    /// Half of a 64-bit argument that takes two registers of 32 bits.
    pub(super) fn half(spelling: &'static str) -> Self {
        Self::declared(spelling, 32, false, false)
    }

    /// A type that the kernel uses as wide as it declares it.
    fn declared(spelling: &'static str, bits: u32, signed: bool, pointer: bool) -> Self {
        Self { bits, signed, pointer, ignored: false, declared_bits: bits, spelling }
    }

    /// The same declaration, used only as `kind` says: a kind as in
    /// `data/types.tsv`, or "none".
    pub(super) fn used_as(self, kind: &str) -> Self {
        let of = |bits: u32, signed, pointer| {
            let bits = bits.min(self.declared_bits);
            Self { bits, signed, pointer, ignored: false, ..self }
        };
        match kind {
            "none" => Self { ignored: true, ..self },
            "ptr" => of(self.declared_bits, false, true),
            "iword" => of(self.declared_bits, true, false),
            "uword" => of(self.declared_bits, false, false),
            "u16" => of(16, false, false),
            "i32" => of(32, true, false),
            "u32" => of(32, false, false),
            // A test excludes all others.
            _ => self,
        }
    }

    /// The type of that spelling on the ABI; the whole register if the spelling is not in the
    /// table, which a test excludes.
    pub(super) fn spelled(abi: Abi, spelling: &'static str) -> Self {
        let register = Self::whole_register(abi);
        let of = |bits, signed, pointer| Self::declared(spelling, bits, signed, pointer);
        if spelling.as_bytes().contains(&b'*') {
            return of(register.bits, false, true);
        }
        let plain = spelling.strip_prefix("const ").unwrap_or(spelling);
        let row = TYPES.row_of(plain).unwrap_or_default();
        match cell(row, 1) {
            "ptr" => of(register.bits, false, true),
            "iword" => of(register.bits, true, false),
            "u16" => of(16, false, false),
            "u32" => of(32, false, false),
            "i32" => of(32, true, false),
            "u64" => of(64, false, false),
            "i64" => of(64, true, false),
            _ => of(register.bits, false, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TYPES;

    #[test]
    fn every_kind_of_type_is_one_that_is_read() {
        for row in TYPES.rows() {
            let kind = row.split('\t').nth(1).unwrap_or_default();
            let read = ["ptr", "iword", "uword", "u16", "u32", "i32", "u64", "i64"];
            assert!(read.contains(&kind), "{row}");
        }
    }
}
