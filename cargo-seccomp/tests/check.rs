//! `cargo seccomp check` and `cargo seccomp diff`: programs with notes, compared by the tool that a user starts.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::{env, fs};

use object::Architecture;
use seccomp_bpf::abi::{Abi, Endian};
use seccomp_bpf::bpf::SockFilter;
use seccomp_syntax::PolicyText;
use written_program::{note, write_program, write_program_with};

mod written_program;

/// A folder, which is removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The output of the tool.
struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Folder {
    fn new(test: &str) -> Self {
        let folder = env::temp_dir().join(format!("check-{}-{test}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder for temporary files is there");
        // A package, so that the tool has a folder to look for the lock file in.
        fs::create_dir_all(folder.join("src")).expect("a folder");
        let manifest = "[package]\nname = \"demo\"\nedition = \"2024\"\n[workspace]\n";
        fs::write(folder.join("Cargo.toml"), manifest).expect("a file");
        fs::write(folder.join("src/lib.rs"), "").expect("a file");
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("a file")
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file");
    }

    /// Writes a program with these policies: file, line, text.
    fn program(&self, name: &str, policies: &[(&str, u32, &str)]) {
        let notes: Vec<u8> =
            policies.iter().flat_map(|(file, line, text)| note(file, *line, text, None)).collect();
        write_program(&self.path(name), Architecture::X86_64, &notes);
    }

    fn run(&self, words: &[&str]) -> Said {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_cargo-seccomp"))
            .arg("seccomp")
            .args(words)
            .current_dir(&self.0)
            .output()
            .expect("the tool starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Said { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Accepts the policies of a program.
    fn accept(&self, program: &str) {
        let said = self.run(&["check", "--accept", program]);
        assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    }
}

const STDIO: &str =
    "allow read(fd == 0), write(fd in {1, 2}), exit_group, rt_sigreturn;\ndefault kill;\n";

/// The verdicts of the JSON lines, with the policies.
fn verdicts(said: &Said) -> Vec<(String, String)> {
    let lines = said.stdout.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(line["version"], 1);
        line
    });
    lines
        .filter(|line| line["kind"] == "policy-comparison")
        .map(|line| {
            let text = |key: &str| line[key].as_str().expect("a text").to_owned();
            (text("policy"), text("verdict"))
        })
        .collect()
}

#[test]
fn an_accepted_policy_is_the_same_even_if_lines_have_moved() {
    let folder = Folder::new("same");
    let second = ("src/net.rs", 40, "allow socket(family == AF_INET);\ndefault errno(EPERM);\n");
    folder.program("app", &[("src/main.rs", 3, STDIO), second]);
    let said = folder.run(&["check", "app"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""));
    assert!(said.stderr.contains("there is no"), "{}", said.stderr);

    folder.accept("app");
    let lock = folder.read("seccomp.lock");
    assert!(lock.contains("\npolicy 1 of src/main.rs for x86_64\nmeaning "), "{lock}");
    assert!(!lock.contains(":3") && !lock.contains("40"), "no line number is in it: {lock}");

    folder.program("app", &[second, ("src/main.rs", 99, STDIO)]);
    let said = folder.run(&["check", "app"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    assert!(said.stdout.contains("src/main.rs, policy 1 for x86_64 (src/main.rs:99): the same\n"));
    folder.accept("app");
    assert_eq!(folder.read("seccomp.lock"), lock, "what is accepted again is the same file");
}

#[test]
fn a_change_is_wider_narrower_or_both_and_a_call_shows_it() {
    let folder = Folder::new("changes");
    folder.program("before", &[("src/main.rs", 3, STDIO)]);
    folder.accept("before");
    let cases = [
        (
            STDIO.replace("fd == 0", "fd in {0, 3}"),
            "wider",
            "  wider: read(fd=3, buf=0, count=0) on x86_64: kill -> allow\n",
        ),
        (
            STDIO.replace("fd in {1, 2}", "fd == 2"),
            "narrower",
            "  narrower: write(fd=1, buf=0, count=0) on x86_64: allow -> kill\n",
        ),
        (
            STDIO.replace("fd == 0", "fd == 3"),
            "wider-and-narrower",
            "  narrower: read(fd=0, buf=0, count=0) on x86_64: allow -> kill\n",
        ),
        (
            STDIO.replace("allow", "log exit_group;\nallow").replace("exit_group, rt", "rt"),
            "otherwise",
            "  different: exit_group(error_code=0) on x86_64: allow -> log\n",
        ),
    ];
    for (text, verdict, shown) in &cases {
        folder.program("after", &[("src/main.rs", 3, text)]);
        let said = folder.run(&["check", "after"]);
        assert_eq!(said.code, Some(1), "{}", said.stdout);
        assert!(said.stdout.contains(shown), "{}", said.stdout);
        for word in [&["check", "after"][..], &["diff", "before", "after"]] {
            let json = folder.run(&[&["--message-format", "json"], word].concat());
            let found = verdicts(&json);
            assert_eq!((json.code, found.len()), (Some(1), 1), "{}", json.stdout);
            assert_eq!(found[0].1, *verdict);
        }
    }
    // Another text with the same meaning is the same.
    let text = "allow write(fd in {2, 1}), rt_sigreturn;\nallow exit_group;\nallow read(fd == 0);\ndefault kill;\n";
    folder.program("after", &[("src/main.rs", 3, text)]);
    let said = folder.run(&["check", "after"]);
    assert_eq!(said.code, Some(0), "{}", said.stdout);
    assert!(said.stdout.contains("written in another way, but do the same"), "{}", said.stdout);
}

#[test]
fn policies_that_are_new_or_have_vanished_differ_and_those_that_have_moved_do_not() {
    let folder = Folder::new("pairs");
    let other = "allow getpid, exit_group, rt_sigreturn;\ndefault log;\n";
    folder.program("app", &[("src/a.rs", 3, STDIO), ("src/a.rs", 30, other)]);
    folder.accept("app");
    folder.program("moved", &[("src/b.rs", 5, STDIO), ("src/a.rs", 30, other)]);
    let said = folder.run(&["check", "moved"]);
    assert_eq!(said.code, Some(0), "{}", said.stdout);
    assert!(said.stdout.contains("compared with src/a.rs, policy 1 for x86_64"), "{}", said.stdout);

    let new = "allow gettid, exit_group, rt_sigreturn;\ndefault kill;\n";
    folder.program("changed", &[("src/a.rs", 1, other), ("src/c.rs", 5, new)]);
    let json = folder.run(&["--message-format", "json", "check", "changed"]);
    let row = |name: &str, verdict: &str| (format!("{name} for x86_64"), verdict.to_owned());
    assert_eq!(json.code, Some(1));
    assert_eq!(
        verdicts(&json),
        [
            row("src/a.rs, policy 1", "same"),
            row("src/c.rs, policy 1", "new"),
            row("src/a.rs, policy 1", "vanished")
        ]
    );
}

#[test]
fn a_program_that_has_lost_its_notes_differs() {
    let folder = Folder::new("lost");
    folder.program("app", &[("src/a.rs", 3, STDIO)]);
    folder.accept("app");
    folder.program("app", &[]);
    let said = folder.run(&["check", "app"]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    assert!(said.stdout.contains("src/a.rs, policy 1 for x86_64: vanished"), "{}", said.stdout);
}

#[test]
fn policies_for_other_abis_stay_accepted_and_are_reported_as_unchecked() {
    let folder = Folder::new("abis");
    folder.program("app", &[("src/a.rs", 3, STDIO)]);
    folder.accept("app");
    write_program(&folder.path("arm"), Architecture::Aarch64, &[]);
    let said = folder.run(&["check", "arm"]);
    assert_eq!(said.code, Some(0), "{}", said.stdout);
    assert!(said.stdout.contains("no file is for it: the accepted policies for x86_64"));
    let before = folder.read("seccomp.lock");
    folder.accept("arm");
    assert_eq!(folder.read("seccomp.lock"), before);
}

/// The group had one member less when the policy was accepted. The file lists these members, and the digest confirms
/// that.
#[test]
fn a_group_with_a_new_member_makes_the_policy_wider() {
    let folder = Folder::new("groups");
    let text = |calls: &str| format!("allow {calls}, rt_sigreturn;\ndefault kill;\n");
    folder.program("then", &[("src/a.rs", 3, &text("exit_group, munmap, pause"))]);
    folder.accept("then");
    let lock = folder.read("seccomp.lock").replace("exit_group, munmap, pause", "@rust-exit");
    let members = "\ngroup @rust-exit for x86_64\n    exit_group\n    munmap\n    pause\n";
    folder.write("seccomp.lock", format!("{lock}{members}"));
    folder.program("now", &[("src/a.rs", 3, &text("@rust-exit"))]);
    let said = folder.run(&["check", "now"]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    for shown in ["wider: sigaltstack(", "group @rust-exit for x86_64:\n", "  + sigaltstack\n"] {
        assert!(said.stdout.contains(shown), "{}", said.stdout);
    }
    // A program that still does what the accepted policy did is the same.
    assert_eq!(folder.run(&["check", "then"]).code, Some(0));

    // Without the members of that time, the accepted policy is not known.
    folder.write("seccomp.lock", &lock);
    let said = folder.run(&["check", "now"]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    assert!(said.stdout.contains("perhaps different"), "{}", said.stdout);
    assert_eq!(folder.run(&["check", "then"]).code, Some(1), "a reviewer has read another text");
}

/// With the digest alone these would be the same, and a reviewer would have read a narrower policy than the accepted
/// one.
#[test]
fn a_lock_file_whose_text_or_groups_were_edited_differs() {
    let folder = Folder::new("edited");
    let text = "allow read(fd in {0, 3}), @rust-exit, rt_sigreturn;\ndefault kill;\n";
    folder.program("app", &[("src/a.rs", 3, text)]);
    folder.accept("app");
    let lock = folder.read("seccomp.lock");
    for (what, edited) in [
        ("a value", lock.replace("{0, 3}", "{0}")),
        ("a call", lock.replace("@rust-exit, ", "")),
        ("a member that is gone", lock.replace("    munmap\n", "")),
        ("a member that is new", lock.replace("    munmap\n", "    execve\n    munmap\n")),
    ] {
        assert_ne!(edited, lock, "{what}");
        folder.write("seccomp.lock", edited);
        let said = folder.run(&["check", "app"]);
        assert_eq!(said.code, Some(1), "{what}: {}", said.stdout);
        assert!(said.stdout.contains("perhaps different"), "{what}: {}", said.stdout);
    }
    // Line ends of another system do not change the meaning.
    folder.write("seccomp.lock", lock.replace('\n', "\r\n"));
    assert_eq!(folder.run(&["check", "app"]).code, Some(0));
}

#[test]
fn the_filter_of_a_program_counts_and_not_the_text_in_its_note() {
    let folder = Folder::new("filter");
    let allow = SockFilter { code: 6, jt: 0, jf: 0, k: 0x7fff_0000 };
    let honest = note("src/a.rs", 3, STDIO, None);
    write_program(&folder.path("honest"), Architecture::X86_64, &honest);
    folder.accept("honest");
    let other = note("src/a.rs", 3, STDIO, Some(&[allow]));
    write_program(&folder.path("other"), Architecture::X86_64, &other);
    let said = folder.run(&["check", "other"]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    assert!(said.stdout.contains(": wider\n"), "{}", said.stdout);
}

#[test]
fn values_of_rustc_are_compared_by_their_texts() {
    let folder = Folder::new("values");
    let text = |value: &str| {
        format!("allow read(fd == {value}), exit_group, rt_sigreturn;\ndefault kill;\n")
    };
    folder.program("app", &[("src/a.rs", 3, &text("self::LOG"))]);
    folder.accept("app");
    let said = folder.run(&["check", "app"]);
    assert_eq!(said.code, Some(0), "{}", said.stdout);
    assert!(said.stdout.contains("by their texts, not by their numbers: self::LOG\n"));
    folder.program("app", &[("src/a.rs", 3, &text("self::NULL"))]);
    let said = folder.run(&["check", "app"]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    assert!(said.stdout.contains(": wider and narrower\n"), "{}", said.stdout);
    assert!(said.stdout.contains(", where self::LOG is "), "{}", said.stdout);
}

#[test]
fn a_damaged_lock_file_is_an_error_with_the_line() {
    let folder = Folder::new("damaged");
    folder.program("app", &[("src/a.rs", 3, STDIO)]);
    folder.accept("app");
    let lock = folder.read("seccomp.lock");
    let cases = [
        (lock.replace("meaning", "meant"), "line 5: the line `meaning …` is missing after it"),
        (lock.replace("allow read", "allow raed"), "unknown system call `raed`"),
        ("# nothing\n".to_owned(), "it is empty"),
    ];
    for (text, expected) in cases {
        folder.write("seccomp.lock", text);
        let said = folder.run(&["check", "app"]);
        assert_eq!(said.code, Some(2), "{}", said.stdout);
        assert!(said.stderr.contains(expected), "{}", said.stderr);
    }
}

#[test]
fn texts_programs_and_filters_of_any_byte_order_are_compared_with_each_other() {
    let folder = Folder::new("diff");
    folder.program("app", &[("src/a.rs", 3, STDIO)]);
    folder.write("app.policy", STDIO);
    let compiled =
        PolicyText::new("a", STDIO, Abi::X86_64).compile().unwrap_or_else(|r| panic!("{r}"));
    let bytes = |endian: Endian| -> Vec<u8> {
        let one = |at: &SockFilter| match endian {
            Endian::Little => {
                [&at.code.to_le_bytes()[..], &[at.jt, at.jf], &at.k.to_le_bytes()].concat()
            }
            Endian::Big => {
                [&at.code.to_be_bytes()[..], &[at.jt, at.jf], &at.k.to_be_bytes()].concat()
            }
        };
        compiled.compiled.filter.instructions.iter().flat_map(one).collect()
    };
    folder.write("little.bpf", bytes(Endian::Little));
    // In the other byte order, a kernel has the halves of an argument at other places, so this is another filter.
    folder.write("big.bpf", bytes(Endian::Big));
    for (a, b, code) in [
        ("app", "app.policy", 0),
        ("app.policy", "little.bpf", 0),
        ("app:1", "little.bpf", 0),
        ("app:a.rs", "app", 0),
        ("little.bpf", "big.bpf", 1),
    ] {
        let said = folder.run(&["diff", a, b]);
        assert_eq!(said.code, Some(code), "{a} {b}: {}{}", said.stdout, said.stderr);
    }
    folder.write(
        "profile.json",
        r#"{"defaultAction": "SCMP_ACT_KILL_PROCESS", "syscalls": [
            {"names": ["exit_group", "rt_sigreturn"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}]}
        ]}"#,
    );
    let said = folder.run(&["diff", "app.policy", "profile.json"]);
    assert_eq!(said.code, Some(1), "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("2 calls are narrower: read, write"), "{}", said.stdout);
    // A path of Rust is not a rule of minijail.
    folder.write("typo.policy", "allow write(fd in {\n  self::LOG,\n  1}), raed;\ndefault kill;\n");
    folder.write("bad.json", "{\"defaultAction\": \"SCMP_ACT_NONE\"}");
    for (file, message) in [("typo.policy", "did you mean `read`?"), ("bad.json", "SCMP_ACT_NONE")]
    {
        let said = folder.run(&["diff", "app", file]);
        assert_eq!(said.code, Some(2), "{}", said.stdout);
        assert!(said.stderr.contains(message), "{}", said.stderr);
    }
    folder.write("none", "\0\0\0\0\0\0\0\0");
    let said = folder.run(&["diff", "app", "none"]);
    assert_eq!(said.code, Some(2), "{}", said.stdout);
    assert!(said.stderr.contains("neither a program (ELF) nor"), "{}", said.stderr);
}

#[test]
fn a_constant_of_rustc_that_changes_is_seen_in_the_program() {
    const TEXT: &str = "allow write(fd in {1, self::LOG}), exit_group;\nerrno(self::WHY) read;\nallow rt_sigreturn;\ndefault kill;\n";
    let compiled =
        PolicyText::new("a", TEXT, Abi::X86_64).compile().unwrap_or_else(|r| panic!("{r}"));
    let compiled = &compiled.compiled;
    let is_log = |text: &String| text.contains("LOG");
    let logs: Vec<bool> = compiled.symbol_texts().iter().map(is_log).collect();
    let folder = Folder::new("values");
    // The filters of the program have these numbers.
    let build = |logs_of: &[u64]| {
        let mut constants = b"else".to_vec();
        for number in logs_of {
            let values = |symbol: seccomp_ir::policy::Symbol| {
                if logs[symbol.0 as usize] { *number } else { 5 }
            };
            for SockFilter { code, jt, jf, k } in compiled.filter.resolve(&values) {
                constants.extend(code.to_le_bytes());
                constants.extend([jt, jf]);
                constants.extend(k.to_le_bytes());
            }
        }
        let notes = note("src/a.rs", 3, TEXT, None);
        write_program_with(&folder.path("app"), Architecture::X86_64, &notes, &constants);
        // In an archive, another member may have the filter.
        write_program_with(&folder.path("a.o"), Architecture::X86_64, &notes, b"else");
        write_program_with(&folder.path("b.o"), Architecture::X86_64, &[], &constants);
        let members = ["a.o", "b.o"].map(|name| (name, folder.bytes(name)));
        folder.write("app.a", archive(&members));
    };
    build(&[3]);
    let before = folder.bytes("app.a");
    folder.write("before.a", before);
    assert_eq!(folder.run(&["diff", "before.a", "app.a"]).code, Some(0));
    folder.accept("app");
    let lock = folder.read("seccomp.lock");
    assert!(lock.contains("\nvalue self::LOG = 3\nvalue self::WHY = 5\n    allow write"), "{lock}");
    let said = folder.run(&["check", "app"]);
    assert_eq!((said.code, said.stdout.contains("by their texts")), (Some(0), false));
    build(&[4]);
    let said = folder.run(&["check", "app"]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    for part in [
        "wider and narrower",
        "wider: write(fd=4, ",
        "narrower: write(fd=3, ",
        "- self::LOG = 3",
        "+ self::LOG = 4",
    ] {
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    }
    let said = folder.run(&["diff", "before.a", "app.a"]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    assert!(said.stdout.contains("+ self::LOG = 4"), "{}", said.stdout);
    // Generic code has several values, and a program that does not use the policy has none.
    build(&[3, 4]);
    assert_eq!(folder.run(&["check", "app"]).code, Some(1));
    folder.accept("app");
    assert!(folder.read("seccomp.lock").contains("value self::LOG = 3 or 4\n"));
    assert_eq!(folder.run(&["check", "app"]).code, Some(0));
    build(&[]);
    let said = folder.run(&["check", "app"]);
    assert_eq!(said.code, Some(0), "{}", said.stdout);
    assert!(said.stdout.contains("not by their numbers: self::LOG, self::WHY"), "{}", said.stdout);
}

/// An archive of these members: ar(5).
fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = b"!<arch>\n".to_vec();
    for (name, content) in members {
        let (name, length) = (format!("{name}/"), content.len());
        let head = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{length:<10}`\n", 0, 0, 0, 644);
        archive.extend(head.as_bytes());
        archive.extend(content);
        archive.resize(archive.len().next_multiple_of(2), b'\n');
    }
    archive
}

/// The output that docs/tool.md shows after this command.
fn transcript(command: &str) -> String {
    let page = include_str!("../../docs/tool.md");
    let start = format!("```text\n$ {command}\n");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("no transcript of {command}"));
    rest.split_once("```").expect("a closed block").0.to_owned()
}

#[test]
fn the_documentation_shows_what_the_tool_says() {
    let folder = Folder::new("documentation");
    let before =
        "allow read(fd == 0), write(fd in {1, 2}); allow @rust-exit, rt_sigreturn; default kill";
    let after =
        before.replace("fd == 0", "fd in {0, 3}").replace("fd in {1, 2})", "fd == 1), getpid");
    fs::create_dir_all(folder.path("target/debug")).expect("a folder");
    folder.program("target/debug/demo", &[("src/main.rs", 3, before)]);
    folder.accept("target/debug/demo");
    assert_eq!(folder.read("seccomp.lock"), transcript("cat seccomp.lock"));
    folder.program("target/debug/demo", &[("src/main.rs", 3, &after)]);
    let said = folder.run(&["check", "target/debug/demo"]);
    assert_eq!(said.stdout, transcript("cargo seccomp check"));
}

/// Cargo builds a program without dependencies, and the tool finds it.
#[test]
fn without_files_the_programs_of_the_workspace_are_built_and_checked() {
    let folder = Folder::new("build");
    folder.write("src/main.rs", "fn main() {}\n");
    let said = folder.run(&["check", "--accept", "--", "--offline", "--quiet"]);
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.starts_with("0 policies in "), "{}", said.stdout);
    assert!(said.stdout.contains("debug/demo: 0 differ\n"), "{}", said.stdout);
    folder.write("src/main.rs", "fn main() { mistake }\n");
    let said = folder.run(&["check", "--", "--offline", "--quiet"]);
    assert_eq!(said.code, Some(2), "{}{}", said.stdout, said.stderr);
    assert!(said.stderr.contains("`cargo build` failed"), "{}", said.stderr);
}
