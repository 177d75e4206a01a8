//! Classic BPF as seccomp accepts it. Knows no policy and no call names.

mod insn;

pub use insn::{Opcode, SockFilter};
