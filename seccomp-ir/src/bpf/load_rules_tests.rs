//! Each load rule, once just kept and once just broken.

use super::super::{Arithmetic, MAX_INSTRUCTIONS, Operand, Operation, Register, SockFilter, Test};
use super::super::{InstructionIndex, Violation, check};
use super::LoadError;

use Register::{A, X};

const ALLOW: Operation = Operation::ReturnConstant(0x7fff_0000);

/// Checks a filter of at most 16 operations.
fn checked(operations: &[Operation]) -> Result<(), LoadError> {
    let mut filter = [SockFilter::statement(0, 0); 16];
    for (instruction, operation) in filter.iter_mut().zip(operations) {
        *instruction = operation.to_instruction();
    }
    check(&filter[..operations.len()])
}

fn kept(operations: &[Operation]) {
    assert_eq!(checked(operations), Ok(()), "{operations:?}");
}

fn broken(operations: &[Operation], index: usize, violation: Violation) {
    assert_eq!(
        checked(operations),
        Err(LoadError { index: InstructionIndex(index), violation }),
        "{operations:?}"
    );
}

const fn branch(if_true: u8, if_false: u8) -> Operation {
    Operation::Branch { test: Test::Equal, operand: Operand::Constant(1), if_true, if_false }
}

#[test]
fn a_filter_has_1_to_4096_instructions() {
    let filter = [ALLOW.to_instruction(); MAX_INSTRUCTIONS + 1];
    assert_eq!(
        check(&[]),
        Err(LoadError { index: InstructionIndex::FIRST, violation: Violation::Empty })
    );
    assert_eq!(check(&filter[..1]), Ok(()));
    assert_eq!(check(&filter[..MAX_INSTRUCTIONS]), Ok(()));
    let error = check(&filter).unwrap_err();
    assert_eq!(error.violation, Violation::TooLong(MAX_INSTRUCTIONS + 1));
}

#[test]
fn packet_loads_and_the_remainder_are_for_sockets_only() {
    // BPF_LD|BPF_H|BPF_ABS, BPF_LD|BPF_W|BPF_IND, BPF_LDX|BPF_B|BPF_MSH, BPF_ALU|BPF_MOD|BPF_K, _X
    for code in [0x28, 0x40, 0xb1, 0x94, 0x9c, 0x21, 0x100, 0xffff] {
        let filter = [SockFilter::statement(code, 4), ALLOW.to_instruction()];
        let violation = Violation::UnknownCode(code);
        assert_eq!(check(&filter), Err(LoadError { index: InstructionIndex::FIRST, violation }));
    }
}

#[test]
fn a_load_is_of_a_whole_word_of_seccomp_data() {
    kept(&[Operation::LoadWord(0), ALLOW]);
    kept(&[Operation::LoadWord(60), ALLOW]);
    for offset in [64, 68, 1, 2, 3, 61, u32::MAX, u32::MAX - 3] {
        broken(&[Operation::LoadWord(offset), ALLOW], 0, Violation::Offset(offset));
    }
}

#[test]
fn division_is_not_by_the_constant_0() {
    let divide = |operand| Operation::Arithmetic(Arithmetic::Divide, operand);
    kept(&[divide(Operand::Constant(1)), ALLOW]);
    kept(&[divide(Operand::X), ALLOW]);
    broken(&[divide(Operand::Constant(0)), ALLOW], 0, Violation::DivisionByZero);
}

#[test]
fn a_shift_is_by_less_than_32() {
    for shift in [Arithmetic::ShiftLeft, Arithmetic::ShiftRight] {
        let by = |k| Operation::Arithmetic(shift, Operand::Constant(k));
        kept(&[by(0), by(31), ALLOW]);
        kept(&[Operation::Arithmetic(shift, Operand::X), ALLOW]);
        broken(&[by(31), by(32), ALLOW], 1, Violation::Shift(32));
        broken(&[by(u32::MAX), ALLOW], 0, Violation::Shift(u32::MAX));
    }
}

