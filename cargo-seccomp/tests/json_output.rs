//! docs/json.md is true and complete: the tool is run in every way that gives another kind of JSON, each field that it writes is on the page with
//! its type, and each field on the page was written.
//!
//! Without root, `list --in-force` is not run, which is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use object::Architecture;
use prepared_folder::{example_program, prepared, said, shell};
use serde_json::Value as Json;
use written_program::{note, write_program};

mod prepared_folder;
mod written_program;

/// A type as the page writes it, such as `list of [line](#line)` or `text or null`.
#[derive(Clone, Copy)]
struct Type<'p>(&'p str);

/// The fields of each kind and object of the page.
struct Page<'p> {
    objects: BTreeMap<&'p str, BTreeMap<&'p str, Type<'p>>>,
    /// The objects and fields that the tool has written.
    written: BTreeSet<(&'p str, &'p str)>,
    /// What the tool has written and the page does not say.
    wrong: BTreeSet<String>,
}

impl<'p> Page<'p> {
    fn read(text: &'p str) -> Self {
        let mut objects: BTreeMap<&str, BTreeMap<&str, Type<'_>>> = BTreeMap::new();
        let mut object = None;
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("### ") {
                assert!(
                    objects.insert(heading, BTreeMap::new()).is_none(),
                    "two sections {heading}"
                );
                object = objects.get_mut(heading);
            } else if line.starts_with("#") {
                object = None;
            }
            let (Some(object), Some(cells)) = (object.as_mut(), line.strip_prefix("| `")) else {
                continue;
            };
            let mut cells = cells.split(" | ");
            let name = cells.next().and_then(|name| name.strip_suffix('`')).expect("a name");
            let ty = Type(cells.next().expect("a type"));
            assert!(cells.next().is_some_and(|meaning| meaning.len() > 3), "{line}");
            assert!(object.insert(name, ty).is_none(), "two rows `{name}`: {line}");
        }
        Self { objects, written: BTreeSet::new(), wrong: BTreeSet::new() }
    }

    /// Compares a line of the tool with the page.
    fn line(&mut self, command: &str, line: &Json) {
        let kind = line["kind"].as_str().unwrap_or_else(|| panic!("no kind: {command}: {line}"));
        assert_eq!(line["version"], 1, "{command}: {line}");
        let heading = match kind {
            "policy" => format!("`policy` of `{}`", command.split(' ').next().expect("a word")),
            _ => format!("`{kind}`"),
        };
        let mut content = line.clone();
        let fields = content.as_object_mut().expect("an object");
        fields.remove("version");
        fields.remove("kind");
        self.object(&heading, &content);
    }

    fn object(&mut self, object: &str, value: &Json) {
        let (Some((&object, fields)), Some(value)) =
            (self.objects.get_key_value(object), value.as_object())
        else {
            self.wrong.insert(format!("{object}: {value}"));
            return;
        };
        let fields = fields.clone();
        for (name, value) in value {
            let Some((&name, ty)) = fields.get_key_value(name.as_str()) else {
                self.wrong.insert(format!("{object} has no row `{name}`: {value}"));
                continue;
            };
            // A list without elements does not show what they are, and `null` does not show what it stands for.
            if !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()) {
                self.written.insert((object, name));
            }
            if !self.is_of(ty.0, value) {
                self.wrong.insert(format!("{object}, `{name}` is not {}: {value}", ty.0));
            }
        }
        for (name, ty) in fields {
            if !value.contains_key(name) && !ty.0.ends_with(" or absent") {
                self.wrong.insert(format!("{object} lacks `{name}`"));
            }
        }
    }

    fn is_of(&mut self, ty: &str, value: &Json) -> bool {
        if let Some(ty) = ty.strip_suffix(" or null") {
            return value.is_null() || self.is_of(ty, value);
        }
        if let Some(ty) = ty.strip_suffix(" or absent") {
            return self.is_of(ty, value);
        }
        if let Some(ty) = ty.strip_prefix("list of ") {
            let ty = match ty {
                "numbers" => "number",
                "lists of numbers" => "list of numbers",
                ty => ty,
            };
            return value
                .as_array()
                .is_some_and(|list| list.iter().all(|value| self.is_of(ty, value)));
        }
        match ty {
            "text" => value.is_string(),
            "number" => value.is_u64(),
            "true or false" => value.is_boolean(),
            _ => {
                let object = ty.strip_prefix('[').and_then(|ty| ty.split_once(']'));
                let (object, anchor) = object.unwrap_or_else(|| panic!("what is the type {ty}?"));
                assert_eq!(anchor, format!("(#{})", object.replace(' ', "-")));
                self.object(object, value);
                true
            }
        }
    }
}

