//! What the macros expand to: tokens to tokens.
//!
//! Ordinary functions, so that they can be tested; `seccomp-macros` makes macros of them. All but
//! [`sandboxed`] expand to code of `seccomp-runtime` and get its path in their input, because a procedural
//! macro cannot know what its user calls a crate.

mod call;
mod compile;
mod emit;
mod file;
mod fragment;
mod holding;
mod sandboxed;
mod warn;

pub use call::call;
pub use compile::{compile, decided};
pub use fragment::{answers, decided_fragment, define, included};
pub use holding::holding;
pub use sandboxed::sandboxed;
