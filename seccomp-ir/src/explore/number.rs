//! Numbers of 32 bits, each bit a function of the filter's input.

use std::rc::Rc;

use crate::bpf::{Arithmetic, Test};
use crate::diagram::{Diagrams, Ref, TooLarge};

/// Bit 0 first.
type Bits = [Ref; 32];

/// What a register or a cell of memory holds.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Number {
    /// The same for every call.
    Known(u32),
    /// At least one bit is not constant.
    Bits(Rc<Bits>),
}

impl Number {
    /// The number with these bits, in the one form that equal numbers have.
    pub(super) fn of(bits: Bits) -> Self {
        let mut known = 0;
        for (place, bit) in bits.iter().enumerate() {
            match *bit {
                Ref::FALSE => {}
                Ref::TRUE => known |= 1 << place,
                _ => return Self::Bits(Rc::new(bits)),
            }
        }
        Self::Known(known)
    }

    /// Its bits.
    pub(super) fn bits(&self) -> Bits {
        match self {
            Self::Known(known) => std::array::from_fn(|bit| Ref::constant(known >> bit & 1 == 1)),
            Self::Bits(bits) => **bits,
        }
    }

    /// This number where `condition` holds, else `other`.
    pub(super) fn or_else(
        &self,
        condition: Ref,
        other: &Self,
        diagrams: &mut Diagrams,
    ) -> Result<Self, TooLarge> {
        if self == other {
            return Ok(self.clone());
        }
        let (one, other) = (self.bits(), other.bits());
        each(|bit| diagrams.choose(condition, one[bit], other[bit]))
    }

    /// The result of an instruction with this number in A and `operand` as the other one. A division by 0 has any result.
    pub(super) fn compute(
        &self,
        arithmetic: Arithmetic,
        operand: &Self,
        d: &mut Diagrams,
    ) -> Result<Self, TooLarge> {
        if let (&Self::Known(a), &Self::Known(b)) = (self, operand) {
            return Ok(Self::Known(compute(a, arithmetic, b)));
        }
        let (a, b) = (self.bits(), operand.bits());
        match arithmetic {
            Arithmetic::Add => Ok(Self::of(sum(&a, &b, Ref::FALSE, d)?)),
            Arithmetic::Subtract => Ok(Self::of(sum(&a, &flipped(&b, d)?, Ref::TRUE, d)?)),
            Arithmetic::Multiply => product(&a, &b, d),
            Arithmetic::Divide => match operand {
                Self::Known(power) if power.is_power_of_two() => {
                    Ok(Self::of(moved_down(&a, power.trailing_zeros() as usize)))
                }
                _ => quotient(&a, &b, d),
            },
            Arithmetic::Or => each(|bit| d.or(a[bit], b[bit])),
            Arithmetic::And => each(|bit| d.and(a[bit], b[bit])),
            Arithmetic::Xor => each(|bit| differ(a[bit], b[bit], d)),
            Arithmetic::ShiftLeft => shifted(a, &b, moved_up, d),
            Arithmetic::ShiftRight => shifted(a, &b, moved_down, d),
        }
    }

    /// 0 minus the number.
    pub(super) fn negated(&self, d: &mut Diagrams) -> Result<Self, TooLarge> {
        Self::Known(0).compute(Arithmetic::Subtract, self, d)
    }

    /// The condition that the test of this number against `operand` is true.
    pub(super) fn test(
        &self,
        test: Test,
        operand: &Self,
        d: &mut Diagrams,
    ) -> Result<Ref, TooLarge> {
        if let (&Self::Known(a), &Self::Known(b)) = (self, operand) {
            return Ok(Ref::constant(test.holds(a, b)));
        }
        let (a, b) = (self.bits(), operand.bits());
        // From the least significant bit, whose input mostly comes last in the order of diagrams.
        let mut so_far = Ref::constant(matches!(test, Test::Equal | Test::GreaterOrEqual));
        for bit in 0..32 {
            so_far = match test {
                Test::Equal => {
                    let unequal = differ(a[bit], b[bit], d)?;
                    d.choose(unequal, Ref::FALSE, so_far)?
                }
                // A 1 against a 0 is greater, a 0 against a 1 is less; otherwise the lower bits decide.
                Test::Greater | Test::GreaterOrEqual => {
                    let one = d.choose(b[bit], so_far, Ref::TRUE)?;
                    let zero = d.choose(b[bit], Ref::FALSE, so_far)?;
                    d.choose(a[bit], one, zero)?
                }
                Test::AnyBit => {
                    let both = d.and(a[bit], b[bit])?;
                    d.or(both, so_far)?
                }
            };
        }
        Ok(so_far)
    }
}

