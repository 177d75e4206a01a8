//! Policies of other tools, read and written.

mod export;
mod import;
mod random;
mod seccompiler;
