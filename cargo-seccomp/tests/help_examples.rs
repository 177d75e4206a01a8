//! Runs every example in the help of the subcommands, in README.md and in docs/tool.md, to show that it does what the
//! text says. A shell runs each example unchanged, with the real cargo, in a folder with the files that it names.
//!
//! Differences from the text: the process 4711 is a process of this test, and files below `/etc` and `/lib/systemd` are
//! in the folder. `sudo` is left out; without root, those examples are not run, and without Graphviz, those that draw; the test says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use prepared_folder::{prepared, said, shell};

mod prepared_folder;
mod written_program;

const TOOL: &str = env!("CARGO_BIN_EXE_cargo-seccomp");

/// The exit codes of the examples that find something, or run a program that is killed: its status is 128 and the signal's number. All others
/// end with 0.
const CODES: [(&str, i32); 9] = [
    ("learn --check -- cargo test", 0),
    ("run -- target/debug/server --port 8080", 159),
    ("run -- target/debug/server", 159),
    ("run --message-format json -- ./server 2>/dev/null", 159),
    ("check target/release/server", 1),
    ("diff old/server target/release/server", 1),
    ("diff server.policy target/release/server:2", 1),
    ("diff before.bpf after.bpf", 1),
    ("diff default.json server.policy", 1),
];

/// The examples in a help: lines that begin with two spaces, without the explanation after two more spaces.
fn of_help(help: &str) -> Vec<String> {
    let examples = help.split_once("\nExamples:\n").map_or("", |(_, examples)| examples);
    let lines = examples.lines().filter_map(|line| line.strip_prefix("  "));
    lines.map(|line| line.split("  ").next().unwrap_or(line).to_owned()).collect()
}

/// The examples of a page: lines of the tool in blocks of shell, and the first cells of tables.
fn of_page(page: &str) -> Vec<String> {
    let (mut found, mut in_shell) = (Vec::new(), false);
    for line in page.lines() {
        if let Some(fence) = line.strip_prefix("```") {
            in_shell = fence == "sh";
        }
        if in_shell && line.starts_with("cargo seccomp") && !line.contains(" | ") {
            found.push(line.split(" #").next().unwrap_or(line).trim_end().to_owned());
        }
        let cell = line.strip_prefix("| `cargo seccomp ").and_then(|cell| cell.split_once('`'));
        if let Some((command, _)) = cell {
            found.push(format!("cargo seccomp {command}"));
        }
    }
    found
}

/// Whether `dot`, which draws graphs, can be started.
fn has_graphviz() -> bool {
    Command::new("dot").arg("-V").output().is_ok()
}

/// Runs the examples in their order.
fn run(subcommand: &str, examples: &[String]) -> usize {
    let prepared = prepared(subcommand);
    let codes = BTreeMap::from(CODES);
    let is_root = rustix::process::geteuid().is_root();
    for example in examples {
        let asks_for_filter = example.contains("--pid") || example.contains("--in-force");
        let process = if asks_for_filter { &prepared.with_filter } else { &prepared.with_notes };
        let line = example.replace("core.4711", "core.of-process");
        let line = line.replace("4711", &process.id().to_string());
        let line =
            line.replace("core.of-process", "core.4711").replace(" /lib/systemd/", " lib/systemd/");
        let line = line.replace(" /etc/", " etc/");
        let line = line.strip_prefix("sudo ").unwrap_or(&line);
        if asks_for_filter && !is_root {
            eprintln!("NOT RUN, because it needs root: {example}");
            continue;
        }
        if line.contains("--svg") && !has_graphviz() {
            eprintln!("NOT RUN, because Graphviz is not installed: {example}");
            continue;
        }
        let done = shell(&prepared.folder, line);
        let command = example.split_once("cargo seccomp ").map_or("", |(_, command)| command);
        let expected = codes.get(command).copied().unwrap_or(0);
        assert_eq!(done.status.code(), Some(expected), "{subcommand}: {example}\n{}", said(&done));
    }
    examples.len()
}

#[test]
fn every_example_of_the_help_is_run() {
    let help = |subcommand: &str| {
        let mut help = Command::new(TOOL);
        // Wide enough for every example.
        let output =
            help.args(["help", subcommand]).env("COLUMNS", "500").output().expect("starts");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let mut count = 0;
    for subcommand in [
        "learn",
        "run",
        "exec",
        "list",
        "show",
        "explain",
        "check",
        "diff",
        "import",
        "export",
        "decompile",
        "fmt",
        "lint",
    ] {
        let examples = of_help(&help(subcommand));
        assert!(examples.len() >= 3, "{subcommand} teaches with examples: {examples:?}");
        count += run(subcommand, &examples);
    }
    assert!(count > 40, "{count}");
}

#[test]
fn every_example_of_the_pages_is_run() {
    let page = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
        of_page(&fs::read_to_string(path).expect(name))
    };
    // `check` compares with the accepted policies.
    let mut examples = vec!["cargo seccomp check --accept".to_owned()];
    examples.extend(page("README.md"));
    assert!(examples.len() >= 6, "{examples:?}");
    run("README.md", &examples);
    let examples = page("docs/tool.md");
    assert!(examples.len() >= 4, "{examples:?}");
    run("tool.md", &examples);
}

