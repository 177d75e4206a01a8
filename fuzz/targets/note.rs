//! Any bytes as the section of notes of a program, in both byte orders, give notes or an error, and no more notes than the
//! bytes can hold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seccomp_ir::abi::Endian;
use seccomp_ir::note::Notes;

fuzz_target!(|section: &[u8]| {
    for endian in [Endian::Little, Endian::Big] {
        let mut errors = 0;
        for note in Notes::new(section, endian) {
            assert_eq!(errors, 0, "a note comes after an error");
            let Ok(note) = note else {
                errors += 1;
                continue;
            };
            let held = note.file.len()
                + note.abi.len()
                + note.text.len()
                + note.instructions().count() * 8
                + note.relocations().count() * 4;
            assert!(held <= section.len());
            let _ = note.known_abi();
        }
    }
});
