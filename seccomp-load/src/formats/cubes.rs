//! Sets of argument values as unions of cubes: a cube fixes some bits of the registers and leaves the others open.
//!
//! Every condition is a union of cubes, and a cube is a list of comparisons of the form `argument & mask == value`. So
//! a format that has only such comparisons can say every condition, if it may have enough rules.

use seccomp_ir::abi::ArgumentIndex;
use seccomp_ir::policy::{Comparison, Condition};

use super::condition::known;

/// The number of arguments that a filter sees.
const ARGUMENTS: usize = ArgumentIndex::ALL.len();

/// The values whose registers have some fixed bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Cube {
    /// The fixed bits of each register.
    pub(super) mask: [u64; ARGUMENTS],
    /// Their values; all other bits are 0.
    pub(super) value: [u64; ARGUMENTS],
}

/// A condition needs more cubes than the caller allows.
#[derive(Debug)]
pub(super) struct TooMany;

/// The most cubes of one condition while a result is computed.
const MOST: usize = 4096;

impl Cube {
    /// All values.
    pub(super) const ALL: Self = Self { mask: [0; ARGUMENTS], value: [0; ARGUMENTS] };

    /// The values in both, if there are any.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        let mut both = *self;
        for index in 0..ARGUMENTS {
            let common = self.mask[index] & other.mask[index];
            if (self.value[index] ^ other.value[index]) & common != 0 {
                return None;
            }
            both.mask[index] |= other.mask[index];
            both.value[index] |= other.value[index];
        }
        Some(both)
    }

    /// Whether this cube contains all values of the other one.
    fn covers(&self, other: &Self) -> bool {
        (0..ARGUMENTS).all(|index| {
            self.mask[index] & !other.mask[index] == 0
                && (self.value[index] ^ other.value[index]) & self.mask[index] == 0
        })
    }

    /// Adds the values of this cube that are not in the other one, as cubes without common values.
    fn without(&self, other: &Self, out: &mut Vec<Self>) {
        if self.and(other).is_none() {
            out.push(*self);
            return;
        }
        let mut rest = *self;
        for index in 0..ARGUMENTS {
            let mut bits = other.mask[index] & !self.mask[index];
            while bits != 0 {
                // The highest bit first, so that comparisons of order give few cubes.
                let bit = 1 << (63 - bits.leading_zeros());
                bits &= !bit;
                let mut outside = rest;
                outside.mask[index] |= bit;
                outside.value[index] |= !other.value[index] & bit;
                out.push(outside);
                rest.mask[index] |= bit;
                rest.value[index] |= other.value[index] & bit;
            }
        }
    }
}

/// The values of `all` that are in no cube of `others`.
///
/// # Errors
///
/// There are too many.
pub(super) fn subtract(all: Vec<Cube>, others: &[Cube]) -> Result<Vec<Cube>, TooMany> {
    let mut left = all;
    for other in others {
        let mut next = Vec::new();
        for cube in &left {
            cube.without(other, &mut next);
            if next.len() > MOST {
                return Err(TooMany);
            }
        }
        left = next;
    }
    Ok(left)
}

/// The values that satisfy a condition. The condition has no symbols.
///
/// # Errors
///
/// There are too many cubes.
pub(super) fn cubes(condition: &Condition) -> Result<Vec<Cube>, TooMany> {
    let found = match condition {
        Condition::Always => vec![Cube::ALL],
        Condition::Compare(comparison) => compared(comparison),
        Condition::All(parts) => {
            let mut all = vec![Cube::ALL];
            for part in parts {
                let part = cubes(part)?;
                let mut next = Vec::new();
                for cube in &all {
                    for other in &part {
                        next.extend(cube.and(other));
                    }
                    if next.len() > MOST {
                        return Err(TooMany);
                    }
                }
                all = next;
            }
            all
        }
        Condition::Any(parts) => {
            let mut any = Vec::new();
            for part in parts {
                any.extend(cubes(part)?);
                if any.len() > MOST {
                    return Err(TooMany);
                }
            }
            any
        }
        Condition::Not(inner) => subtract(vec![Cube::ALL], &cubes(inner)?)?,
    };
    Ok(merged(found))
}

