//! The length of a filter after the kernel has converted it.
//!
//! The kernel converts every filter to its own eBPF. Its limit on the total length of all filters of
//! a thread counts eBPF instructions. The rules, for the instructions that seccomp allows:
//!
//! | instruction | becomes |
//! |---|--:|
//! | before the first: A, X = 0, the input's address saved | 3 |
//! | `RET` of a constant: the constant, then the exit | 2 |
//! | division by X: X cut to 32 bits, tested, A = 0, exit, then the division | 5 |
//! | branch with `jf` 0 | 1 |
//! | `JEQ`, `JGT`, `JGE` with `jt` 0 (eBPF has the opposite tests) | 1 |
//! | every other branch, so also `JSET` with `jt` 0: a test and a jump | 2 |
//! | any branch on a constant of 2³¹ or more, which eBPF would extend by its sign | 1 more |
//! | everything else | 1 |
//!
//! A branch with both distances 0 counts by its `jf`: 1.
//!
//! Source: `bpf_convert_filter` and `bpf_migrate_filter`, `net/core/filter.c`;
//! `seccomp_attach_filter`, `kernel/seccomp.c`; Linux 6.12. The kernel counts more where its
//! just-in-time compiler hides constants (`net.core.bpf_jit_harden`).

use super::{Arithmetic, MAX_INSTRUCTIONS, Operand, Operation, SockFilter, Test};

/// The most that all filters of a thread may add up to: the [`converted_len`] of each, and
/// [`CONVERTED_LEN_PER_EARLIER_FILTER`] for each except the newest. With one more, installing fails
/// with `ENOMEM` (`MAX_INSNS_PER_PATH`, `kernel/seccomp.c`, Linux 6.12).
pub const MAX_CONVERTED_LEN: usize = 32768;

/// What a filter that is already installed adds to its [`converted_len`].
pub const CONVERTED_LEN_PER_EARLIER_FILTER: usize = 4;

const PROLOGUE: usize = 3;
const LONGEST: usize = 5;

// One filter alone always fits.
const _: () = assert!(PROLOGUE + MAX_INSTRUCTIONS * LONGEST <= MAX_CONVERTED_LEN);

/// The number of eBPF instructions to which the kernel converts `filter`, which
/// [`check`](super::check) accepts.
#[must_use]
pub const fn converted_len(filter: &[SockFilter]) -> usize {
    let mut len = PROLOGUE;
    let mut index = 0;
    while index < filter.len() {
        len += converted_len_of(filter[index]);
        index += 1;
    }
    len
}

/// The number of eBPF instructions, 1 to 5, to which the kernel converts one instruction; 0 for one
/// that it refuses.
#[must_use]
pub const fn converted_len_of(instruction: SockFilter) -> usize {
    match instruction.operation() {
        None => 0,
        Some(Operation::ReturnConstant(_)) => 2,
        Some(Operation::Arithmetic(Arithmetic::Divide, Operand::X)) => LONGEST,
        Some(Operation::Branch { test, operand, if_true, if_false }) => {
            let has_opposite = !matches!(test, Test::AnyBit);
            let one_sided = if_false == 0 || (if_true == 0 && has_opposite);
            let wide = matches!(operand, Operand::Constant(0x8000_0000..));
            1 + !one_sided as usize + wide as usize
        }
        Some(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Register;
    use super::*;

    fn len(operation: Operation) -> usize {
        converted_len_of(operation.to_instruction())
    }

    fn branch(test: Test, operand: Operand, if_true: u8, if_false: u8) -> usize {
        len(Operation::Branch { test, operand, if_true, if_false })
    }

    #[test]
    fn a_branch_is_one_instruction_if_the_kernel_can_fall_through() {
        let ordered = [Test::Equal, Test::Greater, Test::GreaterOrEqual];
        for operand in [Operand::Constant(0), Operand::Constant(0x7fff_ffff), Operand::X] {
            for test in ordered {
                assert_eq!(branch(test, operand, 0, 0), 1);
                assert_eq!(branch(test, operand, 9, 0), 1);
                assert_eq!(branch(test, operand, 0, 9), 1);
                assert_eq!(branch(test, operand, 9, 9), 2);
            }
            assert_eq!(branch(Test::AnyBit, operand, 0, 0), 1);
            assert_eq!(branch(Test::AnyBit, operand, 9, 0), 1);
            assert_eq!(branch(Test::AnyBit, operand, 0, 9), 2);
            assert_eq!(branch(Test::AnyBit, operand, 9, 9), 2);
        }
    }

    #[test]
    fn a_constant_with_its_top_bit_set_costs_one_more() {
        let wide = Operand::Constant(0x8000_0000);
        assert_eq!(branch(Test::Equal, wide, 9, 0), 2);
        assert_eq!(branch(Test::AnyBit, wide, 0, 9), 3);
        // Arithmetic takes no extra instruction: it works on 32 bits.
        assert_eq!(len(Operation::Arithmetic(Arithmetic::And, wide)), 1);
    }

    #[test]
    fn returns_and_divisions_are_longer() {
        assert_eq!(len(Operation::ReturnConstant(0)), 2);
        assert_eq!(len(Operation::ReturnA), 1);
        assert_eq!(len(Operation::Arithmetic(Arithmetic::Divide, Operand::X)), 5);
        assert_eq!(len(Operation::Arithmetic(Arithmetic::Divide, Operand::Constant(3))), 1);
        assert_eq!(len(Operation::LoadWord(0)), 1);
        assert_eq!(len(Operation::LoadLength(Register::X)), 1);
    }

    #[test]
    fn a_filter_adds_its_prologue() {
        let filter = [Operation::ReturnConstant(0).to_instruction()];
        assert_eq!(converted_len(&filter), 5);
    }
}
