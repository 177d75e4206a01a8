//! The notes of one ELF file.
//!
//! The section [`SECTION`] has them. It is not loaded with the program, so no segment has it. The `PT_NOTE` segments
//! are searched only in a file without a table of sections: a tool that drops the table may have kept the notes there.
//!
//! Only the headers and the notes are read, so the size of a program does not matter. Each table has a bound, and a
//! name is compared where it is, so a hostile file costs little.

use anyhow::{Context as _, Result, bail};
use object::elf::{ELF_NOTE_GNU, FileHeader32, FileHeader64, NT_GNU_BUILD_ID, PT_NOTE, SHT_NOBITS};
use object::read::elf::{FileHeader, NoteIterator, ProgramHeader as _, SectionHeader as _};
use object::{Endianness, ReadRef};
use seccomp_bpf::abi::Endian;
use seccomp_bpf::note::{Note, Notes, SECTION};

use super::{MOST_NOTES, MOST_POLICIES, MOST_TEXT, ProgramPolicy};

/// The most sections and segments of a file that are read. Object files have one for each function.
const MOST_HEADERS: u32 = 1 << 20;

/// The most bytes of the names of sections.
const MOST_NAMES: u64 = 64 << 20;

/// The section with the build id, as GNU ld and lld call it.
const BUILD_ID: &str = ".note.gnu.build-id";

/// The policies of the ELF file `data`; at most `left` bytes of notes are read.
pub(super) fn policies<'data>(
    data: impl ReadRef<'data>,
    name: &str,
    left: &mut u64,
) -> Result<Vec<ProgramPolicy>> {
    // `EI_CLASS`, man 5 elf.
    match data.read_bytes_at(4, 1) {
        Ok([1]) => read::<FileHeader32<Endianness>>(data, name, left),
        Ok([2]) => read::<FileHeader64<Endianness>>(data, name, left),
        Ok(class) => bail!("byte 4 of an ELF file is its class, 1 or 2, and here it is {class:?}"),
        Err(()) => bail!("the ELF header is cut off"),
    }
}

fn read<'data, Elf: FileHeader<Endian = Endianness>>(
    data: impl ReadRef<'data>,
    name: &str,
    left: &mut u64,
) -> Result<Vec<ProgramPolicy>> {
    let header = Elf::parse(data).context("the ELF header")?;
    let endian = header.endian().context("the ELF header")?;
    let Parts { notes, build_id } = parts(header, endian, data, left)?;
    let build_id = build_id.and_then(|bytes| build_id_of::<Elf>(endian, bytes));
    let order = match endian {
        Endianness::Little => Endian::Little,
        Endianness::Big => Endian::Big,
    };
    let mut policies = Vec::new();
    for bytes in notes {
        for note in Notes::new(bytes, order) {
            let note = note?;
            check(&note)?;
            if policies.len() == MOST_POLICIES {
                bail!("it has more than {MOST_POLICIES} notes of policies");
            }
            policies.push(ProgramPolicy {
                from: name.to_owned(),
                build_id: build_id.clone(),
                number: policies.len() + 1,
                file: note.file.to_owned(),
                line: note.line,
                column: note.column,
                abi: note.abi.to_owned(),
                text: note.text.to_owned(),
                filter: note.instructions().collect(),
                relocations: note.relocations().collect(),
                endian: order,
            });
        }
    }
    Ok(policies)
}

/// Refuses a note that no macro writes and that could harm a reader: a text that takes long to read, or one that a terminal
/// obeys.
fn check(note: &Note<'_>) -> Result<()> {
    let place = format!("the note of {}:{}", note.file.escape_debug(), note.line);
    if note.text.len() > MOST_TEXT {
        bail!("{place} has more than {MOST_TEXT} bytes of rules");
    }
    let is_command = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    let texts = [note.file, note.abi, note.text];
    if texts.iter().any(|text| text.contains(is_command)) || note.file.contains('\n') {
        bail!("{place} has control characters");
    }
    Ok(())
}

/// The parts of a file that are searched.
#[derive(Default)]
struct Parts<'data> {
    notes: Vec<&'data [u8]>,
    build_id: Option<&'data [u8]>,
}

