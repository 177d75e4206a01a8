//! What several tests and the fuzz target share: policies made from arbitrary bytes, the calls on
//! which they change their mind, and what must hold of their programs.
#![allow(dead_code)] // Each user needs another part.

pub(crate) mod calls;
pub(crate) mod compare;
pub(crate) mod policies;

use seccomp_ir::bpf::Opcode;

/// Those that emitted programs use.
pub(crate) const OPCODES: [u16; 9] = [
    Opcode::LD_W_ABS,
    Opcode::AND_K,
    Opcode::XOR_K,
    Opcode::JA,
    Opcode::JEQ_K,
    Opcode::JGT_K,
    Opcode::JGE_K,
    Opcode::JSET_K,
    Opcode::RET_K,
];
