//! Texts as people see them.

extern crate std;

use std::format;
use std::string::{String, ToString};

use super::super::{
    Arithmetic, InstructionIndex, MAX_INSTRUCTIONS, Names, NoNames, Operand, Operation, Register,
    SockFilter, Test, dot,
};
use super::disassemble;
use crate::abi::ArgumentIndex::{self, A0, A1};
use crate::abi::{Call, Endian};

const X86_64: u32 = 0xc000_003e;
const ALLOW: Operation = Operation::ReturnConstant(0x7fff_0000);
const KILL: Operation = Operation::ReturnConstant(0x8000_0000);
const ARCH: Operation = Operation::LoadWord(Call::ARCH);
const NR: Operation = Operation::LoadWord(Call::NR);

/// A few names of x86_64, and a symbol at one instruction.
struct Few {
    symbol_at: Option<InstructionIndex>,
}

impl Names for Few {
    fn abi(&self, arch: u32) -> Option<&str> {
        (arch == X86_64).then_some("x86_64")
    }

    fn call(&self, arch: u32, nr: u32) -> Option<&str> {
        match (arch, nr) {
            (X86_64, 0) => Some("read"),
            (X86_64, 16) => Some("ioctl"),
            (X86_64, 59) => Some("execve"),
            _ => None,
        }
    }

    fn argument(&self, arch: u32, nr: u32, index: ArgumentIndex) -> Option<&str> {
        match (arch, nr, index) {
            (X86_64, 0 | 16, A0) => Some("fd"),
            (X86_64, 16, A1) => Some("cmd"),
            _ => None,
        }
    }

    fn errno(&self, arch: u32, errno: u16) -> Option<&str> {
        (arch == X86_64 && errno == 1).then_some("EPERM")
    }

    fn operand(&self, index: InstructionIndex) -> Option<&str> {
        (self.symbol_at == Some(index)).then_some("libc::TCGETS")
    }
}

const FEW: &Few = &Few { symbol_at: None };

fn filter<const N: usize>(operations: [Operation; N]) -> [SockFilter; N] {
    operations.map(Operation::to_instruction)
}

fn branch(test: Test, k: u32, if_true: u8, if_false: u8) -> Operation {
    Operation::Branch { test, operand: Operand::Constant(k), if_true, if_false }
}

fn text(filter: &[SockFilter], names: &dyn Names) -> String {
    disassemble(filter, Endian::Little, names).to_string()
}

/// The comment of one line of a text.
fn comment(text: &str, index: usize) -> &str {
    let line = text.lines().nth(index).unwrap();
    line.split_once("; ").map_or("", |(_, comment)| comment)
}

fn policy() -> [SockFilter; 14] {
    filter([
        ARCH,
        branch(Test::Equal, X86_64, 1, 0),
        KILL,
        NR,
        branch(Test::GreaterOrEqual, 59, 6, 0),
        branch(Test::Equal, 16, 0, 4),
        Operation::LoadWord(28),
        branch(Test::Equal, 0, 0, 4),
        Operation::LoadWord(24),
        branch(Test::Equal, 0x5413, 2, 2),
        branch(Test::Equal, 0, 1, 1),
        branch(Test::Equal, 59, 1, 0),
        ALLOW,
        Operation::ReturnConstant(0x0005_0001),
    ])
}

#[test]
fn a_filter_reads_as_what_it_decides() {
    let expected = "\
   0  ld    [4]                                     ; arch
   1  jeq   #0xc000003e (3221225534) then 3 else 2  ; arch == x86_64
   2  ret   #0x80000000 (2147483648)                ; kill
   3  ld    [0]                                     ; nr
   4  jge   #0x3b (59) then 11 else 5               ; nr >= 59 execve
   5  jeq   #0x10 (16) then 6 else 10               ; nr == 16 ioctl
   6  ld    [28]                                    ; ioctl cmd (high)
   7  jeq   #0 then 8 else 12                       ; ioctl cmd (high) == 0
   8  ld    [24]                                    ; ioctl cmd (low)
   9  jeq   #0x5413 (21523) then 12 else 12         ; ioctl cmd (low) == 0x5413
  10  jeq   #0 then 12 else 12                      ; nr == 0 read
  11  jeq   #0x3b (59) then 13 else 12              ; nr == 59 execve
  12  ret   #0x7fff0000 (2147418112)                ; allow
  13  ret   #0x50001 (327681)                       ; errno(1) EPERM
";
    let text = text(&policy(), FEW);
    assert_eq!(text.trim_start(), expected.trim_start(), "\n{text}");
}

#[test]
fn a_filter_reads_well_without_names() {
    let text = text(&policy(), &NoNames);
    assert_eq!(comment(&text, 1), "arch == 0xc000003e");
    assert_eq!(comment(&text, 4), "nr >= 59");
    assert_eq!(comment(&text, 9), "a1 (low) == 0x5413");
    assert_eq!(comment(&text, 13), "errno(1)");
}

