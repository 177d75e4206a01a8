//! The kernel's bitmap of constant allows, and the cost of filling it.
//!
//! When a filter is installed, the kernel (since 5.11) emulates it once for every call number of
//! each of its own ABIs, and remembers the numbers that are allowed for all arguments. Such a
//! call never runs the filter again. The emulation knows loads of `nr` and `arch`, jumps and
//! comparisons with constants, `AND` with a constant, and `RET` of a constant. At any other
//! instruction it gives up, and the number is not remembered.
//!
//! Source: `seccomp_is_const_allow` and `seccomp_cache_prepare_bitmap`, `kernel/seccomp.c`, Linux
//! 6.12. Not modelled: the calls that the kernel lets past every filter (x86_64's `uretprobe`, 335,
//! and `uprobe`, 336), and that the bitmap ends at the highest call number of the ABI, so that no
//! x32 call is ever in it. MIPS, among the architectures with seccomp, has no bitmap.

use super::{Arithmetic, InstructionIndex, Operand, Operation, SockFilter};
use crate::abi::Call;
use crate::action::Action;

/// The result of the kernel's emulation of a filter for one call number.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Emulation {
    /// Whether the kernel remembers the number as allowed for all arguments.
    pub allows: bool,
    /// The number of emulated instructions, the last one included: the cost of installing.
    pub steps: usize,
}

/// Whether the kernel remembers call `nr` of the ABI with this
/// [`audit_arch`](crate::abi::Abi::audit_arch) as allowed for all arguments, so that it never
/// runs `filter` for the call.
#[inline]
#[must_use]
pub const fn const_allows(filter: &[SockFilter], arch: u32, nr: u32) -> bool {
    emulate(filter, arch, nr).allows
}

/// The kernel's emulation of `filter` for call `nr` of the ABI with this
/// [`audit_arch`](crate::abi::Abi::audit_arch). It also ends for a filter that the kernel would not
/// load, and then does not allow.
#[inline]
#[must_use]
pub const fn emulate(filter: &[SockFilter], arch: u32, nr: u32) -> Emulation {
    const ALLOW: u32 = Action::Allow.to_return_value();
    let mut value = 0;
    let mut index = InstructionIndex::FIRST;
    let mut steps = 0;
    while index.0 < filter.len() {
        steps += 1;
        let mut skip = 0;
        match filter[index.0].operation() {
            Some(Operation::LoadWord(Call::NR)) => value = nr,
            Some(Operation::LoadWord(Call::ARCH)) => value = arch,
            Some(Operation::Arithmetic(Arithmetic::And, Operand::Constant(k))) => value &= k,
            Some(Operation::Jump(distance)) => skip = distance,
            Some(Operation::Branch { test, operand: Operand::Constant(k), if_true, if_false }) => {
                skip = if test.holds(value, k) { if_true } else { if_false } as u32;
            }
            Some(Operation::ReturnConstant(k)) => return Emulation { allows: k == ALLOW, steps },
            _ => break,
        }
        index = index.after(skip);
    }
    Emulation { allows: false, steps }
}

#[cfg(test)]
mod tests {
    use super::super::{Register, Test, interpret};
    use super::*;
    use crate::abi::{Abi, Endian};

    const ARCH: u32 = Abi::X86_64.audit_arch();
    const ALLOW: Operation = Operation::ReturnConstant(Action::Allow.to_return_value());
    const KILL: Operation = Operation::ReturnConstant(Action::KillProcess.to_return_value());
    const NR: Operation = Operation::LoadWord(Call::NR);

    fn emulated(operations: &[Operation], nr: u32) -> Emulation {
        let mut filter = [SockFilter::statement(0, 0); 8];
        for (instruction, operation) in filter.iter_mut().zip(operations) {
            *instruction = operation.to_instruction();
        }
        emulate(&filter[..operations.len()], ARCH, nr)
    }

    const fn branch(test: Test, k: u32) -> Operation {
        Operation::Branch { test, operand: Operand::Constant(k), if_true: 0, if_false: 1 }
    }

