//! The meaning of an instruction: decodes `code`, `jt`, `jf` and `k`.
//!
//! The kernel identifies an instruction by one number. Here each number that a seccomp filter may
//! contain has exactly one meaning, and other numbers have none. The load rules, the interpreter
//! and the disassembler all decode instructions with this module.
//!
//! Sources: `include/uapi/linux/bpf_common.h` for the numbers, `seccomp_check_filter` in
//! `kernel/seccomp.c` for which of them seccomp allows, Linux 6.12.

use super::SockFilter;

/// A register. Both hold 32 bits, and both are 0 when a filter starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Register {
    /// The accumulator, the register for arithmetic and comparisons.
    A,
    /// The index register.
    X,
}

/// The right-hand side of arithmetic and of comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// The operand `k` of the instruction.
    Constant(u32),
    /// The value in [`Register::X`].
    X,
}

/// Arithmetic on 32 bits; it discards higher bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arithmetic {
    /// `A += operand`
    Add,
    /// `A -= operand`
    Subtract,
    /// `A *= operand`
    Multiply,
    /// `A /= operand`, unsigned
    Divide,
    /// `A |= operand`
    Or,
    /// `A &= operand`
    And,
    /// `A <<= operand`
    ShiftLeft,
    /// `A >>= operand`, filling with zeros
    ShiftRight,
    /// `A ^= operand`
    Xor,
}

/// A test of the accumulator, as an unsigned number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Test {
    /// `A == operand`
    Equal,
    /// `A > operand`
    Greater,
    /// `A >= operand`
    GreaterOrEqual,
    /// `A & operand != 0`
    AnyBit,
}

/// The operation of one instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// `A = ` the word of `seccomp_data` at this offset in bytes.
    LoadWord(u32),
    /// Sets the register to the size of `seccomp_data` in bytes, 64.
    LoadLength(Register),
    /// Sets the register to this constant.
    LoadConstant(Register, u32),
    /// Loads the register from this cell of memory.
    LoadMemory(Register, u32),
    /// Stores the register in this cell of memory.
    Store(Register, u32),
    /// Arithmetic on [`Register::A`].
    Arithmetic(Arithmetic, Operand),
    /// `A = -A`
    Negate,
    /// `X = A` (`TAX`)
    CopyAToX,
    /// `A = X` (`TXA`)
    CopyXToA,
    /// Skips this many instructions.
    Jump(u32),
    /// Skips a number of instructions that depends on a test.
    Branch {
        /// The test.
        test: Test,
        /// The value that `A` is tested against.
        operand: Operand,
        /// How many instructions to skip if the test is true.
        if_true: u8,
        /// How many instructions to skip if the test is false.
        if_false: u8,
    },
    /// Returns `k`.
    ReturnConstant(u32),
    /// Returns the value in [`Register::A`].
    ReturnA,
}

const LD: u16 = 0x00;
const LDX: u16 = 0x01;
const ST: u16 = 0x02;
const STX: u16 = 0x03;
const ALU: u16 = 0x04;
const JMP: u16 = 0x05;
const RET: u16 = 0x06;
const MISC: u16 = 0x07;

/// Modes of a 32-bit load, in bits 7 to 5.
const IMM: u16 = 0x00;
const ABS: u16 = 0x20;
const MEM: u16 = 0x60;
const LEN: u16 = 0x80;

/// The bit that makes X the operand.
const FROM_X: u16 = 0x08;
/// The mode of `RET` that returns A.
const FROM_A: u16 = 0x10;

impl Arithmetic {
    #[inline]
    const fn from_code(code: u16) -> Option<Self> {
        Some(match code & 0xf0 {
            0x00 => Self::Add,
            0x10 => Self::Subtract,
            0x20 => Self::Multiply,
            0x30 => Self::Divide,
            0x40 => Self::Or,
            0x50 => Self::And,
            0x60 => Self::ShiftLeft,
            0x70 => Self::ShiftRight,
            0xa0 => Self::Xor,
            _ => return None,
        })
    }

