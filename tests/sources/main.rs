//! What the sources of the crates must not have.

mod type_names;
mod untested;
mod wildcards;
