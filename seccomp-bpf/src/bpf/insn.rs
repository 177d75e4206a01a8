//! Instructions: the layout that the kernel reads, and the operations that seccomp allows.

/// One instruction of a classic BPF filter, in the layout of the kernel.
///
/// Source: `struct sock_filter`, `include/uapi/linux/filter.h`, Linux 6.12.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SockFilter {
    /// The operation. In a filter that this project emits it is one of the values in [`Opcode`].
    pub code: u16,
    /// How many instructions a conditional jump skips if its test is true.
    pub jt: u8,
    /// How many instructions a conditional jump skips if its test is false.
    pub jf: u8,
    /// The operand: a constant, an offset in bytes, or a distance in instructions.
    pub k: u32,
}

const _: () = assert!(core::mem::size_of::<SockFilter>() == 8);
const _: () = assert!(core::mem::offset_of!(SockFilter, jt) == 2);
const _: () = assert!(core::mem::offset_of!(SockFilter, jf) == 3);
const _: () = assert!(core::mem::offset_of!(SockFilter, k) == 4);

/// The values of [`SockFilter::code`] that this project emits. The kernel accepts more
/// (`seccomp_check_filter`, `kernel/seccomp.c`, Linux 6.12), and the load rules cover all of them.
///
/// Source: `include/uapi/linux/bpf_common.h`, Linux 6.12.
#[derive(Debug)]
pub enum Opcode {}

impl Opcode {
    /// `A = word at byte k of seccomp_data` (`BPF_LD | BPF_W | BPF_ABS`).
    pub const LD_W_ABS: u16 = 0x20;
    /// `A &= k` (`BPF_ALU | BPF_AND | BPF_K`).
    pub const AND_K: u16 = 0x54;
    /// `A ^= k` (`BPF_ALU | BPF_XOR | BPF_K`).
    pub const XOR_K: u16 = 0xa4;
    /// Skip `k` instructions (`BPF_JMP | BPF_JA`).
    pub const JA: u16 = 0x05;
    /// Skip `jt` if `A == k`, else `jf` (`BPF_JMP | BPF_JEQ | BPF_K`).
    pub const JEQ_K: u16 = 0x15;
    /// Skip `jt` if `A > k`, else `jf` (`BPF_JMP | BPF_JGT | BPF_K`).
    pub const JGT_K: u16 = 0x25;
    /// Skip `jt` if `A >= k`, else `jf` (`BPF_JMP | BPF_JGE | BPF_K`).
    pub const JGE_K: u16 = 0x35;
    /// Skip `jt` if `A & k != 0`, else `jf` (`BPF_JMP | BPF_JSET | BPF_K`).
    pub const JSET_K: u16 = 0x45;
    /// Return `k` (`BPF_RET | BPF_K`).
    pub const RET_K: u16 = 0x06;
}

impl SockFilter {
    /// An instruction that is not a conditional jump: `code` and its operand.
    #[inline]
    #[must_use]
    pub const fn statement(code: u16, k: u32) -> Self {
        Self { code, jt: 0, jf: 0, k }
    }

    /// A conditional jump: `code`, its operand, and how many instructions each outcome skips.
    #[inline]
    #[must_use]
    pub const fn jump(code: u16, k: u32, jt: u8, jf: u8) -> Self {
        Self { code, jt, jf, k }
    }
}
