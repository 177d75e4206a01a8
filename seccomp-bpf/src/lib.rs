//! The parts of the policy compiler that a running program contains: ABIs, actions, instructions and an
//! interpreter.
//!
//! The compiler, `seccomp-ir`, uses this crate and re-exports its modules; a program gets it through
//! `seccomp-install`. It has no features, so no other crate of a build can change it.
//!
//! A layer imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | [`abi`], [`action`] | ABIs of Linux, actions of a filter |
//! | [`bpf`] | instructions and what they do |
//! | [`fit`] | which numbers fit an argument |
//! | [`note`] | what a policy leaves in the program's file |
//! | [`short`] | the short form of names in reports |
#![no_std]

pub mod abi;
pub mod action;
pub mod bpf;
pub mod fit;
pub mod note;
pub mod short;

/// The example of the README is a test.
#[cfg(test)]
extern crate std;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
