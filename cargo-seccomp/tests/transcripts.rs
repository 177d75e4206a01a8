//! Replays each transcript in the documentation of the tool in a folder of its own, and compares it with the output of
//! the tool.
//!
//! A transcript is a block with the word `console`. `$ cat FILE` shows a file: the first time, the test creates it with
//! that text, and later the file must have that text. `$ cargo seccomp …` is run, and `$ echo $?` shows how it ended. A
//! program at `target/debug/examples` is that of `cargo-seccomp/examples`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The pages with transcripts.
const PAGES: [&str; 2] = ["../docs/tool.md", "../README.md"];

/// The blocks of a page that are transcripts.
fn transcripts(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("\n```console\n") {
        let (block, after) = after.split_once("\n```").expect("every fence is closed");
        found.push(block);
        rest = after;
    }
    found
}

/// The commands of a transcript, each with the text below it.
fn commands(transcript: &str) -> Vec<(&str, String)> {
    let mut all: Vec<(&str, String)> = Vec::new();
    for line in transcript.lines() {
        match (line.strip_prefix("$ "), all.last_mut()) {
            (Some(command), _) => all.push((command, String::new())),
            (None, Some((_, shown))) => {
                shown.push_str(line);
                shown.push('\n');
            }
            (None, None) => panic!("a transcript begins with a command: {line}"),
        }
    }
    all
}

/// Replays a transcript in a new folder, and returns the new transcript.
fn replay(transcript: &str, folder: &Path) -> String {
    let mut made = String::new();
    let mut status = 0;
    for (command, shown) in commands(transcript) {
        made += &format!("$ {command}\n");
        if let Some(name) = command.strip_prefix("cat ") {
            let path = folder.join(name);
            if !path.exists() {
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                std::fs::write(&path, &shown).expect("a file");
            }
            made += &std::fs::read_to_string(&path).expect("a file");
        } else if command == "echo $?" {
            made += &format!("{status}\n");
        } else {
            let arguments = command
                .strip_prefix("cargo seccomp ")
                .unwrap_or_else(|| panic!("`{command}` is not known"));
            copy_programs(arguments, folder);
            let tool = env!("CARGO_BIN_EXE_cargo-seccomp");
            let done = Command::new("sh")
                .arg("-c")
                .arg(format!("\"$TOOL\" {arguments} 2>&1"))
                .env("TOOL", tool)
                .env("NO_COLOR", "1")
                .current_dir(folder)
                .output()
                .expect("sh runs");
            status = done.status.code().expect("no signal");
            made += &String::from_utf8(done.stdout).expect("UTF-8");
        }
    }
    without_versions(&made)
}

/// Copies the programs that a command line names to where it looks for them. The copies are newer than the sources that
/// were made before.
fn copy_programs(arguments: &str, folder: &Path) {
    const EXAMPLES: &str = "target/debug/examples/";
    for word in arguments.split(' ').filter_map(|word| word.strip_prefix(EXAMPLES)) {
        let tests = std::env::current_exe().expect("Linux knows it");
        let built =
            tests.ancestors().nth(2).expect("two folders above").join("examples").join(word);
        assert!(built.exists(), "cargo builds {} for the tests", built.display());
        let copy = folder.join(EXAMPLES).join(word);
        std::fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
        std::fs::copy(built, copy).expect("a file");
    }
}

/// The text without the parts that differ between machines: the folder of the project, the ABI, and the version of the
/// C library.
fn without_versions(text: &str) -> String {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").display();
    let text = text.replace(&format!("{project}/"), "");
    let text = text.replace(std::env::consts::ARCH, "x86_64");
    let mut parts = text.split("glibc ");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let version = |letter: char| letter.is_ascii_digit() || letter == '.';
        plain += "glibc 2.36";
        let rest = part.trim_start_matches(version);
        // The full stop of the sentence.
        plain += if part[..part.len() - rest.len()].ends_with('.') { "." } else { "" };
        plain += rest;
    }
    plain
}

#[test]
fn every_transcript_of_the_documentation_is_the_output_of_the_tool() {
    let mut count = 0;
    for page in PAGES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        let text = std::fs::read_to_string(&path).expect(page);
        for transcript in transcripts(&text) {
            count += 1;
            let folder =
                PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("transcript-{count}"));
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::create_dir_all(&folder).expect("a folder");
            let made = replay(transcript, &folder);
            assert_eq!(
                made.trim_end(),
                transcript.trim_end(),
                "{page} says:\n{transcript}\n\nNow it is:\n{made}"
            );
        }
    }
    assert!(count >= 3, "{count} transcripts");
}
