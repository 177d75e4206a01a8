//! Policies that a command line names: the policies in a program, by their notes, or a policy in a text file.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use seccomp_bpf::abi::Abi;
use seccomp_bpf::bpf::InstructionIndex;
use seccomp_ir::TableNames;
use seccomp_ir::filter::Relocation;
use seccomp_load::formats::Format;
use seccomp_syntax::{CompiledText, PolicyText};

use crate::elf::{ProgramPolicy, Selector, Source};
use crate::foreign_policy::read_foreign;
use crate::text_file::{self, MOST_TEXT};

/// A policy that a command line names.
#[derive(Clone, Debug)]
pub(crate) struct InputPolicy {
    /// Its name in messages: the place in the source, or the path of the text file.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
    /// The ABI of the program that it is for.
    pub(crate) abi: Abi,
    /// Its note, if it comes from a program.
    pub(crate) note: Option<ProgramPolicy>,
    /// Remarks for the user about how it was read.
    pub(crate) remarks: Vec<String>,
    /// The directory of the files that the text includes.
    directory: PathBuf,
}

/// The policies that `selector` names: all policies of a program or a process, one of them, or the policy in a text
/// file, which may be in the format of another tool. A text is read for programs of the ABI `arch`, or of the ABI of
/// this machine.
///
/// # Errors
///
/// If the file cannot be read, is neither a program nor a text, has no policy, or does not have the named one.
pub(crate) fn input_policies(selector: &Selector, arch: Option<Abi>) -> Result<Vec<InputPolicy>> {
    let text = match (&selector.source, &selector.policy) {
        (Source::File(path), None) => text_of(path)?,
        _ => None,
    };
    if let (Source::File(path), Some(text)) = (&selector.source, text) {
        let directory = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let (name, abi) = (path.display().to_string(), arch.unwrap_or(Abi::NATIVE));
        let policy = InputPolicy { directory, ..InputPolicy::of_text(name, text, abi) };
        return Ok(vec![policy.of_any_format()?]);
    }
    let policies = selector.policies()?;
    if policies.is_empty() {
        bail!(
            "{} has no notes of policies: it has no policy, or it was built without the feature `note` of seccomp-runtime",
            selector.source_name()
        );
    }
    policies.into_iter().map(InputPolicy::of_note).collect()
}

/// The text in a file, or `None` if it is not a text.
fn text_of(path: &Path) -> Result<Option<String>> {
    let name = path.display();
    let mut bytes = Vec::new();
    let file = text_file::open(path).with_context(|| format!("cannot read {name}"))?;
    file.take(MOST_TEXT + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {name}"))?;
    if bytes.starts_with(b"\x7fELF")
        || bytes.starts_with(b"!<arch>\n")
        || bytes.starts_with(b"!<thin>\n")
    {
        return Ok(None);
    }
    if bytes.len() as u64 > MOST_TEXT {
        bail!(
            "cannot read {name}: it is neither a program nor a policy, which has at most {MOST_TEXT} bytes"
        );
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(Some(text)),
        _ => bail!(
            "cannot read {name}: it is neither a program (ELF) nor the text of a policy (UTF-8)"
        ),
    }
}

impl InputPolicy {
    /// The policy in a text that includes no files and that messages call `name`.
    pub(crate) fn of_text(name: String, text: String, abi: Abi) -> Self {
        Self { name, text, abi, note: None, remarks: Vec::new(), directory: PathBuf::new() }
    }

    /// This policy, or the policy that its text is in the format of another tool. A text that can be read as this
    /// language is in this language.
    ///
    /// # Errors
    ///
    /// The errors of a text of another tool.
    fn of_any_format(self) -> Result<Self> {
        if self.tree().is_ok() {
            return Ok(self);
        }
        let Some(format) = Format::guess(&self.name, &self.text) else { return Ok(self) };
        let imported = read_foreign(format, &self.name, &self.text, self.abi)?;
        let of_file = |remark| format!("{}: {remark}", self.name);
        let remarks = imported.remarks.into_iter().map(of_file).collect();
        Ok(Self { text: imported.text, remarks, ..self })
    }

    /// The policy that a note describes.
    ///
    /// # Errors
    ///
    /// If this version of the tool does not know its ABI.
    pub(crate) fn of_note(note: ProgramPolicy) -> Result<Self> {
        Ok(Self {
            name: note.place(),
            text: note.text.clone(),
            abi: note.known_abi()?,
            note: Some(note),
            remarks: Vec::new(),
            directory: PathBuf::new(),
        })
    }

    /// Reads the text and passes it to `then`.
    fn with_text<T>(&self, then: impl FnOnce(&PolicyText<'_>) -> T) -> T {
        let files = |name: &str| {
            text_file::read(&self.directory.join(name)).map_err(|error| format!("{error:#}"))
        };
        then(&PolicyText::new(&self.name, &self.text, self.abi).files(&files))
    }

    /// The policy, compiled.
    ///
    /// # Errors
    ///
    /// The errors of its text, each with its line and column.
    pub(crate) fn compile(&self) -> Result<CompiledText> {
        let compiled = self.with_text(|text| text.compile());
        compiled.map_err(|report| match &self.note {
            None => anyhow!("{} has errors\n{}", self.name, report.to_string().trim_end()),
            Some(note) => anyhow!(
                "the rules in the note of {note} cannot be compiled; perhaps another version of seccomp-macros wrote them\n{}",
                report.to_string().trim_end()
            ),
        })
    }

    /// The items of the policy.
    ///
    /// # Errors
    ///
    /// The parts of the text that cannot be read.
    pub(crate) fn tree(&self) -> Result<seccomp_ir::tree::Tree> {
        self.with_text(|text| text.tree()).map_err(|report| {
            anyhow!("{} has errors\n{}", self.name, report.to_string().trim_end())
        })
    }

    /// The names for the numbers of the filter of this policy. `compiled` is the compiled policy.
    pub(crate) fn names(&self, compiled: &CompiledText) -> TableNames {
        let mut names = compiled.compiled.names();
        // Another version may have compiled another filter. Then the values have no texts.
        if let Some(note) = self.note.as_ref().filter(|note| !is_filter_of(note, compiled)) {
            let text = |at: &InstructionIndex| (*at, "a value of rustc".to_owned());
            names.operands = note.relocations.iter().map(text).collect();
        }
        names
    }
}

/// Whether the filter of the note is the one that this tool compiles from its text.
pub(crate) fn is_filter_of(note: &ProgramPolicy, compiled: &CompiledText) -> bool {
    let filter = &compiled.compiled.filter;
    let at = |relocation: &Relocation| relocation.index;
    filter.instructions == note.filter
        && filter.relocations.iter().map(at).eq(note.relocations.iter().copied())
}

/// Its name, and the file with its note.
impl fmt::Display for InputPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.note {
            Some(note) => note.fmt(f),
            None => f.write_str(&self.name),
        }
    }
}
