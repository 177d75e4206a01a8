//! Sets of values of an argument as functions.

use super::bdd::{FunctionStore, TooComplex};
use super::condition_functions::{Conditions, argument_word};
use super::function_node::{Function, FunctionWord};
use super::intervals::{SetSubject, by_high_half, united};
use crate::abi::{ArgumentIndex, Half};

impl Conditions {
    /// The function that is 1 where the subject is in `ranges`.
    pub(super) fn set(
        &mut self,
        (argument, bits, mask): SetSubject,
        ranges: &[(u64, u64)],
    ) -> Result<Function, TooComplex> {
        for &half in &[Half::High, Half::Low] {
            let kept = half.of(mask);
            let all = if half == Half::High && bits < 64 { 0 } else { u32::MAX };
            if kept != all {
                let word = argument_word(argument, half);
                self.hints.note_mask(word, kept);
            }
        }
        let mut parts = Vec::new();
        for (high, low) in &mut by_high_half(ranges) {
            let low = self.half_set(argument, Half::Low, bits.min(32), mask, low)?;
            let high = match bits {
                64 => self.half_set(argument, Half::High, 32, mask, &united(high))?,
                _ => FunctionStore::TRUE,
            };
            parts.push(self.functions.and(low, high)?);
        }
        self.union(parts)
    }

    /// The function that is 1 where one half of the subject is in `ranges`.
    fn half_set(
        &mut self,
        argument: ArgumentIndex,
        half: Half,
        bits: u32,
        mask: u64,
        ranges: &[(u64, u64)],
    ) -> Result<Function, TooComplex> {
        let (word, mask) = (argument_word(argument, half), half.of(mask));
        self.hints.note_tests(word, mask, ranges);
        SetBuilder { functions: &mut self.functions, word, mask: mask.into() }
            .build(bits, 0, ranges)
    }
}

/// Turns ranges of half a masked argument into a function, bit by bit from the highest bit down.
struct SetBuilder<'a> {
    functions: &'a mut FunctionStore,
    word: FunctionWord,
    mask: u64,
}

impl SetBuilder<'_> {
    /// The function for the masked values that begin with `prefix` and have `left` more bits.
    fn build(
        &mut self,
        left: u32,
        prefix: u64,
        ranges: &[(u64, u64)],
    ) -> Result<Function, TooComplex> {
        let last = prefix | (self.mask & low_ones(left));
        let (mut begin, mut end) = (0, ranges.len());
        while begin < end && ranges[begin].1 < prefix {
            begin += 1;
        }
        while begin < end && last < ranges[end - 1].0 {
            end -= 1;
        }
        let ranges = &ranges[begin..end];
        match ranges {
            [] => return Ok(FunctionStore::FALSE),
            [(first, end)] if *first <= prefix && last <= *end => return Ok(FunctionStore::TRUE),
            _ => {}
        }
        // No single range contains both ends, so at least one bit is left.
        let bit = left - 1;
        if self.mask >> bit & 1 == 0 {
            return self.build(bit, prefix, ranges);
        }
        let low = self.build(bit, prefix, ranges)?;
        let high = self.build(bit, prefix | 1 << bit, ranges)?;
        self.functions.split(self.word.bit(bit), low, high)
    }
}

/// The lowest `bits` bits set.
pub(super) fn low_ones(bits: u32) -> u64 {
    if bits == 0 { 0 } else { u64::MAX >> (64 - bits) }
}

#[cfg(test)]
mod tests {
    use super::super::budgets::Budgets;
    use super::super::condition_functions::Size;
    use super::super::test_support;
    use super::*;
    use crate::abi::ArgumentIndex;

    #[test]
    fn the_function_of_a_set_is_1_for_its_values_and_0_for_the_others() {
        let mut rng = test_support::rng(8);
        for _ in 0..200 {
            let bits = if rng.bool() { 64 } else { 32 };
            let mask =
                low_ones(bits) & if rng.bool() { u64::MAX } else { rng.u64(..) & rng.u64(..) };
            // Few different values, so that halves repeat.
            let mut some = || (rng.u64(..3) << 32 | rng.u64(..40)) & mask;
            let mut ranges: Vec<(u64, u64)> = (0..4)
                .map(|_| {
                    let (a, b) = (some(), some());
                    (a.min(b), a.max(b))
                })
                .collect();
            let ranges = united(&mut ranges);
            let mut conditions = Conditions::new(Size::OfAll, Budgets::DEFAULT);
            let Ok(set) = conditions.set((ArgumentIndex::A2, bits, mask), &ranges) else {
                panic!("room")
            };
            for _ in 0..100 {
                let value = rng.u64(..4) << 32 | rng.u64(..48);
                let functions = &conditions.functions;
                let left =
                    functions.at(set, argument_word(ArgumentIndex::A2, Half::Low), value as u32);
                let left = functions.at(
                    left,
                    argument_word(ArgumentIndex::A2, Half::High),
                    (value >> 32) as u32,
                );
                let masked = value & mask;
                let is_in = ranges.iter().any(|(first, last)| (*first..=*last).contains(&masked));
                let expected = if is_in { FunctionStore::TRUE } else { FunctionStore::FALSE };
                assert!(left == expected, "{value:#x} & {mask:#x} in {ranges:x?} is {is_in}");
            }
        }
    }
}
