//! Tests each instruction by its effect, then each fault.

use super::super::{
    Arithmetic, InstructionIndex, Operand, Operation, Register, SockFilter, Test, Violation,
};
use super::{Fault, Run, interpret, run};
use crate::abi::ArgumentIndex;
use crate::abi::{Call, Endian, Half};

use Operand::Constant;
use Register::{A, X};

const DATA: Call = Call {
    nr: 0x4000_0001,
    arch: 0xc000_003e,
    instruction_pointer: 0x0123_4567_89ab_cdef,
    args: [0x1111_1111_2222_2222, 1, 2, 3, 4, 0x5555_5555_6666_6666],
};

fn ran(operations: &[Operation]) -> Result<Run, Fault> {
    let mut filter = [SockFilter::statement(0, 0); 16];
    for (instruction, operation) in filter.iter_mut().zip(operations) {
        *instruction = operation.to_instruction();
    }
    run(&filter[..operations.len()], &DATA, Endian::Little)
}

fn result_of(operations: &[Operation]) -> u32 {
    ran(operations).unwrap().value
}

fn fault(operations: &[Operation], index: usize, violation: Violation) {
    assert_eq!(
        ran(operations),
        Err(Fault { index: InstructionIndex(index), violation }),
        "{operations:?}"
    );
}

#[test]
fn registers_are_0_when_a_filter_starts() {
    assert_eq!(result_of(&[Operation::ReturnA]), 0);
    assert_eq!(
        result_of(&[Operation::LoadConstant(A, 9), Operation::CopyXToA, Operation::ReturnA]),
        0
    );
}

#[test]
fn every_word_of_the_input_can_be_loaded() {
    for offset in (0..64).step_by(4) {
        let filter = [Operation::LoadWord(offset), Operation::ReturnA];
        assert_eq!(result_of(&filter), DATA.word(offset, Endian::Little).unwrap());
    }
}

#[test]
fn the_byte_order_of_the_kernel_says_which_half_a_load_finds() {
    let filter = [Operation::LoadWord(16), Operation::ReturnA].map(Operation::to_instruction);
    assert_eq!(Endian::Little.argument_offset(ArgumentIndex::A0, Half::Low), 16);
    assert_eq!(interpret(&filter, &DATA, Endian::Little), Ok(0x2222_2222));
    assert_eq!(interpret(&filter, &DATA, Endian::Big), Ok(0x1111_1111));
}

#[test]
fn the_length_is_that_of_seccomp_data() {
    assert_eq!(result_of(&[Operation::LoadLength(A), Operation::ReturnA]), 64);
    assert_eq!(result_of(&[Operation::LoadLength(X), Operation::CopyXToA, Operation::ReturnA]), 64);
}

#[test]
fn memory_keeps_what_either_register_stores() {
    let filter = [
        Operation::LoadConstant(A, 7),
        Operation::LoadConstant(X, 8),
        Operation::Store(A, 15),
        Operation::Store(X, 0),
        Operation::LoadMemory(X, 15),
        Operation::LoadMemory(A, 0),
        Operation::Arithmetic(Arithmetic::Multiply, Operand::X),
        Operation::ReturnA,
    ];
    assert_eq!(result_of(&filter), 56);
}

#[test]
fn arithmetic_is_on_32_bits_with_either_operand() {
    let rows = [
        (Arithmetic::Add, u32::MAX, 3, 2),
        (Arithmetic::Subtract, 2, 3, u32::MAX),
        (Arithmetic::Multiply, 0x8000_0001, 6, 6),
        (Arithmetic::Divide, u32::MAX, 2, 0x7fff_ffff),
        (Arithmetic::Or, 0x0f, 0xf1, 0xff),
        (Arithmetic::And, 0x3f, 0xf5, 0x35),
        (Arithmetic::Xor, 0x3f, 0xf5, 0xca),
        (Arithmetic::ShiftLeft, 0x8000_0003, 31, 0x8000_0000),
        (Arithmetic::ShiftRight, 0x8000_0003, 31, 1),
    ];
    for (arithmetic, a, b, result) in rows {
        for operand in [Constant(b), Operand::X] {
            let filter = [
                Operation::LoadConstant(X, b),
                Operation::LoadConstant(A, a),
                Operation::Arithmetic(arithmetic, operand),
                Operation::ReturnA,
            ];
            assert_eq!(result_of(&filter), result, "{arithmetic:?} {operand:?}");
        }
    }
    let negate = [Operation::LoadConstant(A, 1), Operation::Negate, Operation::ReturnA];
    assert_eq!(result_of(&negate), u32::MAX);
}

