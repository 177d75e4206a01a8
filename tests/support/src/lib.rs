//! Code that the tests of several crates and the fuzz targets share: policies made from arbitrary bytes, random
//! filters, the calls around which their actions change, what must hold of their filters; policies as JSON; the workloads; seeds.

pub mod calls;
pub mod chain;
pub mod compare;
pub mod distribution;
pub mod filters;
pub mod least;
pub mod mean;
pub mod policies;
pub mod policy_json;
pub mod seeds;
pub mod workloads;

use seccomp_ir::bpf::Opcode;

/// The codes of the instructions that the compiler emits.
pub const OPCODES: [u16; 9] = [
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
