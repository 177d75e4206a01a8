//! Values of the names that programs give to calls.

use std::sync::LazyLock;

use super::text::Text;
use super::{column_abis, column_name};
use crate::abi::Abi;

static CONSTANTS: LazyLock<Text> =
    LazyLock::new(|| Text::new(include_str!("../../data/constants.tsv")));

/// The value of a constant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Constant {
    /// The value; a negative one as 64 bits in two's complement.
    pub value: u64,
    /// Whether it is negative.
    pub negative: bool,
}

/// What is known of a constant's name on an ABI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConstantLookup {
    /// Its value there.
    Value(Constant),
    /// The ABI does not have the name; these do. Of ABIs that differ only in byte order one is
    /// listed.
    NotOnThisAbi(Vec<Abi>),
    /// No ABI has the name.
    Unknown,
}

/// The value that a row has for the column, if it has one.
fn value_in(row: &str, column: &str) -> Option<Constant> {
    let mut cells = row.split('\t');
    let _name = cells.next();
    // What all ABIs have that no later cell speaks for.
    let mut digits = cells.next()?;
    for cell in cells {
        if let Some((abis, value)) = cell.split_once('=') {
            if abis.split(',').any(|abi| abi == column) {
                digits = value;
            }
        }
    }
    let negative = digits.starts_with('-');
    let amount = digits.trim_start_matches('-').parse::<u64>().ok()?;
    Some(Constant { value: if negative { amount.wrapping_neg() } else { amount }, negative })
}

/// The value of the constant of that name on `abi`.
///
/// Source: the user headers of Linux 6.12 and, for newer names, 7.2, evaluated for each ABI; where
/// C libraries disagree the kernel's value stands, as told at the head of `data/constants.tsv`.
#[must_use]
pub fn constant(abi: Abi, name: &str) -> ConstantLookup {
    let Some(row) = CONSTANTS.rows_of(name).next() else { return ConstantLookup::Unknown };
    if let Some(value) = value_in(row, column_name(abi)) {
        return ConstantLookup::Value(value);
    }
    let has = |abi: &Abi| value_in(row, abi.name()).is_some();
    ConstantLookup::NotOnThisAbi(column_abis().filter(has).collect())
}

/// The name of every constant that any ABI has, in alphabetical order.
pub fn constants() -> impl Iterator<Item = &'static str> {
    CONSTANTS.rows().map(|row| row.split_once('\t').map_or(row, |(name, _)| name))
}
