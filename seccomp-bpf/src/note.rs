//! The ELF note that a policy leaves in a program: what it says, and how to read it.
//!
//! The notes are in the section [`SECTION`], one after the other, in the form of ELF: the length of the owner's name, the
//! length of the description and the type, each a 32-bit word, then the name [`OWNER`] with its NUL and the description,
//! both padded to a multiple of four bytes. The description of a policy ([`POLICY`]) is, in the byte order of the program:
//!
//! | bytes | content |
//! |---|---|
//! | 4 | [`VERSION`] of this table |
//! | 4, 4 | line and column of the policy in its file, from 1 |
//! | 128 | the path of the file as rustc knows it, in UTF-8, padded with NULs; a longer path is cut at its start |
//! | 4 | length of the ABI's name in bytes |
//! | 4 | length of the policy's text in bytes |
//! | 4 | the number of instructions |
//! | 4 | the number of relocations |
//! | … | the name of the ABI, padded with NULs to a multiple of four bytes |
//! | … | the policy in its canonical text, in UTF-8, padded in the same way |
//! | 8 each | the instructions: `code` (2), `jt` (1), `jf` (1), `k` (4) |
//! | 4 each | relocations: the index of each instruction whose `k` comes from a value that rustc or the running program evaluates; in the note that `k` is 0 |
//!
//! A reader accepts only the versions that it knows. What follows the last relocation belongs to a later version.
//!
//! Source of the form: `man 5 elf`, "Notes (Nhdr)".

use core::fmt;

use crate::abi::{Abi, Endian};
use crate::bpf::{InstructionIndex, SockFilter};

/// The section of the notes.
pub const SECTION: &str = ".note.seccomp";

/// The name of the notes' owner, without its NUL.
pub const OWNER: &str = "seccomp";

/// The type of a note that describes a policy.
pub const POLICY: u32 = 1;

/// The version of the description.
pub const VERSION: u32 = 1;

/// The bytes that a description has for the path of the file.
pub const FILE_BYTES: usize = 128;

/// The 32-bit word `index` of the [`FILE_BYTES`] in which a note has the path `file`. A target of byte order `endian` stores
/// this number as the four bytes of the path.
#[inline]
#[must_use]
pub const fn file_word(file: &str, index: usize, endian: Endian) -> u32 {
    let file = file.as_bytes();
    let mut start = if file.len() > FILE_BYTES { file.len() - FILE_BYTES } else { 0 };
    // A character that does not fit whole is left out.
    while start < file.len() && start > 0 && file[start] & 0xc0 == 0x80 {
        start += 1;
    }
    let mut bytes = [0; 4];
    let mut byte = 0;
    while byte < 4 {
        let at = start + 4 * index + byte;
        if at < file.len() {
            bytes[byte] = file[at];
        }
        byte += 1;
    }
    match endian {
        Endian::Little => u32::from_le_bytes(bytes),
        Endian::Big => u32::from_be_bytes(bytes),
    }
}

/// What a policy left in a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note<'a> {
    /// The path of the file with the policy, or the last [`FILE_BYTES`] bytes of it.
    pub file: &'a str,
    /// The line of the policy in that file, from 1.
    pub line: u32,
    /// Its column, from 1.
    pub column: u32,
    /// The name of the ABI for which the filter was compiled.
    pub abi: &'a str,
    /// The rules in canonical text: files and fragments are in their places and every `#[cfg(…)]` is decided.
    pub text: &'a str,
    instructions: &'a [u8],
    relocations: &'a [u8],
    endian: Endian,
}

impl<'a> Note<'a> {
    /// The ABI for which the filter was compiled. `None` if this version does not know its name.
    #[inline]
    #[must_use]
    pub fn known_abi(&self) -> Option<Abi> {
        self.abi.parse().ok()
    }

    /// The instructions of the filter. An instruction in [`Self::relocations`] has another `k` in the program.
    #[inline]
    pub fn instructions(&self) -> impl ExactSizeIterator<Item = SockFilter> + use<'a> {
        let endian = self.endian;
        self.instructions.chunks_exact(8).map(move |bytes| {
            let code = [bytes[0], bytes[1]];
            let code = match endian {
                Endian::Little => u16::from_le_bytes(code),
                Endian::Big => u16::from_be_bytes(code),
            };
            SockFilter { code, jt: bytes[2], jf: bytes[3], k: number(&bytes[4..], endian) }
        })
    }

    /// The instructions whose `k` comes from a value that rustc or the running program evaluates.
    #[inline]
    pub fn relocations(&self) -> impl ExactSizeIterator<Item = InstructionIndex> + use<'a> {
        let endian = self.endian;
        let index = move |bytes| InstructionIndex(number(bytes, endian) as usize);
        self.relocations.chunks_exact(4).map(index)
    }
}

/// Reads the notes of policies in a section. It skips notes of other owners and of other types.
///
/// After an error it ends, because the place of the next note is not known.
///
/// ```
/// use seccomp_bpf::abi::Endian;
/// use seccomp_bpf::note::Notes;
///
/// let section = [0; 11];
/// let error = Notes::new(&section, Endian::Little).next().unwrap().unwrap_err();
/// assert_eq!(error.to_string(), "the note at byte 0 of the section is cut off");
/// ```
#[derive(Clone, Debug)]
pub struct Notes<'a> {
    section: &'a [u8],
    /// Where the next note begins, in bytes.
    offset: usize,
    endian: Endian,
}

