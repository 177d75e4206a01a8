//! Items that the expansions of this crate's macros use. Nothing here is stable.

/// The expansions use this path, because `::core` may be another crate for a user
/// (`extern crate other as core`).
pub use ::core;
pub use seccomp_install::__fit::{Bounds, Fulfilled, Misfit, Use};
pub use seccomp_install::{
    __Integer as Integer, __Number as Number, __for_target as for_target, __number as number,
};
pub use seccomp_macros::{
    Holding, call, compile, decided, decided_fragment, fragment, included, replies, rules,
};

/// Leaves none, as the feature `note` is off.
#[cfg(not(feature = "note"))]
pub use crate::__no_note as note;
/// Does nothing, as the feature `registry` is off.
#[cfg(not(feature = "registry"))]
pub use crate::__no_registry as register;
/// Leaves a note in the program: `note! { "what is before the place in the source" "what is after it" }`.
#[cfg(feature = "note")]
pub use crate::__note as note;
/// Puts a policy into the registry: `register! { "its text" b"its filter" }`.
#[cfg(feature = "registry")]
pub use crate::__register as register;
pub use crate::SockFilter;
use crate::{Action, Policy};
use seccomp_install::__Half as Half;
#[cfg(feature = "registry")]
pub use {
    crate::registry::{POLICIES, instructions},
    linkme,
};

/// The policy with this filter. Only a filter that the macros compiled keeps the promises of
/// [`Policy`].
#[must_use]
pub const fn policy(filter: &'static [SockFilter]) -> Policy {
    Policy::__from_filter(filter)
}

/// A path as the words of a note.
#[cfg(feature = "note")]
pub type FileWords = [u32; seccomp_install::__note::FILE_BYTES / 4];

/// The path `file` as a note of this target has it.
#[cfg(feature = "note")]
#[must_use]
pub const fn file_words(file: &str) -> FileWords {
    let mut words = [0; seccomp_install::__note::FILE_BYTES / 4];
    let mut index = 0;
    while index < words.len() {
        words[index] = seccomp_install::__note::file_word(file, index, crate::Abi::NATIVE.endian());
        index += 1;
    }
    words
}

/// Takes the content of an included file, so that cargo builds again when the file changes.
pub const fn track(_: &[u8]) {}

/// The bits of `number`, a value of the program that a policy uses.
///
/// # Panics
///
/// If `number` is out of bounds, with the message for that misfit. The panic happens while the program
/// compiles.
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

/// Checks that a range is not empty if rustc evaluates one of its bounds.
///
/// # Panics
///
/// If the range is empty, with `message`. The panic happens while the program compiles.
#[track_caller]
pub const fn not_empty(in_order: bool, message: &str) {
    assert!(in_order, "{}", message);
}

/// How to compute an operand from a value.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    /// The bits `keep` of the low half of the value, with the bits `flip` flipped.
    Low {
        /// The bits to keep.
        keep: u32,
        /// The bits to flip.
        flip: u32,
    },
    /// The same for the high half.
    High {
        /// The bits to keep.
        keep: u32,
        /// The bits to flip.
        flip: u32,
    },
    /// The return value of the action that fails a call with this errno.
    Errno,
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    /// A number that the policy contains.
    Known(u64),
    /// The value with this index in the list of values.
    Value(usize),
}

/// A comparison that must hold for every call that a rule matches on an ABI.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// The number of the rule. A list of demands is sorted by it first.
    pub rule: usize,
    /// The index of the ABI among the ABIs of the rule. The list is sorted by it next.
    pub abi: usize,
    /// The number of ABIs of the rule.
    pub abis: usize,
    /// How the argument is compared.
    pub bounds: Bounds,
    /// The bits of the argument that are compared.
    pub mask: Side,
    /// The value that they are compared with.
    pub value: Side,
    /// The relations that satisfy the comparison.
    pub fulfilled: Fulfilled,
    /// The error message if no call satisfies it on any ABI.
    pub message: &'static str,
}

/// `filter` with its operands inserted. Each operand has the index of its instruction, the index of
/// its value, and how to compute it from that value.
///
/// # Panics
///
/// If no call satisfies the demands of a rule, with the message of that demand. The panic happens
/// while the program compiles.
#[must_use]
#[track_caller]
pub const fn linked<
    const LENGTH: usize,
    const VALUES: usize,
    const OPERANDS: usize,
    const DEMANDS: usize,
>(
    mut filter: [SockFilter; LENGTH],
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
        filter[instruction].k = match operand {
            Operand::Low { keep, flip } => (Half::Low.of(value) & keep) ^ flip,
            Operand::High { keep, flip } => (Half::High.of(value) & keep) ^ flip,
            Operand::Errno => Action::Errno(value as u16).to_return_value(),
        };
        next += 1;
    }
    filter
}

const fn side<const VALUES: usize>(side: Side, values: &[u64; VALUES]) -> u64 {
    match side {
        Side::Known(known) => known,
        Side::Value(number) => values[number],
    }
}
