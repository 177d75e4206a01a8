//! The compiler of seccomp policies: from a policy as written to a proven filter.
//!
//! `seccomp-syntax` turns text into a [`tree`]. This crate does not know what text is, so it can be
//! built in parallel with the crates that do.
//!
//! A layer imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `seeds` | the seeds of random tests, only in tests |
//! | [`abi`], [`action`], [`fit`] | of `seccomp-bpf`: ABIs of Linux, the actions of a filter, fitting numbers |
//! | [`bpf`] | the instructions and the interpreter of `seccomp-bpf`; the kernel's load rules, disassembler |
//! | `diagram` | functions of the bits of a filter's input, in canonical form |
//! | `table` | call numbers, arguments, constants, groups |
//! | `names` | the names of a filter's numbers, for the disassembler |
//! | `sort` | numbers in order |
//! | `policy`, `filter` | the checked policy, its reference meaning, its checks; the result of the compiler |
//! | `lower` | policy to decision graph to instructions |
//! | `prove` | the proof that filter and policy are equal, for every input |
//! | `compare` | two policies or filters, exactly; only with the feature of that name |
//! | `lists` | lists in sentences |
//! | `tree` | the policy as written |
//! | [`diagnostic`] | errors and warnings about a policy, as data |
//! | `errors` | the collection of errors, each at its span, reported all at once |
//! | `resolve` | tree to policy: names looked up for given ABIs, types checked |
//! | `lint` | warnings: what is legal but has harmed users |
//! | `report` | `report;`: kills become traps, and what a program carries to explain them |
//! | `decode` | a call as people read it |
//! | `tree_parts` | for tools: parts of trees that no text has |
//! | `compile` | the pipeline |
//! | `explore` | for tools: what any filter does, also one that others have made |

pub mod bpf;
#[cfg(feature = "compare")]
pub mod compare;
mod compile;
#[cfg(feature = "show")]
mod decode;
pub mod diagnostic;
mod diagram;
pub mod errors;
#[cfg(feature = "explore")]
pub mod explore;
pub mod filter;
pub mod lint;
mod lists;
pub mod lower;
#[cfg(feature = "show")]
mod names;
pub mod policy;
pub mod prove;
pub mod report;
pub mod resolve;
// A symbolic link to the file of seccomp-test-support: that crate is not published, but the tests here are.
#[cfg(test)]
#[expect(dead_code, unreachable_pub, reason = "it is written for the tests of all crates")]
mod seeds;
mod sort;
pub mod table;
pub mod tree;
#[cfg(feature = "show")]
mod tree_parts;

pub use compile::{Compiled, compile};
pub use seccomp_bpf::{abi, action, fit, note};

#[cfg(feature = "show")]
pub use decode::{DecodedArgument, DecodedCall, decode};
#[cfg(feature = "show")]
pub use names::{ArgumentConstant, TableNames};
