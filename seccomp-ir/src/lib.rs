//! The compiler of seccomp policies: from a policy as written to a proven program.
//!
//! Text becomes a [`tree`] in `seccomp-syntax`. Nothing here knows what text is, so that it is built
//! beside the crates that do.
//!
//! A layer imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | [`abi`], [`action`], [`fit`] | of `seccomp-bpf`: ABIs of Linux, what a filter can answer, which numbers fit |
//! | [`bpf`] | the instructions and the interpreter of `seccomp-bpf`; the kernel's load rules, disassembler |
//! | `diagram` | functions of the bits of a filter's input, in canonical form |
//! | `table` | call numbers, arguments, constants, groups |
//! | `names` | the names of a program's numbers, for the disassembler |
//! | `policy`, `filter` | the checked policy, its reference meaning, its checks; the result of the compiler |
//! | `lower` | policy to decision graph to instructions |
//! | `prove` | instructions equal policy, for every input |
//! | `lists` | lists in sentences |
//! | `tree` | what was written |
//! | [`diagnostic`] | what is said of a policy, as data |
//! | `errors` | mistakes, each at its span, all at once |
//! | `resolve` | tree to policy: names looked up for given ABIs, types checked |
//! | `lint` | what is legal but has bitten people |
//! | `compile` | the pipeline |

pub mod bpf;
mod compile;
pub mod diagnostic;
mod diagram;
pub mod errors;
pub mod filter;
pub mod lint;
mod lists;
pub mod lower;
#[cfg(feature = "show")]
mod names;
pub mod policy;
pub mod prove;
pub mod resolve;
pub mod table;
pub mod tree;

pub use compile::{Compiled, compile};
pub use seccomp_bpf::{abi, action, fit};

#[cfg(feature = "show")]
pub use names::{ArgumentConstant, TableNames};
