//! Policies of other tools, read and written.

mod import;
mod random;
