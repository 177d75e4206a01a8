//! Numbers of 32 bits that depend on the call: each bit is a condition.

use std::collections::HashMap;

use crate::bpf::{Arithmetic, Test};
use crate::diagram::input::InputWord;
use crate::diagram::{Diagrams, Ref, TooLarge};

/// The number of bits.
pub(super) const BITS: usize = 32;

/// A number that depends on the call: the conditions under which its bits are set, the least significant first.
pub(super) type Vector = [Ref; BITS];

/// A number that is the same for every call.
pub(super) fn constant(value: u32) -> Vector {
    std::array::from_fn(|bit| Ref::constant(value >> bit & 1 == 1))
}

/// A word of the input.
pub(super) fn word(diagrams: &mut Diagrams, word: InputWord) -> Result<Vector, TooLarge> {
    let mut bits = constant(0);
    for (bit, condition) in bits.iter_mut().enumerate() {
        *condition = diagrams.ask(word.level(bit as u32), Ref::FALSE, Ref::TRUE)?;
    }
    Ok(bits)
}

/// `yes` where `condition` holds, else `no`.
pub(super) fn choose(
    diagrams: &mut Diagrams,
    condition: Ref,
    yes: &Vector,
    no: &Vector,
) -> Result<Vector, TooLarge> {
    zip(yes, no, |yes, no| diagrams.choose(condition, yes, no))
}

/// The vector with 0 where `condition` does not hold.
pub(super) fn only(
    diagrams: &mut Diagrams,
    condition: Ref,
    vector: &Vector,
) -> Result<Vector, TooLarge> {
    zip(vector, vector, |bit, _| diagrams.and(condition, bit))
}

fn zip(
    a: &Vector,
    b: &Vector,
    mut each: impl FnMut(Ref, Ref) -> Result<Ref, TooLarge>,
) -> Result<Vector, TooLarge> {
    let mut result = constant(0);
    for (bit, result) in result.iter_mut().enumerate() {
        *result = each(a[bit], b[bit])?;
    }
    Ok(result)
}

fn xor(diagrams: &mut Diagrams, a: Ref, b: Ref) -> Result<Ref, TooLarge> {
    let not_b = diagrams.not(b)?;
    diagrams.choose(a, not_b, b)
}

/// The condition that the test is true.
pub(super) fn test(
    diagrams: &mut Diagrams,
    test: Test,
    a: &Vector,
    b: &Vector,
) -> Result<Ref, TooLarge> {
    let mut so_far = Ref::constant(match test {
        Test::Equal | Test::GreaterOrEqual => true,
        Test::Greater | Test::AnyBit => false,
    });
    for bit in 0..BITS {
        let (a, b) = (a[bit], b[bit]);
        so_far = match test {
            Test::Equal => {
                let differs = xor(diagrams, a, b)?;
                diagrams.choose(differs, Ref::FALSE, so_far)?
            }
            Test::AnyBit => {
                let both = diagrams.and(a, b)?;
                diagrams.or(both, so_far)?
            }
            Test::Greater | Test::GreaterOrEqual => {
                let if_set = diagrams.choose(b, so_far, Ref::TRUE)?;
                let if_clear = diagrams.choose(b, Ref::FALSE, so_far)?;
                diagrams.choose(a, if_set, if_clear)?
            }
        };
    }
    Ok(so_far)
}

/// `a operation b`. For a divisor of 0 the result means nothing: the caller has excluded such calls. A shift uses the low 5
/// bits of `b`, as the interpreter does.
pub(super) fn arithmetic(
    diagrams: &mut Diagrams,
    operation: Arithmetic,
    a: &Vector,
    b: &Vector,
) -> Result<Vector, TooLarge> {
    match operation {
        Arithmetic::Add => add(diagrams, a, b, Ref::FALSE),
        Arithmetic::Subtract => subtract(diagrams, a, b),
        Arithmetic::Multiply => multiply(diagrams, a, b),
        Arithmetic::Divide => divide(diagrams, a, b),
        Arithmetic::Or => zip(a, b, |a, b| diagrams.or(a, b)),
        Arithmetic::And => zip(a, b, |a, b| diagrams.and(a, b)),
        Arithmetic::Xor => zip(a, b, |a, b| xor(diagrams, a, b)),
        Arithmetic::ShiftLeft => shift(diagrams, a, b, true),
        Arithmetic::ShiftRight => shift(diagrams, a, b, false),
    }
}

