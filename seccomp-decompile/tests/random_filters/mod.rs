//! Random filters that the kernel loads.

use fastrand::Rng;
use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{Arithmetic, Operand, Operation, Register, SockFilter, Test};

/// The shape of a random filter.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// It tests `arch` and numbers, then arguments, like the filters that people write.
    Structured,
    /// It tests `arch` and the number, and then has any instructions.
    Arbitrary,
}

const WORDS: [u32; 12] =
    [0, 1, 2, 3, 31, 0xff, 0xffff, 0x1234_5678, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, u32::MAX];

const NUMBERS: [u32; 8] = [0, 1, 16, 41, 56, 72, 157, 257];

fn word(rng: &mut Rng) -> u32 {
    match rng.u8(..4) {
        0 => rng.u32(..),
        1 => rng.u32(..64),
        _ => WORDS[rng.usize(..WORDS.len())],
    }
}

fn action(rng: &mut Rng) -> u32 {
    let all = [
        Action::KillProcess,
        Action::KillThread,
        Action::Trap(rng.u16(..3)),
        Action::Trace(7),
        Action::Notify,
        Action::Allow,
        Action::Allow,
        Action::Log,
        Action::Errno(1),
        Action::Errno(38),
    ];
    all[rng.usize(..all.len())].to_return_value()
}

fn argument(rng: &mut Rng) -> Operation {
    // Mostly one of the first arguments, because most calls have these.
    let most = if rng.u8(..4) == 0 { 12 } else { 4 };
    Operation::LoadWord(16 + 4 * rng.u32(..most))
}

fn test(rng: &mut Rng) -> Test {
    [Test::Equal, Test::Greater, Test::GreaterOrEqual, Test::AnyBit][rng.usize(..4)]
}

fn arithmetic(rng: &mut Rng) -> Operation {
    let all = [
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
        Arithmetic::Or,
        Arithmetic::And,
        Arithmetic::And,
        Arithmetic::ShiftLeft,
        Arithmetic::ShiftRight,
        Arithmetic::Xor,
    ];
    let arithmetic = all[rng.usize(..all.len())];
    let operand = if rng.u8(..4) == 0 { Operand::X } else { Operand::Constant(word(rng)) };
    Operation::Arithmetic(
        arithmetic,
        match (arithmetic, operand) {
            (Arithmetic::Divide, Operand::Constant(0)) => Operand::Constant(3),
            (Arithmetic::ShiftLeft | Arithmetic::ShiftRight, Operand::Constant(by)) => {
                Operand::Constant(by % 32)
            }
            (_, operand) => operand,
        },
    )
}

fn any(rng: &mut Rng, after: usize) -> Operation {
    let distance = |rng: &mut Rng| rng.usize(..after.min(5)) as u8;
    let register = if rng.bool() { Register::A } else { Register::X };
    match rng.u8(..16) {
        0..=3 => argument(rng),
        4 => Operation::LoadConstant(register, word(rng)),
        5 => Operation::LoadMemory(register, rng.u32(..2)),
        6 => Operation::Store(register, rng.u32(..2)),
        7 => arithmetic(rng),
        8 => Operation::CopyAToX,
        9 => [Operation::CopyXToA, Operation::Negate, Operation::LoadLength(register)]
            [rng.usize(..3)],
        10 => Operation::Jump(distance(rng).into()),
        _ => Operation::Branch {
            test: test(rng),
            operand: if rng.u8(..6) == 0 { Operand::X } else { Operand::Constant(word(rng)) },
            if_true: distance(rng),
            if_false: distance(rng),
        },
    }
}

/// A random filter of this shape.
pub(crate) fn filter(rng: &mut Rng, shape: Shape) -> Vec<SockFilter> {
    let equal = |k, if_true, if_false| Operation::Branch {
        test: Test::Equal,
        operand: Operand::Constant(k),
        if_true,
        if_false,
    };
    let mut all = vec![Operation::LoadWord(Call::ARCH)];
    all.push(equal(Abi::X86_64.audit_arch(), 1, 0));
    all.push(Operation::ReturnConstant(action(rng)));
    all.push(Operation::LoadWord(Call::NR));
    all.push(Operation::Store(Register::A, 0));
    all.push(Operation::Store(Register::A, 1));
    let default = action(rng);
    for _ in 0..rng.usize(1..6) {
        let number = NUMBERS[rng.usize(..NUMBERS.len())];
        let mut body = Vec::new();
        let length = rng.usize(1..14);
        for index in 0..length {
            body.push(match shape {
                Shape::Arbitrary => any(rng, length - index),
                Shape::Structured => structured(rng, index, length),
            });
        }
        let last = if rng.u8(..20) == 0 {
            Operation::ReturnA
        } else {
            Operation::ReturnConstant(action(rng))
        };
        body.push(last);
        all.push(Operation::LoadWord(Call::NR));
        all.push(equal(number, 0, body.len() as u8));
        all.extend(body);
    }
    all.push(Operation::ReturnConstant(default));
    all.into_iter().map(Operation::to_instruction).collect()
}

fn structured(rng: &mut Rng, index: usize, length: usize) -> Operation {
    let after = length - index;
    let distance = |rng: &mut Rng| rng.usize(..after.min(5)) as u8;
    match index % 3 {
        0 => argument(rng),
        1 if rng.bool() => Operation::Arithmetic(Arithmetic::And, Operand::Constant(word(rng))),
        _ if rng.u8(..6) == 0 => Operation::ReturnConstant(action(rng)),
        _ => Operation::Branch {
            test: test(rng),
            operand: Operand::Constant(word(rng)),
            if_true: distance(rng),
            if_false: distance(rng),
        },
    }
}

/// A call of x86_64 near the values that the filter tests.
pub(crate) fn call(rng: &mut Rng, filter: &[SockFilter]) -> Call {
    let near = |rng: &mut Rng| {
        let k = filter[rng.usize(..filter.len())].k;
        k.wrapping_add(rng.u32(..3)).wrapping_sub(1)
    };
    let mut args = [0; 6];
    for argument in &mut args {
        let high = if rng.bool() { near(rng) } else { 0 };
        *argument = u64::from(near(rng)) | u64::from(high) << 32;
    }
    let numbers = [&NUMBERS[..], &[2, 1000]].concat();
    Call::new(Abi::X86_64, numbers[rng.usize(..numbers.len())], args)
}
