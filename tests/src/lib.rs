//! Code that several tests share.
//!
//! [`child`] runs a closure in a forked child and returns how it ended, [`call`] makes system calls
//! that touch no memory, and [`hand`] has filters written by hand, which no policy can express.

pub mod call;
pub mod child;
pub mod corpus;
pub mod fragments;
pub mod freestanding;
pub mod hand;
pub mod signal;
pub mod target;
pub mod thread;
pub mod tracer;
pub mod values;

#[cfg(doctest)]
mod documents;
