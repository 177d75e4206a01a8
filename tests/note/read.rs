//! Prints the notes in ELF files, one on a line: file, line, ABI, numbers of instructions and of relocations, and the
//! rules, with blanks for ends of lines. It compiles the rules again, and fails if the filter is not the one in the
//! note. It cannot check a note with values of rustc in this way.
//!
//!     cargo run -p seccomp-tests --example read_notes -- FILE…

use std::env;
use std::error::Error;
use std::fs;

use object::{Object as _, ObjectSection as _};
use seccomp_ir::abi::Endian;
use seccomp_ir::note::{Note, Notes, SECTION};
use seccomp_syntax::PolicyText;

fn main() -> Result<(), Box<dyn Error>> {
    for path in env::args_os().skip(1) {
        let bytes = fs::read(&path)?;
        let file = object::File::parse(&*bytes)?;
        let endian = if file.is_little_endian() { Endian::Little } else { Endian::Big };
        for section in file.sections() {
            if section.name()? != SECTION {
                continue;
            }
            if section.address() != 0 {
                return Err("the notes are loaded with the program".into());
            }
            for note in Notes::new(section.data()?, endian) {
                let note = note?;
                compare(&note)?;
                let (instructions, relocations) = (note.instructions(), note.relocations());
                println!(
                    "{}:{} {} {} {} {}",
                    note.file,
                    note.line,
                    note.abi,
                    instructions.len(),
                    relocations.len(),
                    note.text.replace('\n', " ")
                );
            }
        }
    }
    Ok(())
}

/// Compares the filter of a note with that of its rules.
fn compare(note: &Note<'_>) -> Result<(), Box<dyn Error>> {
    if note.relocations().len() > 0 {
        return Ok(());
    }
    let abi = note.known_abi().ok_or("no version of this project knows the ABI")?;
    let policy = PolicyText::new(note.file, note.text, abi).compile();
    let policy = policy.map_err(|report| report.to_string())?;
    if !note.instructions().eq(policy.compiled.filter.instructions) {
        return Err(
            format!("{}:{}: the filter is not that of the rules", note.file, note.line).into()
        );
    }
    Ok(())
}
