//! The compiler of seccomp policies: from a checked policy to a proven program.
//!
//! Text becomes a checked policy in `seccomp-syntax`, where the whole pipeline is.
//!
//! A layer imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | [`abi`], [`action`] | ABIs of Linux, what a filter can answer (`no_std`) |
//! | [`bpf`] | instructions, the kernel's load rules, interpreter, disassembler (`no_std`) |
//! | `diagram` | functions of the bits of a filter's input, in canonical form |
//! | `table` | call numbers, arguments, constants, groups |
//! | `names` | the names of a program's numbers, for the disassembler |
//! | `policy`, `program` | the checked policy, its reference meaning, its checks; what comes out |
//! | `lower` | policy to decision graph to instructions |
//! | `prove` | instructions equal policy, for every input |
#![cfg_attr(not(feature = "compiler"), no_std)]

pub mod abi;
pub mod action;
pub mod bpf;

#[cfg(feature = "compiler")]
mod diagram;
#[cfg(feature = "compiler")]
pub mod lower;
#[cfg(all(feature = "compiler", feature = "show"))]
mod names;
#[cfg(feature = "compiler")]
pub mod policy;
#[cfg(feature = "compiler")]
pub mod program;
#[cfg(feature = "compiler")]
pub mod prove;
#[cfg(feature = "compiler")]
pub mod table;

#[cfg(all(feature = "compiler", feature = "show"))]
pub use names::{ArgumentConstant, TableNames};
