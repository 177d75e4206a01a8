//! Classic BPF as seccomp accepts it. Knows no policy and no call names.
//!
//! [`check`] says whether the kernel loads a program, [`interpret`] what it then answers.

mod check;
mod insn;
mod interpret;
mod operation;
mod violation;

pub use check::{LoadError, check};
pub use insn::{Opcode, SockFilter};
pub use interpret::{Fault, Run, interpret, run};
pub use operation::{Arithmetic, Operand, Operation, Register, Test};
pub use violation::{MAX_INSTRUCTIONS, MEMORY_CELLS, Violation};
