//! Turns comparisons with known values into sets of values.
//!
//! Every relation, signed or not, is one or two ranges of the masked argument as an unsigned number.

use super::map::{Keys, MapKey};
use crate::abi::ArgumentIndex;
use crate::policy::{Comparison, Operator, Value};
use crate::sort::sort;

/// Closed ranges of unsigned values, ends included.
pub(super) type Ranges = Vec<(u64, u64)>;

/// The subject of comparisons: argument, its width in bits, the bits that the mask keeps.
pub(super) type SetSubject = (ArgumentIndex, u32, u64);

impl MapKey for SetSubject {
    type Words = [u32; 4];

    fn words(&self) -> [u32; 4] {
        let (argument, bits, mask) = *self;
        [argument as u32, bits, (mask >> 32) as u32, mask as u32]
    }
}

impl MapKey for Ranges {
    type Words = Vec<u32>;

    fn words(&self) -> Vec<u32> {
        let mut words = Vec::with_capacity(4 * self.len());
        for &(first, last) in self {
            words.extend_from_slice(&first.words());
            words.extend_from_slice(&last.words());
        }
        words
    }
}

/// The comparison that holds where `comparison` does not.
pub(super) fn negation(comparison: &Comparison) -> Comparison {
    Comparison { operator: comparison.operator.negated(), ..*comparison }
}

/// The values of the masked argument for which a comparison holds. None if the comparison has a symbol.
pub(super) fn known_set(comparison: &Comparison) -> Option<(SetSubject, Ranges)> {
    let ones = comparison.width.ones();
    let Value::Known(value) = comparison.value else { return None };
    let value = value & ones;
    let mask = match comparison.mask {
        None => ones,
        Some(Value::Known(mask)) => mask & ones,
        Some(Value::Symbol(_)) => return None,
    };
    let sign = if comparison.signed { ones ^ (ones >> 1) } else { 0 };
    // Signed order is unsigned order of values whose sign bits are flipped.
    let bound = value ^ sign;
    let ordered = match comparison.operator {
        Operator::Equal => vec![(value, value)],
        Operator::NotEqual => {
            let mut ranges = Vec::new();
            if value > 0 {
                ranges.push((0, value - 1));
            }
            if value < ones {
                ranges.push((value + 1, ones));
            }
            ranges
        }
        Operator::Less => match bound.checked_sub(1) {
            None => Vec::new(),
            Some(last) => flipped(0, last, sign),
        },
        Operator::LessOrEqual => flipped(0, bound, sign),
        Operator::Greater if bound == ones => Vec::new(),
        Operator::Greater => flipped(bound + 1, ones, sign),
        Operator::GreaterOrEqual => flipped(bound, ones, sign),
    };
    Some(((comparison.argument, comparison.width.bits(), mask), ordered))
}

/// In unsigned order, the range of values whose sign bit was flipped: one range, or two.
fn flipped(first: u64, last: u64, sign: u64) -> Ranges {
    if first & sign == last & sign {
        vec![(first ^ sign, last ^ sign)]
    } else {
        vec![(0, last ^ sign), (first ^ sign, sign | (sign - 1))]
    }
}

/// The same values in as few ranges as possible, ascending.
pub(super) fn united(ranges: &mut Ranges) -> Ranges {
    sort(ranges);
    let mut united: Ranges = Vec::with_capacity(ranges.len());
    for &(first, last) in &*ranges {
        match united.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => united.push((first, last)),
        }
    }
    united
}

/// The values up to `most` that are in none of `ranges`, which are united.
pub(super) fn complement(ranges: &[(u64, u64)], most: u64) -> Ranges {
    let mut other = Ranges::new();
    let mut next = Some(0);
    for &(first, last) in ranges {
        match next {
            Some(next) if next < first && next <= most => other.push((next, most.min(first - 1))),
            _ => {}
        }
        next = last.checked_add(1);
    }
    match next {
        Some(next) if next <= most => other.push((next, most)),
        _ => {}
    }
    other
}

/// United ranges of 64 bits as pairs: ranges of high halves with ranges of low halves. Each set of low
/// halves occurs once.
pub(super) fn by_high_half(ranges: &[(u64, u64)]) -> Vec<(Ranges, Ranges)> {
    const LOW: u64 = u32::MAX as u64;
    // The high halves of ascending ranges ascend.
    let mut by_high: Vec<(Ranges, Ranges)> = Vec::new();
    for &(first, last) in ranges {
        let (first_high, last_high) = (first >> 32, last >> 32);
        let mut add = |high, low| match by_high.last_mut() {
            Some((last, lows)) if last[0] == high => lows.push(low),
            _ => by_high.push((vec![high], vec![low])),
        };
        if first_high == last_high {
            add((first_high, first_high), (first & LOW, last & LOW));
            continue;
        }
        add((first_high, first_high), (first & LOW, LOW));
        if first_high + 1 < last_high {
            add((first_high + 1, last_high - 1), (0, LOW));
        }
        add((last_high, last_high), (0, last & LOW));
    }
    let mut by_low: Vec<(Ranges, Ranges)> = Vec::new();
    let mut lows = Keys::EMPTY;
    for (high, low) in by_high {
        match by_low.get_mut(lows.number(&low) as usize) {
            Some((highs, _)) => highs.extend_from_slice(&high),
            None => by_low.push((high, low)),
        }
    }
    by_low
}

