//! The policy language as tokens: from tokens to the compiler, and from its filter back to tokens.
//!
//! All code that works with tokens is here. The compiler, [`seccomp_ir`], has none, so most of its build
//! runs in parallel with the build of the crates for tokens.
//!
//! A module imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `errors` | errors at tokens |
//! | `extent` | limits on the size of the input |
//! | `rust_text` | the canonical text of Rust tokens |
//! | `sources` | the tokens that the numbers in a tree refer to |
//! | `handoff` | what one stage of the macros hands to the next |
//! | [`stage`] | what only rustc can decide: each `#[cfg]` and `include` in turn |
//! | [`parse`](parse()) | tokens to tree |
//! | [`compile`](compile()) | tokens to a proven filter |
//! | [`report`] | diagnostics for a text, by file, line and column |
//! | `policy_file` | policies in files |
//! | [`expand`] | what the macros expand to |
//! | `cfg` | evaluates `#[cfg(…)]` where rustc does not |
//! | [`PolicyText`] | policies as text |
//! | [`build_script`] | compiles a policy file in a build script |

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
mod policy_file;
pub mod report;
mod rust_text;
mod sources;
pub mod stage;

pub use compile::{compile, compile_call, compile_draft};
pub use errors::{LocatedDiagnostic, LocatedErrors};
#[cfg(feature = "text")]
pub use from_text::{CallOfText, CompiledText, PolicyText, comment_length};
pub use handoff::{DraftItemIndex, DraftPolicy};
pub use parse::{Parsed, parse, parse_draft};
pub use policy_file::check_text;
pub use seccomp_ir::Compiled;
pub use sources::Sources;

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
