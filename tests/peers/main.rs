//! The same policies, compiled by other compilers: their filters and this project's are proven
//! equal.
//!
//! `docs/peers.md` has a table of the differences; each difference has a test here. The tests of
//! libseccomp need its C library and the feature `libseccomp`: `tests/peers/run` installs the library
//! and runs all tests.

#[cfg(feature = "libseccomp")]
mod libseccomp;
mod seccompiler;
mod simple;