impl<'a> Notes<'a> {
    /// The notes in the bytes of [`SECTION`], in a program with this byte order.
    #[inline]
    #[must_use]
    pub const fn new(section: &'a [u8], endian: Endian) -> Self {
        Self { section, offset: 0, endian }
    }

    /// The next note's owner with its NUL, its type and its description.
    #[inline]
    fn next_of_any_owner(&mut self) -> Result<(&'a [u8], u32, &'a [u8]), NoteErrorKind> {
        let mut rest = Bytes { rest: &self.section[self.offset..], endian: self.endian };
        let (owner, description, kind) = (rest.length()?, rest.length()?, rest.number()?);
        let owner = rest.padded(owner)?;
        // The last note of a section may lack its padding.
        let description = if rest.rest.len() == description {
            rest.take(description)?
        } else {
            rest.padded(description)?
        };
        self.offset = self.section.len() - rest.rest.len();
        Ok((owner, kind, description))
    }
}

impl<'a> Iterator for Notes<'a> {
    type Item = Result<Note<'a>, NoteError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while self.offset < self.section.len() {
            let offset = self.offset;
            let note = match self.next_of_any_owner() {
                Ok((owner, POLICY, description))
                    if owner.strip_suffix(b"\0") == Some(OWNER.as_bytes()) =>
                {
                    read(description, self.endian)
                }
                Ok(_) => continue,
                Err(kind) => Err(kind),
            };
            if note.is_err() {
                self.offset = self.section.len();
            }
            return Some(note.map_err(|kind| NoteError { offset, kind }));
        }
        None
    }
}

/// The note with this description.
#[inline]
fn read(description: &[u8], endian: Endian) -> Result<Note<'_>, NoteErrorKind> {
    let mut rest = Bytes { rest: description, endian };
    let version = rest.number()?;
    if version != VERSION {
        return Err(NoteErrorKind::Version(version));
    }
    let (line, column) = (rest.number()?, rest.number()?);
    let file = rest.take(FILE_BYTES)?;
    let end = file.iter().position(|byte| *byte == 0).unwrap_or(FILE_BYTES);
    let (abi, policy) = (rest.length()?, rest.length()?);
    let (instructions, relocations) = (rest.length()?, rest.length()?);
    let bytes = |count: usize, each: usize| count.checked_mul(each).ok_or(NoteErrorKind::CutOff);
    Ok(Note {
        file: text(&file[..end])?,
        line,
        column,
        abi: text(rest.padded(abi)?)?,
        text: text(rest.padded(policy)?)?,
        instructions: rest.take(bytes(instructions, 8)?)?,
        relocations: rest.take(bytes(relocations, 4)?)?,
        endian,
    })
}

#[inline]
fn text(bytes: &[u8]) -> Result<&str, NoteErrorKind> {
    core::str::from_utf8(bytes).map_err(|_| NoteErrorKind::NotUtf8)
}

/// The number in the first four of `bytes`.
#[inline]
fn number(bytes: &[u8], endian: Endian) -> u32 {
    let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
    match endian {
        Endian::Little => u32::from_le_bytes(bytes),
        Endian::Big => u32::from_be_bytes(bytes),
    }
}

/// Bytes that are read from front to back.
struct Bytes<'a> {
    rest: &'a [u8],
    endian: Endian,
}

impl<'a> Bytes<'a> {
    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], NoteErrorKind> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(NoteErrorKind::CutOff)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes `length` bytes and the padding after them, and returns the bytes without it.
    #[inline]
    fn padded(&mut self, length: usize) -> Result<&'a [u8], NoteErrorKind> {
        let padded = length.checked_next_multiple_of(4).ok_or(NoteErrorKind::CutOff)?;
        Ok(&self.take(padded)?[..length])
    }

    #[inline]
    fn number(&mut self) -> Result<u32, NoteErrorKind> {
        Ok(number(self.take(4)?, self.endian))
    }

    #[inline]
    fn length(&mut self) -> Result<usize, NoteErrorKind> {
        usize::try_from(self.number()?).map_err(|_| NoteErrorKind::CutOff)
    }
}

/// Why a section of notes cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct NoteError {
    /// Where the note at fault begins, in bytes from the start of the section.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: NoteErrorKind,
}

/// What is wrong with a note.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum NoteErrorKind {
    /// It ends before its content does.
    CutOff,
    /// Its text is not UTF-8.
    NotUtf8,
    /// Its description has a version that this reader does not know.
    Version(u32),
}

impl fmt::Display for NoteError {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, kind } = self;
        write!(f, "the note at byte {offset} of the section ")?;
        match kind {
            NoteErrorKind::CutOff => f.write_str("is cut off"),
            NoteErrorKind::NotUtf8 => f.write_str("has a text that is not UTF-8"),
            NoteErrorKind::Version(version) => {
                write!(f, "has version {version}, and this reader knows version {VERSION}")
            }
        }
    }
}

impl core::error::Error for NoteError {}

#[cfg(test)]
#[path = "note_tests.rs"]
mod tests;
