//! Two policies compared: what is the same, what became wider or narrower, and the rules that changed.

mod human_text;
mod policy_report;

use anyhow::{Context as _, Result};
use seccomp_bpf::abi::Endian;
use seccomp_bpf::bpf::SockFilter;
use seccomp_ir::compare::{PolicyComparison, Side, canonical, compare};
use seccomp_syntax::CompiledText;
use sha2::{Digest as _, Sha256};

use crate::input_policy::{InputPolicy, is_filter_of};

pub(crate) use human_text::policy_text;
pub(crate) use policy_report::{
    ChangedLine, PolicyReport, Verdict, changed_lines, new_rules, vanished_rules,
};

/// A policy or a filter that can be compared.
pub(crate) struct Comparable {
    what: Form,
    symbols: Vec<String>,
    /// What the user should know, although the comparison is exact.
    pub(crate) remarks: Vec<String>,
}

enum Form {
    Compiled(Box<CompiledText>),
    Filter(Vec<SockFilter>, Endian),
}

impl Comparable {
    /// The policy that is in force in a program, or that a text says.
    ///
    /// The filter in a note is what the program installs. If this tool compiles another filter from the text of the note, another
    /// version of the compiler made the program, and the filter itself is compared.
    ///
    /// # Errors
    ///
    /// The errors of a text. A filter of another version with values of rustc: nothing says where they belong.
    pub(crate) fn of(policy: &InputPolicy) -> Result<Self> {
        let Some(note) = &policy.note else { return Ok(Self::of_text(policy.compile()?)) };
        let compiled = match policy.compile() {
            Ok(compiled) if is_filter_of(note, &compiled) => return Ok(Self::of_text(compiled)),
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
        let mut text = Self::of_text(compiled);
        text.remarks.push(format!(
            "{policy}: another version of the compiler made its filter. It has values of rustc, so its text is compared, with the \
             tables of this tool"
        ));
        Ok(text)
    }

    /// A text that was compiled.
    pub(crate) fn of_text(compiled: CompiledText) -> Self {
        let symbols = compiled.compiled.symbol_texts();
        Self { what: Form::Compiled(Box::new(compiled)), symbols, remarks: Vec::new() }
    }

    /// A filter, in the byte order of the machine that runs it.
    pub(crate) fn of_filter(filter: Vec<SockFilter>, endian: Endian) -> Self {
        Self { what: Form::Filter(filter, endian), symbols: Vec::new(), remarks: Vec::new() }
    }

    /// The texts of the values that are not known here.
    pub(crate) fn symbols(&self) -> &[String] {
        &self.symbols
    }

    fn side(&self) -> Side<'_> {
        match &self.what {
            Form::Compiled(text) => {
                Side::Policy { policy: &text.compiled.policy, symbols: &self.symbols }
            }
            Form::Filter(instructions, endian) => Side::Filter { instructions, endian: *endian },
        }
    }

    /// How `other` differs from this one, over all calls.
    ///
    /// # Errors
    ///
    /// If they are too large to be compared, or if the kernel would not load a filter.
    pub(crate) fn compare(&self, other: &Self) -> Result<PolicyComparison> {
        Ok(compare(self.side(), other.side())?)
    }

    /// A number for what it does with every call: two that have the same number do the same.
    ///
    /// # Errors
    ///
    /// If it is too large, or if the kernel would not load the filter.
    pub(crate) fn meaning(&self) -> Result<String> {
        let digest = Sha256::digest(canonical(self.side())?);
        Ok(digest.iter().take(MEANING_BYTES).map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The bytes of the digest that are kept.
const MEANING_BYTES: usize = 16;
