//! `cargo seccomp exec`: commands under policies from files.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A policy in a file, which is removed at the end.
struct PolicyFile(PathBuf);

impl PolicyFile {
    fn new(test: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("exec-{}-{test}.policy", std::process::id()));
        fs::write(&path, text).expect("the folder for temporary files is there");
        Self(path)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-seccomp"));
        command.args(["seccomp", "exec", "--policy"]).arg(&self.0);
        command
    }

    /// Runs `exec` with these words after the policy.
    fn exec(&self, words: &[&str]) -> Output {
        self.command().args(words).output().expect("the tool starts")
    }
}

impl Drop for PolicyFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_command_runs_under_a_policy_that_keeps_it_from_executing_others() {
    let file = PolicyFile::new("runs", "errno(EPERM) execve, execveat; default allow");
    let output = file.exec(&["--", "sh", "-c", "echo ran; /bin/true; echo $?; exit 7"]);
    assert_eq!(
        (stdout(&output).as_str(), output.status.code()),
        ("ran\n126\n", Some(7)),
        "{output:?}"
    );
}

#[test]
fn a_command_that_the_policy_kills_ends_by_sigsys_unless_told_otherwise() {
    let file = PolicyFile::new("kills", "kill chdir; default allow");
    let command = ["--", "sh", "-c", "cd / && pwd"];
    assert_eq!(file.exec(&command).status.signal(), Some(31));
    let output = file.exec(&[&["--instead-of-kill", "errno=EACCES"], &command[..]].concat());
    assert_eq!((stdout(&output).as_str(), output.status.signal()), ("", None), "{output:?}");
    let output = file.exec(&[&["--instead-of-kill", "log"], &command[..]].concat());
    assert_eq!(stdout(&output), "/\n", "{output:?}");
    assert!(stderr(&output).contains("is made"), "{output:?}");
}

#[test]
fn values_come_from_the_command_line() {
    let text = "errno($why) kill(pid == $self), tkill, tgkill; default allow";
    let file = PolicyFile::new("values", text);
    let kill = ["--", "sh", "-c", "kill -0 $$"];
    let output = file.exec(&[&["--set", "self=pid", "--set", "why=ENOTSUP"], &kill[..]].concat());
    assert!(stderr(&output).contains("not supported"), "{output:?}");
    let output = file.exec(&[&["--set", "self=1", "--set", "why=0o1_0"], &kill[..]].concat());
    assert!(output.status.success(), "{output:?}");
    for (words, message) in [
        (&["--set", "why=1"][..], "error[E0306]: `$self` has no value"),
        (&["--set", "why=1", "--set", "self=0x100000000"], "error[E0300]"),
        (&["--set", "why=EFOO"], "EFOO is not a number, not a constant of Linux"),
        (&["--set", "why=1", "--set", "why=2"], "--set why: it is set twice"),
        (&["--set", "why=010"], "010 is octal in C and decimal in Rust: write 0o10 or 10"),
        (&["--set", "why"], "write the name of a value"),
        (&["--instead-of-kill", "errno=0"], "they are 1 to 4095"),
        (&["--instead-of-kill", "trap=65536"], "does not fit 16 bits"),
    ] {
        let output = file.exec(&[words, &kill[..]].concat());
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{output:?}");
        assert!(stderr(&output).contains(message), "{message}: {output:?}");
    }
}

#[test]
fn an_action_without_a_supervisor_or_tracer_is_a_warning_before_the_command_runs() {
    let file = PolicyFile::new("notify", "notify chdir; trace(1) fchdir; default allow");
    let output = file.exec(&["--", "sh", "-c", "cd /"]);
    let said = stderr(&output);
    assert!(said.contains("has no supervisor: such a call fails with ENOSYS"), "{said}");
    assert!(said.contains("action `trace`: such a call fails with ENOSYS"), "{said}");
    // The call fails, as the warning says.
    assert!(said.contains("cd to /"), "{said}");
}

#[test]
fn a_value_that_the_policy_lacks_is_named() {
    let file = PolicyFile::new(
        "lacks",
        "errno(EPERM) chroot(filename == 0), read(fd == $log); default allow",
    );
    let output = file.exec(&["--set", "log=9", "--set", "lag=9", "--", "true"]);
    assert!(stderr(&output).contains("--set lag=9: the policy has no `$lag`"), "{output:?}");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_policy_with_an_error_runs_nothing() {
    let file = PolicyFile::new("error", "allow raed;\nallow wirte;\ndefault kill");
    let output = file.exec(&["--", "echo", "ran"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    assert!(stderr(&output).contains("did you mean `read`?"), "{output:?}");
    assert!(stderr(&output).contains("did you mean `write`?"), "{output:?}");
    let output = file.exec(&["--message-format", "json", "--", "echo", "ran"]);
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("one line of JSON");
    assert_eq!(json["kind"], "diagnostics");
    assert_eq!(json["diagnostics"][1]["place"]["start"]["line"], 2);
}

#[test]
fn a_command_that_cannot_be_executed_has_the_exit_code_of_a_shell() {
    let file = PolicyFile::new("code", "default allow");
    for (command, code) in
        [("no-such-command", 127), ("/no/such/file", 127), ("/", 126), ("/dev/null", 126)]
    {
        assert_eq!(file.exec(&["--", command]).status.code(), Some(code), "{command}");
    }
    // Only the kernel finds these errors, when the policy is already in force.
    let script = PolicyFile::new("script", "#!/no/such/interpreter\n");
    fs::set_permissions(&script.0, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("it is ours");
    let output = file.exec(&["--", &script.0.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(127), "{output:?}");
    assert!(stderr(&output).contains("its interpreter is missing"), "{output:?}");
}

#[test]
fn a_limit_on_addresses_is_an_error_and_no_crash() {
    let file = PolicyFile::new("limit", "default allow");
    let tool = env!("CARGO_BIN_EXE_cargo-seccomp");
    let script =
        format!("ulimit -v 150000; exec {tool} exec --policy {} -- true", file.0.display());
    let output = Command::new("sh").args(["-c", &script]).output().expect("sh starts");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr(&output).contains("cannot prepare the command: out of memory"), "{output:?}");
}

#[test]
fn the_filter_can_be_written_for_other_launchers() {
    let file = PolicyFile::new("bytes", "kill execve; default allow");
    let output = file.exec(&["--write-bpf", "-"]);
    assert!(output.status.success(), "{output:?}");
    assert!(!output.stdout.is_empty() && output.stdout.len().is_multiple_of(8), "{output:?}");
    assert!(stderr(&output).contains("the policy denies execve"), "{output:?}");
    let empty = file.exec(&[]);
    assert_eq!(empty.status.code(), Some(2), "neither a command nor a file: {empty:?}");
}

#[test]
fn options_of_cfg_and_included_files_belong_to_the_policy() {
    let included = PolicyFile::new(
        "included",
        "#[cfg(strict)] errno(EPERM) chdir; #[cfg(level = \"2\")] errno(EACCES) getcwd;",
    );
    let name = included.0.file_name().expect("a file").to_string_lossy().into_owned();
    let file = PolicyFile::new("includes", &format!("include \"{name}\"; default allow"));
    let command = ["--", "sh", "-c", "cd /"];
    assert!(file.exec(&command).status.success());
    let output = file.exec(&[&["--cfg", "strict", "--cfg", "level=\"2\""], &command[..]].concat());
    assert!(!output.status.success(), "{output:?}");
}
