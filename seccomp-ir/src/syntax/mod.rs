//! Tokens to tree to policy: everything that knows names and spans.
//!
//! [`parse`] reads, [`resolve`](resolve()) looks names up for given ABIs and checks types. Both
//! collect their mistakes in [`Errors`] and go on.

mod errors;
mod parse;
mod resolve;
pub mod stage;
pub mod tree;

pub use errors::Errors;
pub use parse::{parse, parse_call};
pub use resolve::{
    Expression, Fit, Place, Resolved, ResolvedCall, SymbolSource, Use, resolve, resolve_call,
};
