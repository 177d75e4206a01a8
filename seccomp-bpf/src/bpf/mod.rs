//! Classic BPF as seccomp accepts it. Knows no policy and no call names.
//!
//! [`interpret`] says what a program answers: a running program needs no more, and often not that.
//! `#[inline]` is there so that no build makes code of what it does not call. The kernel's load rules and
//! everything that shows a program to people is in `seccomp_ir::bpf`.

mod insn;
mod interpret;
mod operation;
mod violation;

pub use insn::{Opcode, SockFilter};
pub use interpret::{Fault, Run, interpret, run};
pub use operation::{Arithmetic, Operand, Operation, Register, Test};
pub use violation::{MAX_INSTRUCTIONS, MEMORY_CELLS, Violation};
