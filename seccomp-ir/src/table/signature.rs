//! The arguments of a call: names, types, and the registers they come in.

use super::column_name;
use super::nearest::NameSearch;
use super::numbers;
use super::tsv::{Tsv, cell, is_listed};
use super::types::Type;
use crate::abi::{Abi, ArgumentIndex, Endian, Half};

static SIGNATURES: Tsv = Tsv::new(include_bytes!("../../data/signatures.tsv"));

/// The arguments that the kernel uses in fewer bits than it declares.
static USED: Tsv = Tsv::new(include_bytes!("../../data/used.tsv"));

/// The arguments of a call on one ABI.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub struct Signature {
    abi: Abi,
    /// By register; `None` if no kernel of the tables has the call.
    registers: Option<Vec<Argument>>,
}

/// What one argument register holds.
#[derive(Clone)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Argument {
    /// The kernel's name of the argument; empty for a register without a name.
    pub name: &'static str,
    /// The other names in the man pages; those of the whole argument if this is half of one.
    pub man_names: Vec<&'static str>,
    /// The part of the register that the kernel uses. A skipped register counts as whole.
    pub ty: Type,
    /// Which half of which argument, if the argument takes two registers.
    pub half: Option<HalfOf>,
    /// Whether the kernel skips the register, so that a 64-bit argument begins at an even one.
    pub skipped: bool,
}

/// Which half of a 64-bit argument a register holds.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct HalfOf {
    /// The name of the whole argument.
    pub whole: &'static str,
    /// Which half of it.
    pub half: Half,
}

/// The place of an argument.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub enum ArgumentPlace {
    /// In one register.
    At(ArgumentIndex),
    /// In two registers of 32 bits, which cannot be compared as one value by its name.
    Halves {
        /// The register of the low half.
        low: ArgumentIndex,
        /// The register of the high half.
        high: ArgumentIndex,
    },
    /// In the seventh register, which a filter does not see.
    Unseen,
}

impl ArgumentPlace {
    /// The place of the register with this number, counted from 0.
    fn of(register: usize) -> Self {
        match ArgumentIndex::ALL.get(register) {
            Some(index) => Self::At(*index),
            None => Self::Unseen,
        }
    }
}

/// The arguments of the call of that name on `abi`, or `None` if the ABI has no such call.
///
/// Source: Linux 6.12 and, for newer calls, 7.3 (`SYSCALL_DEFINE` and its kin, the ABI's call table), and
/// the use of the arguments in the kernel's functions (the comment of `data/used.tsv`);
/// names of man pages from Linux man-pages 6.03 and 6.9.1.
#[must_use]
pub fn signature(abi: Abi, name: &str) -> Option<Signature> {
    numbers::number(abi, name)?;
    for row in SIGNATURES.rows_of(name) {
        let abis = cell(row, 1);
        if abis == "*" || is_listed(abis, column_name(abi)) {
            let mut registers = registers(abi, row);
            if let Some(registers) = &mut registers {
                cut_to_what_is_used(abi, name, registers);
            }
            return Some(Signature { abi, registers });
        }
    }
    None
}

/// The registers in a row; `None` if nothing is known about them.
fn registers(abi: Abi, row: &'static str) -> Option<Vec<Argument>> {
    let mut cells = row.split('\t');
    // The name, the ABIs and the entry point.
    cells.nth(2);
    let mut registers = Vec::new();
    for cell in cells {
        match cell {
            "?" => return None,
            "void" => {}
            _ => registers.push(Argument::read(abi, cell)),
        }
    }
    Some(registers)
}

/// Narrows the types of arguments that the kernel declares wider than it uses.
fn cut_to_what_is_used(abi: Abi, call: &str, registers: &mut [Argument]) {
    for row in USED.rows_of(call) {
        let abis = cell(row, 2);
        if abis != "*" && !is_listed(abis, column_name(abi)) {
            continue;
        }
        for register in registers.iter_mut() {
            if register.half.is_none() && register.name == cell(row, 1) {
                register.ty = register.ty.used_as(cell(row, 3));
            }
        }
    }
}

impl Argument {
    /// The argument in a cell; the head of `data/signatures.tsv` describes the form.
    fn read(abi: Abi, cell: &'static str) -> Self {
        let mut parts = cell.split('|');
        let declared = parts.next().unwrap_or_default();
        let mut man_names = Vec::new();
        for name in parts {
            man_names.push(name);
        }
        let Some((spelling, name)) = declared.rsplit_once(' ') else {
            let ty = Type::whole_register(abi);
            return Self { name: "", man_names, ty, half: None, skipped: true };
        };
        let mut parts = name.split(':');
        let name = parts.next().unwrap_or_default();
        let (Some(whole), Some(which)) = (parts.next(), parts.next()) else {
            let ty = Type::spelled(abi, spelling);
            return Self { name, man_names, ty, half: None, skipped: false };
        };
        let is_low = match abi.endian() {
            Endian::Little => which == "1",
            Endian::Big => which == "2",
        };
        let half = if which == "lo" || is_low { Half::Low } else { Half::High };
        let half = Some(HalfOf { whole, half });
        Self { name, man_names, ty: Type::half(spelling), half, skipped: false }
    }

