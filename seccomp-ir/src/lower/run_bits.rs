//! The bits of the values in a run: which bits occur, and whether a value under a mask does.

use super::search::ValueRun;

/// All bits that are set in some value of a run.
pub(super) fn bits_of(run: &ValueRun) -> u32 {
    run.last | run.first | below_top(run.first ^ run.last)
}

/// The highest bit of `bits` and all below it.
pub(super) fn below_top(bits: u32) -> u32 {
    if bits == 0 { 0 } else { u32::MAX >> bits.leading_zeros() }
}

/// Whether a run has a value that equals `value` under `mask`.
pub(super) fn has_bits(run: &ValueRun, mask: u32, value: u32) -> bool {
    match at_least(run.first, mask, value) {
        Some(least) => least <= run.last,
        None => false,
    }
}

/// The least value that is at least `least` and equals `value` under `mask`.
fn at_least(least: u32, mask: u32, value: u32) -> Option<u32> {
    let wrong = (least ^ value) & mask;
    if wrong == 0 {
        return Some(least);
    }
    let top = 1 << wrong.ilog2();
    // The highest wrong bit changes from 0 to 1, or otherwise the next higher bit that may change.
    let raised = if value & top != 0 {
        top
    } else {
        let may = !least & !mask & !below_top(top);
        may & may.wrapping_neg()
    };
    if raised == 0 {
        return None;
    }
    // Below it, only the demanded bits are set.
    Some((least & !below_top(raised)) | raised | (value & mask & (raised - 1)))
}

#[cfg(test)]
mod tests {
    use super::super::function_node::LeafId;
    use super::super::search::ValueRun;
    use super::{at_least, bits_of, has_bits};

    #[test]
    fn the_bits_of_a_run_are_those_of_its_values() {
        for first in 0..40 {
            for last in first..40 {
                let run = ValueRun { first, last, outcome: LeafId(0), weight: 1 };
                assert_eq!(bits_of(&run), (first..=last).fold(0, |bits, value| bits | value));
                for (mask, value) in [(1, 0), (6, 2), (0x38, 0x18), (0x21, 0x21)] {
                    let has = (first..=last).any(|found| found & mask == value);
                    assert_eq!(has_bits(&run, mask, value), has, "{first} {last} {mask} {value}");
                }
            }
        }
    }

    #[test]
    fn the_least_value_with_given_bits_is_found() {
        for least in 0..64 {
            for mask in 0..64 {
                for value in (0..64).filter(|value| value & !mask == 0) {
                    let want = (least..128).find(|candidate| candidate & mask == value);
                    assert_eq!(at_least(least, mask, value), want, "{least} {mask} {value}");
                }
            }
        }
        assert_eq!(at_least(1, u32::MAX, 0), None);
        assert_eq!(at_least(0xf000_0000, 0x8000_0000, 0), None);
    }
}