#[test]
fn the_byte_order_says_which_half_is_which() {
    let text = disassemble(&policy(), Endian::Big, FEW).to_string();
    assert_eq!(comment(&text, 6), "ioctl cmd (low)");
    assert_eq!(comment(&text, 8), "ioctl cmd (high)");
}

#[test]
fn where_the_paths_of_two_calls_have_met_an_argument_has_no_name() {
    let shared = |second| {
        filter([
            ARCH,
            branch(Test::Equal, X86_64, 0, 5),
            NR,
            branch(Test::Equal, 16, 1, 0),
            branch(Test::Equal, second, 0, 2),
            Operation::LoadWord(16),
            branch(Test::Equal, 1, 0, 0),
            KILL,
        ])
    };
    assert_eq!(comment(&text(&shared(0), FEW), 6), "a0 (low) == 1");
    // The second test can hold only for the call that the first test has already excluded.
    assert_eq!(comment(&text(&shared(16), FEW), 6), "ioctl fd (low) == 1");
}

#[test]
fn a_call_is_also_known_by_the_range_that_is_left() {
    let filter = filter([
        ARCH,
        branch(Test::Equal, X86_64, 0, 5),
        NR,
        branch(Test::Greater, 16, 3, 0),
        branch(Test::GreaterOrEqual, 16, 0, 2),
        Operation::LoadWord(16),
        ALLOW,
        KILL,
    ]);
    assert_eq!(comment(&text(&filter, FEW), 5), "ioctl fd (low)");
}

#[test]
fn masks_and_signs_are_read_back() {
    let sign = 0x8000_0000;
    let constant = Operand::Constant;
    let filter = filter([
        Operation::LoadWord(16),
        Operation::Arithmetic(Arithmetic::Xor, constant(sign)),
        branch(Test::GreaterOrEqual, sign - 100, 0, 0),
        branch(Test::Equal, sign + 3, 0, 0),
        Operation::LoadWord(24),
        Operation::Arithmetic(Arithmetic::And, constant(0xff)),
        branch(Test::Equal, 0x80, 0, 0),
        branch(Test::AnyBit, 0x1f0, 0, 0),
        Operation::Arithmetic(Arithmetic::Xor, constant(0x80)),
        branch(Test::Greater, 0x90, 0, 0),
        ALLOW,
    ]);
    let text = text(&filter, FEW);
    assert_eq!(comment(&text, 1), "a0 (low) ^ 0x80000000");
    assert_eq!(comment(&text, 2), "a0 (low) >= -100 signed");
    assert_eq!(comment(&text, 3), "a0 (low) == 3");
    assert_eq!(comment(&text, 5), "a1 (low) & 0xff");
    assert_eq!(comment(&text, 6), "a1 (low) & 0xff == 0x80");
    assert_eq!(comment(&text, 7), "a1 (low) & 0xf0 != 0");
    assert_eq!(comment(&text, 9), "a1 (low) & 0xff ^ 0x80 > 0x90");
}

#[test]
fn a_comment_says_nothing_that_is_uncertain() {
    let filter = filter([
        NR,
        Operation::Arithmetic(Arithmetic::Add, Operand::Constant(1)),
        branch(Test::Equal, 5, 0, 0),
        Operation::LoadWord(16),
        Operation::Arithmetic(Arithmetic::And, Operand::X),
        branch(Test::Equal, 5, 0, 1),
        NR,
        branch(Test::Equal, 5, 0, 0),
        ALLOW,
    ]);
    let text = text(&filter, FEW);
    assert_eq!([1, 2, 4, 5, 7].map(|index| comment(&text, index)), ["", "", "", "", ""]);
}