#[test]
fn there_are_16_cells_of_memory() {
    for register in [A, X] {
        kept(&[Operation::Store(register, 15), Operation::LoadMemory(register, 15), ALLOW]);
        let violation = Violation::NoSuchCell(16);
        broken(&[Operation::Store(register, 16), ALLOW], 0, violation);
        broken(&[Operation::LoadMemory(register, 16), ALLOW], 0, violation);
    }
}

#[test]
fn a_jump_ends_inside_the_filter() {
    kept(&[Operation::Jump(0), ALLOW]);
    kept(&[Operation::Jump(1), ALLOW, ALLOW]);
    for skip in [2, 3, i32::MAX as u32, u32::MAX - 1, u32::MAX] {
        broken(&[Operation::Jump(skip), ALLOW, ALLOW], 0, Violation::JumpOutOfRange);
    }
    kept(&[branch(1, 0), ALLOW, ALLOW]);
    kept(&[branch(0, 1), ALLOW, ALLOW]);
    broken(&[branch(2, 0), ALLOW, ALLOW], 0, Violation::JumpOutOfRange);
    broken(&[branch(0, 2), ALLOW, ALLOW], 0, Violation::JumpOutOfRange);
    broken(&[ALLOW, branch(0, 0)], 1, Violation::JumpOutOfRange);
}

#[test]
fn the_last_instruction_is_a_return() {
    kept(&[Operation::ReturnA]);
    broken(&[ALLOW, Operation::CopyAToX], 1, Violation::NoReturnAtEnd);
    broken(&[ALLOW, Operation::LoadWord(0)], 1, Violation::NoReturnAtEnd);
}

#[test]
fn memory_is_written_before_it_is_read() {
    let (store, load) = (Operation::Store(A, 3), Operation::LoadMemory(X, 3));
    kept(&[store, load, ALLOW]);
    broken(&[load, ALLOW], 0, Violation::UnwrittenCell(3));
    broken(&[Operation::Store(A, 2), load, ALLOW], 1, Violation::UnwrittenCell(3));
}

#[test]
fn memory_is_written_on_both_paths_to_a_read() {
    let (store, load) = (Operation::Store(A, 0), Operation::LoadMemory(A, 0));
    // Written before the paths part, on both, on one only, on the skipped one only.
    kept(&[store, branch(1, 0), Operation::Negate, load, ALLOW]);
    kept(&[branch(0, 2), store, Operation::Jump(1), store, load, ALLOW]);
    broken(&[branch(0, 1), store, load, ALLOW], 2, Violation::UnwrittenCell(0));
    broken(&[branch(1, 0), store, load, ALLOW], 2, Violation::UnwrittenCell(0));
}

#[test]
fn instructions_after_a_return_inherit_the_cells_written_before_it_as_in_the_kernel() {
    let (store, load) = (Operation::Store(A, 0), Operation::LoadMemory(A, 0));
    // Only the store leads to the load, but the kernel counts the return before it, too.
    let strict = [branch(1, 0), Operation::Jump(2), store, Operation::Jump(1), ALLOW, load, ALLOW];
    broken(&strict, 5, Violation::UnwrittenCell(0));
    // Nothing leads to the load, so the kernel lets it read.
    kept(&[Operation::Jump(1), load, ALLOW]);
}

#[test]
fn an_error_says_where_and_why() {
    extern crate std;
    let error = checked(&[ALLOW, Operation::LoadWord(66), ALLOW]).unwrap_err();
    assert_eq!(
        std::format!("{error}"),
        "instruction 1: loads from byte 66; a load takes a multiple of 4 below 64, \
         the size of seccomp_data"
    );
    assert_eq!(
        std::format!("{}", check(&[]).unwrap_err()),
        "the filter is empty; it needs at least a return"
    );
}

#[test]
fn a_filter_is_checked_while_rustc_compiles() {
    static FILTER: [SockFilter; MAX_INSTRUCTIONS] = {
        let mut filter = [Operation::LoadWord(0).to_instruction(); MAX_INSTRUCTIONS];
        filter[MAX_INSTRUCTIONS - 1] = ALLOW.to_instruction();
        filter
    };
    static IS_LOADED: bool = check(&FILTER).is_ok();
    assert!(IS_LOADED);
}
