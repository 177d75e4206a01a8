//! Classic BPF as seccomp accepts it. Knows no policy and no call names.
//!
//! [`interpret`] says what a program answers: a running program needs no more, and often not that.
//! `#[inline]` is there so that no build makes code of what it does not call. With the feature
//! `compiler` or `show`, [`check`] says whether the kernel loads a program and [`emulate`] which calls it
//! allows without asking again; with `show`, [`converted_len`] what it counts for, and [`disassemble`]
//! and [`dot`] show it to people.

#[cfg(feature = "show")]
mod arrivals;
#[cfg(any(feature = "compiler", feature = "show"))]
mod bitmap;
#[cfg(any(feature = "compiler", feature = "show"))]
mod check;
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
mod insn;
#[cfg(feature = "libc")]
mod interop;
mod interpret;
#[cfg(feature = "show")]
mod names;
mod operation;
mod violation;

#[cfg(any(feature = "compiler", feature = "show"))]
pub use bitmap::{Emulation, const_allows, emulate};
#[cfg(any(feature = "compiler", feature = "show"))]
pub use check::{LoadError, check};
#[cfg(feature = "show")]
pub use converted::{
    CONVERTED_LEN_PER_EARLIER_FILTER, MAX_CONVERTED_LEN, converted_len, converted_len_of,
};
#[cfg(feature = "show")]
pub use disassemble::{Disassembly, disassemble};
#[cfg(feature = "show")]
pub use dot::{Dot, dot};
pub use insn::{Opcode, SockFilter};
pub use interpret::{Fault, Run, interpret, run};
#[cfg(feature = "show")]
pub use names::{Names, NoNames};
pub use operation::{Arithmetic, Operand, Operation, Register, Test};
pub use violation::{MAX_INSTRUCTIONS, MEMORY_CELLS, Violation};
