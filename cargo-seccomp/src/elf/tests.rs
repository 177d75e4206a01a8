use std::path::{Path, PathBuf};

use seccomp_bpf::abi::{Abi, Endian};
use seccomp_bpf::bpf::{InstructionIndex, SockFilter};
use seccomp_bpf::note::{FILE_BYTES, OWNER, POLICY, SECTION, VERSION};

use super::{ProgramPolicy, Selector, Source, policies, policies_of_bytes};
use seccomp_runtime::{Policy, seccomp_policy};

const OWN_LINE: u32 = line!() + 2;
const OWN: Policy =
    seccomp_policy! { allow read(fd == 5), rt_sigreturn, exit_group; default errno(4010) };
const OTHER: Policy = seccomp_policy! {
    allow write(fd == { OWN_LINE as i32 }), rt_sigreturn, exit_group;
    default errno(4011)
};

/// Bytes in the form of ELF with this class (32 or 64) and byte order.
pub(crate) struct Elf {
    pub(crate) bits: u32,
    pub(crate) endian: Endian,
}

impl Elf {
    fn number(&self, value: u64, size: usize) -> Vec<u8> {
        match self.endian {
            Endian::Little => value.to_le_bytes()[..size].to_vec(),
            Endian::Big => value.to_be_bytes()[8 - size..].to_vec(),
        }
    }

    /// The note of the policy `text` on `abi`, as docs/note.md describes it.
    pub(crate) fn note(&self, file: &str, line: u32, abi: Abi, text: &str) -> Vec<u8> {
        let word = |value: usize| self.number(value as u64, 4);
        let padded = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            bytes.resize(text.len().next_multiple_of(4), 0);
            bytes
        };
        let mut path = file.as_bytes().to_vec();
        path.resize(FILE_BYTES, 0);
        let filter = [self.number(6, 2), vec![0, 0], self.number(0x7fff_0000, 4)].concat();
        let description = [
            [word(VERSION as usize), word(line as usize), word(5), path].concat(),
            [word(abi.name().len()), word(text.len()), word(1), word(1)].concat(),
            [padded(abi.name()), padded(text), filter, word(0)].concat(),
        ]
        .concat();
        let head = [word(OWNER.len() + 1), word(description.len()), word(POLICY as usize)].concat();
        [head, format!("{OWNER}\0").into_bytes(), description].concat()
    }

    /// An object file with a section of notes.
    pub(crate) fn file(&self, notes: &[u8]) -> Vec<u8> {
        let names = format!("\0{SECTION}\0.shstrtab\0");
        let word = if self.bits == 64 { 8 } else { 4 };
        let header_size = if self.bits == 64 { 64 } else { 52 };
        let section_size: u64 = if self.bits == 64 { 64 } else { 40 };
        let order = if self.endian == Endian::Little { 1 } else { 2 };
        let notes_at = header_size;
        let names_at = notes_at + notes.len() as u64;
        let table = (names_at + names.len() as u64).next_multiple_of(8);
        let mut out = vec![0x7f, b'E', b'L', b'F', (self.bits / 32) as u8, order, 1];
        out.resize(16, 0);
        let mut put = |value: u64, size: usize| out.extend(self.number(value, size));
        // e_type, e_machine, e_version, e_entry, e_phoff, e_shoff, e_flags and the sizes.
        for (value, size) in [(1, 2), (0, 2), (1, 4), (0, word), (0, word), (table, word), (0, 4)] {
            put(value, size);
        }
        for value in [header_size, 0, 0, section_size, 3, 2] {
            put(value, 2);
        }
        out.extend(notes);
        out.extend(names.as_bytes());
        out.resize(usize::try_from(table).unwrap(), 0);
        let sections = [
            (0, 0, 0, 0),
            (1, 7, notes_at, notes.len() as u64),
            (2 + SECTION.len() as u64, 3, names_at, names.len() as u64),
        ];
        for (name, kind, offset, size) in sections {
            let fields = [(name, 4), (kind, 4), (0, word), (0, word), (offset, word), (size, word)];
            for (value, size) in fields.into_iter().chain([(0, 4), (0, 4), (4, word), (0, word)]) {
                out.extend(self.number(value, size));
            }
        }
        out
    }
}

