//! Programs with notes that no compiler made: files that have only the parts that the tool reads.

use std::fs;
use std::path::Path;

use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, SectionKind};
use seccomp_bpf::abi::Abi;
use seccomp_bpf::bpf::SockFilter;
use seccomp_bpf::note::{FILE_BYTES, OWNER, POLICY, SECTION, VERSION};
use seccomp_syntax::PolicyText;

/// The note of a policy for x86_64, with the filter that the compiler makes of the text or with another filter.
pub(crate) fn note(file: &str, line: u32, text: &str, filter: Option<&[SockFilter]>) -> Vec<u8> {
    let abi = Abi::X86_64;
    let compiled = PolicyText::new("note", text, abi).compile().unwrap_or_else(|r| panic!("{r}"));
    let text = seccomp_ir::tree::print(&compiled.tree);
    let own = &compiled.compiled.filter;
    let filter = filter.unwrap_or(&own.instructions);
    let mut description = Vec::new();
    let word = |value: usize| u32::try_from(value).expect("a small number").to_le_bytes();
    let padded = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(text.len().next_multiple_of(4), 0);
        bytes
    };
    for value in [VERSION as usize, line as usize, 5] {
        description.extend(word(value));
    }
    let mut path = file.as_bytes().to_vec();
    path.resize(FILE_BYTES, 0);
    description.extend(path);
    for value in [abi.name().len(), text.len(), filter.len(), own.relocations.len()] {
        description.extend(word(value));
    }
    description.extend(padded(abi.name()));
    description.extend(padded(&text));
    for SockFilter { code, jt, jf, k } in filter {
        description.extend(code.to_le_bytes());
        description.extend([*jt, *jf]);
        description.extend(k.to_le_bytes());
    }
    for relocation in &own.relocations {
        description.extend(word(relocation.index.0));
    }
    let mut note = Vec::new();
    for value in [OWNER.len() + 1, description.len(), POLICY as usize] {
        note.extend(word(value));
    }
    note.extend(format!("{OWNER}\0").bytes());
    note.extend(description);
    note
}

pub(crate) fn write_program(path: &Path, architecture: Architecture, notes: &[u8]) {
    write_program_with(path, architecture, notes, &[]);
}

/// A program with constants.
pub(crate) fn write_program_with(
    path: &Path,
    architecture: Architecture,
    notes: &[u8],
    constants: &[u8],
) {
    let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    if !constants.is_empty() {
        let section =
            object.add_section(Vec::new(), b".rodata".to_vec(), SectionKind::ReadOnlyString);
        object.set_section_data(section, constants, 4);
    }
    if !notes.is_empty() {
        let section =
            object.add_section(Vec::new(), SECTION.as_bytes().to_vec(), SectionKind::Note);
        object.set_section_data(section, notes, 4);
    }
    fs::write(path, object.write().expect("an ELF file")).expect("a file");
}