/// Writes the files of a folder that only this test needs.
fn write_files(folder: &Path) {
    for (name, text) in [
        ("bad.policy", "allow socket(type == AF_INET), conect;\ndefault kill;\n"),
        (
            "repeated.policy",
            "allow read;\nallow read(fd == 1);\nallow exit_group, rt_sigreturn;\ndefault kill;\n",
        ),
        (
            "open.policy",
            "allow read(fd == $log);\nallow exit_group, rt_sigreturn;\ndefault kill;\n",
        ),
        ("closed.policy", "allow read(fd == 1);\nallow exit_group, rt_sigreturn;\ndefault kill;\n"),
        ("otherwise.policy", "errno(EPERM) read;\ndefault kill;\n"),
        ("other.policy", "errno(EACCES) read;\ndefault kill;\n"),
        ("empty.policy", "default kill;\n"),
        // What `cat` calls does the same.
        ("sibling.policy", "errno(EPERM) readv;\ndefault kill;\n"),
    ] {
        fs::write(folder.join(name), text).expect("a file");
    }
    let lines: String =
        (0..20).map(|number| format!("allow syscall({});\n", 900 + number)).collect();
    let long = |first: &str, last: &str| format!("{first}{lines}{last}default kill;\n");
    fs::write(folder.join("long.policy"), long("allow read;\n", "allow write;\n")).expect("a file");
    fs::write(folder.join("longer.policy"), long("allow close;\n", "allow dup;\n"))
        .expect("a file");
    let values = "allow read(fd == self::LOG);\nallow exit_group, rt_sigreturn;\ndefault kill;\n";
    let notes = note("src/main.rs", 3, values, None);
    write_program(&folder.join("values"), Architecture::X86_64, &notes);
    fs::write(folder.join("log"), fs::read(folder.join("bin/dmesg")).expect("a file").repeat(2))
        .expect("a file");
}

/// Writes files of accepted policies from the one that `check --accept` has written.
fn write_locks(folder: &Path) {
    let lock = fs::read_to_string(folder.join("seccomp.lock")).expect("it was accepted");
    let other = lock.replace(" for x86_64", " for aarch64").replace("src/", "other/");
    fs::write(folder.join("aarch64.lock"), other).expect("a file");
    let (before, digest) = lock.split_once("meaning ").expect("a digest");
    let edited = format!("{before}meaning {}{}", "0".repeat(8), &digest[8..]);
    fs::write(folder.join("edited.lock"), edited).expect("a file");
}

#[test]
fn the_page_has_each_field_that_the_tool_writes_and_no_other() {
    let text = include_str!("../../docs/json.md");
    let mut page = Page::read(text);
    let mut prepared = prepared("README.md");
    let folder = prepared.folder.clone();
    write_files(&folder);
    let traced = example_program("traced").display().to_string();
    let in_force = format!("list --in-force {}", prepared.with_notes.id());
    let decompile = format!("decompile --pid {}", prepared.with_filter.id());
    let is_root = rustix::process::geteuid().is_root();
    let mut commands = vec![
        "list target/release/server nosuch",
        "show target/release/server:2",
        "show server.policy",
        "show target/debug/server",
        "show values",
        "learn -- {traced} threads",
        "learn -- {traced} fail",
        "learn -- {traced} foreign",
        "learn -- {traced} foreign-denies",
        "learn -- {traced} nothing",
        "learn --write --policy empty.policy -- true",
        "learn --policy sibling.policy -- cat log",
        "run -- {traced} fail",
        "run -- {traced} foreign",
        "explain core --threads",
        "explain log",
        "explain 'socket(AF_UNIX, SOCK_DGRAM, 0)'",
        "explain 'socket(AF_UNIX, SOCK_DGRAM, 0)' --policy server.policy",
        "check target/release/server",
        "check --accept target/release/server",
        "check old/server",
        // The accepted policies of another ABI, and one whose text somebody has changed.
        "check --lock aarch64.lock target/release/server",
        "check --lock edited.lock target/release/server",
        "diff open.policy closed.policy",
        "diff closed.policy open.policy",
        "diff otherwise.policy other.policy",
        "diff long.policy longer.policy",
        "decompile filter.bpf",
        "decompile --kernel x86_64 after.bpf",
        "import profile.json",
        "export a.policy --to seccompiler",
        "fmt --check net.policy",
        "fmt net.policy",
        "lint bad.policy",
        "lint repeated.policy",
        "lint --fix bad.policy",
        "--explain E0200",
        "completions bash",
        "nosuch",
    ];
    commands.extend(is_root.then_some(&*in_force));
    commands.extend(is_root.then_some(&*decompile));
    for command in commands {
        let command = command.replace("{traced}", &traced);
        if command.starts_with("check --lock aarch64") {
            write_locks(&folder);
        }
        let output = shell(&folder, &format!("cargo-seccomp --message-format json {command}"));
        let mut objects = 0;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            // What the programs write is between the lines.
            if let Ok(line @ Json::Object(_)) = serde_json::from_str::<Json>(line) {
                page.line(&command, &line);
                objects += 1;
            }
        }
        assert!(objects > 0, "{command} says nothing: {}", said(&output));
    }
    let _ = prepared.with_notes.kill();
    assert!(page.wrong.is_empty(), "not on the page: {:#?}", page.wrong);
    let mut unseen = BTreeSet::new();
    for (object, fields) in &page.objects {
        unseen.extend(fields.keys().map(|field| (*object, *field)));
    }
    for seen in &page.written {
        unseen.remove(seen);
    }
    if !is_root {
        eprintln!("NOT RUN, because it needs root: {in_force}");
        unseen.retain(|(object, field)| *object != "thread count" && *field != "in_force");
    }
    assert!(unseen.is_empty(), "on the page, and not written: {unseen:#?}");
    // The table of kinds has each of them, and links to it.
    for heading in page.objects.keys().filter(|heading| heading.starts_with('`')) {
        let anchor = heading.replace('`', "").replace(' ', "-");
        assert!(text.contains(&format!("[{heading}](#{anchor})")), "{heading}");
    }
}
