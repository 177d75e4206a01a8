//! Call numbers and names.

use super::by_number::{ByNumber, NumberedCall};
use super::column_abis;
use super::tsv::{Tsv, cell};
use crate::abi::Abi;

static NUMBERS: Tsv = Tsv::new(include_bytes!("../../data/numbers.tsv"));

/// The names of an ABI's calls.
static NAMES: ByNumber = ByNumber::new(&NUMBERS, entry);

/// The number in a row for the ABI, as in `seccomp_data.nr`.
fn number_in(row: &'static str, abi: Abi) -> Option<u32> {
    match cell(row, 1 + abi.column()).parse::<u32>() {
        Ok(number) => Some(abi.base() + number),
        Err(_) => None,
    }
}

fn entry(row: &'static str, abi: Abi) -> Option<NumberedCall> {
    Some((number_in(row, abi)?, cell(row, 0)))
}

/// The number of the call of that name on `abi`, as in `seccomp_data.nr`: on x32 with bit
/// 30, on MIPS with the ABI's base. `None` if the ABI has no such call.
///
/// Source: the call tables of Linux 7.3, and for s390 of 6.12.
#[must_use]
pub fn number(abi: Abi, name: &str) -> Option<u32> {
    number_in(NUMBERS.row_of(name)?, abi)
}

/// The name of the call that has this `seccomp_data.nr` on `abi`, if the tables know it.
#[must_use]
pub fn name(abi: Abi, nr: u32) -> Option<&'static str> {
    NAMES.get(abi, nr)
}

/// Every call of `abi`: its number as in `seccomp_data.nr`, ascending, and its name.
pub fn calls(abi: Abi) -> impl Iterator<Item = (u32, &'static str)> {
    NAMES.entries(abi).iter().copied()
}

/// The name of every call that any ABI has, in alphabetical order.
pub fn names() -> impl Iterator<Item = &'static str> {
    NUMBERS.rows().map(|row| cell(row, 0))
}

/// The ABIs that have a call of that name; one of the ABIs that differ only in byte order.
pub fn abis_with(name: &str) -> impl Iterator<Item = Abi> {
    let row = NUMBERS.row_of(name);
    column_abis().filter(move |abi| row.is_some_and(|row| number_in(row, *abi).is_some()))
}

/// Whether any ABI has a call of that name.
#[must_use]
pub fn is_known(name: &str) -> bool {
    NUMBERS.row_of(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::{NUMBERS, column_abis};
    use crate::abi::Abi;

    #[test]
    fn the_columns_are_those_of_the_abis() {
        let names = NUMBERS.comment().lines().last().unwrap_or_default();
        let names = names.split('\t').skip(1).collect::<Vec<_>>();
        assert_eq!(names, column_abis().map(Abi::name).collect::<Vec<_>>());
        assert_eq!(names.len(), Abi::COLUMNS);
    }
}
