//! Classic BPF as seccomp accepts it. Knows no policy and no call names.
//!
//! [`check`] says whether the kernel loads a program, [`interpret`] what it then answers,
//! [`emulate`] which calls it allows without asking again, [`converted_len`] what it counts for,
//! [`disassemble`] and [`dot`] show it to people (feature `show`, which a running program rarely
//! needs).

#[cfg(feature = "show")]
mod arrivals;
mod bitmap;
mod check;
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

pub use bitmap::{Emulation, const_allows, emulate};
pub use check::{LoadError, check};
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
