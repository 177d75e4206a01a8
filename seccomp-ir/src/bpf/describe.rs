//! Describes an instruction in words: first the instruction itself, then its meaning at its place.

use core::fmt;

use super::facts::{Facts, KnownWord};
use super::{Arithmetic, InstructionIndex, Names, Operand, Operation, Register, SockFilter, Test};
use crate::abi::{Call, Endian, Half};
use crate::action::Action;

/// An instruction of a filter and everything that is known about it.
#[derive(Clone, Copy)]
pub(super) struct InstructionContext<'a> {
    pub(super) index: InstructionIndex,
    pub(super) instruction: SockFilter,
    /// The facts that are certain before it.
    pub(super) facts: Facts,
    pub(super) endian: Endian,
    pub(super) names: &'a dyn Names,
    pub(super) style: Style,
}

/// Where the words are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Next to the instruction: everything is written out.
    Listing,
    /// In a picture: a number that has a name is omitted, and an argument means its low half unless the
    /// high half is named.
    Picture,
}

/// The instruction itself: mnemonic, operand in hex and decimal, targets as absolute indices.
pub(super) struct PlainText<'a>(pub(super) InstructionContext<'a>);

/// The meaning of the instruction at its place. Empty if it adds nothing to the instruction.
pub(super) struct MeaningText<'a>(pub(super) InstructionContext<'a>);

/// The condition of a branch.
pub(super) struct BranchText<'a> {
    pub(super) place: InstructionContext<'a>,
    pub(super) test: Test,
    pub(super) operand: Operand,
}

impl InstructionContext<'_> {
    /// The facts that are certain after this instruction, which neither jumps nor returns.
    pub(super) fn facts_after(&self, operation: Operation) -> Facts {
        self.facts.after(operation, self.names.operand(self.index).is_none())
    }

    fn symbol(&self) -> Option<&str> {
        self.names.operand(self.index)
    }
}

impl fmt::Display for PlainText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.0;
        let SockFilter { code, jt, jf, k } = place.instruction;
        let Some(operation) = place.instruction.operation() else {
            return write!(f, "???   code {code:#06x} jt {jt} jf {jf} k {k:#x}");
        };
        let suffix = |register| match register {
            Register::A => " ",
            Register::X => "x",
        };
        let constant = ConstantText { symbol: place.symbol(), k };
        match operation {
            Operation::LoadWord(offset) => write!(f, "ld    [{offset}]"),
            Operation::LoadLength(register) => write!(f, "ld{}   #len", suffix(register)),
            Operation::LoadConstant(register, _) => {
                write!(f, "ld{}   {constant}", suffix(register))
            }
            Operation::LoadMemory(register, cell) => {
                write!(f, "ld{}   M[{cell}]", suffix(register))
            }
            Operation::Store(register, cell) => write!(f, "st{}   M[{cell}]", suffix(register)),
            Operation::Arithmetic(arithmetic, operand) => {
                let name = arithmetic_name(arithmetic);
                match operand {
                    Operand::Constant(_) => write!(f, "{name}   {constant}"),
                    Operand::X => write!(f, "{name}   x"),
                }
            }
            Operation::Negate => f.write_str("neg"),
            Operation::CopyAToX => f.write_str("tax"),
            Operation::CopyXToA => f.write_str("txa"),
            Operation::Jump(skip) => write!(f, "ja    {}", place.index.after(skip)),
            Operation::Branch { test, operand, if_true, if_false } => {
                let name = match test {
                    Test::Equal => "jeq ",
                    Test::Greater => "jgt ",
                    Test::GreaterOrEqual => "jge ",
                    Test::AnyBit => "jset",
                };
                write!(f, "{name}  ")?;
                match operand {
                    Operand::Constant(_) => write!(f, "{constant}")?,
                    Operand::X => f.write_str("x")?,
                }
                let (yes, no) =
                    (place.index.after(if_true.into()), place.index.after(if_false.into()));
                write!(f, " then {yes} else {no}")
            }
            Operation::ReturnConstant(_) => write!(f, "ret   {constant}"),
            Operation::ReturnA => f.write_str("ret   a"),
        }
    }
}

