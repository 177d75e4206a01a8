//! Random filters with every instruction that seccomp allows.

use fastrand::Rng;
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{Arithmetic, Operand, Operation, Register, SockFilter, Test};

/// The words in comparisons and inputs: few enough that both often meet.
const WORDS: [u32; 10] =
    [0, 1, 2, 31, 33, 0x1234_5678, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, u32::MAX];

/// Kinds of instruction, as [`operation`] numbers them.
const KINDS: u8 = 18;

/// The number of memory cells that a valid filter writes first.
const CELLS: u32 = 3;

/// A word, often one that other filters and inputs have too.
pub fn word(rng: &mut Rng) -> u32 {
    match rng.u8(..4) {
        0 => rng.u32(..),
        1 => rng.u32(..64),
        _ => WORDS[rng.usize(..WORDS.len())],
    }
}

fn register(rng: &mut Rng) -> Register {
    if rng.bool() { Register::A } else { Register::X }
}

fn operand(rng: &mut Rng) -> Operand {
    if rng.bool() { Operand::X } else { Operand::Constant(word(rng)) }
}

fn arithmetic(rng: &mut Rng) -> Operation {
    let arithmetic = [
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
        Arithmetic::Or,
        Arithmetic::And,
        Arithmetic::ShiftLeft,
        Arithmetic::ShiftRight,
        Arithmetic::Xor,
    ][rng.usize(..9)];
    let operand = match (arithmetic, operand(rng)) {
        (Arithmetic::Divide, Operand::Constant(0)) => Operand::Constant(3),
        (Arithmetic::ShiftLeft | Arithmetic::ShiftRight, Operand::Constant(by)) => {
            Operand::Constant(by % 32)
        }
        (_, operand) => operand,
    };
    Operation::Arithmetic(arithmetic, operand)
}

/// A return value of a filter: any action, also an unknown one, but mostly one that leaves the
/// caller alive.
fn return_operation(rng: &mut Rng) -> Operation {
    let data = rng.u16(..);
    let action = match rng.u8(..10) {
        0 => Action::KillProcess,
        1 => Action::KillThread,
        2 => Action::Trap(data),
        3 => Action::Trace(data),
        4 => Action::Notify,
        5 => Action::Allow,
        6 => return Operation::ReturnConstant(word(rng)),
        7 => return Operation::ReturnA,
        _ => Action::Errno(data),
    };
    Operation::ReturnConstant(action.to_return_value())
}

/// A distance within the `after` instructions that follow, mostly a short one.
fn distance(rng: &mut Rng, after: usize) -> u8 {
    let most = after.min(256);
    let skip = if rng.u8(..8) == 0 { rng.usize(..most) } else { rng.usize(..most.min(4)) };
    skip as u8
}

/// An instruction that the kernel accepts if at least one instruction follows; `after` is their number.
fn operation(rng: &mut Rng, after: usize) -> Operation {
    match rng.u8(..KINDS) {
        0..=2 => Operation::LoadWord(4 * rng.u32(..16)),
        3 => Operation::LoadLength(register(rng)),
        4 => Operation::LoadConstant(register(rng), word(rng)),
        5 => Operation::LoadMemory(register(rng), rng.u32(..CELLS)),
        6 => Operation::Store(register(rng), rng.u32(..CELLS)),
        7..=9 => arithmetic(rng),
        10 => Operation::Negate,
        11 => Operation::CopyAToX,
        12 => Operation::CopyXToA,
        13 => Operation::Jump(distance(rng, after).into()),
        _ => Operation::Branch {
            test: [Test::Equal, Test::Greater, Test::GreaterOrEqual, Test::AnyBit][rng.usize(..4)],
            operand: operand(rng),
            if_true: distance(rng, after),
            if_false: distance(rng, after),
        },
    }
}

/// `len` instructions and a return. Valid if it `stores` first; otherwise valid except for reads of
/// memory that may not have been written.
pub fn filter(rng: &mut Rng, len: usize, stores: bool) -> Vec<SockFilter> {
    let mut filter = Vec::with_capacity(len + 8);
    if stores {
        filter.push(Operation::LoadWord(4 * rng.u32(..16)));
        filter.extend((0..CELLS).map(|cell| Operation::Store(Register::A, cell)));
    }
    for index in 0..len {
        let rare_return = rng.usize(..len) == 0;
        filter.push(if rare_return { return_operation(rng) } else { operation(rng, len - index) });
    }
    filter.push(return_operation(rng));
    filter.into_iter().map(Operation::to_instruction).collect()
}
