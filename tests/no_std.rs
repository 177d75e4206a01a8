//! The runtime needs neither std nor a C library: a program without both links, and works.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;

use object::Endianness;
use object::elf::{PT_NOTE, ProgramHeader64};
use object::read::elf::{ElfFile64, ProgramHeader as _};
use seccomp_bpf::abi::Endian;
use seccomp_bpf::note::Notes;
use seccomp_tests::freestanding::{build, has_core, no_libc, output};

#[test]
fn a_static_program_without_std_and_libc_puts_itself_under_policies() {
    let program = build();
    let printed = output(&mut Command::new(&program));
    let summary = printed.lines().last().unwrap_or_default();
    let passed = summary.strip_suffix(" passed, 0 failed").and_then(|count| count.parse().ok());
    assert!(passed.is_some_and(|count: u32| count >= 10), "{printed}");
}

/// The features that decide how many names the example without a C library carries for its reports, and the most bytes that
/// it may have with each.
const FORMS: [(Option<&str>, u64); 3] =
    [(None, 32 * 1024), (Some("calls"), 8 * 1024), (Some("numbers"), 5 * 1024)];

/// Builds a form of the example, and checks its size and its note.
fn small_program(feature: Option<&str>, bound: u64, target: Option<&str>) -> PathBuf {
    let program = no_libc(feature, target);
    let size = program.metadata().expect("it has been built").len();
    let form = format!("{} for {}", feature.unwrap_or("all names"), target.unwrap_or("the host"));
    println!("{form}: {size} bytes");
    assert!(size <= bound, "{form}: {size} bytes, and {bound} are permitted");

    // The file has no sections; its note is in a segment.
    let bytes = std::fs::read(&program).expect("a program");
    let file = ElfFile64::<Endianness>::parse(&*bytes).expect("an ELF file");
    assert_eq!(file.elf_section_table().len(), 0, "{form}");
    let of_notes =
        |segment: &&ProgramHeader64<Endianness>| segment.p_type(file.endian()) == PT_NOTE;
    let segment = file.elf_program_headers().iter().find(of_notes).expect("a segment of notes");
    let segment = segment.data(file.endian(), &*bytes).expect("its bytes are in the file");
    let notes: Vec<_> = Notes::new(segment, Endian::Little).collect();
    let [Ok(note)] = notes[..] else { panic!("{form}: {notes:?}") };
    assert!(note.file.ends_with("examples/no-libc/src/main.rs"), "{form}: {}", note.file);
    assert!(note.text.contains("allow write(fd == 1), rt_sigreturn, exit_group;"), "{form}");
    program
}

/// Takes some seconds for each of six builds. Each build compiles the example only.
#[test]
fn the_example_without_libc_stays_small_on_other_architectures() {
    const TARGETS: [&str; 3] =
        ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "riscv64gc-unknown-linux-gnu"];
    for target in TARGETS {
        if target.starts_with(std::env::consts::ARCH) {
            continue;
        }
        if !has_core(target) {
            let line = format!(
                "NOT RUN: the size of examples/no-libc for {target}, for which the toolchain has no `core` \
                 (rustup target add {target})\n"
            );
            // This bypasses the macro, whose output the harness hides if a test passes.
            std::io::stderr().write_all(line.as_bytes()).expect("standard error");
            continue;
        }
        for (feature, bound) in FORMS {
            small_program(feature, bound, Some(target));
        }
    }
}

/// Takes some seconds for each of three builds. Each build compiles the example only.
#[test]
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))]
fn the_example_without_libc_reports_what_its_policy_denies_and_stays_small() {
    let source = include_str!("../examples/no-libc/src/main.rs");
    let page = include_str!("../examples/no-libc/README.md");
    let line = 1 + source.lines().position(|line| line.trim() == "default kill").expect("a policy");
    let nr = libc::SYS_socket;
    let without_arguments = "(0x2, 0x1, 0x0, 0x0, 0x0, 0x0)";
    let reports = [
        (
            "socket(family=AF_INET, type=SOCK_STREAM, protocol=0)".to_owned(),
            "socket".to_owned(),
            "allow socket(family == AF_INET, type == SOCK_STREAM)".to_owned(),
        ),
        (format!("socket{without_arguments}"), "socket".to_owned(), "allow socket".to_owned()),
        (
            format!("call {nr}{without_arguments}"),
            format!("call {nr}"),
            format!("allow syscall({nr})"),
        ),
    ];
    for ((feature, bound), (call, name, rule)) in FORMS.into_iter().zip(reports) {
        let program = small_program(feature, bound, None);

        assert_eq!(output(&mut Command::new(&program)), "under the policy\n");

        let killed = Command::new("sh")
            .args(["-c", "ulimit -c 0; exec \"$0\" socket"])
            .arg(&program)
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&killed.stderr);
        assert_eq!(killed.status.signal(), Some(libc::SIGSYS), "{said}");
        assert_eq!(String::from_utf8_lossy(&killed.stdout), "under the policy\n");
        let (before, rest) = said.split_once(" at 0x").unwrap_or_else(|| panic!("{said}"));
        let (_, after) = rest.split_once('\n').expect("an end of line");
        assert_eq!(before, format!("seccomp: examples/no-libc/src/main.rs:{line} denies {call}"));
        let expected = [
            format!("  rules for {name}: none, so `default kill` decides"),
            format!("  to allow it: {rule};"),
        ];
        assert_eq!(after.lines().collect::<Vec<_>>(), expected);

        // The page shows the reports of x86_64.
        if cfg!(target_arch = "x86_64") {
            for shown in [before].into_iter().chain(after.lines()) {
                assert!(page.contains(shown), "the page does not show: {shown}");
            }
        }
    }
}
