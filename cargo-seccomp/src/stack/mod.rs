//! Stacks of other programs, stopped or dead: return addresses, and the functions and lines that they belong to.
//!
//! The caller passes the mapped files, the values of registers, and a way to read memory. So a stopped process and a
//! core file are the same here.
//!
//! | module | what it knows |
//! |---|---|
//! | `mappings` | the mapped files and their addresses |
//! | `sections` | the parts of files that unwinding needs |
//! | `unwinder` | from registers and memory to return addresses |
//! | `symbols` | from addresses to functions and lines |

mod mappings;
mod sections;
mod symbols;
mod unwinder;

pub(crate) use mappings::{Mapping, of_thread};
pub(crate) use sections::FileSections;
pub(crate) use symbols::{Frame, Symbols};
pub(crate) use unwinder::Unwinder;
