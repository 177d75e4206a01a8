//! Policies in ELF files, from the notes that `seccomp_policy!` leaves there.
//!
//! A file may be for any architecture, class and byte order: a program, a shared object, an object file, or an archive of
//! object files (`.a`, `.rlib`). It may be stripped. A running process gives the policies of its program and of the libraries
//! that it has mapped.
//!
//! docs/note.md and `seccomp_bpf::note` describe the form of a note.

mod archive;
mod file_notes;
mod process_files;
mod program_abi;
mod program_operands;
mod selector;

use std::fmt;
use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use object::read::{ReadCache, ReadRef as _};
use seccomp_bpf::abi::{Abi, Endian};
use seccomp_bpf::bpf::{InstructionIndex, SockFilter};

pub use process_files::{mapped_files, policies_of_process};
pub use program_abi::abi;
pub use program_operands::program_operands;
pub use selector::{Selector, Source};

/// The most bytes of notes that are read from one file. A policy has a few kilobytes.
const MOST_NOTES: u64 = 16 << 20;

/// The most policies of one file.
const MOST_POLICIES: usize = 4096;

/// The most bytes of the rules of a policy: the limit for a file that a policy includes.
const MOST_TEXT: usize = 1 << 20;

/// A policy as its note in a file describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramPolicy {
    /// The file with the note. The member of an archive follows in parentheses: `libx.rlib(x.o)`.
    pub from: String,
    /// The build id of that file, in hexadecimal, if it has one.
    pub build_id: Option<String>,
    /// The number of the note in that file, from 1.
    pub number: usize,
    /// The source file of the policy, as rustc knows it. Of a long path, this is the end.
    pub file: String,
    /// The line of the policy in it, from 1.
    pub line: u32,
    /// Its column, from 1.
    pub column: u32,
    /// The name of the ABI for which the filter was compiled.
    pub abi: String,
    /// The rules in canonical text.
    pub text: String,
    /// The filter.
    pub filter: Vec<SockFilter>,
    /// The instructions of the filter whose `k` comes from a value of rustc. The note has 0 there.
    pub relocations: Vec<InstructionIndex>,
    /// The byte order of the file, and of the machine that runs the filter.
    pub endian: Endian,
}

impl ProgramPolicy {
    /// The place of the policy in its source: `src/main.rs:12`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    /// The ABI for which the filter was compiled.
    ///
    /// # Errors
    ///
    /// If this version of the tool does not know it.
    pub fn known_abi(&self) -> Result<Abi> {
        self.abi.parse().with_context(|| format!("{self}: its ABI is {:?}", self.abi))
    }

    /// Whether `filter` is the filter of this policy, whatever the values of rustc in it are.
    #[must_use]
    pub fn has_filter(&self, filter: &[SockFilter]) -> bool {
        self.filter.len() == filter.len()
            && self.filter.iter().zip(filter).enumerate().all(|(index, (own, other))| {
                let open = self.relocations.contains(&InstructionIndex(index));
                own == other || open && SockFilter { k: other.k, ..*own } == *other
            })
    }
}

/// The place of the policy and the file with its note.
impl fmt::Display for ProgramPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} in {}", self.file, self.line, self.from)
    }
}

/// The policies in a file, in the order of their notes. Empty if it has none.
///
/// # Errors
///
/// If the file cannot be read, is neither an ELF file nor an archive, or has a damaged note.
pub fn policies(path: &Path) -> Result<Vec<ProgramPolicy>> {
    let name = path.display().to_string();
    let file = open(path)?;
    policies_in(&ReadCache::new(file), &name)
        .with_context(|| format!("cannot read the notes of {name}"))
}

/// Opens a program.
///
/// # Errors
///
/// If it cannot be opened, or is not a regular file: opening a pipe could wait for ever.
fn open(path: &Path) -> Result<File> {
    let open = || -> Result<File> {
        if !std::fs::metadata(path)?.is_file() {
            bail!("it is not a regular file");
        }
        Ok(File::open(path)?)
    };
    open().with_context(|| format!("cannot read {}", path.display()))
}

/// The build id of a program or a shared object, in hexadecimal. `None` if it has none or cannot be read.
#[must_use]
pub fn build_id(path: &Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    file_notes::build_id(&ReadCache::new(File::open(path).ok()?))
}

/// The build id of a file whose first bytes in memory are `head`.
#[must_use]
pub fn build_id_in_memory(head: &[u8]) -> Option<String> {
    if head.starts_with(b"\x7fELF") { file_notes::build_id(head) } else { None }
}

/// The policies in the bytes of a file called `name`.
///
/// # Errors
///
/// If they are neither an ELF file nor an archive, or have a damaged note.
pub fn policies_of_bytes(bytes: &[u8], name: &str) -> Result<Vec<ProgramPolicy>> {
    policies_in(&ReadCache::new(std::io::Cursor::new(bytes)), name)
}

fn policies_in<R: object::read::ReadCacheOps>(
    data: &ReadCache<R>,
    name: &str,
) -> Result<Vec<ProgramPolicy>> {
    let start = |length: u64| data.read_bytes_at(0, length).unwrap_or_default();
    let mut left = MOST_NOTES;
    if start(4) == b"\x7fELF" {
        file_notes::policies(data, name, &mut left)
    } else if matches!(start(8), b"!<arch>\n" | b"!<thin>\n") {
        archive::policies(data, name, &mut left)
    } else {
        bail!("it is neither an ELF file nor an archive of ELF files: {}", first_bytes(start(4)))
    }
}

/// Describes the beginning of a file, for an error.
fn first_bytes(start: &[u8]) -> String {
    match start {
        [] => "it is empty, or has less than 4 bytes".to_owned(),
        [b'#', b'!', ..] => "it is a script; name the program that it starts".to_owned(),
        _ => format!("it begins with the bytes {start:02x?}"),
    }
}

#[cfg(test)]
mod tests;
