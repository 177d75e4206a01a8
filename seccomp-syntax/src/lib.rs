//! The language of seccomp policies, as tokens: from them to the compiler, and from its program to them.
//!
//! Everything that knows tokens is here. The compiler, [`seccomp_ir`], does not, so the two are built at the
//! same time for the most part.
//!
//! A module imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `errors` | mistakes at tokens |
//! | `extent` | how large what is read may be |
//! | `rust_text` | the canonical text of Rust's tokens |
//! | `sources` | what the numbers of a tree stand for |
//! | `handoff` | what one stage of the macros hands to the next |
//! | [`stage`] | what only rustc can decide, one `#[cfg]` or `include` after the other |
//! | [`parse`](parse()) | tokens to tree |
//! | [`compile`](compile()) | tokens to a proven program |
//! | [`report`] | what is said of a text, by file, line and column |
//! | `text` | policies in files |
//! | [`expand`] | what the macros expand to |
//! | `cfg` | which `#[cfg(…)]` hold, where no rustc says it |
//! | [`PolicyText`] | policies that are text |
//! | [`build_script`] | from a file to a policy of the program, in its build script |

#[cfg(feature = "text")]
pub mod build_script;
#[cfg(feature = "text")]
mod cfg;
mod compile;
mod errors;
pub mod expand;
mod extent;
#[cfg(feature = "text")]
mod from_text;
mod handoff;
mod parse;
pub mod report;
mod rust_text;
mod sources;
pub mod stage;
mod text;

pub use compile::{compile, compile_call, compile_draft};
pub use errors::{Errors, Located};
#[cfg(feature = "text")]
pub use from_text::{CompiledText, PolicyText};
pub use handoff::Draft;
pub use parse::{Parsed, parse, parse_draft};
pub use seccomp_ir::Compiled;
pub use sources::Sources;
pub use text::check_text;

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
