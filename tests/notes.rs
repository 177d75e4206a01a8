//! The notes of policies, read from this very program, and the registry of another program. `tests/note/run` builds
//! programs in other ways: with link-time optimization, with other linkers, statically, for other architectures.

use std::process::Command;
use std::{env, fs};

use object::{Object as _, ObjectSection as _};
use seccomp_ir::abi::{Abi, Endian};
use seccomp_ir::bpf::InstructionIndex;
use seccomp_ir::note::{Note, Notes, SECTION};
use seccomp_runtime::{Policy, SockFilter, seccomp_fragment, seccomp_policy};
use seccomp_tests::freestanding::{output, registry};

seccomp_fragment! {
    /// This is not a policy, so it has no note.
    FRAGMENT { allow munlockall; }
}

const PLAIN_LINE: u32 = line!() + 1;
const PLAIN: Policy = seccomp_policy! {
    allow read(fd == 3), rt_sigreturn, exit_group;
    default errno(4001)
};

const WITH_EVERYTHING_LINE: u32 = line!() + 1;
const WITH_EVERYTHING: Policy = seccomp_policy! {
    #[cfg(unix)] allow write(fd == 1);
    #[cfg(windows)] allow write(fd == 2);
    include FRAGMENT;
    allow read(fd == { "\"{}\\\u{e9}\n".len() as i32 }), rt_sigreturn, exit_group;
    default errno(4002)
};

trait Descriptor {
    const FD: i32;

    fn policy() -> Policy {
        seccomp_policy! {
            allow read(fd == { Self::FD }), rt_sigreturn, exit_group;
            default errno(4003)
        }
    }
}

struct Three;

impl Descriptor for Three {
    const FD: i32 = 3;
}

struct Four;

impl Descriptor for Four {
    const FD: i32 = 4;
}

/// The note of the policy that contains this line.
#[track_caller]
fn only<'a>(notes: &[Note<'a>], default: &str) -> Note<'a> {
    let found: Vec<_> = notes.iter().filter(|note| note.text.contains(default)).collect();
    assert_eq!(found.len(), 1, "{default}");
    *found[0]
}

fn with_notes_of(program: &[u8], check: impl FnOnce(&[Note<'_>])) {
    let file = object::File::parse(program).unwrap();
    let section = file.section_by_name(SECTION).expect("a section of notes");
    // No segment has the section, so it is not loaded and takes no memory.
    let object::SectionFlags::Elf { sh_flags, .. } = section.flags() else { panic!("no ELF") };
    assert_eq!(sh_flags.0 & object::elf::SHF_ALLOC.0, 0);
    assert_eq!(section.address(), 0);
    let endian = if file.is_little_endian() { Endian::Little } else { Endian::Big };
    let notes: Result<Vec<_>, _> = Notes::new(section.data().unwrap(), endian).collect();
    check(&notes.unwrap());
}

fn this_program() -> Vec<u8> {
    fs::read("/proc/self/exe").unwrap()
}

#[test]
fn a_note_has_the_place_the_rules_and_the_filter_of_its_policy() {
    let program = this_program();
    with_notes_of(&program, |notes| {
        let note = only(notes, "errno(4001)");
        assert_eq!((note.file, note.line), (file!(), PLAIN_LINE));
        assert_eq!(note.known_abi(), Some(Abi::NATIVE));
        assert_eq!(
            note.text,
            "allow read(fd == 3), rt_sigreturn, exit_group;\ndefault errno(4001);\n"
        );
        assert_eq!(note.instructions().collect::<Vec<_>>(), PLAIN.filter());
        assert_eq!(note.relocations().len(), 0);
    });
}

#[test]
fn what_rustc_decides_is_decided_in_a_note_except_the_values() {
    let program = this_program();
    with_notes_of(&program, |notes| {
        let note = only(notes, "errno(4002)");
        assert_eq!(note.line, WITH_EVERYTHING_LINE);
        assert_eq!(
            note.text,
            "allow write(fd == 1);\n\
             allow munlockall;\n\
             allow read(fd == { \"\\\"{}\\\\\\u{e9}\\n\".len() as i32 }), rt_sigreturn, exit_group;\n\
             default errno(4002);\n"
        );
        assert!(filter_of(&note, WITH_EVERYTHING.filter()));
    });
}

/// Whether a filter is that of the note, whatever the values of rustc are.
fn filter_of(note: &Note<'_>, filter: &[SockFilter]) -> bool {
    let relocations: Vec<_> = note.relocations().collect();
    assert!(!relocations.is_empty());
    assert!(relocations.iter().all(|index| index.0 < filter.len()));
    let known = note.instructions().enumerate().map(|(index, instruction)| {
        let unknown = relocations.contains(&InstructionIndex(index));
        if unknown { SockFilter { k: filter[index].k, ..instruction } } else { instruction }
    });
    known.eq(filter.iter().copied())
}

#[test]
fn a_generic_policy_has_one_note_for_all_of_its_filters() {
    let program = this_program();
    with_notes_of(&program, |notes| {
        let note = only(notes, "errno(4003)");
        let [three, four] = [Three::policy(), Four::policy()];
        assert_ne!(three, four);
        assert!(filter_of(&note, three.filter()));
        assert!(filter_of(&note, four.filter()));
    });
}

#[test]
fn a_fragment_leaves_no_note_of_its_own() {
    let program = this_program();
    with_notes_of(&program, |notes| {
        let with_fragment = notes.iter().filter(|note| note.text.contains("munlockall"));
        assert_eq!(with_fragment.count(), 1);
    });
}

#[test]
fn a_stripped_program_has_its_notes() {
    let directory = env::temp_dir().join(format!("seccomp-notes-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let stripped = directory.join("stripped");
    let program = env::current_exe().unwrap();
    let strip = Command::new("strip").arg(program).arg("-o").arg(&stripped).status();
    match strip {
        Ok(status) => assert!(status.success()),
        Err(error) => panic!("NOT RUN: strip (package binutils): {error}"),
    }
    let program = fs::read(&stripped).unwrap();
    fs::remove_dir_all(&directory).unwrap();
    assert!(program.len() < this_program().len());
    with_notes_of(&program, |notes| {
        for default in ["errno(4001)", "errno(4002)", "errno(4003)"] {
            only(notes, default);
        }
    });
}

/// Takes two seconds, because it needs only macros that the test `no_std` builds too.
#[test]
fn a_program_can_list_its_policies() {
    let program = registry();
    let listed = output(&mut Command::new(&program));
    let mut listed: Vec<_> = listed.lines().map(str::to_owned).collect();
    with_notes_of(&fs::read(program).unwrap(), |notes| {
        let mut expected: Vec<_> = notes
            .iter()
            .map(|note| {
                let place = (note.file, note.line, note.column);
                let filter: Vec<_> = note.instructions().collect();
                let filter = (note.relocations().len() == 0).then_some(filter);
                format!("{place:?} {:?} {filter:?}", note.text)
            })
            .collect();
        listed.sort_unstable();
        expected.sort_unstable();
        assert_eq!(listed.len(), 3);
        assert_eq!(listed, expected);
    });
}