    /// Whether that is a name of the whole argument.
    fn is_called(&self, name: &str) -> bool {
        let own = match self.half {
            Some(half) => half.whole,
            None => self.name,
        };
        own == name || self.man_names.contains(&name)
    }
}

/// The argument that a policy or a tool names by its position: `a0` to `a5`.
#[must_use]
pub fn positional(name: &str) -> Option<ArgumentIndex> {
    match name.as_bytes() {
        [b'a', digit] => ArgumentIndex::from_digit(*digit),
        _ => None,
    }
}

impl Signature {
    /// Whether the arguments of the call are known. If not, they have no names and are as wide as a
    /// register.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.registers.is_some()
    }

    /// What each argument register holds, in order; a seventh one is not in a filter's input. Empty
    /// if the call takes no arguments or they are unknown.
    #[must_use]
    pub fn registers(&self) -> &[Argument] {
        match &self.registers {
            Some(registers) => registers,
            None => &[],
        }
    }

    /// What the register of an argument holds. `None` if the call has fewer arguments, or they are unknown.
    #[must_use]
    pub fn argument(&self, index: ArgumentIndex) -> Option<&Argument> {
        self.registers().get(index as usize)
    }

    /// How the register of an argument is used: as the type of the argument, or as the whole register where there is
    /// none.
    #[must_use]
    pub fn type_at(&self, index: ArgumentIndex) -> Type {
        match self.argument(index) {
            Some(argument) => argument.ty,
            None => Type::whole_register(self.abi),
        }
    }

    /// The place of the argument with that name, the kernel's or a man page's. `None` if the call has no
    /// such argument.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<ArgumentPlace> {
        if name.is_empty() {
            return None;
        }
        let (mut low, mut high) = (None, None);
        for (number, register) in self.registers().iter().enumerate() {
            let is_called = register.is_called(name);
            match register.half {
                None if is_called => return Some(ArgumentPlace::of(number)),
                Some(_) if register.name == name => return Some(ArgumentPlace::of(number)),
                Some(part) if is_called => match part.half {
                    Half::Low => low = low.or(Some(number)),
                    Half::High => high = high.or(Some(number)),
                },
                Some(_) | None => {}
            }
        }
        Some(match (ArgumentPlace::of(low?), ArgumentPlace::of(high?)) {
            (ArgumentPlace::At(low), ArgumentPlace::At(high)) => {
                ArgumentPlace::Halves { low, high }
            }
            _ => ArgumentPlace::Unseen,
        })
    }

    /// The name of an argument that is closest to an unknown name, if any is close. The kernel's names come before
    /// those of man pages.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        let mut search = NameSearch::new(name);
        for register in self.registers() {
            search.consider(register.name);
            if let Some(half) = register.half {
                search.consider(half.whole);
            }
        }
        for register in self.registers() {
            for name in &register.man_names {
                search.consider(name);
            }
        }
        search.best()
    }
}

#[cfg(test)]
mod tests {
    use super::{SIGNATURES, numbers};

    #[test]
    fn every_call_has_one_row_for_each_abi_that_has_it() {
        for name in numbers::names() {
            let rows = SIGNATURES.rows_of(name).map(|row| row.split('\t').nth(1).unwrap_or(""));
            let rows = rows.collect::<Vec<_>>();
            assert_eq!(rows.iter().filter(|abis| **abis == "*").count(), 1, "{name}: {rows:?}");
            assert_eq!(rows.last(), Some(&"*"), "{name}");
            let named = rows.iter().filter(|abis| **abis != "*").flat_map(|abis| abis.split(','));
            let mut named = named.collect::<Vec<_>>();
            let have = numbers::abis_with(name).map(crate::abi::Abi::name).collect::<Vec<_>>();
            assert!(named.iter().all(|abi| have.contains(abi)), "{name}: {named:?}");
            assert!(named.len() < have.len(), "{name}: nothing is left for the last line");
            named.sort_unstable();
            assert!(named.windows(2).all(|pair| pair[0] != pair[1]), "{name}: {named:?}");
        }
        assert!(
            SIGNATURES.rows().all(|row| numbers::is_known(row.split('\t').next().unwrap_or("")))
        );
    }
}
