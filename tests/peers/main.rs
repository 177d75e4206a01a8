//! The same policies, compiled by others: their filters and this project's are proven equal.
//!
//! `docs/peers.md` has a table of the differences; each has a test here. What needs libseccomp's C
//! library is built with the feature `libseccomp`: `tests/peers/run` installs it and runs everything.

#[cfg(feature = "libseccomp")]
mod libseccomp;
mod seccompiler;
mod simple;
