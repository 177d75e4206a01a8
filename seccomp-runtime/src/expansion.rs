//! Items that the expansions of this crate's macros use. Nothing here is stable.
//!
//! Functions that run only while a program compiles are `#[inline]`, so that rustc makes no code for them here: each
//! user's build waits for this crate after the macros.

/// The expansions use this path, because `::core` may be another crate for a user
/// (`extern crate other as core`).
pub use ::core;
pub use seccomp_install::__blanks::{
    Blanks, Demand, DemandNumber, OpenRange, Operand, Template, Term,
};
#[cfg(any(
    all(target_arch = "x86_64", target_pointer_width = "64"),
    target_arch = "x86",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv64",
    target_arch = "s390x",
))]
pub use seccomp_install::__blanks::{FilledFilters, Keeper};
use seccomp_install::__blanks::{contradiction, fill, fitting};
pub use seccomp_install::__fit::{Bounds, Fulfilled, Misfit, ValuePurpose};
pub use seccomp_install::{
    __Integer as Integer, __Number as Number, __for_target as for_target, __number as number,
};
pub use seccomp_macros::{
    Holding, call, compile, decided, decided_fragment, fragment, included, replies, rules,
};

/// Leaves no note, because the feature `note` is off.
#[cfg(not(feature = "note"))]
pub use crate::__no_note as note;
/// Does nothing, because the feature `registry` is off.
#[cfg(not(feature = "registry"))]
pub use crate::__no_registry as register;
/// Leaves a note in the program: `note! { "what is before the place in the source" "what is after it" }`.
#[cfg(feature = "note")]
pub use crate::__note as note;
/// Puts a policy into the registry: `register! { "its text" b"its filter" }`.
#[cfg(feature = "registry")]
pub use crate::__register as register;
pub use crate::SockFilter;
pub use seccomp_install::Report;

use crate::{Policy, PolicyWith};
#[cfg(feature = "registry")]
pub use {
    crate::registry::{POLICIES, instructions, length},
    linkme,
};

/// The policy with this filter. Only a filter that the macros compiled keeps the promises of
/// [`Policy`].
#[must_use]
#[inline]
pub const fn policy(filter: &'static [SockFilter]) -> Policy {
    Policy::__from_filter(filter)
}

/// A path as the words of a note.
#[cfg(feature = "note")]
pub type FileWords = [u32; seccomp_install::__note::FILE_BYTES / 4];

/// The path `file` as a note of this target has it.
#[cfg(feature = "note")]
#[must_use]
#[inline]
pub const fn file_words(file: &str) -> FileWords {
    let mut words = [0; seccomp_install::__note::FILE_BYTES / 4];
    let mut index = 0;
    while index < words.len() {
        words[index] = seccomp_install::__note::file_word(file, index, crate::Abi::NATIVE.endian());
        index += 1;
    }
    words
}

/// The policy with the filter of this report.
#[must_use]
#[inline]
pub const fn reporting(report: &'static Report) -> Policy {
    Policy::__with_report(report)
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
#[inline]
pub const fn fits(number: Number, bounds: Bounds, messages: [&'static str; 3]) -> u64 {
    match fitting(number, bounds, messages) {
        Ok(bits) => bits,
        Err(message) => panic!("{}", message),
    }
}

/// Checks that a range is not empty if rustc evaluates one of its bounds.
///
/// # Panics
///
/// If the range is empty, with `message`. The panic happens while the program compiles.
#[track_caller]
#[inline]
pub const fn not_empty(in_order: bool, message: &str) {
    assert!(in_order, "{}", message);
}

/// `filter` with its operands inserted. Each operand has the index of its instruction, the index of
/// its value, and how to compute it from that value.
///
/// # Panics
///
/// If no call satisfies the demands of a rule, with the message of that rule. The panic happens while the program
/// compiles.
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
    if let Some(message) = contradiction(&demands, &values) {
        panic!("{}", message);
    }
    fill(&mut filter, &operands, &values);
    filter
}

/// A policy with values of the running program. It belongs in a function: a `const` takes constants, `{ NAME }` without
/// `$`.
#[must_use]
pub fn write_braces_for_a_constant_or_put_the_policy_in_a_function<const VALUES: usize>(
    template: &'static Template,
    given: [Number; VALUES],
) -> PolicyWith<VALUES> {
    PolicyWith::__from_template(template, given)
}
