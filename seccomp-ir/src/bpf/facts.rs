//! The facts that are certain at each instruction, on every path to it: the ABI, the range of
//! the call number, and which word of the input the accumulator holds.
//!
//! One forward pass is enough, because jumps only go forward: before an instruction is reached,
//! every path to it has been followed. Where paths meet, the facts that they share remain.
//!
//! This is for people only: a fact chooses the words of a comment. It enforces and proves nothing.

use super::{
    Arithmetic, InstructionIndex, MAX_INSTRUCTIONS, Names, Operand, Operation, Register,
    SockFilter, Test,
};
use crate::abi::Call;

/// The facts that are certain before an instruction runs.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub(super) struct Facts {
    /// The ABI's `AUDIT_ARCH_*` value.
    pub(super) arch: Option<u32>,
    /// The lowest possible call number.
    first_nr: u32,
    /// The highest possible call number.
    last_nr: u32,
    /// What the accumulator holds.
    pub(super) a: Option<KnownWord>,
}

/// A word of the input after some arithmetic: `(word & keep) ^ flip`.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub(super) struct KnownWord {
    /// Its offset in `seccomp_data`, in bytes.
    pub(super) offset: u8,
    /// The bits of it that are kept.
    pub(super) keep: u32,
    /// The bits that are flipped.
    pub(super) flip: u32,
}

impl KnownWord {
    const fn is_plain(self, offset: u32) -> bool {
        self.offset as u32 == offset && self.keep == u32::MAX && self.flip == 0
    }
}

impl Facts {
    /// The facts that are certain for every call.
    pub(super) const START: Self = Self { arch: None, first_nr: 0, last_nr: u32::MAX, a: None };

    /// The call number, if only one is possible.
    pub(super) const fn nr(&self) -> Option<u32> {
        if self.first_nr == self.last_nr { Some(self.first_nr) } else { None }
    }

    /// Whether a path can lead from a place with these facts to a place with the facts `later`.
    pub(super) fn may_lead_to(&self, later: Self) -> bool {
        let arch_differs = matches!((self.arch, later.arch), (Some(a), Some(b)) if a != b);
        !arch_differs && self.first_nr <= later.last_nr && later.first_nr <= self.last_nr
    }

    fn join(self, other: Self) -> Self {
        Self {
            arch: self.arch.filter(|_| self.arch == other.arch),
            first_nr: self.first_nr.min(other.first_nr),
            last_nr: self.last_nr.max(other.last_nr),
            a: self.a.filter(|_| self.a == other.a),
        }
    }

    /// The facts after an instruction that neither jumps nor returns. `is_known` says whether
    /// the value of its `k` is known.
    pub(super) fn after(self, operation: Operation, is_known: bool) -> Self {
        let arithmetic = |change: fn(&mut KnownWord, u32), k| {
            self.a.filter(|_| is_known).map(|mut word| {
                change(&mut word, k);
                word
            })
        };
        let a = match operation {
            Operation::LoadWord(offset) if offset < Call::SIZE => {
                Some(KnownWord { offset: offset as u8, keep: u32::MAX, flip: 0 })
            }
            Operation::Arithmetic(Arithmetic::And, Operand::Constant(k)) => arithmetic(
                |word, k| {
                    word.keep &= k;
                    word.flip &= k;
                },
                k,
            ),
            Operation::Arithmetic(Arithmetic::Xor, Operand::Constant(k)) => {
                arithmetic(|word, k| word.flip ^= k, k)
            }
            Operation::LoadWord(_)
            | Operation::LoadLength(Register::A)
            | Operation::LoadConstant(Register::A, _)
            | Operation::LoadMemory(Register::A, _)
            | Operation::Arithmetic(..)
            | Operation::Negate
            | Operation::CopyXToA => None,
            Operation::LoadLength(Register::X)
            | Operation::LoadConstant(Register::X, _)
            | Operation::LoadMemory(Register::X, _)
            | Operation::Store(..)
            | Operation::CopyAToX
            | Operation::Jump(_)
            | Operation::Branch { .. }
            | Operation::ReturnConstant(_)
            | Operation::ReturnA => self.a,
        };
        Self { a, ..self }
    }

