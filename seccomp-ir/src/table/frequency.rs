//! How often calls are made.

use std::sync::{LazyLock, OnceLock};

use super::numbers::number;
use super::text::Text;
use crate::abi::Abi;

static FREQUENCIES: LazyLock<Text> =
    LazyLock::new(|| Text::new(include_str!("../../data/call-frequency.tsv")));

/// How often the call with this `seccomp_data.nr` is made on `abi`, as far as a guess for all programs
/// goes: in hundredths of a call among about a hundred, at least 1. A prior for the layout of filters:
/// it decides nothing but their speed.
#[must_use]
pub fn frequency(abi: Abi, nr: u32) -> u32 {
    static INDEX: [OnceLock<Vec<(u32, u32)>>; Abi::COLUMNS] =
        [const { OnceLock::new() }; Abi::COLUMNS];
    let calls = INDEX[abi.column()].get_or_init(|| {
        let mut calls: Vec<(u32, u32)> = Vec::new();
        for (number, hundredths) in FREQUENCIES.rows().filter_map(|row| call(abi, row)) {
            let at = calls.partition_point(|call| call.0 < number);
            calls.insert(at, (number, hundredths));
        }
        calls
    });
    calls.binary_search_by_key(&nr, |call| call.0).map_or(1, |at| calls[at].1)
}

/// The number and the frequency of the call in a row, if it counts on `abi`.
fn call(abi: Abi, row: &str) -> Option<(u32, u32)> {
    let mut columns = row.split('\t');
    let (name, hundredths, stands_for) = (columns.next()?, columns.next()?, columns.next()?);
    if number(abi, stands_for).is_some() {
        return None;
    }
    Some((number(abi, name)?, hundredths.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{FREQUENCIES, frequency};
    use crate::abi::Abi;
    use crate::table::{is_known, number};

    #[test]
    fn every_row_is_of_a_call_and_counts_somewhere() {
        for row in FREQUENCIES.rows() {
            let columns: Vec<&str> = row.split('\t').collect();
            let [name, hundredths, stands_for] = columns[..] else { panic!("{row}") };
            assert!(stands_for == "-" || is_known(stands_for), "{row}");
            let want: u32 = hundredths.parse().unwrap();
            let counts = |&abi: &Abi| {
                number(abi, name).is_some_and(|nr| frequency(abi, nr) == want && want > 1)
            };
            assert!(Abi::ALL.iter().any(counts), "{row}");
        }
    }

    #[test]
    fn a_call_stands_for_another_only_where_that_is_missing() {
        let of = |abi, name| frequency(abi, number(abi, name).unwrap());
        assert_eq!(of(Abi::X86_64, "epoll_pwait"), 1);
        assert_eq!(of(Abi::Aarch64, "epoll_pwait"), of(Abi::X86_64, "epoll_wait"));
        assert_eq!(frequency(Abi::X86_64, u32::MAX), 1);
    }
}