#[cfg(test)]
mod tests {
    use super::super::map::{EDGES, assert_keys_differ};
    use super::super::test_support;
    use super::{Ranges, SetSubject, by_high_half, complement, known_set, negation, united};
    use crate::abi::ArgumentIndex::{A0, A2, A5};
    use crate::policy::{Comparison, Operator, Value, Width};

    #[test]
    fn a_comparison_is_the_set_of_the_values_for_which_it_holds() {
        use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        for operator in [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual] {
            for (width, signed) in [(Width::W16, false), (Width::W32, true), (Width::W64, true)] {
                for value in EDGES.map(|edge| edge & width.ones()) {
                    let value_of = Value::Known(value);
                    let comparison = Comparison {
                        argument: A2,
                        width,
                        signed,
                        mask: None,
                        operator,
                        value: value_of,
                    };
                    let (Some((_, holds)), Some((_, fails))) =
                        (known_set(&comparison), known_set(&negation(&comparison)))
                    else {
                        panic!("no symbol")
                    };
                    let order = |value: u64| {
                        let unused = 64 - width.bits();
                        if signed {
                            i128::from(((value << unused) as i64) >> unused)
                        } else {
                            value.into()
                        }
                    };
                    for tried in EDGES.map(|edge| edge & width.ones()) {
                        let (left, right) = (order(tried), order(value));
                        let expected = match operator {
                            Equal => left == right,
                            NotEqual => left != right,
                            Less => left < right,
                            LessOrEqual => left <= right,
                            Greater => left > right,
                            GreaterOrEqual => left >= right,
                        };
                        let within = |ranges: &Ranges| {
                            ranges.iter().any(|&(first, last)| first <= tried && tried <= last)
                        };
                        assert_eq!(
                            (within(&holds), within(&fails)),
                            (expected, !expected),
                            "{tried}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn ranges_by_high_half_are_the_same_values() {
        let mut rng = test_support::rng(2);
        for _ in 0..200 {
            let bound = |rng: &mut fastrand::Rng| rng.u64(..4) << 32 | rng.u64(..4);
            let mut ranges: Ranges = (0..rng.usize(1..5))
                .map(|_| (bound(&mut rng), bound(&mut rng)))
                .map(|(a, b)| (a.min(b), a.max(b)))
                .collect();
            let written = ranges.clone();
            let ranges = united(&mut ranges);
            assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0), "{ranges:?}");
            let halves = by_high_half(&ranges);
            for value in (0..5).flat_map(|high| (0..5).map(move |low| high << 32 | low)) {
                let within = |ranges: &[(u64, u64)], value: u64| {
                    ranges.iter().any(|&(first, last)| first <= value && value <= last)
                };
                let found = halves.iter().any(|(high, low)| {
                    within(high, value >> 32) && within(low, value & 0xffff_ffff)
                });
                assert_eq!(found, within(&written, value), "{written:?} {value:#x}");
            }
        }
    }

    #[test]
    fn subjects_and_ranges_do_not_collide_as_keys() {
        let mut subjects = Vec::new();
        let mut ranges: Vec<Ranges> = vec![Vec::new()];
        for edge in EDGES {
            for bits in [16, 32, 64] {
                subjects.extend([A0, A5].map(|argument| (argument, bits, edge)));
            }
            for other in EDGES {
                ranges.push(vec![(edge, other)]);
                ranges.extend(EDGES.map(|last| vec![(edge, other), (0, last)]));
            }
        }
        assert_keys_differ::<SetSubject>(&subjects, |a, b| a == b);
        assert_keys_differ::<Ranges>(&ranges, |a, b| a == b);
    }

    #[test]
    fn a_complement_has_what_is_left_out() {
        let check = |ranges: &[(u64, u64)], other: &[(u64, u64)]| {
            assert_eq!(complement(ranges, 9), other, "{ranges:?}");
        };
        check(&[], &[(0, 9)]);
        check(&[(0, 9)], &[]);
        check(&[(0, 3), (5, 9)], &[(4, 4)]);
        check(&[(2, 3), (7, 8)], &[(0, 1), (4, 6), (9, 9)]);
        check(&[(2, u64::MAX)], &[(0, 1)]);
        check(&[(20, 30)], &[(0, 9)]);
    }
}
