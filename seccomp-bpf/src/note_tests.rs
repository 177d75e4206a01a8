//! Notes are built here by hand, from the table at the head of the module, in both byte orders.

use std::string::{String, ToString as _};
use std::vec::Vec;
use std::{format, vec};

use super::{FILE_BYTES, Note, NoteErrorKind, Notes, OWNER, POLICY, VERSION, file_word};
use crate::abi::{Abi, Endian};
use crate::bpf::{InstructionIndex, SockFilter};

const FILTER: [SockFilter; 2] = [
    SockFilter { code: 0x0015, jt: 1, jf: 2, k: 0x0102_0304 },
    SockFilter::statement(0x0006, 0x7fff_0000),
];

fn words(numbers: &[u32], endian: Endian) -> Vec<u8> {
    let bytes = |number: &u32| match endian {
        Endian::Little => number.to_le_bytes(),
        Endian::Big => number.to_be_bytes(),
    };
    numbers.iter().flat_map(bytes).collect()
}

fn padded(text: &[u8]) -> Vec<u8> {
    let mut padded = text.to_vec();
    padded.resize(text.len().next_multiple_of(4), 0);
    padded
}

fn note(owner: &[u8], kind: u32, description: &[u8], endian: Endian) -> Vec<u8> {
    let lengths = [owner.len(), description.len()].map(|length| u32::try_from(length).unwrap());
    let head = words(&[lengths[0], lengths[1], kind], endian);
    [head, padded(owner), padded(description)].concat()
}

fn description(version: u32, file: &str, text: &[u8], endian: Endian) -> Vec<u8> {
    let file: Vec<u32> = (0..FILE_BYTES / 4).map(|index| file_word(file, index, endian)).collect();
    let code = |instruction: &SockFilter| {
        let SockFilter { code, jt, jf, k } = *instruction;
        let code = match endian {
            Endian::Little => code.to_le_bytes(),
            Endian::Big => code.to_be_bytes(),
        };
        [&code[..], &[jt, jf], &words(&[k], endian)].concat()
    };
    let length = u32::try_from(text.len()).unwrap();
    [
        words(&[version, 12, 7], endian),
        words(&file, endian),
        words(&[6, length, 2, 1], endian),
        padded(b"x86_64"),
        padded(text),
        FILTER.iter().flat_map(code).collect(),
        words(&[1], endian),
    ]
    .concat()
}

fn policy(endian: Endian) -> Vec<u8> {
    let description = description(VERSION, "src/main.rs", b"default kill;\n", endian);
    note(b"seccomp\0", POLICY, &description, endian)
}

#[track_caller]
fn only(section: &[u8], endian: Endian) -> Note<'_> {
    let notes: Result<Vec<_>, _> = Notes::new(section, endian).collect();
    let notes = notes.unwrap();
    assert_eq!(notes.len(), 1);
    notes[0]
}

#[test]
fn a_note_is_read_in_both_byte_orders() {
    for endian in [Endian::Little, Endian::Big] {
        let section = policy(endian);
        let note = only(&section, endian);
        assert_eq!((note.file, note.line, note.column), ("src/main.rs", 12, 7));
        assert_eq!((note.abi, note.known_abi()), ("x86_64", Some(Abi::X86_64)));
        assert_eq!(note.text, "default kill;\n");
        assert_eq!(note.instructions().collect::<Vec<_>>(), FILTER);
        assert_eq!(note.relocations().collect::<Vec<_>>(), [InstructionIndex(1)]);
    }
}

#[test]
fn notes_of_others_are_passed_over() {
    let endian = Endian::Little;
    let description = description(VERSION, "a", b"", endian);
    let section = [
        note(b"GNU\0", POLICY, b"12345", endian),
        note(b"seccomp", POLICY, &description, endian),
        note(b"seccomp\0", POLICY + 1, b"?", endian),
        note(b"", 0, b"", endian),
        policy(endian),
    ]
    .concat();
    assert_eq!(only(&section, endian).file, "src/main.rs");
    assert_eq!(OWNER, "seccomp");
}

