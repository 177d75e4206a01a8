//! The numbers that rustc gave the values of a policy, such as `self::LOG`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use seccomp_bpf::abi::Half;
use seccomp_ir::filter::{Filter, SymbolOperand};
use seccomp_ir::policy::Symbol;

/// The numbers of each value, by its text: one, or several if generic code has several instances of the policy. The
/// numbers of a missing text are not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RustcValues {
    numbers: BTreeMap<String, BTreeSet<u64>>,
}

impl RustcValues {
    /// The numbers behind operands of a filter. `instances` are the operands of each instance, in the order of the
    /// relocations of `filter`, and `texts` the texts of its symbols. Values that only the running program knows
    /// (`$fd`) are not in the result.
    pub(crate) fn of_operands(filter: &Filter, texts: &[String], instances: &[Vec<u32>]) -> Self {
        let mut all = Self::default();
        for operands in instances {
            let Some(numbers) = of_instance(filter, operands) else { continue };
            for (symbol, number) in numbers {
                match texts.get(symbol as usize) {
                    Some(text) if !text.starts_with('$') => all.add(text, number),
                    Some(_) | None => {}
                }
            }
        }
        all
    }

    /// Adds a number that a value has.
    pub(crate) fn add(&mut self, text: &str, number: u64) {
        self.numbers.entry(text.to_owned()).or_default().insert(number);
    }

    /// The numbers of a value, if they are known.
    pub(crate) fn get(&self, text: &str) -> Option<&BTreeSet<u64>> {
        self.numbers.get(text)
    }

    /// The number of a value, if it has only one.
    pub(crate) fn only(&self, text: &str) -> Option<u64> {
        let numbers = self.get(text)?;
        if numbers.len() == 1 { numbers.first().copied() } else { None }
    }
}

/// `self::LOG = 3`, and `T::FD = 3 or 4`, a line each.
impl fmt::Display for RustcValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (text, numbers) in &self.numbers {
            let shown: Vec<String> = numbers.iter().copied().map(shown).collect();
            writeln!(f, "{text} = {}", shown.join(" or "))?;
        }
        Ok(())
    }
}

/// A number as people write it: a large number is a mask or negative, so hexadecimal digits say more.
fn shown(number: u64) -> String {
    if number < 1 << 31 { number.to_string() } else { format!("{number:#x}") }
}

/// A line that [`RustcValues`] writes. `None` for any other.
pub(crate) fn read_line(line: &str) -> Option<(String, Vec<u64>)> {
    let (text, numbers) = line.rsplit_once(" = ")?;
    let number = |shown: &str| match shown.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => shown.parse().ok(),
    };
    Some((text.to_owned(), numbers.split(" or ").map(number).collect::<Option<_>>()?))
}

/// The number of each symbol, by its own number, in an instance with these operands. A half that is in no instruction
/// is 0. `None` if no numbers give these operands: then it is another filter.
fn of_instance(filter: &Filter, operands: &[u32]) -> Option<BTreeMap<u32, u64>> {
    let mut numbers: BTreeMap<u32, u64> = BTreeMap::new();
    if operands.len() != filter.relocations.len() {
        return None;
    }
    let all = || filter.relocations.iter().map(|relocation| relocation.operand).zip(operands);
    for (operand, k) in all() {
        let Symbol(symbol) = operand.symbol();
        let bits = match operand {
            SymbolOperand::Word { half: Half::Low, keep, flip, .. } => u64::from((k ^ flip) & keep),
            SymbolOperand::Word { half: Half::High, keep, flip, .. } => {
                u64::from((k ^ flip) & keep) << 32
            }
            SymbolOperand::ReturnErrno(_) => u64::from(k & 0xffff),
        };
        *numbers.entry(symbol).or_default() |= bits;
    }
    let fits =
        |(operand, k): (SymbolOperand, &u32)| operand.resolve(numbers[&operand.symbol().0]) == *k;
    all().all(fits).then_some(numbers)
}
