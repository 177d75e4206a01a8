//! What the expansions of this crate's macros use. Nothing here is stable.

pub use seccomp_install::__for_target as for_target;
pub use seccomp_macros::{
    Holding, answers, call, compile, decided, decided_fragment, fragment, included,
};

pub use crate::SockFilter;
use crate::{Action, Policy};

/// The policy whose program this is. Only a program that the macros compiled keeps the promises of
/// [`Policy`].
#[must_use]
pub const fn policy(program: &'static [SockFilter]) -> Policy {
    Policy::__from_program(program)
}

/// The types of the values that a policy can name. Those of a fragment's are `i128` by then.
#[diagnostic::on_unimplemented(
    message = "arguments of system calls are integers, and `{Self}` is none of up to 64 bits",
    label = "a value of an integer type goes here"
)]
pub trait Integer: Copy {}

macro_rules! integers {
    ($($integer:ty)*) => { $(impl Integer for $integer {})* };
}
integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 usize);

/// `value`, which `as` would make of a `bool`, a `char` or an `f64` too.
#[must_use]
pub const fn integer<T: Integer>(value: T) -> T {
    value
}

/// The bits of `value`, a number of the program that a policy names.
///
/// # Panics
///
/// With `message`, and so while the program compiles, if it is not within the bounds.
#[must_use]
#[track_caller]
pub const fn fits(value: i128, lowest: i128, highest: i128, message: &str) -> u64 {
    assert!(lowest <= value && value <= highest, "{}", message);
    value as u64
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

/// An operand made of the low half of a value.
#[must_use]
pub const fn low(value: u64, keep: u32, flip: u32) -> u32 {
    (value as u32 & keep) ^ flip
}

/// An operand made of the high half of a value.
#[must_use]
pub const fn high(value: u64, keep: u32, flip: u32) -> u32 {
    low(value >> 32, keep, flip)
}

/// The operand of a return that fails the call with `errno`.
#[must_use]
pub const fn return_errno(errno: u64) -> u32 {
    Action::Errno(errno as u16).to_return_value()
}