    #[test]
    fn a_number_allowed_by_its_number_alone_is_remembered() {
        let rows = [
            (branch(Test::Equal, 5), [false, true, false]),
            (branch(Test::Greater, 5), [false, false, true]),
            (branch(Test::GreaterOrEqual, 5), [false, true, true]),
            (branch(Test::AnyBit, 5), [true, true, false]), // 8 has none of the bits of 5
        ];
        for (test, allowed) in rows {
            for (nr, allows) in [4, 5, 8].into_iter().zip(allowed) {
                let emulation = emulated(&[NR, test, ALLOW, KILL], nr);
                assert_eq!(emulation, Emulation { allows, steps: 3 }, "{test:?} {nr}");
            }
        }
    }

    #[test]
    fn the_abi_counts_and_bits_can_be_kept() {
        let keep = Operation::Arithmetic(Arithmetic::And, Operand::Constant(0xff));
        let arch = Operation::LoadWord(Call::ARCH);
        let own = [arch, branch(Test::Equal, ARCH), ALLOW, KILL];
        assert_eq!(emulated(&own, 1), Emulation { allows: true, steps: 3 });
        let masked = [NR, keep, branch(Test::Equal, 1), ALLOW, KILL];
        assert!(emulated(&masked, 0x101).allows);
        assert!(!emulated(&masked, 0x102).allows);
    }

    #[test]
    fn a_jump_is_followed() {
        let filter = [Operation::Jump(1), KILL, ALLOW];
        assert_eq!(emulated(&filter, 1), Emulation { allows: true, steps: 2 });
    }

    #[test]
    fn only_allow_itself_is_remembered() {
        assert!(emulated(&[ALLOW], 1).allows);
        for value in [Action::Log.to_return_value(), 0x7fff_0001, 0, u32::MAX] {
            assert!(!emulated(&[Operation::ReturnConstant(value)], 1).allows, "{value:#x}");
        }
    }

    #[test]
    fn anything_that_the_emulation_does_not_know_ends_it() {
        let k = Operand::Constant(1);
        let unknown = [
            Operation::LoadWord(8),
            Operation::LoadWord(16),
            Operation::LoadLength(Register::A),
            Operation::LoadConstant(Register::A, 0),
            Operation::LoadConstant(Register::X, 0),
            Operation::Store(Register::A, 0),
            Operation::Arithmetic(Arithmetic::Xor, k),
            Operation::Arithmetic(Arithmetic::ShiftRight, k),
            Operation::Arithmetic(Arithmetic::And, Operand::X),
            Operation::Branch { test: Test::Equal, operand: Operand::X, if_true: 0, if_false: 0 },
            Operation::Negate,
            Operation::CopyAToX,
            Operation::CopyXToA,
            Operation::ReturnA,
        ];
        for operation in unknown {
            let emulation = emulated(&[NR, operation, ALLOW], 1);
            assert_eq!(emulation, Emulation { allows: false, steps: 2 }, "{operation:?}");
        }
    }

    #[test]
    fn a_filter_that_no_kernel_loads_is_not_allowed_anything() {
        assert_eq!(emulated(&[], 1), Emulation { allows: false, steps: 0 });
        assert_eq!(emulated(&[NR], 1), Emulation { allows: false, steps: 1 });
        let far = Operation::Jump(u32::MAX);
        assert_eq!(emulated(&[far, ALLOW], 1), Emulation { allows: false, steps: 1 });
    }

    #[test]
    fn the_emulation_agrees_with_a_run_as_long_as_it_lasts() {
        let filter = [NR, branch(Test::Equal, 5), ALLOW, KILL].map(Operation::to_instruction);
        for nr in 0..10 {
            let data = Call { nr, arch: ARCH, ..Call::default() };
            let value = interpret(&filter, &data, Endian::Little).unwrap();
            let allows = value == Action::Allow.to_return_value();
            assert_eq!(const_allows(&filter, ARCH, nr), allows);
        }
    }
}