#[test]
fn a_division_by_an_x_of_0_ends_the_filter_with_0() {
    let filter = [
        Operation::LoadConstant(A, 5),
        Operation::Arithmetic(Arithmetic::Divide, Operand::X),
        Operation::ReturnConstant(1),
    ];
    assert_eq!(ran(&filter), Ok(Run { value: 0, steps: 2 }));
}

#[test]
fn a_shift_by_x_takes_the_low_5_bits() {
    let filter = [
        Operation::LoadConstant(A, 3),
        Operation::LoadConstant(X, 0xffff_ffe1),
        Operation::Arithmetic(Arithmetic::ShiftLeft, Operand::X),
        Operation::ReturnA,
    ];
    assert_eq!(result_of(&filter), 6);
}

#[test]
fn a_register_can_be_copied_to_the_other() {
    let filter = [
        Operation::LoadConstant(A, 5),
        Operation::CopyAToX,
        Operation::LoadConstant(A, 0),
        Operation::CopyXToA,
        Operation::ReturnA,
    ];
    assert_eq!(result_of(&filter), 5);
}

#[test]
fn a_test_is_unsigned_and_picks_its_side() {
    let rows = [
        (Test::Equal, 5, 5, true),
        (Test::Equal, 5, 6, false),
        (Test::Greater, u32::MAX, 1, true),
        (Test::Greater, 1, u32::MAX, false),
        (Test::Greater, 5, 5, false),
        (Test::GreaterOrEqual, 5, 5, true),
        (Test::GreaterOrEqual, 4, 5, false),
        (Test::AnyBit, 0x8000_0001, 0x8000_0000, true),
        (Test::AnyBit, 0x7fff_ffff, 0x8000_0000, false),
        (Test::AnyBit, 1, 0, false),
    ];
    for (test, a, b, holds) in rows {
        for operand in [Constant(b), Operand::X] {
            let filter = [
                Operation::LoadConstant(X, b),
                Operation::LoadConstant(A, a),
                Operation::Branch { test, operand, if_true: 1, if_false: 2 },
                Operation::ReturnConstant(0),
                Operation::ReturnConstant(1),
                Operation::ReturnConstant(2),
            ];
            let value = if holds { 1 } else { 2 };
            assert_eq!(ran(&filter), Ok(Run { value, steps: 4 }), "{test:?} {operand:?} {a} {b}");
        }
    }
}

#[test]
fn a_jump_skips_as_many_as_it_says() {
    let skipped = Operation::ReturnConstant(1);
    let filter = [Operation::Jump(2), skipped, skipped, Operation::ReturnConstant(7)];
    assert_eq!(ran(&filter), Ok(Run { value: 7, steps: 2 }));
}

#[test]
fn a_filter_that_no_kernel_loads_faults() {
    fault(&[], 0, Violation::Empty);
    fault(&[Operation::Negate], 0, Violation::NoReturnAtEnd);
    fault(&[Operation::Negate, Operation::Jump(0)], 1, Violation::JumpOutOfRange);
    fault(&[Operation::Jump(u32::MAX)], 0, Violation::JumpOutOfRange);
    fault(&[Operation::LoadWord(64)], 0, Violation::Offset(64));
    fault(&[Operation::LoadWord(2)], 0, Violation::Offset(2));
    fault(&[Operation::LoadMemory(A, 16)], 0, Violation::NoSuchCell(16));
    fault(&[Operation::Store(A, u32::MAX)], 0, Violation::NoSuchCell(u32::MAX));
    fault(&[Operation::Store(A, 4), Operation::LoadMemory(A, 5)], 1, Violation::UnwrittenCell(5));
    let by_constant = |arithmetic, k| Operation::Arithmetic(arithmetic, Constant(k));
    fault(&[by_constant(Arithmetic::Divide, 0)], 0, Violation::DivisionByZero);
    fault(&[by_constant(Arithmetic::ShiftLeft, 32)], 0, Violation::Shift(32));
    let unknown = [SockFilter::statement(0x94, 1)];
    let violation = Violation::UnknownCode(0x94);
    assert_eq!(
        run(&unknown, &DATA, Endian::Little),
        Err(Fault { index: InstructionIndex::FIRST, violation })
    );
}

#[test]
fn a_filter_can_run_while_rustc_compiles() {
    const FILTER: [SockFilter; 2] =
        [SockFilter::statement(0x20, 0), SockFilter::statement(0x16, 0)];
    const VALUE: Result<u32, Fault> = interpret(&FILTER, &DATA, Endian::Little);
    const { assert!(matches!(VALUE, Ok(0x4000_0001))) };
}
