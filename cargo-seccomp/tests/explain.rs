//! `list`, `show` and `explain` of the tool, on this very program: its notes, and the cores of its children.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs};

use seccomp_runtime::{Policy, seccomp_policy};
use serde_json::Value as Json;

const CLIENT_LINE: u32 = line!() + 1;
const CLIENT: Policy = seccomp_policy! {
    allow socket(family in {AF_INET, AF_INET6});
    allow @rust-exit, rt_sigreturn;
    default kill
};

const REPORTING_LINE: u32 = line!() + 1;
const REPORTING: Policy = seccomp_policy! {
    report numbers;
    allow @rust-exit, rt_sigreturn;
    kill getpriority(which == PRIO_USER);
    default errno(ENOSYS)
};

/// The variable that tells a child of a test what to do.
const CHILD: &str = "SECCOMP_EXPLAIN_CHILD";

/// Not a test, but the program that a test starts.
#[test]
#[ignore = "the tests start it"]
fn child() {
    match env::var(CHILD).as_deref() {
        Ok("client") => {
            // A second thread, which makes no call.
            static STARTED: AtomicBool = AtomicBool::new(false);
            std::thread::spawn(|| {
                loop {
                    STARTED.store(true, Ordering::Relaxed);
                    std::hint::spin_loop();
                }
            });
            while !STARTED.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
            CLIENT.install().unwrap();
            opens_a_socket();
        }
        Ok("waiting") => {
            CLIENT.install_on_thread().unwrap();
            loop {
                std::hint::spin_loop();
            }
        }
        Ok("reporting") => {
            REPORTING.install().unwrap();
            let _ = rustix::process::getpriority_user(rustix::process::Uid::ROOT);
        }
        other => panic!("{CHILD} is {other:?}"),
    }
    unreachable!("the filter has ended the process");
}

#[inline(never)]
fn opens_a_socket() {
    let _ = std::os::unix::net::UnixDatagram::unbound();
}

/// A directory that is removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("seccomp-explain-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The core of a child of that kind, after a filter killed it.
fn core(kind: &str, directory: &Directory) -> PathBuf {
    core_of(&env::current_exe().unwrap(), kind, directory)
}

fn core_of(program: &Path, kind: &str, directory: &Directory) -> PathBuf {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    assert!(
        !pattern.starts_with('|') && !pattern.contains('/'),
        "NOT RUN: /proc/sys/kernel/core_pattern is {pattern:?}, and this test needs one that names a file, such as `core`"
    );
    let child = Command::new("sh")
        .args(["-c", "ulimit -c unlimited && exec \"$0\" --exact --ignored child"])
        .arg(program)
        .current_dir(&directory.0)
        .env(CHILD, kind)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(child.signal(), Some(31), "{child}");
    assert!(child.core_dumped(), "NOT RUN: the kernel wrote no core, see `ulimit -H -c`");
    let entries = fs::read_dir(&directory.0).unwrap().map(|entry| entry.unwrap().path());
    entries.into_iter().find(|path| path != program).expect("a core")
}

fn tool<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-seccomp"));
    command.arg("seccomp").args(arguments);
    command
}

fn said(output: &Output) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {out}{err}", output.status);
    assert_eq!(err, "");
    out.into_owned()
}

fn json(output: &Output) -> Vec<Json> {
    let text = said(output);
    let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["version"] == 1));
    lines
}

fn own() -> String {
    env::current_exe().unwrap().display().to_string()
}

fn place(line: u32) -> String {
    format!("{}:{line}", file!())
}

#[test]
fn the_list_of_a_process_says_which_policies_are_in_force_if_it_is_asked() {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--ignored", "child"])
        .env(CHILD, "waiting")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let process = child.id().to_string();
    let is_under_filter = || {
        let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
        let status = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("status"));
        threads.flatten().any(|thread| status(thread).is_ok_and(|it| it.contains("Seccomp:\t2")))
    };
    while !is_under_filter() {
        std::thread::yield_now();
    }
    let text = |output: Output| String::from_utf8(output.stdout).unwrap();
    let plain = text(tool(["list", &process]).output().unwrap());
    let listed = text(tool(["list", "--in-force", &process]).output().unwrap());
    let json = ["--message-format", "json", "list", "--in-force", &process];
    let json = text(tool(json).output().unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(plain.contains("explain.rs:") && !plain.contains("FORCE"), "{plain}");
    if listed.contains("which of them are in force is not known: ") {
        eprintln!(
            "NOT RUN: the kernel does not tell this user which filters are in force:\n{listed}"
        );
        return;
    }
    for (line, said, threads) in [(CLIENT_LINE, "in 1 of 2 threads", 1), (REPORTING_LINE, "no", 0)]
    {
        let row = listed.lines().find(|row| row.contains(&format!("explain.rs:{line}"))).unwrap();
        assert!(row.ends_with(said), "{listed}");
        let mut rows = json.lines().map(|row| serde_json::from_str::<Json>(row).unwrap());
        let row = rows.find(|row| row["line"] == line).unwrap();
        assert_eq!(row["in_force"], serde_json::json!({ "threads": threads, "of": 2 }), "{json}");
    }
}

