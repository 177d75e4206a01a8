//! Prints the notes in ELF files: a line for each, its file, line, ABI, number of instructions and of relocations, and
//! its rules with blanks for ends of lines.
//!
//!     cargo run -p seccomp-tests --example read_notes -- FILE…

use std::env;
use std::error::Error;
use std::fs;

use object::{Object as _, ObjectSection as _};
use seccomp_ir::abi::Endian;
use seccomp_ir::note::{Notes, SECTION};

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
