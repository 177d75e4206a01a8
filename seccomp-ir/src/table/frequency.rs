//! How often calls are made.

use super::by_number::{ByNumber, NumberedCall};
use super::numbers::number;
use super::tsv::{Tsv, cell};
use crate::abi::Abi;

static FREQUENCIES: Tsv = Tsv::new(include_bytes!("../../data/call-frequency.tsv"));

/// The frequencies of an ABI's calls, as the table has them.
static BY_NUMBER: ByNumber = ByNumber::new(&FREQUENCIES, entry);

/// How often programs make the call with this `seccomp_data.nr` on `abi`: an estimate for all programs, in
/// hundredths of a call among about a hundred calls, at least 1. It is a prior for the layout of filters and
/// affects only their speed.
#[must_use]
pub fn frequency(abi: Abi, nr: u32) -> u32 {
    let hundredths = BY_NUMBER.get(abi, nr).unwrap_or_default();
    hundredths.parse().unwrap_or(1)
}

/// The number and the frequency of the call in a row, if `abi` has the call.
fn entry(row: &'static str, abi: Abi) -> Option<NumberedCall> {
    let (name, hundredths, stands_for) = (cell(row, 0), cell(row, 1), cell(row, 2));
    if number(abi, stands_for).is_some() {
        return None;
    }
    Some((number(abi, name)?, hundredths))
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
