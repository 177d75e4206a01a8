//! The size of a program.

use std::path::Path;
use std::{fs, io};

use object::{Object as _, ObjectSection as _};

/// The size of a stripped program, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// The file.
    pub file: u64,
    /// The loaded sections, without the gaps that alignment leaves between them.
    pub sections: u64,
    /// The notes of its policies, which are not loaded, with the header and the name of their section.
    pub notes: u64,
}

/// The section of notes: docs/note.md.
const NOTES: &str = ".note.seccomp";

/// The bytes of a section's header in a file of 64 bits, `Elf64_Shdr` of elf(5).
const SECTION_HEADER: u64 = 64;

impl Size {
    /// The size of the ELF file at `path`.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is no ELF file.
    pub fn of(path: &Path) -> io::Result<Self> {
        let bytes = fs::read(path)?;
        let elf = object::File::parse(&*bytes).map_err(io::Error::other)?;
        // A section that is not loaded has no address; a section of zeros is not in the file.
        let loaded = elf.sections().filter(|section| section.address() != 0);
        let sizes = loaded.filter_map(|section| section.file_range()).map(|(_, size)| size);
        let notes = elf.sections().filter(|section| section.name() == Ok(NOTES));
        let notes = notes.map(|section| section.size() + SECTION_HEADER + NOTES.len() as u64 + 1);
        Ok(Self { file: bytes.len() as u64, sections: sizes.sum(), notes: notes.sum() })
    }
}