    /// The facts after a test against a constant gave `holds`; `None` if it cannot give that.
    fn tested(mut self, test: Test, k: u32, holds: bool) -> Option<Self> {
        match self.a {
            Some(word) if word.is_plain(Call::ARCH) => {
                if let Some(arch) = self.arch {
                    return (test.holds(arch, k) == holds).then_some(self);
                }
                if matches!((test, holds), (Test::Equal, true)) {
                    self.arch = Some(k);
                }
                Some(self)
            }
            Some(word) if word.is_plain(Call::NR) => {
                let Self { first_nr: first, last_nr: last, .. } = self;
                let (first, last) = match (test, holds) {
                    (Test::Equal, true) => (first.max(k), last.min(k)),
                    (Test::Equal, false) if first == k => (first.checked_add(1)?, last),
                    (Test::Equal, false) if last == k => (first, last.checked_sub(1)?),
                    (Test::Greater, true) => (first.max(k.checked_add(1)?), last),
                    (Test::Greater, false) => (first, last.min(k)),
                    (Test::GreaterOrEqual, true) => (first.max(k), last),
                    (Test::GreaterOrEqual, false) => (first, last.min(k.checked_sub(1)?)),
                    (Test::Equal | Test::AnyBit, _) => (first, last),
                };
                (first <= last).then_some(Self { first_nr: first, last_nr: last, ..self })
            }
            _ => Some(self),
        }
    }

    /// The facts on both sides of a branch: if its test holds, and if not.
    pub(super) fn branch(
        self,
        test: Test,
        operand: Operand,
        is_known: bool,
    ) -> (Option<Self>, Option<Self>) {
        match operand {
            Operand::Constant(k) if is_known => {
                (self.tested(test, k, true), self.tested(test, k, false))
            }
            _ => (Some(self), Some(self)),
        }
    }
}

/// [`Facts`] for each instruction of a filter, in stack memory: 8 KiB up to 256 instructions,
/// 128 KiB above. A filter that is too long to load has no facts.
pub(super) fn with_facts<R>(
    filter: &[SockFilter],
    names: &dyn Names,
    then: impl FnOnce(FactTable<'_>) -> R,
) -> R {
    match filter.len() {
        0..=256 => with_table::<256, R>(filter, names, then),
        257..=MAX_INSTRUCTIONS => with_table::<MAX_INSTRUCTIONS, R>(filter, names, then),
        _ => then(FactTable(&[])),
    }
}

/// The facts before each instruction.
#[derive(Clone, Copy)]
pub(super) struct FactTable<'a>(&'a [Option<Facts>]);

impl FactTable<'_> {
    /// The facts before this instruction; `None` if nothing leads to it.
    pub(super) fn at(self, index: InstructionIndex) -> Option<Facts> {
        self.0.get(index.0).copied().unwrap_or(Some(Facts::START))
    }
}