const fn arithmetic_name(arithmetic: Arithmetic) -> &'static str {
    match arithmetic {
        Arithmetic::Add => "add",
        Arithmetic::Subtract => "sub",
        Arithmetic::Multiply => "mul",
        Arithmetic::Divide => "div",
        Arithmetic::Or => "or ",
        Arithmetic::And => "and",
        Arithmetic::ShiftLeft => "lsh",
        Arithmetic::ShiftRight => "rsh",
        Arithmetic::Xor => "xor",
    }
}

/// A `k` as an operand: its text if its value is not known yet, otherwise hex and decimal.
struct ConstantText<'a> {
    symbol: Option<&'a str>,
    k: u32,
}

impl fmt::Display for ConstantText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.symbol, self.k) {
            (Some(symbol), _) => write!(f, "#{{{symbol}}}"),
            (None, k @ ..10) => write!(f, "#{k}"),
            (None, k) => write!(f, "#{k:#x} ({k})"),
        }
    }
}

impl fmt::Display for MeaningText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.0;
        let Some(operation) = place.instruction.operation() else {
            return f.write_str("not an instruction of seccomp");
        };
        match operation {
            Operation::LoadWord(_)
            | Operation::Arithmetic(Arithmetic::And | Arithmetic::Xor, Operand::Constant(_)) => {
                match place.facts_after(operation).a {
                    Some(word) => WordText { place, word }.fmt(f),
                    None => Ok(()),
                }
            }
            Operation::Branch { test, operand: operand @ Operand::Constant(_), .. }
                if place.facts.a.is_some() =>
            {
                BranchText { place, test, operand }.fmt(f)
            }
            Operation::ReturnConstant(value) => ReturnText { place, value }.fmt(f),
            _ => Ok(()),
        }
    }
}

/// A return value of a filter, with the errno's name.
struct ReturnText<'a> {
    place: InstructionContext<'a>,
    value: u32,
}

impl fmt::Display for ReturnText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InstructionContext { facts, names, style, .. } = self.place;
        if let Some(symbol) = self.place.symbol() {
            return write!(f, "errno({symbol})");
        }
        let action = Action::from_return_value(self.value);
        let errno = match action {
            Action::Errno(errno) => facts.arch.and_then(|arch| names.errno(arch, errno)),
            Action::KillProcess
            | Action::KillThread
            | Action::Trap(_)
            | Action::Notify
            | Action::Trace(_)
            | Action::Log
            | Action::Allow => None,
        };
        if let (Some(name), Style::Picture) = (errno, style) {
            return write!(f, "errno({name})");
        }
        action.fmt(f)?;
        let is_unknown = self.value >> 16 != action.to_return_value() >> 16;
        match errno {
            Some(name) => write!(f, " {name}"),
            _ if is_unknown => f.write_str(", like any action that the kernel does not know"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for BranchText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, test, operand } = *self;
        let operator = match test {
            Test::Equal => "==",
            Test::Greater => ">",
            Test::GreaterOrEqual => ">=",
            Test::AnyBit => "&",
        };
        let not_zero = if matches!(test, Test::AnyBit) { " != 0" } else { "" };
        let k = match operand {
            Operand::Constant(k) => k,
            Operand::X => return write!(f, "A {operator} X{not_zero}"),
        };
        let Some(word) = place.facts.a else {
            let value = ValueText { place, offset: None, k };
            return write!(f, "A {operator} {value}{not_zero}");
        };
        let subject = WordText { place, word };
        let value = ValueText { place, offset: Some(word.offset), k };
        if place.symbol().is_some() {
            return write!(f, "{subject} {operator} {value}{not_zero}");
        }
        let base = WordText { place, word: KnownWord { flip: 0, ..word } };
        let whole = WordText { place, word: KnownWord { keep: u32::MAX, flip: 0, ..word } };
        match test {
            // A value whose bits were flipped to compare bits or signed numbers reads better flipped back.
            Test::Equal => write!(f, "{base} == {}", ValueText { k: k ^ word.flip, ..value }),
            Test::AnyBit if word.flip == 0 => {
                write!(f, "{whole} & {:#x} != 0", word.keep & k)
            }
            Test::Greater | Test::GreaterOrEqual if word.flip == 1 << 31 => {
                write!(f, "{base} {operator} {} signed", (k ^ word.flip) as i32)
            }
            _ => write!(f, "{subject} {operator} {value}{not_zero}"),
        }
    }
}