#[test]
fn every_instruction_has_a_mnemonic() {
    use Register::{A, X};
    let k = Operand::Constant(20);
    let rows = [
        (Operation::LoadLength(A), "ld    #len"),
        (Operation::LoadLength(X), "ldx   #len"),
        (Operation::LoadConstant(A, 9), "ld    #9"),
        (Operation::LoadConstant(X, 10), "ldx   #0xa (10)"),
        (Operation::LoadMemory(A, 3), "ld    M[3]"),
        (Operation::LoadMemory(X, 3), "ldx   M[3]"),
        (Operation::Store(A, 15), "st    M[15]"),
        (Operation::Store(X, 15), "stx   M[15]"),
        (Operation::Arithmetic(Arithmetic::Add, k), "add   #0x14 (20)"),
        (Operation::Arithmetic(Arithmetic::Subtract, k), "sub   #0x14 (20)"),
        (Operation::Arithmetic(Arithmetic::Multiply, Operand::X), "mul   x"),
        (Operation::Arithmetic(Arithmetic::Divide, Operand::X), "div   x"),
        (Operation::Arithmetic(Arithmetic::Or, Operand::X), "or    x"),
        (Operation::Arithmetic(Arithmetic::And, Operand::X), "and   x"),
        (Operation::Arithmetic(Arithmetic::ShiftLeft, k), "lsh   #0x14 (20)"),
        (Operation::Arithmetic(Arithmetic::ShiftRight, k), "rsh   #0x14 (20)"),
        (Operation::Arithmetic(Arithmetic::Xor, k), "xor   #0x14 (20)"),
        (Operation::Negate, "neg"),
        (Operation::CopyAToX, "tax"),
        (Operation::CopyXToA, "txa"),
        (Operation::Jump(7), "ja    8"),
        (Operation::ReturnA, "ret   a"),
        (
            Operation::Branch {
                test: Test::AnyBit,
                operand: Operand::X,
                if_true: 1,
                if_false: 255,
            },
            "jset  x then 2 else 256",
        ),
    ];
    for (operation, mnemonic) in rows {
        let text = text(&[operation.to_instruction()], &NoNames);
        assert_eq!(text, format!("   0  {mnemonic}\n"));
    }
}

#[test]
fn a_filter_that_no_kernel_loads_can_be_shown() {
    let unknown = SockFilter { code: 0x94, jt: 1, jf: 2, k: 0xff };
    let expected =
        "   0  ???   code 0x0094 jt 1 jf 2 k 0xff            ; not an instruction of seccomp\n";
    assert_eq!(text(&[unknown], &NoNames), expected);
    let far = [Operation::Jump(u32::MAX).to_instruction(), NR.to_instruction()];
    let expected = "   0  ja    4294967296\n\
        \x20  1  ld    [0]                                     ; nothing leads here\n";
    assert_eq!(text(&far, &NoNames), expected);
    assert_eq!(text(&[], &NoNames), "");
    let long = [NR.to_instruction(); MAX_INSTRUCTIONS + 1];
    assert_eq!(text(&long, &NoNames).lines().count(), MAX_INSTRUCTIONS + 1);
    for filter in [&[unknown][..], &far, &[], &long] {
        assert!(dot(filter, Endian::Little, &NoNames).to_string().ends_with("}\n"));
    }
}

#[test]
fn an_action_that_the_kernel_does_not_know_is_called_one() {
    let text = text(&filter([Operation::ReturnConstant(0x1234_0000)]), &NoNames);
    assert_eq!(comment(&text, 0), "kill, like any action that the kernel does not know");
}

#[test]
fn an_operand_without_a_value_yet_is_shown_by_its_text() {
    let filter = filter([
        Operation::LoadWord(24),
        branch(Test::Equal, 0, 0, 1),
        Operation::ReturnConstant(0),
        ALLOW,
    ]);
    let compare = text(&filter, &Few { symbol_at: Some(InstructionIndex(1)) });
    assert!(compare.contains("jeq   #{libc::TCGETS} then 2 else 3"), "{compare}");
    assert_eq!(comment(&compare, 1), "a1 (low) == libc::TCGETS");
    let text_of_errno = text(&filter, &Few { symbol_at: Some(InstructionIndex(2)) });
    assert_eq!(comment(&text_of_errno, 2), "errno(libc::TCGETS)");
}

#[test]
fn a_mask_without_a_value_yet_leaves_nothing_certain() {
    let filter = filter([
        Operation::LoadWord(24),
        Operation::Arithmetic(Arithmetic::And, Operand::Constant(0)),
        branch(Test::Equal, 5, 0, 0),
        ALLOW,
    ]);
    let text = text(&filter, &Few { symbol_at: Some(InstructionIndex(1)) });
    assert!(text.contains("and   #{libc::TCGETS}"), "{text}");
    assert_eq!(comment(&text, 2), "");
}

#[test]
fn the_facts_of_a_filter_longer_than_256_instructions_are_known_as_well() {
    let mut long = [NR.to_instruction(); 1000];
    long[0] = ARCH.to_instruction();
    long[1] = branch(Test::Equal, X86_64, 0, 1).to_instruction();
    long[2] = Operation::Jump(995).to_instruction();
    long[998] = Operation::ReturnConstant(0x0005_0001).to_instruction();
    long[999] = KILL.to_instruction();
    let text = text(&long, FEW);
    // Only the jump leads there with a known ABI, and the fall from 997 makes the ABI uncertain.
    assert_eq!(comment(&text, 998), "errno(1)");
    long[997] = KILL.to_instruction();
    let text = disassemble(&long, Endian::Little, FEW).to_string();
    assert_eq!(comment(&text, 998), "errno(1) EPERM");
}