/// Command lines with their exit codes, for each subcommand.
const EXITS: [(&str, &[(&str, i32)]); 15] = [
    ("list", &[("list target/release/server", 0), ("list nosuch", 2), ("list server.policy", 2)]),
    (
        "show",
        &[("show server.policy", 0), ("show target/release/server:nosuch", 2), ("show profile", 2)],
    ),
    (
        "learn",
        &[
            ("learn -- target/debug/server", 0),
            ("learn --check -- true", 0),
            ("learn --check -- target/debug/server", 1),
            ("learn -- ./nosuch", 2),
            ("learn --policy nosuch -- true", 2),
        ],
    ),
    (
        "run",
        &[
            ("run -- true", 0),
            ("run -- sh -c 'exit 7'", 7),
            ("run -- target/debug/server", 159),
            ("run -- ./Cargo.toml", 126),
            ("run -- ./nosuch", 127),
            ("run --policy nosuch -- true", 2),
        ],
    ),
    (
        "exec",
        &[
            ("exec --policy worker.policy -- true", 0),
            ("exec --policy worker.policy -- sh -c 'exit 7'", 7),
            ("exec --policy worker.policy -- ./Cargo.toml", 126),
            ("exec --policy worker.policy -- ./nosuch", 127),
            ("exec --policy logger.policy -- true", 2),
            ("exec --policy nosuch -- true", 2),
        ],
    ),
    ("explain", &[("explain 'getpid()'", 0), ("explain 'nosuch()'", 2), ("explain Cargo.toml", 2)]),
    (
        "check",
        &[
            ("check target/release/server", 2),
            ("check --accept target/release/server", 0),
            ("check target/release/server", 0),
            ("check old/server", 1),
            ("check nosuch", 2),
        ],
    ),
    (
        "diff",
        &[
            ("diff server.policy server.policy", 0),
            ("diff server.policy a.policy", 1),
            ("diff server.policy nosuch", 2),
        ],
    ),
    (
        "decompile",
        &[("decompile filter.bpf", 0), ("decompile Cargo.toml", 2), ("decompile nosuch", 2)],
    ),
    (
        "fmt",
        &[
            ("fmt --check net.policy", 1),
            ("fmt net.policy", 0),
            ("fmt --check net.policy", 0),
            ("fmt profile.json", 2),
            ("fmt nosuch", 2),
        ],
    ),
    (
        "lint",
        &[
            ("lint server.policy", 0),
            ("lint logger.policy nginx.policy", 0),
            ("lint bad.policy", 1),
            ("lint nosuch", 2),
        ],
    ),
    ("import", &[("import profile.json", 0), ("import server.policy", 2), ("import nosuch", 2)]),
    (
        "export",
        &[
            ("export server.policy --to oci", 0),
            ("export server.policy --to systemd", 2),
            ("export nosuch --to oci", 2),
        ],
    ),
    ("completions", &[("completions bash", 0), ("completions nosuch", 2)]),
    (
        "",
        &[
            ("--help", 0),
            ("--version", 0),
            ("--explain E0200", 0),
            ("--explain nosuch", 2),
            ("", 2),
            ("nosuch", 2),
        ],
    ),
];

#[test]
fn every_subcommand_ends_with_the_codes_of_the_page_even_if_nobody_reads_its_output() {
    let help = Command::new(TOOL).arg("--help").output().expect("starts");
    let help = String::from_utf8(help.stdout).expect("UTF-8");
    let commands = help.split_once("\nCommands:\n").expect("a list").1;
    let commands = commands.split("\n\n").next().expect("a list").lines();
    for command in commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()) {
        let known = EXITS.iter().any(|(name, _)| *name == command);
        assert!(known || ["", "help"].contains(&command), "{command} has no row");
    }
    for (subcommand, lines) in EXITS {
        let prepared = prepared(&format!("exits-{subcommand}"));
        fs::write(prepared.folder.join("bad.policy"), "allow conect; default kill;")
            .expect("a file");
        for &(line, code) in lines {
            let line = format!("cargo-seccomp {line}");
            let done = shell(&prepared.folder, &line);
            assert_eq!(done.status.code(), Some(code), "{line}\n{}", said(&done));
            let nothing = done.stdout.is_empty() && done.stderr.is_empty();
            assert!(code != 2 || !nothing, "{line}: an error says why");
            if code == 0 {
                let unread = format!("{{ {line}; echo $? > code; }} | true");
                let done = shell(&prepared.folder, &unread);
                let code = fs::read_to_string(prepared.folder.join("code")).expect("a file");
                assert_eq!(code, "0\n", "{unread}\n{}", said(&done));
            }
        }
    }
}
