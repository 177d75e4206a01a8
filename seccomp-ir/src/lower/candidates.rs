//! Which tests of a word under masks may be useful.
//!
//! First those that the policy makes, then what can be made of them: a field of bits as tests of bits,
//! which leave the word as it is; several such tests as one; two fields as one; a field at the top of
//! the word as a range. Of the masks that were tried beside these (every union, intersection and
//! difference of masks of the policy) none shortened filters by more than two in a hundred.

use super::accumulator::Relation;

/// A test of a word: `word & mask == value`, `word & mask > value`, or whether it has any bit of `mask`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct MaskTest {
    pub(super) mask: u32,
    pub(super) relation: Relation,
    /// 0 for a test of bits.
    pub(super) value: u32,
}

impl MaskTest {
    /// Whether it holds of `word`.
    pub(super) fn holds(self, word: u32) -> bool {
        let kept = word & self.mask;
        if self.relation == Relation::Equal { kept == self.value } else { kept > self.value }
    }
}

/// The most tests that are looked at.
const MOST: usize = 64;

/// The most tests that are joined with each other.
const MOST_JOINED: usize = 12;

/// A field with more bits set than this is not tested bit by bit.
const MOST_BITS: u32 = 2;

/// The tests that are worth trying where the policy makes these.
pub(super) fn candidates(named: &[MaskTest]) -> Vec<MaskTest> {
    let mut tests = Vec::new();
    for &test in named {
        add(&mut tests, test);
    }
    let any_bit = |mask| MaskTest { mask, relation: Relation::AnyBit, value: 0 };
    let mut bits = Vec::new();
    for &MaskTest { mask, relation, value } in named {
        match relation {
            Relation::Equal => {
                add(&mut bits, any_bit(mask & !value));
                if mask != u32::MAX && value.count_ones() <= MOST_BITS {
                    let mut left = value;
                    while left != 0 {
                        add(&mut bits, any_bit(left & left.wrapping_neg()));
                        left &= left - 1;
                    }
                }
            }
            // Greater than all ones is to have a bit above them.
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
            let greater = |value| MaskTest { mask: u32::MAX, relation: Relation::Greater, value };
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

/// Adds a test, unless it is there, or always fails, or is one too many.
fn add(tests: &mut Vec<MaskTest>, test: MaskTest) {
    let never = match test.relation {
        Relation::Equal => test.value & !test.mask != 0,
        _ => test.mask <= test.value,
    };
    if !never && tests.len() < MOST && !tests.contains(&test) {
        tests.push(test);
    }
}

/// Two fields as one, if both can be as demanded.
fn joined(one: MaskTest, other: MaskTest) -> Option<MaskTest> {
    let differing = (one.value ^ other.value) & one.mask & other.mask;
    let both_equal = one.relation == Relation::Equal && other.relation == Relation::Equal;
    let mask = one.mask | other.mask;
    if !both_equal || differing != 0 || mask == one.mask || mask == other.mask {
        return None;
    }
    Some(MaskTest { mask, relation: Relation::Equal, value: one.value | other.value })
}

/// One field with one of two values, if these differ in one bit.
fn folded(one: MaskTest, other: MaskTest) -> Option<MaskTest> {
    let differing = one.value ^ other.value;
    let both_equal = one.relation == Relation::Equal && other.relation == Relation::Equal;
    if !both_equal || one.mask != other.mask || !differing.is_power_of_two() {
        return None;
    }
    let (mask, value) = (one.mask & !differing, one.value & !differing);
    Some(MaskTest { mask, relation: Relation::Equal, value })
}

/// The range that a field at the top of the word is.
fn range(test: MaskTest) -> Option<(u32, u32)> {
    let below = !test.mask;
    let is_top = below & below.wrapping_add(1) == 0;
    if test.relation != Relation::Equal || !is_top || below == 0 || test.mask == 0 {
        return None;
    }
    Some((test.value, test.value | below))
}
