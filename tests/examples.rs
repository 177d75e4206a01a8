//! Every example runs and prints what it should.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

/// An example that cargo has built beside this test. `cargo test` builds all examples; with `cargo run`, cargo would build
/// the macros and the compiler once more.
fn example(name: &str) -> Command {
    let this = std::env::current_exe().expect("the path of this test");
    let program = this.ancestors().nth(2).expect("a target directory").join("examples").join(name);
    assert_newer_than_its_sources(&program);
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("is in the workspace").to_owned()
}

/// Cargo lists the sources of a program in a file beside it. `cargo test --test examples` alone does not build examples.
#[track_caller]
fn assert_newer_than_its_sources(program: &Path) {
    const BUILD: &str =
        "build it with `cargo build -p seccomp-examples -p seccomp-syntax --examples`";
    let modified = |path: &Path| -> Option<SystemTime> { path.metadata().ok()?.modified().ok() };
    let Some(built) = modified(program) else { panic!("no {}: {BUILD}", program.display()) };
    let list = std::fs::read_to_string(program.with_extension("d")).expect("a list of sources");
    let (_, sources) = list.split_once(": ").expect("a program and its sources");
    // A space in a path has a backslash before it.
    let sources = sources.trim_end().replace("\\ ", "\0");
    for source in sources.split(' ').map(|path| PathBuf::from(path.replace('\0', " "))) {
        let is_older = modified(&source).is_none_or(|changed| changed > built);
        assert!(!is_older, "{} is older than {}: {BUILD}", program.display(), source.display());
    }
}

/// Runs an example, and returns what it prints.
fn run(example: &str, arguments: &[&str]) -> Output {
    let mut command = self::example(example);
    command.args(arguments);
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Asserts that the example succeeds, and prints exactly these lines.
#[track_caller]
fn prints(example: &str, lines: &[&str]) {
    prints_with(example, &[], lines);
}

/// The same, with arguments for the example.
#[track_caller]
fn prints_with(example: &str, arguments: &[&str], lines: &[&str]) {
    assert_prints(example, &run(example, arguments), lines);
}

#[track_caller]
fn assert_prints(example: &str, output: &Output, lines: &[&str]) {
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

/// Runs the example as a reader of the README does.
#[test]
fn quickstart_gets_to_step_3_and_says_how_it_ended() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root());
    cargo.args(["run", "--quiet", "--package=seccomp-examples", "--example=quickstart"]);
    let output = cargo.output().unwrap_or_else(|error| panic!("{cargo:?}: {error}"));
    assert_prints("quickstart", &output, &STEPS);
}

#[test]
fn sandboxed_does_the_same() {
    prints("sandboxed", &STEPS);
}

