//! Rules for the sources of the crates that neither rustc nor clippy checks.

mod type_names;
mod untested;
mod wildcards;
