//! The macros in scopes where every name that they could use means something else, and where every lint is
//! forbidden.
//!
//! Nothing here is good style. A user who has such a scope by accident gets the same policies as any other
//! user.
#![no_implicit_prelude]

// `core` here is not the `::core` of other crates.
#[allow(unused_extern_crates)]
extern crate filter as core;

/// A number of the program, for the included files, which use no other path.
pub const NUMBER: ::std::primitive::i32 = 3;

pub mod forbidden;
pub mod shadowed;
