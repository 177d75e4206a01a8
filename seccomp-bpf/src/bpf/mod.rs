//! Classic BPF as seccomp accepts it, without any knowledge of policies or call names.
//!
//! [`interpret`] computes what a filter returns. A running program needs no more than this module, and
//! often not even the interpreter, so its functions are `#[inline]`: a build makes no code for functions
//! that it does not call. The kernel's load rules and the disassembler are in `seccomp_ir::bpf`.

mod insn;
mod instruction_index;
mod interpret;
mod operation;
mod violation;

pub use insn::{Opcode, SockFilter};
pub use instruction_index::InstructionIndex;
pub use interpret::{Fault, Run, interpret, run};
pub use operation::{Arithmetic, Operand, Operation, Register, Test};
pub use violation::{MAX_INSTRUCTIONS, MEMORY_CELLS, Violation};
