//! The macros where everything that they could name is something else, and where every lint is forbidden.
//!
//! Nothing here is good style. Whoever has such a scope by accident gets the same policies as everybody else.
#![no_implicit_prelude]

// Not what `::core` is to everybody else.
#[allow(unused_extern_crates)]
extern crate filter as core;

/// A number of the program, for the files, which know no other path.
pub const NUMBER: ::std::primitive::i32 = 3;

pub mod forbidden;
pub mod shadowed;