    #[inline]
    const fn to_code(self) -> u16 {
        match self {
            Self::Add => 0x00,
            Self::Subtract => 0x10,
            Self::Multiply => 0x20,
            Self::Divide => 0x30,
            Self::Or => 0x40,
            Self::And => 0x50,
            Self::ShiftLeft => 0x60,
            Self::ShiftRight => 0x70,
            Self::Xor => 0xa0,
        }
    }
}

impl Test {
    #[inline]
    const fn from_code(code: u16) -> Option<Self> {
        Some(match code & 0xf0 {
            0x10 => Self::Equal,
            0x20 => Self::Greater,
            0x30 => Self::GreaterOrEqual,
            0x40 => Self::AnyBit,
            _ => return None,
        })
    }

    #[inline]
    const fn to_code(self) -> u16 {
        match self {
            Self::Equal => 0x10,
            Self::Greater => 0x20,
            Self::GreaterOrEqual => 0x30,
            Self::AnyBit => 0x40,
        }
    }

    /// Whether the test is true for `a` and `operand`.
    #[inline]
    #[must_use]
    pub const fn holds(self, a: u32, operand: u32) -> bool {
        match self {
            Self::Equal => a == operand,
            Self::Greater => a > operand,
            Self::GreaterOrEqual => a >= operand,
            Self::AnyBit => a & operand != 0,
        }
    }
}

impl Operand {
    #[inline]
    const fn code(self) -> u16 {
        match self {
            Self::Constant(_) => 0,
            Self::X => FROM_X,
        }
    }

    #[inline]
    const fn k(self) -> u32 {
        match self {
            Self::Constant(k) => k,
            Self::X => 0,
        }
    }
}

impl SockFilter {
    /// The operation of this instruction, or `None` if seccomp has no instruction with this `code`.
    /// Like the kernel, it ignores fields that the instruction does not use.
    #[inline]
    #[must_use]
    pub const fn operation(self) -> Option<Operation> {
        const LD_MEM: u16 = LD | MEM;
        const LD_ABS: u16 = LD | ABS;
        const LD_LEN: u16 = LD | LEN;
        const LDX_IMM: u16 = LDX | IMM;
        const LDX_MEM: u16 = LDX | MEM;
        const LDX_LEN: u16 = LDX | LEN;
        const RET_A: u16 = RET | FROM_A;
        const NEG: u16 = ALU | 0x80;
        const TAX: u16 = MISC;
        const TXA: u16 = MISC | 0x80;

        let Self { code, jt: if_true, jf: if_false, k } = self;
        Some(match code {
            LD_ABS => Operation::LoadWord(k),
            LD => Operation::LoadConstant(Register::A, k),
            LDX_IMM => Operation::LoadConstant(Register::X, k),
            LD_LEN => Operation::LoadLength(Register::A),
            LDX_LEN => Operation::LoadLength(Register::X),
            LD_MEM => Operation::LoadMemory(Register::A, k),
            LDX_MEM => Operation::LoadMemory(Register::X, k),
            ST => Operation::Store(Register::A, k),
            STX => Operation::Store(Register::X, k),
            NEG => Operation::Negate,
            TAX => Operation::CopyAToX,
            TXA => Operation::CopyXToA,
            RET => Operation::ReturnConstant(k),
            RET_A => Operation::ReturnA,
            JMP => Operation::Jump(k),
            _ if code > 0xff => return None,
            _ => {
                let operand = if code & FROM_X != 0 { Operand::X } else { Operand::Constant(k) };
                match code & 0x07 {
                    ALU => match Arithmetic::from_code(code) {
                        Some(arithmetic) => Operation::Arithmetic(arithmetic, operand),
                        None => return None,
                    },
                    JMP => match Test::from_code(code) {
                        Some(test) => Operation::Branch { test, operand, if_true, if_false },
                        None => return None,
                    },
                    _ => return None,
                }
            }
        })
    }
}

