//! Tests the messages about wrong command lines and inputs.

use std::process::{Command, Output};

fn tool(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-seccomp"));
    command.arg("seccomp").args(words).output().expect("the tool starts")
}

#[test]
fn with_json_the_errors_of_the_command_line_are_json_too() {
    for words in [
        &["--message-format", "json"][..],
        &["--message-format", "json", "list"],
        &["list", "--message-format=json", "--nosuch"],
        &["nosuch", "--message-format=json"],
    ] {
        let output = tool(words);
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
        assert!(said.starts_with("{\"version\":1,\"kind\":\"error\",\"message\":\""), "{said}");
        assert_eq!((said.lines().count(), output.stderr), (1, Vec::new()), "{words:?}");
    }
    // These words belong to another program.
    let output = tool(&["exec", "--", "x", "--message-format=json"]);
    assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()));
}

#[test]
fn codes_are_explained_in_json_too() {
    let output = tool(&["--message-format", "json", "--explain", "E0200"]);
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.starts_with("{\"version\":1,\"kind\":\"code-explanation\""), "{said}");
    assert_eq!(tool(&["--explain", "E0200", "list", "x"]).status.code(), Some(2));
}

#[test]
fn completions_have_each_subcommand_except_internal_ones() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = tool(&["completions", shell]);
        let script = String::from_utf8(output.stdout).expect("text");
        for part in ["decompile", "completions", "--accept", "--version"] {
            // fish has options without their hyphens.
            assert!(script.contains(part.trim_start_matches('-')), "{shell}: {part}");
        }
        for hidden in ["__traced", "__exec"] {
            // zsh has functions with two underscores in their names.
            assert!(!script.contains(&format!(" {hidden} ")), "{shell}: {hidden}");
            assert!(!script.contains(&format!("'{hidden}")), "{shell}: {hidden}");
        }
    }
}

#[test]
fn a_message_has_no_commands_to_a_terminal() {
    for color in ["always", "never"] {
        let output = tool(&["--color", color, "list", "\x1b[2J\x1b]0;x\x07"]);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(said.contains("cannot read \\u{1b}[2J\\u{1b}]0;x\\u{7}: "), "{said:?}");
    }
}

#[test]
fn a_file_without_an_end_is_an_error() {
    let folder = std::env::temp_dir().join(format!("command-line-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let policy = folder.join("endless.policy");
    std::fs::write(&policy, "include \"/dev/zero\"; default kill;").expect("a file");
    let policy = policy.to_str().expect("UTF-8");
    for words in [
        &["import", "--from", "oci", "/dev/zero"][..],
        &["exec", "--policy", "/dev/zero", "--", "true"],
        &["exec", "--policy", policy, "--", "true"],
        &["show", "/dev/zero"],
        &["show", policy],
        &["lint", policy],
        &["decompile", "/dev/zero"],
        &["diff", "/dev/zero", policy],
        &["explain", "/dev/zero"],
        &["list", "/dev/zero"],
        &["check", "--lock", "/dev/zero", env!("CARGO_BIN_EXE_cargo-seccomp")],
    ] {
        let output = tool(words);
        let found = words[0] == "lint";
        assert_eq!(output.status.code(), Some(if found { 1 } else { 2 }), "{words:?}: {output:?}");
    }
    std::fs::remove_dir_all(&folder).expect("it is there");
}

#[test]
fn results_that_cannot_be_written_are_an_error_but_a_closed_pipe_is_not() {
    for words in [&["completions", "bash"][..], &["--message-format", "json", "--explain", "E0200"]]
    {
        let full = std::fs::File::create("/dev/full").expect("every Linux has it");
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-seccomp"));
        let status = command.args(words).stdout(full).status().expect("the tool starts");
        assert_eq!(status.code(), Some(2), "{words:?}");
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-seccomp"));
        let status = command.args(words).stdout(writer).status().expect("the tool starts");
        assert_eq!(status.code(), Some(0), "{words:?}");
    }
}
