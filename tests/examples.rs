//! Every example runs and says what it should.

use std::process::{Command, Output};

/// Runs an example as a reader of the README does, and takes what it prints.
fn run(example: &str) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    cargo.args(["run", "--quiet", "--package=seccomp-examples", "--example", example]);
    cargo.output().unwrap_or_else(|error| panic!("{cargo:?}: {error}"))
}

/// Asserts that the example succeeds, and prints exactly these lines.
#[track_caller]
fn prints(example: &str, lines: &[&str]) {
    let output = run(example);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {}\n{errors}", output.status);
    let printed = String::from_utf8_lossy(&output.stdout);
    let printed: Vec<&str> = printed.lines().collect();
    assert_eq!(printed, lines, "{example} also printed:\n{errors}");
}

const STEPS: [&str; 4] = [
    "step 1: unrestricted",
    "step 2: only 'write' and dup2(1, 2) syscalls",
    "step 3: stderr redirected to stdout",
    "=> The kernel ended the program (SIGSYS, \"bad system call\"): what it called next is not in \
     its policy.",
];

#[test]
fn quickstart_gets_to_step_3_and_says_how_it_ended() {
    prints("quickstart", &STEPS);
}

#[test]
fn sandboxed_does_the_same() {
    prints("sandboxed", &STEPS);
}

#[test]
fn deny_list_gets_errors_for_what_it_denies_and_goes_on() {
    prints(
        "deny_list",
        &[
            "a TCP socket:      Permission denied (os error 13)",
            "a UNIX socket:     works",
            "another program:   Operation not permitted (os error 1)",
            "a file:            works",
        ],
    );
}

#[test]
fn per_thread_restricts_the_worker_and_not_the_rest() {
    prints(
        "per_thread",
        &[
            "the worker opens a file:           Permission denied (os error 13)",
            "its own thread opens a file:       Permission denied (os error 13)",
            "the rest of the program opens it:  works",
        ],
    );
}
