//! Errors and warnings of policies in files and in sources, without rustc.
//!
//! It never reports an error about things that only rustc knows: the rules of a fragment, the value of a constant, a
//! policy under a `#[cfg(…)]` that does not hold for the target.
//!
//! A module imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `target` | the ABI and the `cfg` options that policies are checked for |
//! | `packages` | the packages of a workspace: features, and the attributes around modules |
//! | `check_file` | the diagnostics of one text |
//! | `cargo_message` | diagnostics in the form of `cargo check --message-format json` |
//! | `fix` | the replacements that diagnostics offer |

mod cargo_message;
mod check_file;
mod fix;
mod packages;
mod target;

pub(crate) use cargo_message::cargo_messages;
pub(crate) use check_file::{Checked, check_file};
pub(crate) use fix::fixed;
pub(crate) use packages::{FeatureArgs, Packages};
pub(crate) use target::Target;
