//! Policies in Rust sources: where they are, their canonical form, and changes that leave all else as it is.
//!
//! A module imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `find` | the macros with policies in a source, by its tokens |
//! | `layout` | canonical text in the surroundings of a macro |
//! | `rewrite` | a source or a policy file in canonical format |
//! | `files` | the files that a command line names |
//! | `write` | learned rules into the files that have the policies |

mod files;
mod find;
mod layout;
mod rewrite;
mod write;

#[cfg(test)]
pub(crate) use files::kind_of;
pub(crate) use files::{FileKind, SourceFile, collect, package_root, read_text};
pub(crate) use find::{Found, FoundKind, NotRust, find};
pub(crate) use rewrite::{Rewritten, formatted, formatted_policy, in_source};
pub(crate) use write::{Addition, write_rules};
