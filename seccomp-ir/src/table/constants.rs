//! Values of the constants that programs pass to calls.

use super::tsv::{Tsv, cell, is_listed};
use super::{column_abis, column_name};
use crate::abi::Abi;

static CONSTANTS: Tsv = Tsv::new(include_bytes!("../../data/constants.tsv"));

/// The value of a constant.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Constant {
    /// The value. A negative one is 64 bits in two's complement.
    pub value: u64,
    /// Whether it is negative.
    pub negative: bool,
}

/// What the tables know about the name of a constant on an ABI.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub enum ConstantLookup {
    /// Its value there.
    Value(Constant),
    /// The ABI does not have the name; these ABIs do. One of the ABIs that differ only in byte order is
    /// listed.
    NotOnThisAbi(Vec<Abi>),
    /// No ABI has the name.
    Unknown,
}

/// After the value of a name that is a command of `ioctl`.
const COMMAND: char = '!';

/// The value that a row has for the column, if it has one.
fn value_in(row: &'static str, column: &str) -> Option<Constant> {
    let mut cells = row.split('\t');
    let _name = cells.next();
    // The value on all ABIs that no later cell names.
    let mut digits = cells.next()?;
    digits = digits.strip_suffix(COMMAND).unwrap_or(digits);
    for cell in cells {
        if let Some((abis, value)) = cell.split_once('=') {
            if is_listed(abis, column) {
                digits = value;
            }
        }
    }
    let without_sign = digits.strip_prefix('-');
    let amount = without_sign.unwrap_or(digits).parse::<u64>().ok()?;
    let negative = without_sign.is_some();
    Some(Constant { value: if negative { amount.wrapping_neg() } else { amount }, negative })
}

/// The value of the constant of that name on `abi`.
///
/// Source: the user headers of Linux 6.12 and, for newer names, 7.3, evaluated for each ABI; where
/// C libraries disagree, it is the kernel's value, as the head of `data/constants.tsv` says.
#[must_use]
pub fn constant(abi: Abi, name: &str) -> ConstantLookup {
    let Some(row) = CONSTANTS.row_of(name) else { return ConstantLookup::Unknown };
    if let Some(value) = value_in(row, column_name(abi)) {
        return ConstantLookup::Value(value);
    }
    let mut others = Vec::new();
    for other in column_abis() {
        if value_in(row, other.name()).is_some() {
            others.push(other);
        }
    }
    ConstantLookup::NotOnThisAbi(others)
}

/// Whether a constant of that name is a command of `ioctl` on any ABI.
///
/// Source: the user headers of Linux 6.12 and 7.3: what their macros for commands make, and the older commands that are
/// plain numbers (`data/ioctls.py`).
#[must_use]
pub fn is_ioctl_command(name: &str) -> bool {
    CONSTANTS.row_of(name).is_some_and(|row| cell(row, 1).ends_with(COMMAND))
}

/// The constants that `abi` has and whose names begin with `beginning`, in alphabetical order.
#[must_use]
pub fn constants_beginning(abi: Abi, beginning: &str) -> Vec<(&'static str, Constant)> {
    let mut found = Vec::new();
    for row in CONSTANTS.rows_beginning(beginning) {
        if let Some(value) = value_in(row, column_name(abi)) {
            found.push((cell(row, 0), value));
        }
    }
    found
}

/// The name of every constant that any ABI has, in alphabetical order.
pub fn constants() -> impl Iterator<Item = &'static str> {
    CONSTANTS.rows().map(|row| cell(row, 0))
}
