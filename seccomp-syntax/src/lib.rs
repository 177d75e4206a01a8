//! The language of seccomp policies, and the compiler's pipeline.
//!
//! What comes before a checked policy is here: everything that knows names and spans. What comes after
//! it, and needs neither, is [`seccomp_ir`]; the two are built at the same time for the most part.
//!
//! A module imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `words` | lists in sentences |
//! | `errors` | mistakes, each at its span, all at once |
//! | [`tree`] | what was written |
//! | [`parse`](parse()) | tokens to tree |
//! | [`resolve`](resolve()) | tree to policy: names looked up for given ABIs, types checked |
//! | [`stage`] | what only rustc can decide, one `#[cfg]` or `include` after the other |
//! | [`lint`] | what is legal but has bitten people |
//! | [`compile`](compile()), `text`, `names` | the pipeline; policies in files; for the disassembler |
//! | [`expand`] | what the macros expand to |

mod compile;
mod errors;
pub mod expand;
pub mod lint;
#[cfg(feature = "show")]
mod names;
mod parse;
mod resolve;
pub mod stage;
mod text;
pub mod tree;
mod words;

pub use compile::{Compiled, compile};
pub use errors::Errors;
pub use parse::{parse, parse_call};
pub use resolve::{
    ComparedConstant, Expression, Fit, Place, RangeOfRustc, Resolved, ResolvedCall, SymbolSource,
    Use, resolve, resolve_call,
};
pub use text::check_text;