/// The compared word, by name.
struct WordText<'a> {
    place: InstructionContext<'a>,
    word: KnownWord,
}

impl fmt::Display for WordText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InstructionContext { facts, names, endian, .. } = self.place;
        let offset = u32::from(self.word.offset);
        match (offset, endian.argument_at(offset)) {
            (Call::NR, None) => f.write_str("nr")?,
            (Call::ARCH, None) => f.write_str("arch")?,
            (_, None) => write!(f, "instruction pointer ({})", name_of(endian.half_at(offset)))?,
            (_, Some((index, half))) => {
                let call = facts.arch.zip(facts.nr());
                if let Some(name) = call.and_then(|(arch, nr)| names.call(arch, nr)) {
                    write!(f, "{name} ")?;
                }
                match call.and_then(|(arch, nr)| names.argument(arch, nr, index)) {
                    Some(name) => f.write_str(name)?,
                    None => write!(f, "a{index}")?,
                }
                match (half, self.place.style) {
                    (Half::Low, Style::Picture) => {}
                    (Half::Low | Half::High, _) => write!(f, " ({})", name_of(half))?,
                }
            }
        }
        let KnownWord { keep, flip, .. } = self.word;
        if keep != u32::MAX {
            write!(f, " & {keep:#x}")?;
        }
        if flip != 0 {
            write!(f, " ^ {flip:#x}")?;
        }
        Ok(())
    }
}

const fn name_of(half: Half) -> &'static str {
    match half {
        Half::Low => "low",
        Half::High => "high",
    }
}

/// The value of a comparison, by name if it has one.
#[derive(Clone, Copy)]
pub(super) struct ValueText<'a> {
    pub(super) place: InstructionContext<'a>,
    /// The offset of the input word that is compared with it.
    pub(super) offset: Option<u8>,
    pub(super) k: u32,
}

impl<'a> ValueText<'a> {
    /// Its name as a value of the argument whose low half is at this offset.
    fn of_argument(&self, offset: u32) -> Option<&'a str> {
        let InstructionContext { facts, names, endian, .. } = self.place;
        match endian.argument_at(offset)? {
            (index, Half::Low) => names.value(facts.arch?, facts.nr()?, index, self.k),
            (_, Half::High) => None,
        }
    }
}

impl fmt::Display for ValueText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, k, .. } = *self;
        if let Some(symbol) = place.symbol() {
            return f.write_str(symbol);
        }
        match self.offset.map(u32::from) {
            Some(Call::ARCH) => match place.names.abi(k) {
                Some(name) => f.write_str(name),
                None => write!(f, "{k:#x}"),
            },
            Some(Call::NR) => {
                let name = place.facts.arch.and_then(|arch| place.names.call(arch, k));
                if let (Some(name), Style::Picture) = (name, place.style) {
                    return f.write_str(name);
                }
                if k < 0x1_0000 { write!(f, "{k}") } else { write!(f, "{k:#x}") }?;
                name.map_or(Ok(()), |name| write!(f, " {name}"))
            }
            offset => {
                let name = offset.and_then(|offset| self.of_argument(offset));
                if let (Some(name), Style::Picture) = (name, place.style) {
                    return f.write_str(name);
                }
                if k < 10 { write!(f, "{k}") } else { write!(f, "{k:#x}") }?;
                name.map_or(Ok(()), |name| write!(f, " {name}"))
            }
        }
    }
}
