//! C types of arguments: what the kernel reads of a register.

use super::text::{Text, cell};
use crate::abi::Abi;

static TYPES: Text = Text::new(include_bytes!("../../data/types.tsv"));

/// What the kernel reads of an argument's register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Type {
    /// The low bits of the register that it reads: 8, 16, 32 or 64.
    pub bits: u32,
    /// Whether it reads them as a signed number.
    pub signed: bool,
    /// Whether it reads them as an address.
    pub pointer: bool,
    /// The type as the kernel spells it.
    pub spelling: &'static str,
}

impl Type {
    /// What an argument is that nothing is known of.
    pub(super) fn whole_register(abi: Abi) -> Self {
        let bits = abi.register_bits();
        let spelling = if bits == 64 { "u64" } else { "u32" };
        Self { bits, signed: false, pointer: false, spelling }
    }

    /// Half of a 64-bit argument that takes two registers of 32 bits.
    pub(super) fn half(spelling: &'static str) -> Self {
        Self { bits: 32, signed: false, pointer: false, spelling }
    }

    /// The type of that spelling on the ABI; the whole register if the spelling is not in the
    /// table, which a test excludes.
    pub(super) fn spelled(abi: Abi, spelling: &'static str) -> Self {
        let register = Self::whole_register(abi);
        let of = |bits, signed, pointer| Self { bits, signed, pointer, spelling };
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
