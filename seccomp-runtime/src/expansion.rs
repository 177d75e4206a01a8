//! What the expansions of this crate's macros use. Nothing here is stable.

/// Under this path, because `::core` may be another crate to a user (`extern crate other as core`).
pub use ::core;
pub use seccomp_install::__fit::{Bounds, Fulfilled, Misfit, Use};
pub use seccomp_install::{
    __Integer as Integer, __Number as Number, __for_target as for_target, __number as number,
};
pub use seccomp_macros::{
    Holding, answers, call, compile, decided, decided_fragment, fragment, included, rules,
};

pub use crate::SockFilter;
use crate::{Action, Policy};
use seccomp_install::__Half as Half;

/// The policy whose program this is. Only a program that the macros compiled keeps the promises of
/// [`Policy`].
#[must_use]
pub const fn policy(program: &'static [SockFilter]) -> Policy {
    Policy::__from_program(program)
}

/// Takes a file that a policy includes, so that rustc builds again when it changes.
pub const fn track(_: &[u8]) {}

/// The bits of `number`, a value of the program that a policy names.
///
/// # Panics
///
/// With the message for its misfit, and so while the program compiles, if it is not within the bounds.
#[must_use]
#[track_caller]
pub const fn fits(number: Number, bounds: Bounds, messages: [&str; 3]) -> u64 {
    let [negative, above_signed, outside] = messages;
    match bounds.misfit(number) {
        None => number as u64,
        Some(Misfit::Negative) => panic!("{}", negative),
        Some(Misfit::AboveSigned) => panic!("{}", above_signed),
        Some(Misfit::Outside) => panic!("{}", outside),
    }
}

/// Checks that something is in a range of which the program knows a bound.
///
/// # Panics
///
/// With `message`, and so while the program compiles, if nothing is.
#[track_caller]
pub const fn not_empty(in_order: bool, message: &str) {
    assert!(in_order, "{}", message);
}

/// How an operand is made of a value.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    /// The bits `keep` of its low half, those of `flip` flipped.
    Low {
        /// The bits to keep.
        keep: u32,
        /// The bits to flip.
        flip: u32,
    },
    /// The same of its high half.
    High {
        /// The bits to keep.
        keep: u32,
        /// The bits to flip.
        flip: u32,
    },
    /// The answer that fails the call with it.
    Errno,
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    /// It is written as a number.
    Known(u64),
    /// The value of that number in the list.
    Value(usize),
}

/// A comparison that has to hold of every call of an ABI that a rule matches.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// The number of the rule, by which a list of demands is ordered.
    pub rule: usize,
    /// The number of the ABI among those for which the rule is, by which it is ordered then.
    pub abi: usize,
    /// How many ABIs the rule is for.
    pub abis: usize,
    /// How the argument is compared.
    pub bounds: Bounds,
    /// The bits that are kept.
    pub mask: Side,
    /// What they are compared with.
    pub value: Side,
    /// What fulfils it.
    pub fulfilled: Fulfilled,
    /// What to say if no call does, on any ABI.
    pub message: &'static str,
}

/// `program` with its operands: each the instruction that has it, the number of its value, and how it
/// is made of that.
///
/// # Panics
///
/// With its message, and so while the program compiles, if no call fulfils the demands of a rule.
#[must_use]
#[track_caller]
pub const fn linked<
    const LENGTH: usize,
    const VALUES: usize,
    const OPERANDS: usize,
    const DEMANDS: usize,
>(
    mut program: [SockFilter; LENGTH],
    values: [u64; VALUES],
    operands: [(usize, usize, Operand); OPERANDS],
    demands: [Demand; DEMANDS],
) -> [SockFilter; LENGTH] {
    let mut next = 0;
    while next < DEMANDS {
        let Demand { rule, abis, message, .. } = demands[next];
        let mut matching = abis;
        while next < DEMANDS && demands[next].rule == rule {
            let Demand { abi, .. } = demands[next];
            let mut matches = true;
            while next < DEMANDS && demands[next].rule == rule && demands[next].abi == abi {
                let Demand { bounds, mask, value, fulfilled, .. } = demands[next];
                let (mask, value) = (side(mask, &values), side(value, &values));
                matches &= bounds.some_argument(mask, value, fulfilled);
                next += 1;
            }
            if !matches {
                matching -= 1;
            }
        }
        assert!(matching > 0, "{}", message);
    }
    next = 0;
    while next < OPERANDS {
        let (instruction, value, operand) = operands[next];
        let value = values[value];
        program[instruction].k = match operand {
            Operand::Low { keep, flip } => (Half::Low.of(value) & keep) ^ flip,
            Operand::High { keep, flip } => (Half::High.of(value) & keep) ^ flip,
            Operand::Errno => Action::Errno(value as u16).to_return_value(),
        };
        next += 1;
    }
    program
}

const fn side<const VALUES: usize>(side: Side, values: &[u64; VALUES]) -> u64 {
    match side {
        Side::Known(known) => known,
        Side::Value(number) => values[number],
    }
}