fn native() -> Elf {
    Elf { bits: 64, endian: Endian::Little }
}

#[test]
fn notes_are_read_from_files_of_both_classes_and_byte_orders_for_every_abi() {
    for bits in [32, 64] {
        for endian in [Endian::Little, Endian::Big] {
            for abi in Abi::ALL {
                let elf = Elf { bits, endian };
                let notes = [
                    elf.note("src/a.rs", 7, *abi, "default kill;\n"),
                    elf.note("src/b.rs", 9, *abi, "default log;\n"),
                ];
                let found = policies_of_bytes(&elf.file(&notes.concat()), "x").unwrap();
                let [first, second] = found.try_into().unwrap();
                assert_eq!((first.place(), first.number), ("src/a.rs:7".to_owned(), 1));
                assert_eq!((first.known_abi().unwrap(), first.endian), (*abi, endian));
                assert_eq!((second.text.as_str(), second.number), ("default log;\n", 2));
                let allow = SockFilter { code: 6, jt: 0, jf: 0, k: 0x7fff_0000 };
                assert_eq!(
                    (second.filter, second.relocations),
                    (vec![allow], vec![InstructionIndex::FIRST])
                );
            }
        }
    }
}

#[test]
fn notes_are_read_from_this_program_as_file_and_as_process() {
    let own = |policies: Vec<ProgramPolicy>| {
        let own = policies.into_iter().find(|policy| policy.text.contains("errno(4010)")).unwrap();
        assert_eq!((own.file.as_str(), own.line), (file!(), OWN_LINE));
        assert_eq!(own.filter, OWN.filter());
        own
    };
    let file = own(policies(Path::new("/proc/self/exe")).unwrap());
    let process = Selector { source: Source::Process(std::process::id()), policy: None };
    let process = own(process.policies().unwrap());
    assert_eq!(process.from, std::env::current_exe().unwrap().display().to_string());
    assert_eq!(ProgramPolicy { from: file.from.clone(), ..process }, file);
}

#[test]
fn a_filter_with_values_of_rustc_is_recognised_and_another_filter_is_not() {
    let all = policies(Path::new("/proc/self/exe")).unwrap();
    let with_value = all.iter().find(|policy| policy.text.contains("errno(4011)")).unwrap();
    assert!(!with_value.relocations.is_empty());
    assert!(with_value.has_filter(OTHER.filter()));
    assert!(!with_value.has_filter(OWN.filter()));
    let mut changed = OTHER.filter().to_vec();
    changed.last_mut().unwrap().k ^= 1;
    assert!(!with_value.has_filter(&changed));
}