#[test]
fn a_note_that_is_cut_off_anywhere_is_an_error() {
    let endian = Endian::Little;
    let section = [policy(endian), policy(endian)].concat();
    let first = section.len() / 2;
    for length in 1..section.len() {
        let notes: Vec<_> = Notes::new(&section[..length], endian).collect();
        let whole = length / first;
        assert_eq!(notes.len(), whole + usize::from(length % first != 0), "{length}");
        assert!(notes[..whole].iter().all(Result::is_ok));
        if let Some(Err(error)) = notes.get(whole) {
            assert_eq!((error.offset, error.kind), (whole * first, NoteErrorKind::CutOff));
        }
    }
}

#[test]
fn lengths_that_exceed_the_note_are_errors() {
    let endian = Endian::Little;
    let whole = policy(endian);
    // The lengths of the owner and of the description, and the four in the description.
    for at in [0, 4].into_iter().chain((0..4).map(|index| 12 + 8 + 12 + FILE_BYTES + 4 * index)) {
        for length in [5000, 0x1fff_ffff, 0x2000_0000, u32::MAX - 3, u32::MAX] {
            let mut section = whole.clone();
            section[at..at + 4].copy_from_slice(&length.to_le_bytes());
            let notes: Vec<_> = Notes::new(&section, endian).collect();
            assert_eq!(notes.len(), 1, "{at} {length}");
            assert_eq!(notes[0].unwrap_err().kind, NoteErrorKind::CutOff, "{at} {length}");
        }
    }
}

#[test]
fn an_unknown_version_and_a_text_that_is_not_utf_8_are_errors() {
    let error = |description: &[u8]| {
        let section = note(b"seccomp\0", POLICY, description, Endian::Little);
        let error = Notes::new(&section, Endian::Little).next().unwrap().unwrap_err();
        error.to_string()
    };
    assert_eq!(
        error(&description(2, "a", b"", Endian::Little)),
        "the note at byte 0 of the section has version 2, and this reader knows version 1"
    );
    assert_eq!(
        error(&description(VERSION, "a", b"\xff", Endian::Little)),
        "the note at byte 0 of the section has a text that is not UTF-8"
    );
}

#[test]
fn the_end_of_a_long_path_is_kept_without_a_broken_character() {
    for (path, kept) in [
        (String::new(), String::new()),
        ("a".repeat(FILE_BYTES), "a".repeat(FILE_BYTES)),
        (format!("b{}", "a".repeat(FILE_BYTES)), "a".repeat(FILE_BYTES)),
        (format!("€{}", "a".repeat(FILE_BYTES - 1)), "a".repeat(FILE_BYTES - 1)),
        (format!("€{}", "a".repeat(FILE_BYTES - 2)), "a".repeat(FILE_BYTES - 2)),
        (format!("€{}", "a".repeat(FILE_BYTES - 3)), format!("€{}", "a".repeat(FILE_BYTES - 3))),
    ] {
        let description = description(VERSION, &path, b"", Endian::Little);
        let section = note(b"seccomp\0", POLICY, &description, Endian::Little);
        assert_eq!(only(&section, Endian::Little).file, kept);
    }
}

/// Arbitrary bytes, and notes with arbitrary changes: the reader returns a note or an error, and never panics.
#[test]
fn no_bytes_make_the_reader_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..20_000 {
        let endian = if random() % 2 == 0 { Endian::Little } else { Endian::Big };
        let mut section = if round % 4 == 0 {
            vec![0; usize::try_from(random() % 200).unwrap()]
        } else {
            policy(endian)
        };
        for _ in 0..random() % 8 {
            let length = u64::try_from(section.len()).unwrap();
            if let Some(byte) = section.get_mut(usize::try_from(random() % length.max(1)).unwrap())
            {
                *byte = random().to_le_bytes()[0];
            }
        }
        for note in Notes::new(&section, endian).flatten() {
            assert!(note.instructions().len() * 8 <= section.len());
            assert_eq!(note.relocations().count(), note.relocations().len());
        }
    }
}