/// `0 - a`.
pub(super) fn negate(diagrams: &mut Diagrams, a: &Vector) -> Result<Vector, TooLarge> {
    subtract(diagrams, &constant(0), a)
}

fn add(
    diagrams: &mut Diagrams,
    a: &Vector,
    b: &Vector,
    mut carry: Ref,
) -> Result<Vector, TooLarge> {
    zip(a, b, |a, b| {
        let half = xor(diagrams, a, b)?;
        let sum = xor(diagrams, half, carry)?;
        carry = diagrams.choose(half, carry, a)?;
        Ok(sum)
    })
}

fn subtract(diagrams: &mut Diagrams, a: &Vector, b: &Vector) -> Result<Vector, TooLarge> {
    let not_b = zip(b, b, |b, _| diagrams.not(b))?;
    add(diagrams, a, &not_b, Ref::TRUE)
}

/// The vector with each bit `by` places higher, or lower.
fn moved(a: &Vector, by: usize, left: bool) -> Vector {
    std::array::from_fn(|bit| {
        let from = if left { bit.checked_sub(by) } else { bit.checked_add(by) };
        from.and_then(|from| a.get(from)).copied().unwrap_or(Ref::FALSE)
    })
}

fn shift(diagrams: &mut Diagrams, a: &Vector, by: &Vector, left: bool) -> Result<Vector, TooLarge> {
    let mut result = *a;
    for (place, &set) in by.iter().enumerate().take(5) {
        result = choose(diagrams, set, &moved(&result, 1 << place, left), &result)?;
    }
    Ok(result)
}

fn multiply(diagrams: &mut Diagrams, a: &Vector, b: &Vector) -> Result<Vector, TooLarge> {
    let is_constant = |vector: &Vector| vector.iter().all(|&b| b == Ref::FALSE || b == Ref::TRUE);
    let (a, b) = if is_constant(a) { (b, a) } else { (a, b) };
    let mut product = constant(0);
    for (place, &set) in b.iter().enumerate() {
        if set != Ref::FALSE {
            let part = only(diagrams, set, &moved(a, place, true))?;
            product = add(diagrams, &product, &part, Ref::FALSE)?;
        }
    }
    Ok(product)
}

/// Division as by hand, from the most significant bit.
fn divide(diagrams: &mut Diagrams, a: &Vector, b: &Vector) -> Result<Vector, TooLarge> {
    let mut quotient = constant(0);
    let mut rest = constant(0);
    for place in (0..BITS).rev() {
        // The rest is below the divisor, so only its highest bit can be lost here; a lost bit means that the divisor fits.
        let lost = rest[BITS - 1];
        rest = moved(&rest, 1, true);
        rest[0] = a[place];
        let at_least = test(diagrams, Test::GreaterOrEqual, &rest, b)?;
        let fits = diagrams.or(lost, at_least)?;
        let less = subtract(diagrams, &rest, b)?;
        rest = choose(diagrams, fits, &less, &rest)?;
        quotient[place] = fits;
    }
    Ok(quotient)
}

/// Vectors, each once, so that equal ones have equal numbers.
pub(super) struct Vectors {
    all: Vec<Vector>,
    numbers: HashMap<Vector, u32>,
}

impl Vectors {
    /// The number of the vector that is always 0.
    pub(super) const ZERO: u32 = 0;

    pub(super) fn new() -> Self {
        let mut new = Self { all: Vec::new(), numbers: HashMap::new() };
        new.number(constant(0));
        new
    }

    pub(super) fn number(&mut self, vector: Vector) -> u32 {
        let all = &mut self.all;
        *self.numbers.entry(vector).or_insert_with(|| {
            all.push(vector);
            all.len() as u32 - 1
        })
    }

    pub(super) fn get(&self, number: u32) -> Vector {
        self.all[number as usize]
    }
}
