//! Random filters that break a load rule, and random filters whose actions can be observed from outside.

use fastrand::Rng;
use seccomp_ir::abi::ArgumentIndex;
use seccomp_ir::abi::{Abi, Call, Half};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{Arithmetic, Operand, Operation, Register, SockFilter, Test};
use seccomp_test_support::filters::{filter, word};

/// No calls exist from this number on: the kernel answers those that the filter allows with `ENOSYS`.
/// Below it, a filter under test sees only [`CALLS`].
const NO_SUCH_CALL: u32 = 0x1000;

/// Calls that use no argument, change nothing and never return 0.
const CALLS: [u32; 3] =
    [libc::SYS_getpid as u32, libc::SYS_getppid as u32, libc::SYS_gettid as u32];

/// Changes one instruction to one that just keeps a rule or just breaks it.
pub(crate) fn spoil(rng: &mut Rng, filter: &mut Vec<SockFilter>) {
    let index = rng.usize(..filter.len());
    let after = filter.len() - index - 1;
    let near = (after as u32).wrapping_add(rng.u32(..3)).wrapping_sub(1);
    match rng.u8(..10) {
        0 => filter[index].code = rng.u16(..0x100),
        1 => filter[index].code = rng.u16(..),
        2 => filter[index].jt = near as u8,
        3 => filter[index].jf = near as u8,
        4 => filter[index].k = near,
        5 => filter[index].k = [0, 15, 16, 31, 32, 60, 61, 62, 64, u32::MAX][rng.usize(..10)],
        6 => filter[index].k = word(rng),
        7 => {
            let (arithmetic, rule) = [
                (Arithmetic::Divide, 0),
                (Arithmetic::ShiftLeft, 31),
                (Arithmetic::ShiftRight, 31),
            ][rng.usize(..3)];
            let operand = Operand::Constant(rule + rng.u32(..2));
            filter[index] = Operation::Arithmetic(arithmetic, operand).to_instruction();
        }
        8 if filter.len() > 1 => drop(filter.pop()),
        _ if filter.len() > 1 => drop(filter.remove(index)),
        _ => {}
    }
}

/// A filter whose actions a process that survives it can observe: calls that the process needs are
/// allowed before anything else. Most paths end in `errno` with 12 of the bits of A, chosen by the
/// low half of argument 5.
pub(crate) fn observable_filter(rng: &mut Rng, len: usize) -> Vec<SockFilter> {
    let equal = |nr: u32, if_true| Operation::Branch {
        test: Test::Equal,
        operand: Operand::Constant(nr),
        if_true,
        if_false: 0,
    };
    let mut wrapped: Vec<SockFilter> = [
        Operation::LoadWord(Call::NR),
        Operation::Branch {
            test: Test::GreaterOrEqual,
            operand: Operand::Constant(NO_SUCH_CALL),
            if_true: 4,
            if_false: 0,
        },
        equal(CALLS[0], 3),
        equal(CALLS[1], 2),
        equal(CALLS[2], 1),
        Operation::ReturnConstant(Action::Allow.to_return_value()),
    ]
    .map(Operation::to_instruction)
    .into();

    let mut body = filter(rng, len, true);
    // The instructions below replace the last return and most of the others.
    body.pop();
    let end = body.len();
    for (index, instruction) in body.iter_mut().enumerate() {
        let returns = matches!(
            instruction.operation(),
            Some(Operation::ReturnA | Operation::ReturnConstant(_))
        );
        if returns && rng.u8(..3) != 0 {
            *instruction = Operation::Jump((end - index - 1) as u32).to_instruction();
        }
    }
    wrapped.extend(body);
    let low = super::HOST.endian().argument_offset(ArgumentIndex::A5, Half::Low);
    wrapped.extend(
        [
            Operation::Store(Register::A, 15),
            Operation::LoadWord(low),
            Operation::CopyAToX,
            Operation::LoadMemory(Register::A, 15),
            Operation::Arithmetic(Arithmetic::ShiftRight, Operand::X),
            Operation::Arithmetic(Arithmetic::And, Operand::Constant(0xfff)),
            Operation::Arithmetic(
                Arithmetic::Or,
                Operand::Constant(Action::Errno(0).to_return_value()),
            ),
            Operation::ReturnA,
        ]
        .map(Operation::to_instruction),
    );
    wrapped
}

/// A harmless call from an instruction at this address.
pub(crate) fn call(rng: &mut Rng, instruction_pointer: u64) -> Call {
    let nr = if rng.bool() {
        CALLS[rng.usize(..CALLS.len())]
    } else {
        // With and without the bit of x32, above all numbers of either ABI.
        rng.u32(NO_SUCH_CALL..Abi::X32_BIT) | if rng.bool() { Abi::X32_BIT } else { 0 }
    };
    let mut args = core::array::from_fn(|_| u64::from(word(rng)) << 32 | u64::from(word(rng)));
    args[5] = args[5] & !0xffff_ffff | [0, 12, 24][rng.usize(..3)];
    Call { nr, arch: super::HOST.audit_arch(), instruction_pointer, args }
}
