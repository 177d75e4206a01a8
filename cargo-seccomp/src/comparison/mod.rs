//! Compares two policies: whether they do the same, what became wider or narrower, and which rules changed.

mod policy_report;
mod policy_text;

use anyhow::{Context as _, Result};
use seccomp_bpf::abi::Endian;
use seccomp_bpf::bpf::SockFilter;
use seccomp_ir::compare::{PolicyComparison, Side, canonical, compare};
use seccomp_syntax::CompiledText;
use sha2::{Digest as _, Sha256};

use crate::elf::program_operands;
use crate::input_policy::{InputPolicy, is_filter_of};
use crate::rustc_values::RustcValues;

pub(crate) use policy_report::{
    ChangedLine, PolicyReport, Verdict, changed_lines, new_rules, vanished_rules,
};
pub(crate) use policy_text::policy_text;

/// A policy or a filter that can be compared.
pub(crate) struct Comparable {
    what: PolicyOrFilter,
    symbols: Vec<String>,
    /// The byte order of the machine that runs it.
    endian: Endian,
    /// The known numbers of its values.
    pub(crate) values: RustcValues,
    /// Remarks for the user. The comparison is exact nevertheless.
    pub(crate) remarks: Vec<String>,
}

/// What is compared: the policy of a text, or a filter alone.
enum PolicyOrFilter {
    Compiled(Box<CompiledText>),
    Filter(Vec<SockFilter>),
}

impl Comparable {
    /// The policy that a program installs, or the policy in a text.
    ///
    /// The filter in a note is what the program installs. If this tool compiles another filter from the text of the
    /// note, another version of the compiler made the program, and the filter itself is compared. Its values of rustc
    /// are those in the program.
    ///
    /// # Errors
    ///
    /// The errors of a text; or the filter is of another version and has values of rustc, whose places nothing tells.
    pub(crate) fn of(policy: &InputPolicy) -> Result<Self> {
        let Some(note) = &policy.note else {
            let text = Self::of_text(policy.compile()?, policy.abi.endian());
            return Ok(Self { remarks: policy.remarks.clone(), ..text });
        };
        let compiled = match policy.compile() {
            Ok(compiled) if is_filter_of(note, &compiled) => {
                let mut text = Self::of_text(compiled, note.endian);
                if let PolicyOrFilter::Compiled(compiled) = &text.what {
                    let (filter, operands) = (&compiled.compiled.filter, program_operands(note));
                    text.values = RustcValues::of_operands(filter, &text.symbols, &operands);
                }
                return Ok(text);
            }
            other => other,
        };
        if note.relocations.is_empty() {
            let mut filter = Self::of_filter(note.filter.clone(), note.endian);
            if compiled.is_err() {
                filter.remarks.push(format!(
                    "{policy}: this version of the tool cannot compile the text of the note, so the filter is compared"
                ));
            }
            return Ok(filter);
        }
        let compiled = compiled.with_context(|| {
            format!("{policy}: its filter has values of rustc, so its text has to be compiled")
        })?;
        let mut text = Self::of_text(compiled, note.endian);
        text.remarks.push(format!(
            "{policy}: another version of the compiler made its filter. It has values of rustc, so its text is compared, with the \
             tables of this tool"
        ));
        Ok(text)
    }

    /// A text that was compiled for a machine of that byte order.
    fn of_text(compiled: CompiledText, endian: Endian) -> Self {
        let symbols = compiled.compiled.symbol_texts();
        let what = PolicyOrFilter::Compiled(Box::new(compiled));
        Self { what, symbols, endian, values: RustcValues::default(), remarks: Vec::new() }
    }

    /// A filter, in the byte order of the machine that runs it.
    pub(crate) fn of_filter(filter: Vec<SockFilter>, endian: Endian) -> Self {
        let (what, symbols) = (PolicyOrFilter::Filter(filter), Vec::new());
        Self { what, symbols, endian, values: RustcValues::default(), remarks: Vec::new() }
    }

    /// The values of both sides that are compared by their texts, because their numbers are not known on both sides, or
    /// because a value has several.
    pub(crate) fn open_values(&self, other: &Self) -> Vec<String> {
        if self.with_numbers().is_some() && other.with_numbers().is_some() {
            return Vec::new();
        }
        let mut open: Vec<String> = self.symbols.iter().chain(&other.symbols).cloned().collect();
        open.sort_unstable();
        open.dedup();
        open
    }

    /// The filter with the number of each value. `None` if a value has no known number, or several.
    fn with_numbers(&self) -> Option<Vec<SockFilter>> {
        match &self.what {
            PolicyOrFilter::Filter(filter) => Some(filter.clone()),
            PolicyOrFilter::Compiled(text) => {
                let numbers: Vec<u64> = self
                    .symbols
                    .iter()
                    .map(|text| self.values.only(text))
                    .collect::<Option<_>>()?;
                Some(text.compiled.filter.resolve(&|symbol| numbers[symbol.0 as usize]))
            }
        }
    }

    /// The values of rustc whose numbers in `other` are different, as lines. A number that is known on only one side
    /// has not changed.
    pub(crate) fn changed_values(&self, other: &Self) -> Vec<ChangedLine> {
        let (own, others) = (self.values.to_string(), other.values.to_string());
        let changed = changed_lines(&own, &others);
        if changed.is_empty() || own.is_empty() || others.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![ChangedLine::Same("values of rustc:".to_owned())];
        lines.extend(changed);
        lines
    }

    /// The texts of the values. A value whose number in `other` is different gets another text, because the comparison
    /// takes values with the same text to be the same.
    fn names_beside(&self, other: &Self) -> Vec<String> {
        let name = |text: &String| match (self.values.get(text), other.values.get(text)) {
            (Some(own), Some(others)) if own != others => format!("{text} ({own:?})"),
            (Some(_) | None, Some(_) | None) => text.clone(),
        };
        self.symbols.iter().map(name).collect()
    }

    fn side<'a>(&'a self, symbols: &'a [String]) -> Side<'a> {
        match &self.what {
            PolicyOrFilter::Compiled(text) => {
                Side::Policy { policy: &text.compiled.policy, symbols }
            }
            PolicyOrFilter::Filter(instructions) => {
                Side::Filter { instructions, endian: self.endian }
            }
        }
    }

    /// How `other` differs from this one, over all calls.
    ///
    /// # Errors
    ///
    /// If they are too large to be compared, or if the kernel would not load a filter.
    pub(crate) fn compare(&self, other: &Self) -> Result<PolicyComparison> {
        if self.symbols.is_empty() && other.symbols.is_empty() {
            return Ok(compare(self.side(&[]), other.side(&[]))?);
        }
        if let (Some(own), Some(others)) = (self.with_numbers(), other.with_numbers()) {
            return Ok(compare(
                Side::Filter { instructions: &own, endian: self.endian },
                Side::Filter { instructions: &others, endian: other.endian },
            )?);
        }
        let (own, others) = (self.names_beside(other), other.names_beside(self));
        Ok(compare(self.side(&own), other.side(&others))?)
    }

    /// A digest of what it does with every call: two sides with the same digest do the same, if their values are the
    /// same.
    ///
    /// # Errors
    ///
    /// If it is too large, or if the kernel would not load the filter.
    pub(crate) fn meaning(&self) -> Result<String> {
        let digest = Sha256::digest(canonical(self.side(&self.symbols))?);
        Ok(digest.iter().take(MEANING_BYTES).map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The bytes of the digest that are kept.
const MEANING_BYTES: usize = 16;