/// The page shows the program and its output, except for the address of the call.
#[test]
fn denied_says_what_its_page_shows() {
    let page = include_str!("../docs/denied.md");
    let block = |language: &str| {
        let (_, rest) = page.split_once(&format!("```{language}\n")).expect("a block");
        rest.split_once("```").expect("a closed block").0
    };
    let source = include_str!("../examples/denied.rs");
    assert!(source.ends_with(block("rust,no_run")), "the page shows another program");
    let output = run("denied", &[]);
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    assert_eq!((signal, output.status.code()), (Some(libc::SIGSYS), None));
    let said = String::from_utf8_lossy(&output.stderr);
    let without_address = |text: &str| {
        let (before, rest) = text.split_once(" at 0x").expect("an address");
        let (_, after) = rest.split_once('\n').expect("an end of line");
        format!("{before}\n{after}")
    };
    let said = without_address(&said[said.find("seccomp: ").expect("a report")..]);
    let shown = without_address(block("text"));
    assert!(said.starts_with(&shown), "{said}\n{shown}");
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

#[test]
fn supervised_open_gives_the_files_that_it_may_and_no_others() {
    prints(
        "supervised_open",
        &[
            "/proc/version   begins with \"Linux\"",
            "/etc/passwd     Permission denied (os error 13)",
        ],
    );
}

#[test]
fn run_time_writes_to_the_descriptor_that_it_opened_and_to_no_other() {
    prints(
        "run_time",
        &["the log:         Ok(7)", "another file:    Bad file descriptor (os error 9)"],
    );
}

#[test]
fn supervised_open_is_not_deceived_by_a_thread_that_changes_the_path() {
    let attack = "2000 calls while a thread changes the path: 0 opened what is denied";
    prints_with("supervised_open", &["attack"], &[attack]);
}

#[test]
fn supervised_connect_makes_the_connections_that_it_may_and_no_others() {
    prints(
        "supervised_connect",
        &[
            "the permitted server: connected",
            "the denied server: Permission denied (os error 13)",
            "the denied server does not have a connection",
        ],
    );
}

#[test]
fn supervised_connect_is_not_deceived_by_a_thread_that_changes_the_address() {
    prints_with(
        "supervised_connect",
        &["attack"],
        &[
            "2000 calls while a thread changes the address: 0 reached what is denied",
            "the denied server does not have a connection",
        ],
    );
}

#[test]
fn audit_does_what_its_command_line_says_in_the_place_of_kill() {
    let with = |mode: &str| {
        let output = run("audit", &[mode]);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(with("log"), (Some(0), "a socket: works\n".to_owned()));
    assert_eq!(with("errno"), (Some(0), "a socket: refused\n".to_owned()));
    assert_eq!(with("kill"), (None, String::new()));
}

#[test]
fn tested_asks_its_policy_while_it_compiles_and_while_it_runs() {
    prints(
        "tested",
        &[
            "socket(AF_INET, SOCK_STREAM)   allow",
            "socket(AF_UNIX, SOCK_STREAM)   errno(97)",
            "ioctl(0, TIOCSTI)              errno(1)",
            "ptrace()                       kill",
        ],
    );
}

#[test]
fn explain_shows_a_policy_as_text_as_a_graph_and_stage_by_stage() {
    use std::io::Write as _;
    use std::process::Stdio;

    let explain = |arguments: &[&str], policy: &str| {
        let mut child = example("explain")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        // A program that reads no policy, or that refuses its arguments, may end without reading.
        let _ = child.stdin.take().expect("piped").write_all(policy.as_bytes());
        let output = child.wait_with_output().expect("an end");
        let [out, err] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
        (output.status.success(), out, err)
    };
    let policy = "allow ioctl(cmd == TIOCGWINSZ); default errno(ENOSYS)";
    let (succeeded, text, _) = explain(&["--abi", "s390x"], policy);
    assert!(succeeded);
    for part in ["arch == s390x", "nr == 54 ioctl", "ioctl cmd (low) == 0x5413", "errno(38) ENOSYS"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let (succeeded, dot, _) = explain(&["--dot", "--abi", "x86_64"], policy);
    assert!(
        succeeded && dot.starts_with("digraph filter {") && dot.contains("ioctl cmd == TIOCGWINSZ"),
        "{dot}"
    );
    let (succeeded, listed, _) = explain(&["--stages"], "");
    assert!(succeeded);
    // A part of the result that only this stage has.
    let policy =
        "allow ioctl(cmd & 0xff00 == 0x5400 || cmd == TUNGETIFF), read; default errno(ENOSYS)";
    for (stage, part) in [
        ("numbers", "\n  16 ioctl -> f"),
        ("conditions", ": by a1\n  n"),
        ("weights", "\n  16 ioctl: a step costs "),
        ("choice", " of call 16:\n  the straight chain: "),
        ("order", ": tests a1\n  if a1 "),
        ("tree", "x86_64:\n  if nr "),
        ("graph", ": A = [24], then s"),
        ("layout", "ret   #0x7fff0000"),
    ] {
        assert!(listed.contains(&format!("{stage}: ")), "{stage} is not in\n{listed}");
        let (succeeded, shown, _) = explain(&["--abi", "x86_64", "--stage", stage], policy);
        assert!(succeeded && shown.contains(part), "{part} is not in\n{shown}");
    }
    assert_eq!(listed.lines().count(), 16, "two lines for each of the passes above:\n{listed}");
    let (succeeded, _, errors) = explain(&["--stage", "laoyut"], policy);
    assert!(!succeeded && errors.contains("the passes are `numbers`, "), "{errors}");
    let (succeeded, _, errors) = explain(&[], "allow raed; default kill");
    assert!(!succeeded && errors.contains("did you mean `read`?"), "{errors}");
}