#[test]
fn an_archive_gives_the_notes_of_its_object_files() {
    let elf = native();
    let object = elf.file(&elf.note("src/a.rs", 7, Abi::S390x, "default kill;\n"));
    let mut archive = b"!<arch>\n".to_vec();
    for (name, content) in [("lib.rmeta/", &b"no ELF"[..]), ("x.o/", &object), ("y.o/", &object)] {
        let header =
            format!("{name:16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, content.len());
        archive.extend(header.as_bytes());
        archive.extend(content);
        if content.len() % 2 == 1 {
            archive.push(b'\n');
        }
    }
    let found = policies_of_bytes(&archive, "libx.rlib").unwrap();
    let from: Vec<_> = found.iter().map(|policy| (policy.from.as_str(), policy.number)).collect();
    assert_eq!(from, [("libx.rlib(x.o)", 1), ("libx.rlib(y.o)", 2)]);
}

#[test]
fn a_policy_is_named_by_number_file_and_line() {
    let elf = native();
    let notes = [("src/a.rs", 7), ("src/net/a.rs", 7), ("src/a.rs", 17)]
        .map(|(file, line)| elf.note(file, line, Abi::Arm, "default kill;\n"));
    let path = std::env::temp_dir().join(format!("seccomp-select-{}:x", std::process::id()));
    std::fs::write(&path, elf.file(&notes.concat())).unwrap();
    let select = |policy: &str| {
        let selector: Selector = format!("{}:{policy}", path.display()).parse().unwrap();
        assert_eq!(selector.source, Source::File(path.clone()));
        selector
            .policies()
            .map(|found| found.iter().map(|policy| policy.number).collect::<Vec<_>>())
    };
    assert_eq!(select("2").unwrap(), [2]);
    assert_eq!(select("src/net/a.rs:7").unwrap(), [2]);
    assert_eq!(select("net/a.rs").unwrap(), [2]);
    assert_eq!(select("a.rs:17").unwrap(), [3]);
    assert_eq!(select("a.rs:7").unwrap(), [1, 2]);
    assert_eq!(select("src/a.rs").unwrap(), [1, 3]);
    let error = select("s:7").unwrap_err().to_string();
    assert!(
        error.ends_with("it has 1 (src/a.rs:7), 2 (src/net/a.rs:7), 3 (src/a.rs:17)"),
        "{error}"
    );
    let whole: Selector = path.to_str().unwrap().parse().unwrap();
    assert_eq!(whole, Selector { source: Source::File(path.clone()), policy: None });
    std::fs::remove_file(path).unwrap();
    let process: Selector = "4711:2".parse().unwrap();
    assert_eq!(process, Selector { source: Source::Process(4711), policy: Some("2".to_owned()) });
    let missing: Selector = "no/such:a.rs:3".parse().unwrap();
    let expected = Source::File(PathBuf::from("no/such"));
    assert_eq!(missing, Selector { source: expected, policy: Some("a.rs:3".to_owned()) });
}

#[test]
fn the_error_for_a_file_that_is_not_elf_says_what_it_is() {
    let error = |bytes: &[u8]| format!("{:#}", policies_of_bytes(bytes, "x").unwrap_err());
    assert!(error(b"").contains("it is empty"));
    assert!(error(b"#!/bin/sh\n").contains("script"));
    assert!(error(b"\x7fELF\x03").contains("class"));
    assert!(error(b"\x7fELF").contains("cut off"));
    let elf = native();
    let note = elf.note("a.rs", 1, Abi::X86, "default kill;\n");
    let cut = &note[..note.len() - 4];
    assert_eq!(error(&elf.file(cut)), "the note at byte 0 of the section is cut off");
    let error = format!("{:#}", policies(Path::new("/dev/null")).unwrap_err());
    assert_eq!(error, "cannot read /dev/null: it is not a regular file");
}

#[test]
fn a_note_that_could_harm_its_reader_is_refused() {
    let elf = native();
    let error =
        |notes: &[u8]| format!("{:#}", policies_of_bytes(&elf.file(notes), "x").unwrap_err());
    let note = |file: &str, text: &str| elf.note(file, 7, Abi::X86_64, text);
    assert_eq!(
        error(&note("a\x1b[2J", "default kill;")),
        "the note of a\\u{1b}[2J:7 has control characters"
    );
    assert_eq!(
        error(&note("a", "default \x1b]0;x\x07kill;")),
        "the note of a:7 has control characters"
    );
    assert!(error(&note("a", &"allow read;".repeat(100_000))).contains("more than 1048576 bytes"));
    let many = note("a", "default kill;\n").repeat(4097);
    assert_eq!(error(&many), "it has more than 4096 notes of policies");
    assert!(error(&vec![0; 17 << 20]).contains("more than 16 MiB of notes"));
}

/// A small file with any byte changed, with any cut, or with many random changes gives an answer or an error, and no
/// panic.
#[test]
fn a_damaged_file_gives_an_answer_or_an_error() {
    for bits in [32, 64] {
        let elf = Elf { bits, endian: Endian::Big };
        let whole = elf.file(&elf.note("src/a.rs", 7, Abi::Mips, "default kill;\n"));
        let mut errors = 0;
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                errors += usize::from(policies_of_bytes(&damaged, "x").is_err());
            }
            errors += usize::from(policies_of_bytes(&whole[..at], "x").is_err());
        }
        assert!(errors > whole.len(), "{errors}");
    }
}
