//! What the expansions of this crate's macros use. Nothing here is stable.

use seccomp_ir::action::Action;
pub use seccomp_macros::{call, compile, fragment, included};

use crate::Policy;
pub use crate::SockFilter;

/// The policy whose program this is. Only a program that the macros compiled keeps the promises of
/// [`Policy`].
#[must_use]
pub const fn policy(program: &'static [SockFilter]) -> Policy {
    Policy::from_program(program)
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
