//! Classic BPF as seccomp accepts it: what the kernel and people see of a filter. This module knows no policies and no call
//! names.
//!
//! The instructions and their interpreter are those of [`seccomp_bpf::bpf`]. [`check`] says whether
//! the kernel loads a filter. With the feature `show`, [`emulate`] says which calls the kernel allows
//! without running the filter again, [`converted_len`] gives the length that the kernel counts, and
//! [`disassemble`] and [`dot`] show a filter to people.

#[cfg(feature = "show")]
mod arrivals;
#[cfg(feature = "show")]
mod bitmap;
#[cfg(feature = "show")]
mod converted;
#[cfg(feature = "show")]
mod describe;
#[cfg(feature = "show")]
mod disassemble;
#[cfg(feature = "show")]
mod dot;
#[cfg(feature = "show")]
mod facts;
mod load_rules;
#[cfg(feature = "show")]
mod number_names;
#[cfg(any(feature = "compare", feature = "explore"))]
mod storage;

#[cfg(feature = "show")]
pub use bitmap::{Emulation, const_allows, emulate};
#[cfg(feature = "show")]
pub use converted::{
    CONVERTED_LEN_PER_EARLIER_FILTER, MAX_CONVERTED_LEN, converted_len, converted_len_of,
};
#[cfg(feature = "show")]
pub use disassemble::{Disassembly, disassemble};
#[cfg(feature = "show")]
pub use dot::{Dot, dot};
pub use load_rules::{LoadError, check};
#[cfg(feature = "show")]
pub use number_names::{Names, NoNames};
pub use seccomp_bpf::bpf::*;
#[cfg(any(feature = "compare", feature = "explore"))]
pub(crate) use storage::StorageIndex;