/// The values that satisfy a comparison.
fn compared(comparison: &Comparison) -> Vec<Cube> {
    let ones = comparison.width.ones();
    let mask = comparison.mask.map_or(ones, |mask| known(mask) & ones);
    let value = known(comparison.value) & ones;
    let (less, equal, greater) = comparison.operator.outcomes();
    let sign = comparison.sign();
    let mut found = Vec::new();
    let mut add = |fixed: u64, bits: u64| {
        let mut cube = Cube::ALL;
        cube.mask[comparison.argument as usize] = fixed;
        cube.value[comparison.argument as usize] = bits;
        found.push(cube);
    };
    // From the highest bit down: the left side agrees with the value so far, and this bit decides the order.
    let (mut fixed, mut agrees) = (0, true);
    for position in (0..comparison.width.bits()).rev() {
        let bit = 1u64 << position;
        let is_one = value & bit != 0;
        // With the sign bit set, a value is smaller.
        let (when_zero, when_one) = if sign & bit == 0 { (less, greater) } else { (greater, less) };
        if mask & bit == 0 {
            if is_one {
                // The left side has 0 here.
                if when_zero {
                    add(fixed, value & fixed);
                }
                agrees = false;
                break;
            }
            continue;
        }
        if is_one && when_zero {
            add(fixed | bit, value & fixed);
        }
        if !is_one && when_one {
            add(fixed | bit, value & fixed | bit);
        }
        fixed |= bit;
    }
    if agrees && equal {
        add(fixed, value & fixed);
    }
    found
}

/// The same values in fewer cubes: without cubes inside of others, and with two that differ in one fixed bit joined.
fn merged(mut cubes: Vec<Cube>) -> Vec<Cube> {
    // This takes quadratic time, so it is done only for few cubes.
    const FEW: usize = 600;
    cubes.sort_unstable();
    cubes.dedup();
    if cubes.len() > FEW {
        return cubes;
    }
    let mut again = true;
    while again {
        again = false;
        let mut kept: Vec<Cube> = Vec::new();
        'next: for mut cube in std::mem::take(&mut cubes) {
            let mut index = 0;
            while index < kept.len() {
                if kept[index].covers(&cube) {
                    continue 'next;
                }
                if let Some(joined) = joined(&kept[index], &cube) {
                    kept.remove(index);
                    cube = joined;
                    again = true;
                    index = 0;
                    continue;
                }
                index += 1;
            }
            kept.retain(|other| !cube.covers(other));
            kept.push(cube);
        }
        cubes = kept;
    }
    cubes.sort_unstable();
    cubes
}

/// Two cubes that differ in the value of one fixed bit, as one cube in which it is open.
fn joined(one: &Cube, other: &Cube) -> Option<Cube> {
    if one.mask != other.mask {
        return None;
    }
    let mut differs = None;
    for index in 0..ARGUMENTS {
        match (one.value[index] ^ other.value[index]).count_ones() {
            0 => {}
            1 if differs.is_none() => differs = Some(index),
            _ => return None,
        }
    }
    let index = differs?;
    let bit = one.value[index] ^ other.value[index];
    let mut joined = *one;
    joined.mask[index] &= !bit;
    joined.value[index] &= !bit;
    Some(joined)
}

#[cfg(test)]
mod tests {
    use seccomp_ir::policy::{Comparison, Condition, Operator, Value, Width};

    use super::*;

    /// Whether the values are in one of the cubes.
    fn holds(cubes: &[Cube], value: u64) -> bool {
        cubes.iter().any(|cube| value & cube.mask[0] == cube.value[0])
    }

    #[test]
    fn the_cubes_of_a_comparison_have_exactly_its_values() {
        for operator in Operator::ALL {
            for signed in [false, true] {
                for mask in [None, Some(0x0f), Some(0xa5), Some(0x80), Some(0)] {
                    for value in 0..=255u64 {
                        let comparison = Comparison {
                            argument: ArgumentIndex::A0,
                            width: Width::W8,
                            signed,
                            mask: mask.map(Value::Known),
                            operator,
                            value: Value::Known(value),
                        };
                        let found = cubes(&Condition::Compare(comparison)).unwrap();
                        let none = cubes(&Condition::Not(Box::new(Condition::Compare(comparison))));
                        let none = none.unwrap();
                        for left in 0..=255u64 {
                            let masked = left & mask.unwrap_or(0xff);
                            let order = if signed {
                                (masked as u8 as i8).cmp(&(value as u8 as i8))
                            } else {
                                masked.cmp(&value)
                            };
                            let (less, equal, greater) = operator.outcomes();
                            let expected = match order {
                                std::cmp::Ordering::Less => less,
                                std::cmp::Ordering::Equal => equal,
                                std::cmp::Ordering::Greater => greater,
                            };
                            let said = (holds(&found, left), holds(&none, left));
                            assert_eq!(said, (expected, !expected), "{comparison:?} {left}");
                        }
                    }
                }
            }
        }
    }
}
