//! Call numbers and names.

use std::sync::{LazyLock, OnceLock};

use super::column_abis;
use super::text::Text;
use crate::abi::Abi;

static NUMBERS: LazyLock<Text> =
    LazyLock::new(|| Text::new(include_str!("../../data/numbers.tsv")));

/// Arm's private calls are numbered from here (`__ARM_NR_BASE`,
/// `arch/arm/include/uapi/asm/unistd.h`, Linux 6.12).
const ARM_PRIVATE: u32 = 0x000f_0000;

/// Where the numbers of x32's own calls begin and end; ordinary ones never grow into them
/// (`arch/x86/entry/syscalls/syscall_64.tbl`, Linux 6.12).
const X32_OWN: std::ops::RangeInclusive<u32> = 512..=547;

/// What the ABI's numbers in the table are counted from.
fn base(abi: Abi) -> u32 {
    match abi {
        Abi::X32 => Abi::X32_BIT,
        Abi::Mips | Abi::Mipsel => 4000,
        Abi::Mips64 | Abi::Mipsel64 => 5000,
        Abi::Mips64N32 | Abi::Mipsel64N32 => 6000,
        _ => 0,
    }
}

/// The number of a row on the ABI, as it stands in `seccomp_data.nr`.
fn number_in(row: &str, abi: Abi) -> Option<u32> {
    let cell = row.split('\t').nth(1 + abi.column())?;
    cell.parse::<u32>().ok().map(|number| base(abi) + number)
}

fn name_in(row: &'static str) -> &'static str {
    row.split_once('\t').map_or(row, |(name, _)| name)
}

/// The number of the call of that name on `abi`, as it stands in `seccomp_data.nr`: on x32 with bit
/// 30, on MIPS with the ABI's base. `None` if the ABI has no such call.
///
/// Source: the call tables of Linux 7.2, and for s390 of 6.12.
#[must_use]
pub fn number(abi: Abi, name: &str) -> Option<u32> {
    NUMBERS.rows_of(name).find_map(|row| number_in(row, abi))
}

/// The calls of one ABI, ascending by number.
fn index(abi: Abi) -> &'static [(u32, &'static str)] {
    static INDEX: [OnceLock<Vec<(u32, &'static str)>>; Abi::COLUMNS] =
        [const { OnceLock::new() }; Abi::COLUMNS];
    INDEX[abi.column()].get_or_init(|| {
        let mut calls: Vec<(u32, &str)> = Vec::new();
        for row in NUMBERS.rows() {
            if let Some(number) = number_in(row, abi) {
                let at = calls.partition_point(|call| call.0 < number);
                calls.insert(at, (number, name_in(row)));
            }
        }
        calls
    })
}

/// The name of the call that has this `seccomp_data.nr` on `abi`, if the tables know it.
#[must_use]
pub fn name(abi: Abi, nr: u32) -> Option<&'static str> {
    let calls = index(abi);
    calls.binary_search_by_key(&nr, |call| call.0).ok().map(|at| calls[at].1)
}

/// Every call of `abi`: its number as in `seccomp_data.nr`, ascending, and its name.
pub fn calls(abi: Abi) -> impl Iterator<Item = (u32, &'static str)> {
    index(abi).iter().copied()
}

/// The name of every call that any ABI has, in alphabetical order.
pub fn names() -> impl Iterator<Item = &'static str> {
    NUMBERS.rows().map(name_in)
}

/// The ABIs that have a call of that name; of those that differ only in byte order one.
pub fn abis_with(name: &str) -> impl Iterator<Item = Abi> {
    let row = NUMBERS.rows_of(name).next();
    column_abis().filter(move |abi| row.is_some_and(|row| number_in(row, *abi).is_some()))
}

/// Whether any ABI has a call of that name.
#[must_use]
pub fn is_known(name: &str) -> bool {
    NUMBERS.rows_of(name).next().is_some()
}

/// One above the highest ordinary number of `abi` in the tables, as in `seccomp_data.nr`. New calls
/// are numbered from here. Not ordinary are Arm's private calls and x32's own 512 to 547.
#[must_use]
pub fn first_unknown(abi: Abi) -> u32 {
    let ordinary = |number: u32| match abi {
        Abi::Arm => number < ARM_PRIVATE,
        Abi::X32 => !X32_OWN.contains(&(number - Abi::X32_BIT)),
        _ => true,
    };
    let highest = index(abi).iter().rev().map(|call| call.0).find(|number| ordinary(*number));
    highest.map_or(0, |number| number + 1)
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
