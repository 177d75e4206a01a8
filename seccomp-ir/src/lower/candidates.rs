//! Finds the tests of a word under masks that may be useful.
//!
//! First come the tests of the policy, then tests made from them: a field of bits as tests of bits,
//! which leave the word as it is; several such tests as one; two fields as one; a field at the top of
//! the word as a range. Other masks were tried too (every union, intersection and difference of masks
//! of the policy); none shortened filters by more than two percent.

use super::accumulator::TestRelation;

/// A test of a word: `word & mask == value`, `word & mask > value`, or whether it has any bit of `mask`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct MaskTest {
    pub(super) mask: u32,
    pub(super) relation: TestRelation,
    /// 0 for a test of bits.
    pub(super) value: u32,
}

impl MaskTest {
    /// Whether the test holds for `word`.
    pub(super) fn holds(self, word: u32) -> bool {
        let kept = word & self.mask;
        if self.relation == TestRelation::Equal { kept == self.value } else { kept > self.value }
    }
}

/// The most tests that are considered.
const MOST: usize = 64;

/// The most tests that are joined with each other.
const MOST_JOINED: usize = 12;

/// A field with more bits set than this is not tested bit by bit.
const MOST_BITS: u32 = 2;

/// The tests that are worth trying if the policy makes these.
pub(super) fn candidates(named: &[MaskTest]) -> Vec<MaskTest> {
    let mut tests = Vec::new();
    for &test in named {
        add(&mut tests, test);
    }
    let any_bit = |mask| MaskTest { mask, relation: TestRelation::AnyBit, value: 0 };
    let mut bits = Vec::new();
    for &MaskTest { mask, relation, value } in named {
        match relation {
            TestRelation::Equal => {
                add(&mut bits, any_bit(mask & !value));
                if mask != u32::MAX && value.count_ones() <= MOST_BITS {
                    let mut left = value;
                    while left != 0 {
                        add(&mut bits, any_bit(left & left.wrapping_neg()));
                        left &= left - 1;
                    }
                }
            }
            // A value greater than all ones has a bit above them.
            _ if value & value.wrapping_add(1) == 0 => add(&mut bits, any_bit(mask & !value)),
            _ => {}
        }
    }
    for &test in &bits {
        add(&mut tests, test);
    }
    bits.truncate(MOST_JOINED);
    for one in 0..named.len().min(MOST_JOINED) {
        for other in 0..one {
            let (one, other) = (named[one], named[other]);
            for &both in &[joined(one, other), folded(one, other)] {
                let Some(both) = both else { continue };
                add(&mut tests, both);
                add(&mut tests, any_bit(both.mask & !both.value));
                add(&mut tests, any_bit(!both.mask));
            }
        }
    }
    for one in 0..bits.len() {
        for other in 0..one {
            add(&mut tests, any_bit(bits[one].mask | bits[other].mask));
        }
    }
    for &test in named {
        if let Some((first, last)) = range(test) {
            let greater =
                |value| MaskTest { mask: u32::MAX, relation: TestRelation::Greater, value };
            if first > 0 {
                add(&mut tests, greater(first - 1));
            }
            if last < u32::MAX {
                add(&mut tests, greater(last));
            }
        }
    }
    tests
}

/// Adds a test, unless it is known, always fails, or exceeds the limit.
fn add(tests: &mut Vec<MaskTest>, test: MaskTest) {
    let never = match test.relation {
        TestRelation::Equal => test.value & !test.mask != 0,
        _ => test.mask <= test.value,
    };
    if !never && tests.len() < MOST && !tests.contains(&test) {
        tests.push(test);
    }
}

/// Two fields as one, if both can have the demanded values at once.
fn joined(one: MaskTest, other: MaskTest) -> Option<MaskTest> {
    let differing = (one.value ^ other.value) & one.mask & other.mask;
    let both_equal = one.relation == TestRelation::Equal && other.relation == TestRelation::Equal;
    let mask = one.mask | other.mask;
    if !both_equal || differing != 0 || mask == one.mask || mask == other.mask {
        return None;
    }
    Some(MaskTest { mask, relation: TestRelation::Equal, value: one.value | other.value })
}

/// One field with one of two values, if the values differ in one bit.
fn folded(one: MaskTest, other: MaskTest) -> Option<MaskTest> {
    let differing = one.value ^ other.value;
    let both_equal = one.relation == TestRelation::Equal && other.relation == TestRelation::Equal;
    if !both_equal || one.mask != other.mask || !differing.is_power_of_two() {
        return None;
    }
    let (mask, value) = (one.mask & !differing, one.value & !differing);
    Some(MaskTest { mask, relation: TestRelation::Equal, value })
}

/// A field at the top of the word as a range of the word.
fn range(test: MaskTest) -> Option<(u32, u32)> {
    let below = !test.mask;
    let is_top = below & below.wrapping_add(1) == 0;
    if test.relation != TestRelation::Equal || !is_top || below == 0 || test.mask == 0 {
        return None;
    }
    Some((test.value, test.value | below))
}

#[cfg(test)]
mod tests {
    use super::super::accumulator::TestRelation::{AnyBit, Equal, Greater};
    use super::{MaskTest, candidates};

    fn has(named: &[MaskTest], test: MaskTest) -> bool {
        candidates(named).contains(&test)
    }

    fn test(mask: u32, relation: super::TestRelation, value: u32) -> MaskTest {
        MaskTest { mask, relation, value }
    }

    #[test]
    fn a_field_can_be_tested_by_its_bits() {
        let field = [test(0xff, Equal, 0x11)];
        assert!(has(&field, field[0]));
        for mask in [0xee, 0x01, 0x10] {
            assert!(has(&field, test(mask, AnyBit, 0)), "{mask:#x}");
        }
    }

    #[test]
    fn two_fields_are_one_unless_they_contradict_each_other() {
        let fields = |value| [test(0xff00, Equal, 0x5400), test(0x0ff0, Equal, value)];
        assert!(has(&fields(0x410), test(0xfff0, Equal, 0x5410)));
        assert!(!candidates(&fields(0x310)).iter().any(|test| test.mask == 0xfff0));
    }

    #[test]
    fn two_values_that_differ_in_a_bit_are_one_field_without_it() {
        let values = [test(0xff, Equal, 0), test(0xff, Equal, 8)];
        assert!(has(&values, test(0xf7, AnyBit, 0)));
        assert!(has(&values, test(0xf7, Equal, 0)));
    }

    #[test]
    fn a_field_at_the_top_is_a_range() {
        let field = [test(0xffff_0000, Equal, 0x7fff_0000)];
        assert!(has(&field, test(u32::MAX, Greater, 0x7ffe_ffff)));
        assert!(has(&field, test(u32::MAX, Greater, 0x7fff_ffff)));
    }

    #[test]
    fn a_test_that_never_holds_is_not_a_candidate() {
        for never in [test(0xf, Equal, 0x10), test(0xf, Greater, 0xf)] {
            assert!(!has(&[never], never));
        }
    }
}