fn compute(a: u32, arithmetic: Arithmetic, b: u32) -> u32 {
    match arithmetic {
        Arithmetic::Add => a.wrapping_add(b),
        Arithmetic::Subtract => a.wrapping_sub(b),
        Arithmetic::Multiply => a.wrapping_mul(b),
        Arithmetic::Divide => a.checked_div(b).unwrap_or(0),
        Arithmetic::Or => a | b,
        Arithmetic::And => a & b,
        Arithmetic::Xor => a ^ b,
        Arithmetic::ShiftLeft => a.wrapping_shl(b),
        Arithmetic::ShiftRight => a.wrapping_shr(b),
    }
}

/// The number whose bits `bit` gives.
fn each(mut bit: impl FnMut(usize) -> Result<Ref, TooLarge>) -> Result<Number, TooLarge> {
    let mut bits = [Ref::FALSE; 32];
    for (place, result) in bits.iter_mut().enumerate() {
        *result = bit(place)?;
    }
    Ok(Number::of(bits))
}

/// The condition that exactly one of them holds.
fn differ(a: Ref, b: Ref, d: &mut Diagrams) -> Result<Ref, TooLarge> {
    let not_b = d.not(b)?;
    d.choose(a, not_b, b)
}

fn flipped(bits: &Bits, d: &mut Diagrams) -> Result<Bits, TooLarge> {
    let mut flipped = *bits;
    for bit in &mut flipped {
        *bit = d.not(*bit)?;
    }
    Ok(flipped)
}

/// `a + b + carry`
fn sum(a: &Bits, b: &Bits, mut carry: Ref, d: &mut Diagrams) -> Result<Bits, TooLarge> {
    let mut sum = [Ref::FALSE; 32];
    for bit in 0..32 {
        let one = differ(a[bit], b[bit], d)?;
        sum[bit] = differ(one, carry, d)?;
        carry = d.choose(one, carry, a[bit])?;
    }
    Ok(sum)
}

fn moved_up(bits: &Bits, places: usize) -> Bits {
    std::array::from_fn(|bit| bit.checked_sub(places).map_or(Ref::FALSE, |from| bits[from]))
}

fn moved_down(bits: &Bits, places: usize) -> Bits {
    std::array::from_fn(|bit| bits.get(bit + places).copied().unwrap_or(Ref::FALSE))
}

/// `a` moved by the low five bits of `by`, as the kernel's interpreter does.
fn shifted(
    mut a: Bits,
    by: &Bits,
    moved: fn(&Bits, usize) -> Bits,
    d: &mut Diagrams,
) -> Result<Number, TooLarge> {
    for (power, condition) in by.iter().enumerate().take(5) {
        let far = moved(&a, 1 << power);
        for bit in 0..32 {
            a[bit] = d.choose(*condition, far[bit], a[bit])?;
        }
    }
    Ok(Number::of(a))
}

fn product(a: &Bits, b: &Bits, d: &mut Diagrams) -> Result<Number, TooLarge> {
    // The number with fewer variable bits says which multiples of the other are added.
    let variable =
        |bits: &Bits| bits.iter().filter(|&&b| b != Ref::FALSE && b != Ref::TRUE).count();
    let (multiplied, by) = if variable(a) < variable(b) { (b, a) } else { (a, b) };
    let mut product = [Ref::FALSE; 32];
    for (place, condition) in by.iter().enumerate() {
        if *condition == Ref::FALSE {
            continue;
        }
        let mut added = moved_up(multiplied, place);
        for bit in &mut added {
            *bit = d.and(*condition, *bit)?;
        }
        product = sum(&product, &added, Ref::FALSE, d)?;
    }
    Ok(Number::of(product))
}

/// Long division, bit by bit.
fn quotient(a: &Bits, b: &Bits, d: &mut Diagrams) -> Result<Number, TooLarge> {
    let divisor = Number::of(*b);
    let minus = flipped(b, d)?;
    let (mut rest, mut quotient) = ([Ref::FALSE; 32], [Ref::FALSE; 32]);
    for bit in (0..32).rev() {
        let beyond = rest[31];
        rest = moved_up(&rest, 1);
        rest[0] = a[bit];
        let fits = Number::of(rest).test(Test::GreaterOrEqual, &divisor, d)?;
        let fits = d.or(beyond, fits)?;
        let less = sum(&rest, &minus, Ref::TRUE, d)?;
        for place in 0..32 {
            rest[place] = d.choose(fits, less[place], rest[place])?;
        }
        quotient[bit] = fits;
    }
    Ok(Number::of(quotient))
}
