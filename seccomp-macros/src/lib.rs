//! Procedural macros of `seccomp-runtime`; use them through that crate.