// Not inlined, so that a short filter does not take the stack of a long one.
#[inline(never)]
fn with_table<const N: usize, R>(
    filter: &[SockFilter],
    names: &dyn Names,
    then: impl FnOnce(FactTable<'_>) -> R,
) -> R {
    let mut table = [None; N];
    let table = &mut table[..filter.len()];
    fill(filter, names, table);
    then(FactTable(table))
}

fn fill(filter: &[SockFilter], names: &dyn Names, table: &mut [Option<Facts>]) {
    if let Some(first) = table.first_mut() {
        *first = Some(Facts::START);
    }
    for (number, instruction) in filter.iter().enumerate() {
        let (Some(facts), Some(operation)) = (table[number], instruction.operation()) else {
            continue;
        };
        let index = InstructionIndex(number);
        let is_known = names.operand(index).is_none();
        let mut leads_to = |skip: u32, facts: Option<Facts>| {
            if let (Some(place), Some(facts)) = (table.get_mut(index.after(skip).0), facts) {
                *place = Some(place.map_or(facts, |other| other.join(facts)));
            }
        };
        match operation {
            Operation::ReturnConstant(_) | Operation::ReturnA => {}
            Operation::Jump(skip) => leads_to(skip, Some(facts)),
            Operation::Branch { test, operand, if_true, if_false } => {
                let (yes, no) = facts.branch(test, operand, is_known);
                leads_to(if_true.into(), yes);
                leads_to(if_false.into(), no);
            }
            operation => leads_to(0, Some(facts.after(operation, is_known))),
        }
    }
}

const _: () = assert!(size_of::<Option<Facts>>() <= 32);

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;
    use crate::abi::{Abi, Endian};
    use crate::bpf::{Fault, NoNames, Violation, check, interpret};

    /// Returns are among them, so that not all paths soon meet again.
    const CODES: [u16; 14] =
        [0x20, 0x20, 0x20, 0x54, 0xa4, 0x87, 0x05, 0x06, 0x06, 0x15, 0x15, 0x25, 0x35, 0x45];
    const NUMBERS: [u32; 8] = [0, 1, 2, 3, 59, 0x8000_0000, u32::MAX, Abi::X86_64.audit_arch()];

    /// A filter of instructions for which there are facts, and `TXA`.
    fn filter(rng: &mut fastrand::Rng) -> Vec<SockFilter> {
        let len = rng.usize(4..40);
        let mut filter: Vec<_> = (0..len)
            .map(|index| {
                let code = CODES[rng.usize(..CODES.len())];
                let most = (len - index).min(12) as u8;
                let k = match code {
                    0x20 => [0, 0, 4, 4, 16, 20][rng.usize(..6)],
                    0x05 => u32::from(rng.u8(..most)),
                    _ => NUMBERS[rng.usize(..NUMBERS.len())],
                };
                SockFilter { code, jt: rng.u8(..most), jf: rng.u8(..most), k }
            })
            .collect();
        filter.push(SockFilter::statement(0x06, 0));
        assert_eq!(check(&filter), Ok(()));
        filter
    }

    #[test]
    fn a_certain_fact_holds_on_every_path() {
        let mut rng = crate::seeds::Seeded::new_in_each_run();
        let seed = rng.seed();
        let (mut arrivals, mut words, mut narrowed) = (0, 0, 0);
        for _ in 0..1000 {
            let filter = filter(&mut rng);
            with_facts(&filter, &NoNames, |table| {
                for _ in 0..8 {
                    let mut number = || NUMBERS[rng.usize(..NUMBERS.len())];
                    let args = [number().into(), number().into(), 0, 0, 0, 0];
                    let data = Call { nr: number(), arch: number(), args, ..Default::default() };
                    for index in (0..filter.len()).map(InstructionIndex) {
                        // An invalid instruction at this place shows whether the filter reaches it.
                        let mut cut = filter.clone();
                        cut[index.0].code = 0xffff;
                        let arrived = Fault { index, violation: Violation::UnknownCode(0xffff) };
                        if interpret(&cut, &data, Endian::Little) != Err(arrived) {
                            continue;
                        }
                        cut[index.0].code = 0x16;
                        let a = interpret(&cut, &data, Endian::Little).unwrap();
                        let facts = table.at(index).expect("nothing leads where a call arrived");
                        let context = (seed, index, data, &filter);
                        assert!(facts.arch.is_none_or(|arch| arch == data.arch), "{context:x?}");
                        assert!(facts.first_nr <= data.nr, "{context:x?}");
                        assert!(facts.last_nr >= data.nr, "{context:x?}");
                        if let Some(KnownWord { offset, keep, flip }) = facts.a {
                            let word = data.word(offset.into(), Endian::Little).unwrap();
                            assert_eq!(a, word & keep ^ flip, "{context:x?}");
                            words += 1;
                        }
                        narrowed += usize::from(Facts { a: None, ..facts } != Facts::START);
                        arrivals += 1;
                    }
                }
            });
        }
        // The comparison is worth something only if there are many facts.
        assert!(words > 2000 && narrowed > 200, "{words} {narrowed} {arrivals} {seed}");
    }
}
