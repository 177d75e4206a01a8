//! Rules for the sources of the crates that neither rustc nor clippy checks.

mod file_names;
mod indices;
mod type_names;
mod untested;
mod wildcards;
