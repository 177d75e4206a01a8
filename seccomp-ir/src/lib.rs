//! The compiler of seccomp policies: from a policy as written to a proven program.
//!
//! Text becomes a [`tree`] in `seccomp-syntax`. Nothing here knows what text is, so that it is built
//! beside the crates that do.
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
//! | `words` | lists in sentences |
//! | `tree` | what was written |
//! | `errors` | mistakes, each at its span, all at once |
//! | `resolve` | tree to policy: names looked up for given ABIs, types checked |
//! | `lint` | what is legal but has bitten people |
//! | `compile` | the pipeline |
#![cfg_attr(not(feature = "compiler"), no_std)]

pub mod abi;
pub mod action;
pub mod bpf;

#[cfg(feature = "compiler")]
mod compile;
#[cfg(feature = "compiler")]
mod diagram;
#[cfg(feature = "compiler")]
pub mod errors;
#[cfg(feature = "compiler")]
pub mod lint;
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
pub mod resolve;
#[cfg(feature = "compiler")]
pub mod table;
#[cfg(feature = "compiler")]
pub mod tree;
#[cfg(feature = "compiler")]
mod words;

#[cfg(feature = "compiler")]
pub use compile::{Compiled, compile};

#[cfg(all(feature = "compiler", feature = "show"))]
pub use names::{ArgumentConstant, TableNames};