#[test]
fn a_core_gives_the_call_its_arguments_the_rule_and_what_to_write() {
    let directory = Directory::new("client");
    let core = core("client", &directory);
    let text = said(&tool(["explain", core.to_str().unwrap()]).output().unwrap());
    let (own, place) = (own(), place(CLIENT_LINE));
    for expected in [
        "was killed by its filter at socket:\n",
        "  socket(family=AF_UNIX, type=SOCK_DGRAM|SOCK_CLOEXEC, protocol=0) on x86_64, at 0x",
        &format!("policy {place} in {own}\n  decides: `default kill` (line 3 of its rules)\n"),
        "  does not decide: `allow socket(family in {AF_INET, AF_INET6})` (line 1 of its rules): family is AF_UNIX\n",
        "  to allow it: allow socket(family == AF_UNIX, type == SOCK_DGRAM | SOCK_CLOEXEC);\n",
    ] {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
    let stack = text.split_once("\nstack of thread ").expect("a stack").1;
    assert!(stack.contains("explain::opens_a_socket at "), "{stack}");
    assert!(stack.contains("explain::child at ") && stack.contains("tests/explain.rs:"), "{stack}");
    let threads = said(&tool(["explain", "--threads", core.to_str().unwrap()]).output().unwrap());
    assert!(threads.matches("\nstack of thread ").count() >= 3, "{threads}");
    assert!(threads.contains("explain::child::{{closure}}"), "{threads}");
    let listed = said(&tool(["list", core.to_str().unwrap()]).output().unwrap());
    assert!(listed.contains(&place), "{listed}");
    // The other policy of this program does not kill, so it is not listed.
    assert_eq!(text.matches("policy ").count(), 1, "{text}");
}

/// The names and lines of another build would be wrong, and so would its policies.
#[test]
fn a_program_that_was_built_again_is_not_taken_for_that_of_the_core() {
    let directory = Directory::new("again");
    let program = directory.0.join("program");
    fs::copy(env::current_exe().unwrap(), &program).unwrap();
    let core = core_of(&program, "client", &directory);
    fs::copy(env!("CARGO_BIN_EXE_cargo-seccomp"), &program).unwrap();
    let text = said(&tool(["explain", core.to_str().unwrap()]).output().unwrap());
    assert!(text.contains("is not the file that the process had: its build id is "), "{text}");
    assert!(!text.contains("\npolicy "), "{text}");
    fs::remove_file(&program).unwrap();
    let text = said(&tool(["explain", core.to_str().unwrap()]).output().unwrap());
    assert!(text.contains("; name the program with --exe\n"), "{text}");
    let with = tool(["explain", core.to_str().unwrap(), "--exe", &own()]).output().unwrap();
    let text = said(&with);
    assert!(
        text.contains("decides: `default kill`") && text.contains("explain::child at "),
        "{text}"
    );
}

#[test]
fn a_core_of_a_reporting_policy_names_the_rule_by_its_data() {
    let directory = Directory::new("reporting");
    let core = core("reporting", &directory);
    let output = tool(["--message-format", "json", "explain", core.to_str().unwrap()]).output();
    let [explanation] = json(&output.unwrap()).try_into().unwrap();
    assert_eq!(explanation["kind"], "explanation");
    let call = &explanation["call"];
    assert_eq!((&call["name"], &call["abi"]), (&"getpriority".into(), &"x86_64".into()));
    assert_eq!(
        (&call["arguments"][0]["text"], &call["arguments"][1]["value"]),
        (&"PRIO_USER".into(), &0.into())
    );
    let answers = explanation["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 1, "{explanation:#}");
    assert_eq!(answers[0]["policy"], format!("{} in {}", place(REPORTING_LINE), own()));
    assert_eq!(answers[0]["deciding"][0]["said"], "kill getpriority(which == PRIO_USER)");
    assert_eq!(answers[0]["deciding"].as_array().unwrap().len(), 1);
}

/// Reads the files from which `fuzz/targets/program.rs` starts.
#[test]
fn every_file_of_the_fuzzers_corpus_is_read() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/program");
    let (mut programs, mut cores) = (0, 0);
    for entry in fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("elf") {
            assert_eq!(cargo_seccomp::elf::policies(&path).unwrap().len(), 1, "{name}");
            programs += 1;
        } else if name.starts_with("core-") {
            let dump = cargo_seccomp::dump::Dump::read(&path).unwrap();
            assert_eq!(dump.threads.len(), 2, "{name}");
            cores += 1;
        }
    }
    assert_eq!((programs, cores), (4, 11));
}

/// Damages the headers of this very program, and the start of its notes.
#[test]
fn a_damaged_program_gives_an_answer_or_an_error() {
    let mut program = fs::read(env::current_exe().unwrap()).unwrap();
    let table = u64::from_le_bytes(program[40..48].try_into().unwrap()) as usize;
    let (mut errors, mut answers) = (0, 0);
    for at in (0..64).chain((table..program.len()).step_by(37)) {
        let byte = program[at];
        for value in [0, 0xff] {
            program[at] = value;
            match cargo_seccomp::elf::policies_of_bytes(&program, "x") {
                Ok(_) => answers += 1,
                Err(_) => errors += 1,
            }
        }
        program[at] = byte;
    }
    assert!(errors > 20 && answers > 20, "{errors} errors, {answers} answers");
}

#[test]
fn a_line_of_the_audit_log_is_explained_by_the_policies_of_its_program() {
    let line = |syscall: u32, code: &str| {
        format!(
            "type=SECCOMP msg=audit(1795858669.954:1721): auid=0 uid=0 gid=0 ses=1 pid=16635 comm=\"x\" exe=\"{}\" sig=31 \
             arch=c000003e syscall={syscall} compat=0 ip=0x7f23757f3dc7 code={code}",
            own()
        )
    };
    let text = said(&tool(["explain", &line(41, "0x80000000")]).output().unwrap());
    for expected in [
        "(process 16635) was killed by its filter at socket:\n  socket(family=?, type=?, protocol=?) on x86_64",
        &format!("policy {} in {}\n  decides: `default kill`", place(CLIENT_LINE), own()),
        "  does not decide: `allow socket(family in {AF_INET, AF_INET6})` (line 1 of its rules)\n",
        "note: the log has no arguments; the core of the process has them\n",
    ] {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
    // In a log, equal lines are explained once, other lines are skipped, and a damaged line is an error.
    let log = format!(
        "{0}\nsystemd[1]: started\n{0}\n{1}\ntype=1326 arch=c000003e\n",
        line(41, "0x80000000"),
        line(9999, "0x50000"),
    );
    let mut child = tool(["explain", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(2));
    assert!(
        out.contains(", 2 times\n") && out.contains("its filter answered call 9999 with an error"),
        "{out}"
    );
    assert!(out.contains("decides: `default errno(ENOSYS)`"), "{out}");
    assert!(err.contains("standard input:5: the line has no field `syscall=`"), "{err}");
}

#[test]
fn a_call_as_text_is_explained_by_the_policy_that_is_named() {
    let policy = format!("{}:explain.rs:{CLIENT_LINE}", own());
    let ask = |call: &str| said(&tool(["explain", call, "--policy", &policy]).output().unwrap());
    let allowed = ask("socket(AF_INET, SOCK_STREAM, 0)");
    assert!(allowed.starts_with("The call is allowed:\n"), "{allowed}");
    assert!(
        allowed.contains("decides: `allow socket(family in {AF_INET, AF_INET6})`"),
        "{allowed}"
    );
    assert!(!allowed.contains("to allow it"), "{allowed}");
    // The call as strace writes it.
    let denied = ask("socket(AF_UNIX, SOCK_DGRAM|SOCK_CLOEXEC, 0) = 41");
    assert!(denied.starts_with("The call is denied:\n"), "{denied}");
    assert!(denied.contains(
        "to allow it: allow socket(family == AF_UNIX, type == SOCK_DGRAM | SOCK_CLOEXEC);"
    ));
    let denied = ask(
        "[pid 9] 12:00:01 openat(AT_FDCWD, \"/etc/a)\"..., O_WRONLY|O_CREAT, 0644) = -1 EPERM (Operation not permitted)",
    );
    assert!(denied.contains("flags=O_CREAT|O_WRONLY, mode=0o644) on "), "{denied}");
    assert!(denied.contains("a filter sees its address, which may be any"), "{denied}");
    // The call as a report writes it. x32 has a call with this number, which takes no arguments.
    let denied = ask("seccomp: a.rs:3 denies call 1073741863(0x1, 0x2) of the ABI x32 at 0x7f");
    assert!(denied.contains("  getpid() on x32\n"), "{denied}");
    // The error is about the text as it was written.
    let wrong = tool(["explain", "sokket(AF_UNIX)"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("= help: did you mean `socket`?"));
    let neither = tool(["explain", "no such file"]).output().unwrap();
    assert_eq!(neither.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&neither.stderr)
            .contains("is not a file, not a line of the audit log, and not a call")
    );
}

#[test]
fn list_has_the_policies_of_a_program_and_of_a_process() {
    let own = own();
    let rows = json(&tool(["--message-format=json", "list", &own]).output().unwrap());
    let row = rows.iter().find(|row| row["line"] == CLIENT_LINE).unwrap();
    assert_eq!((&row["default"], &row["rules"]), (&"kill".into(), &2.into()));
    assert_eq!(row["abis"], serde_json::json!(["x86_64"]));
    assert_eq!(row["instructions"], CLIENT.filter().len());
    let text = said(&tool(["list", &std::process::id().to_string()]).output().unwrap());
    assert!(text.contains("  DEFAULT "), "{text}");
    for line in [CLIENT_LINE, REPORTING_LINE] {
        assert!(text.contains(&place(line)), "{text}");
    }
    let none = said(&tool(["list", env!("CARGO_BIN_EXE_cargo-seccomp")]).output().unwrap());
    assert!(none.ends_with("no policies\n") || none.contains("POLICY"), "{none}");
    let failed = tool(["list", "/dev/null", &own]).output().unwrap();
    assert_eq!(failed.status.code(), Some(2));
    // The other file is listed nevertheless.
    assert!(String::from_utf8_lossy(&failed.stdout).contains(&place(CLIENT_LINE)));
}

#[test]
fn show_has_the_rules_the_instructions_and_the_graph_of_a_policy() {
    let policy = format!("{}:explain.rs:{CLIENT_LINE}", own());
    let show = |form: &[&str]| {
        let output = tool(["show", &policy]).args(form).output().unwrap();
        said(&output)
    };
    let rules = show(&[]);
    let count = CLIENT.filter().len();
    let head =
        format!("// {} in {}, for x86_64, {count} instructions\n", place(CLIENT_LINE), own());
    let text = "allow socket(family in {AF_INET, AF_INET6});\nallow @rust-exit, rt_sigreturn;\ndefault kill;\n";
    assert_eq!(rules, head + text);
    let filter = show(&["--filter"]);
    assert_eq!(filter.lines().count(), count + 1, "{filter}");
    assert!(filter.contains("AF_INET"), "{filter}");
    assert!(show(&["--dot"]).starts_with("digraph filter {"));
    // If no policy is named, --dot lists the policies.
    let several = tool(["show", "--dot", &own()]).output().unwrap();
    assert!(String::from_utf8_lossy(&several.stderr).contains("has several policies"));
    // The shown rules are a policy file with the same filter.
    let directory = Directory::new("show");
    let file = directory.0.join("shown.policy");
    fs::write(&file, rules).unwrap();
    let again = said(&tool(["show", "--filter", file.to_str().unwrap()]).output().unwrap());
    assert_eq!(body(&again), body(&filter));
    svg(&policy, &directory.0);
}

fn body(text: &str) -> &str {
    text.split_once('\n').unwrap().1
}

/// The picture, or the message that says how to get Graphviz.
fn svg(policy: &str, directory: &Path) {
    let without = tool(["show", "--svg", policy]).env("PATH", directory).output().unwrap();
    assert_eq!(without.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&without.stderr).contains("apt-get install graphviz"));
    let dot = directory.join("dot");
    fs::write(&dot, "#!/bin/sh\nread first\necho \"<svg>$first</svg>\"\n/bin/cat > /dev/null\n")
        .unwrap();
    fs::set_permissions(&dot, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let with = tool(["show", "--svg", policy]).env("PATH", directory).output().unwrap();
    assert_eq!(said(&with), "<svg>digraph filter {</svg>\n");
}
