//! What a running program carries of a policy's compiler: ABIs, actions, instructions and an interpreter.
//!
//! The compiler, `seccomp-ir`, builds on this crate and exports its modules again; a program gets it
//! with `seccomp-install`. It has no features, so no other crate of a build can change it.
//!
//! A layer imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | [`abi`], [`action`] | ABIs of Linux, what a filter can answer |
//! | [`bpf`] | instructions and what they do |
#![no_std]

pub mod abi;
pub mod action;
pub mod bpf;
pub mod fit;

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