impl Operation {
    /// The instruction for this operation; fields that it does not use are 0.
    #[inline]
    #[must_use]
    pub const fn to_instruction(self) -> SockFilter {
        let (code, k) = match self {
            Self::LoadWord(k) => (LD | ABS, k),
            Self::LoadLength(register) => (LD | register.load_code() | LEN, 0),
            Self::LoadConstant(register, k) => (register.load_code() | IMM, k),
            Self::LoadMemory(register, k) => (register.load_code() | MEM, k),
            Self::Store(Register::A, k) => (ST, k),
            Self::Store(Register::X, k) => (STX, k),
            Self::Arithmetic(arithmetic, operand) => {
                (ALU | arithmetic.to_code() | operand.code(), operand.k())
            }
            Self::Negate => (ALU | 0x80, 0),
            Self::CopyAToX => (MISC, 0),
            Self::CopyXToA => (MISC | 0x80, 0),
            Self::Jump(k) => (JMP, k),
            Self::Branch { test, operand, if_true, if_false } => {
                let code = JMP | test.to_code() | operand.code();
                return SockFilter::jump(code, operand.k(), if_true, if_false);
            }
            Self::ReturnConstant(k) => (RET, k),
            Self::ReturnA => (RET | FROM_A, 0),
        };
        SockFilter::statement(code, k)
    }
}

impl Register {
    #[inline]
    const fn load_code(self) -> u16 {
        match self {
            Self::A => LD,
            Self::X => LDX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Opcode, SockFilter};
    use super::{Arithmetic, Operand, Operation, Register, Test};

    /// The value of each `case` of `seccomp_check_filter`, Linux 6.12.
    const ALLOWED: [u16; 41] = [
        0x20, 0x80, 0x81, 0x06, 0x16, 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x54, 0x5c,
        0x44, 0x4c, 0xa4, 0xac, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0x00, 0x01, 0x07, 0x87, 0x60, 0x61,
        0x02, 0x03, 0x05, 0x15, 0x1d, 0x35, 0x3d, 0x25, 0x2d, 0x45, 0x4d,
    ];

    #[test]
    fn exactly_the_numbers_that_seccomp_allows_have_a_meaning() {
        for code in 0..=u16::MAX {
            let meaning = SockFilter::statement(code, 0).operation();
            assert_eq!(meaning.is_some(), ALLOWED.contains(&code), "{code:#x} {meaning:?}");
        }
    }

    #[test]
    fn an_instruction_survives_being_taken_apart() {
        for code in ALLOWED {
            let instruction = SockFilter { code, jt: 3, jf: 5, k: 7 };
            let again = instruction.operation().unwrap().to_instruction();
            assert_eq!(again.code, code);
            assert_eq!(again.operation(), instruction.operation(), "{code:#x}");
        }
    }

    #[test]
    fn the_names_of_emitted_numbers_agree_with_their_meanings() {
        let k = 12;
        let meaning = |code| SockFilter { code, jt: 1, jf: 2, k }.operation().unwrap();
        let operand = Operand::Constant(k);
        let branch = |test| Operation::Branch { test, operand, if_true: 1, if_false: 2 };
        assert_eq!(meaning(Opcode::LD_W_ABS), Operation::LoadWord(k));
        assert_eq!(meaning(Opcode::AND_K), Operation::Arithmetic(Arithmetic::And, operand));
        assert_eq!(meaning(Opcode::XOR_K), Operation::Arithmetic(Arithmetic::Xor, operand));
        assert_eq!(meaning(Opcode::JA), Operation::Jump(k));
        assert_eq!(meaning(Opcode::JEQ_K), branch(Test::Equal));
        assert_eq!(meaning(Opcode::JGT_K), branch(Test::Greater));
        assert_eq!(meaning(Opcode::JGE_K), branch(Test::GreaterOrEqual));
        assert_eq!(meaning(Opcode::JSET_K), branch(Test::AnyBit));
        assert_eq!(meaning(Opcode::RET_K), Operation::ReturnConstant(k));
        assert_eq!(meaning(0x00), Operation::LoadConstant(Register::A, k));
        assert_eq!(meaning(0x61), Operation::LoadMemory(Register::X, k));
    }
}