fn parts<'data, Elf: FileHeader<Endian = Endianness>>(
    header: &Elf,
    endian: Endianness,
    data: impl ReadRef<'data>,
    left: &mut u64,
) -> Result<Parts<'data>> {
    let number = header.shnum(endian, data).context("the table of sections")?;
    if number > MOST_HEADERS {
        bail!("it has {number} sections; at most {MOST_HEADERS} are read");
    }
    let sections = header.section_headers(endian, data).context("the table of sections")?;
    if sections.is_empty() {
        return segments(header, endian, data, left);
    }
    let names = header.section_strings_index(endian, data).context("the names of sections")?;
    let names =
        sections.get(names.0).context("the section with the names of sections is missing")?;
    let names = names.file_range(endian).filter(|(_, size)| *size <= MOST_NAMES);
    let names = names.and_then(|(offset, size)| data.read_bytes_at(offset, size).ok());
    let names = names.context("the names of sections are cut off")?;
    let mut parts = Parts::default();
    for section in sections {
        let is = |wanted: &str| {
            let rest = names.get(section.sh_name(endian) as usize..).unwrap_or_default();
            rest.strip_prefix(wanted.as_bytes()).is_some_and(|rest| rest.first() == Some(&0))
        };
        if section.sh_type(endian) == SHT_NOBITS {
            // A file that has only debug information keeps the table without the content.
            continue;
        }
        let (offset, size) = (section.sh_offset(endian).into(), section.sh_size(endian).into());
        if is(SECTION) {
            let bytes = take(data, offset, size, left);
            parts.notes.push(bytes.with_context(|| format!("the section {SECTION}"))?);
        } else if parts.build_id.is_none() && is(BUILD_ID) {
            parts.build_id = take(data, offset, size, left).ok();
        }
    }
    Ok(parts)
}

/// The parts of a file without sections, from its segments.
fn segments<'data, Elf: FileHeader<Endian = Endianness>>(
    header: &Elf,
    endian: Endianness,
    data: impl ReadRef<'data>,
    left: &mut u64,
) -> Result<Parts<'data>> {
    let mut parts = Parts::default();
    if header.phnum(endian, data).context("the table of segments")? > MOST_HEADERS {
        bail!("it has more than {MOST_HEADERS} segments");
    }
    for segment in header.program_headers(endian, data).context("the table of segments")? {
        if segment.p_type(endian) != PT_NOTE {
            continue;
        }
        let (offset, size) = segment.file_range(endian);
        let bytes = take(data, offset, size, left).context("a segment with notes")?;
        // A segment with an alignment of 8 bytes has other notes, in another form.
        if segment.p_align(endian).into() <= 4 {
            parts.notes.push(bytes);
        }
        parts.build_id = parts.build_id.or(Some(bytes));
    }
    Ok(parts)
}

fn take<'data>(
    data: impl ReadRef<'data>,
    offset: u64,
    size: u64,
    left: &mut u64,
) -> Result<&'data [u8]> {
    *left = left.checked_sub(size).context("the file has more than 16 MiB of notes")?;
    match data.read_bytes_at(offset, size) {
        Ok(bytes) => Ok(bytes),
        Err(()) => bail!("{size} bytes at offset {offset} are outside of the file"),
    }
}

/// The build id of the ELF file `data`.
pub(super) fn build_id<'data>(data: impl ReadRef<'data>) -> Option<String> {
    match data.read_bytes_at(4, 1) {
        Ok([1]) => build_id_of_class::<FileHeader32<Endianness>>(data),
        Ok([2]) => build_id_of_class::<FileHeader64<Endianness>>(data),
        _ => None,
    }
}

fn build_id_of_class<'data, Elf: FileHeader<Endian = Endianness>>(
    data: impl ReadRef<'data>,
) -> Option<String> {
    let header = Elf::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let mut left = MOST_NOTES;
    if header.phnum(endian, data).ok()? > MOST_HEADERS {
        return None;
    }
    // It is loaded with the program, so a segment has it, even where the table of sections is not in memory.
    let segments = header.program_headers(endian, data).ok()?;
    segments.iter().filter(|segment| segment.p_type(endian) == PT_NOTE).find_map(|segment| {
        let (offset, size) = segment.file_range(endian);
        build_id_of::<Elf>(endian, take(data, offset, size, &mut left).ok()?)
    })
}

/// The build id in a section of notes, in hexadecimal.
fn build_id_of<Elf: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    notes: &[u8],
) -> Option<String> {
    let mut notes = NoteIterator::<Elf>::new(endian, Elf::Word::default(), notes).ok()?;
    while let Ok(Some(note)) = notes.next() {
        if note.name() == ELF_NOTE_GNU && note.n_type(endian) == NT_GNU_BUILD_ID {
            return Some(note.desc().iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    None
}
