//! `run` and `learn` on real programs, on the running kernel.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use seccomp_runtime::{Policy, seccomp_policy};

const TOOL: &str = env!("CARGO_BIN_EXE_cargo-seccomp");

/// The program whose argument is a case: `tests/programs/traced.rs`.
fn program() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let program = deps.ancestors().nth(2).unwrap().join("examples/traced");
    assert!(program.exists(), "cargo builds {} for the tests", program.display());
    program
}

fn tool(subcommand: &str, case: &str) -> Output {
    Command::new(TOOL).arg(subcommand).arg("--").arg(program()).arg(case).output().unwrap()
}

fn plain(case: &str) -> Output {
    Command::new(program()).arg(case).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The status as a shell gives it.
fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap())
}

/// The output of `run` for a case. It also checks that the program ends and writes as without the tool.
#[track_caller]
fn reports(case: &str) -> String {
    let (alone, run) = (plain(case), tool("run", case));
    let said = text(&run.stderr);
    assert_eq!(status(&run), status(&alone), "{said}");
    assert_eq!(text(&run.stdout), text(&alone.stdout), "{said}");
    said
}

#[test]
fn a_killed_program_has_its_status_and_the_report_its_place() {
    assert_eq!(status(&tool("run", "kill")), 159);
    let said = reports("kill");
    for part in [
        " denies getppid()\n",
        "answer: the process is killed, by `default`",
        "to allow it: allow getppid;",
        "traced::parent at ",
        "tests/programs/traced.rs:",
        "traced::main at ",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(said.matches(" denies ").count(), 1, "{said}");
}

#[test]
fn a_call_that_fails_on_purpose_fails_so_and_is_reported_once_with_a_count() {
    let said = reports("fail");
    assert!(text(&plain("fail").stdout).contains("EACCES"));
    assert!(
        said.contains("the call fails: Permission denied (os error 13), by `errno(EACCES) getsid`"),
        "{said}"
    );
    assert!(said.contains("3 times: "), "{said}");
}

#[test]
fn a_thread_a_signal_a_log_and_a_foreign_filter_are_answered_as_without_the_tool() {
    assert!(reports("one-thread").contains(" denies getpgid(pid=0)"));
    let trapped = reports("trap");
    assert!(trapped.contains("the thread gets SIGSYS"), "{trapped}");
    assert!(reports("log").contains(" logs getsid("));
    let foreign = reports("foreign");
    let named = format!("filter 1 of {} denies getsid(pid=0)", program().display());
    assert!(foreign.contains(&named), "{foreign}");
}

#[test]
fn of_two_policies_the_report_names_the_one_that_decides() {
    let said = reports("two");
    // The first policy allows no call that the second denies, and kills the process where the second kills a thread.
    assert!(said.contains(" denies getsid(pid=0)"), "{said}");
    assert_eq!(said.matches(" denies ").count(), 1, "{said}");
}

#[test]
fn a_program_that_another_one_executes_is_under_its_policy() {
    let said = reports("tree");
    assert!(said.contains(" denies getsid(pid=0)"), "{said}");
    assert!(text(&plain("tree").stdout).contains("signal: 31"));
}

#[test]
fn a_thread_that_executes_a_program_keeps_its_policy() {
    let said = reports("thread-executes");
    assert!(said.contains(" denies getsid(pid=0)"), "{said}");
}

#[test]
fn a_stopped_program_is_continued() {
    let said = reports("stop");
    assert!(text(&plain("stop").stdout).contains("continued"), "{said}");
}

#[test]
fn a_signal_to_the_tool_reaches_the_program() {
    let mut tool = Command::new(TOOL)
        .args(["run", "--"])
        .arg(program())
        .arg("wait")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(tool.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "waiting\n");
    let pid = rustix::process::Pid::from_child(&tool);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(tool.wait().unwrap().code(), Some(128 + 15));
}

#[test]
fn a_process_that_the_command_leaves_behind_is_waited_for_and_can_be_ended() {
    let mut tool = Command::new(TOOL)
        .args(["run", "--"])
        .arg(program())
        .arg("leaves-behind")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut line, mut said) = (String::new(), String::new());
    BufReader::new(tool.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "waiting\n");
    BufReader::new(tool.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.starts_with("warning: the command has ended, and processes"), "{said}");
    let pid = rustix::process::Pid::from_child(&tool);
    // The process ignores the first signal.
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(tool.try_wait().unwrap(), None);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(tool.wait().unwrap().code(), Some(0));
}

#[test]
fn the_exit_code_is_that_of_the_command_and_a_missing_program_is_named() {
    let exit = Command::new(TOOL).args(["run", "--", "sh", "-c", "exit 7"]).output().unwrap();
    assert_eq!((exit.status.code(), text(&exit.stderr).as_str()), (Some(7), ""));
    // A signal that has no name: the first real-time signal.
    let signal =
        Command::new(TOOL).args(["run", "--", "sh", "-c", "kill -34 $$"]).output().unwrap();
    assert_eq!((signal.status.code(), text(&signal.stderr).as_str()), (Some(128 + 34), ""));
    let missing = Command::new(TOOL).args(["run", "--", "/no/such"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(127));
    assert!(
        text(&missing.stderr).contains("cannot execute `/no/such`"),
        "{}",
        text(&missing.stderr)
    );
}

#[test]
fn a_missing_program_is_one_line_of_json_where_json_is_asked_for() {
    for (subcommand, exit) in [("run", 127), ("learn", 2)] {
        let output = Command::new(TOOL)
            .args([subcommand, "--message-format", "json", "--", "/no/such"])
            .output()
            .unwrap();
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(exit), ""));
        let message: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&message["version"], &message["kind"]), (&1.into(), &"error".into()));
        assert!(message["message"].as_str().unwrap().contains("cannot execute `/no/such`"));
    }
}

#[test]
fn a_process_that_is_traced_already_is_a_clear_error() {
    // The tool traces the tool.
    let inner = Command::new(TOOL).args(["run", "--", TOOL, "run", "--", "true"]).output().unwrap();
    let said = text(&inner.stderr);
    assert_eq!(inner.status.code(), Some(2), "{said}");
    assert!(said.contains("already traces what this tool starts"), "{said}");
    assert!(said.contains("calls ptrace(2): a process has one tracer"), "{said}");
    assert!(Path::new(TOOL).exists());
}

/// Only the superuser can make such files. For other users, a program of the system shows the first kind.
#[test]
fn a_program_that_gets_no_privileges_from_its_file_is_warned_of() {
    const NOBODY: u32 = 65534;
    let said = |tool: &Path, user: Option<u32>, command: &[&OsStr]| {
        let mut tool = Command::new(tool);
        tool.args(["run", "--"]).args(command).current_dir("/");
        if let Some(user) = user {
            tool.uid(user).gid(user);
        }
        let output = tool.output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(status(&output), 0, "{said}");
        said
    };
    let warning = |path: &Path, kind: &str| {
        format!("warning: {} is {kind}, and gets no privileges here", path.display())
    };
    if !rustix::process::geteuid().is_root() {
        println!(
            "NOT RUN, because it needs root: the warning of capabilities and of a set-group-ID program"
        );
        let su = Path::new("/usr/bin/su");
        let said = said(Path::new(TOOL), None, &[su.as_os_str(), OsStr::new("--version")]);
        assert!(said.contains(&warning(su, "a set-user-ID program")), "{said}");
        return;
    }
    let folder = std::env::temp_dir().join(format!("privileges-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    let tool = folder.join("tool");
    std::fs::copy(TOOL, &tool).unwrap();
    let copy = |name: &str, user: u32, group: u32, mode: u32| {
        let path = folder.join(name);
        std::fs::copy(program(), &path).unwrap();
        chown(&path, Some(user), Some(group)).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    };
    let capabilities = copy("capabilities", 0, 0, 0o755);
    // `struct vfs_cap_data` of revision 2 (include/uapi/linux/capability.h, Linux 6.12): CAP_NET_BIND_SERVICE, effective.
    let value = [0x0200_0001_u32, 1 << 10, 0, 0, 0].map(u32::to_le_bytes).concat();
    rustix::fs::setxattr(
        &capabilities,
        "security.capability",
        &value,
        rustix::fs::XattrFlags::empty(),
    )
    .unwrap();
    let cases = [
        (None, copy("user", NOBODY, 0, 0o4755), Some("a set-user-ID program")),
        (None, copy("group", 0, NOBODY, 0o2755), Some("a set-group-ID program")),
        (Some(NOBODY), copy("root", 0, 0, 0o4755), Some("a set-user-ID program")),
        (Some(NOBODY), capabilities.clone(), Some("a program with capabilities of its file")),
        // Here the program loses no privileges.
        (None, copy("own", 0, 0, 0o6755), None),
        (Some(NOBODY), copy("nobody", NOBODY, NOBODY, 0o6755), None),
        (None, capabilities, None),
        // The set-group-ID bit means something else without the right to execute.
        (None, copy("lock", 0, NOBODY, 0o2745), None),
    ];
    for (user, path, kind) in cases {
        let said = said(&tool, user, &[path.as_os_str(), OsStr::new("nothing")]);
        match kind {
            Some(kind) => assert!(said.contains(&warning(&path, kind)), "{said}"),
            None => assert_eq!(said, "", "{}", path.display()),
        }
    }
    // The user who executes the program counts, and not the user who runs the tool.
    let su = folder.join("root");
    let other = program();
    let said = said(&tool, None, &[other.as_os_str(), OsStr::new("as-nobody"), su.as_os_str()]);
    assert!(said.contains(&warning(&su, "a set-user-ID program")), "{said}");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The rules that `learn` prints for a case, without comments. The program must end as if no call were denied.
#[track_caller]
fn learned(case: &str) -> (Vec<String>, String) {
    let learned = tool("learn", case);
    let (out, said) = (text(&learned.stdout), text(&learned.stderr));
    assert_eq!((status(&learned), said.as_str()), (0, ""), "{out}");
    let is_rule = |line: &&str| line.starts_with("    allow ");
    (out.lines().filter(is_rule).map(|line| line.trim().to_owned()).collect(), out)
}

#[test]
fn many_threads_and_processes_that_start_and_install_at_once_are_all_seen() {
    let (rules, out) = learned("crowd");
    assert_eq!(rules, ["allow getsid;"], "{out}");
    assert!(out.contains("getsid(pid=0) 200 times"), "{out}");
}

#[test]
fn one_run_finds_what_every_thread_lacks() {
    let (rules, out) = learned("threads");
    assert_eq!(
        rules,
        ["allow getpgid, getppid, getsid;", "allow umask(mask & !0o777 == 0);"],
        "{out}"
    );
    assert!(out.starts_with("joined\n"), "{out}");
    for number in 0..4 {
        assert!(out.contains(&format!("`worker {number}`")), "{out}");
    }
}

#[test]
fn what_one_thread_or_a_child_lacks_is_found_and_nothing_else() {
    assert_eq!(learned("one-thread").0, ["allow getpgid;"]);
    assert!(learned("tree").0.contains(&"allow getsid;".to_owned()));
    assert_eq!(learned("log").0, ["allow getsid;"]);
    assert_eq!(learned("trap").0, ["allow getsid;"]);
}

#[test]
fn each_of_two_policies_gets_its_own_rules() {
    let (rules, out) = learned("two");
    assert_eq!(rules, ["allow getppid, getsid;", "allow getppid;"], "{out}");
}

#[test]
fn a_policy_that_kills_whoever_installs_another_is_learned_in_one_run() {
    let said = text(&plain("after-the-last").stdout);
    assert!(
        said.contains("answers kill or trap to the system calls that install another"),
        "{said}"
    );
    // A program without symbols works too.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("after-the-last");
    std::fs::create_dir_all(&folder).unwrap();
    let stripped = folder.join("traced");
    let strip = Command::new("strip").arg("-o").arg(&stripped).arg(program()).status();
    let mut programs = vec![program()];
    match strip {
        Ok(status) => {
            assert!(status.success(), "{status}");
            programs.push(stripped);
        }
        Err(error) => eprintln!("NOT RUN for a program without symbols: strip: {error}"),
    }
    for program in programs {
        let mut learn = Command::new(TOOL);
        let learned = learn.args(["learn", "--"]).arg(&program).arg("after-the-last").output();
        let out = text(&learned.unwrap().stdout);
        assert!(out.starts_with("true\n"), "{out}");
        for part in [
            "allow seccomp(op == SECCOMP_SET_MODE_FILTER",
            "allow prctl(option == PR_GET_NO_NEW_PRIVS), prctl(option == PR_SET_NO_NEW_PRIVS",
            "allow getppid, getsid;",
        ] {
            assert!(out.contains(part), "{part}: {out}");
        }
    }
    // A program that is only watched behaves as without the tool.
    reports("after-the-last");
}

#[test]
fn what_fails_on_purpose_stays_so_and_what_fails_by_default_is_learned() {
    let (rules, out) = learned("fail");
    assert_eq!(rules, [""; 0], "{out}");
    assert!(out.starts_with(&text(&plain("fail").stdout)), "{out}");
    assert!(out.contains("getsid stays denied: `errno(EACCES) getsid` decides it"), "{out}");
    let (rules, out) = learned("fail-all");
    assert_eq!(rules, ["allow getpgid;"], "{out}");
    assert!(out.starts_with("true\n"), "{out}");
}

#[test]
fn a_filter_without_a_note_is_named_by_its_number() {
    let (_, out) = learned("foreign");
    assert!(out.contains("filter 1 of "), "{out}");
    assert!(out.starts_with(&text(&plain("foreign").stdout)), "{out}");
}

#[test]
fn a_handler_of_a_filter_without_a_note_gets_its_signal_and_the_policy_around_it_hears_of_the_call()
{
    let (rules, out) = learned("trap-handler");
    // The kill of the outer policy is stricter than the trap of the inner filter.
    assert_eq!(rules, ["allow getsid;"], "{out}");
    assert!(out.contains("handled: 1\n"), "{out}");
    assert!(out.contains(" denied nothing by default"), "{out}");
    // getsid(2) of the kernel would return another number.
    let number = if cfg!(target_arch = "x86_64") { 124 } else { 0 };
    assert_eq!(out.matches(&format!("Ok(Pid({number}))\n")).count(), 400, "{out}");
    reports("trap-handler");
}

#[test]
fn without_a_handler_a_trap_of_a_filter_without_a_note_is_a_denial() {
    let (_, out) = learned("trap-without-handler");
    assert!(out.starts_with("true\n") && out.contains("without a note) denied"), "{out}");
}

/// The next test runs this one under the tool. Without the tool it would be killed.
#[test]
#[ignore = "the test `a_denied_call_has_the_name_of_its_test_and_its_line` runs it"]
fn a_test_that_is_denied_a_call() {
    const KILLS: Policy = seccomp_policy! { allow @rust-exit, rt_sigreturn; default kill };
    KILLS.install_on_thread().unwrap();
    let _ = nix::unistd::getsid(None);
}

#[test]
fn a_denied_call_has_the_name_of_its_test_and_its_line() {
    let learned = Command::new(TOOL)
        .args(["learn", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "a_test_that_is_denied_a_call"])
        .output()
        .unwrap();
    let out = text(&learned.stdout);
    assert!(out.contains("test a_test_that_is_denied_a_call ... ok"), "{out}");
    let after = out.split_once("  getsid(pid=0)\n").unwrap().1;
    let who = after.lines().next().unwrap();
    assert!(who.contains("tests/traced.rs:"), "{who}");
    assert!(
        who.contains(", in test a_test_that_is_denied_a_call, in thread `a_test_that_is_`"),
        "{who}"
    );
}

#[test]
fn a_missing_rule_is_an_exit_code_and_json_for_programs() {
    let check = |case: &str| {
        let arguments = ["learn", "--check", "--message-format", "json", "--"];
        Command::new(TOOL).args(arguments).arg(program()).arg(case).output().unwrap()
    };
    assert_eq!(check("allowed").status.code(), Some(0));
    let missing = check("kill");
    assert_eq!(missing.status.code(), Some(1));
    let out = text(&missing.stdout);
    let line = out.lines().find(|line| line.starts_with('{')).unwrap();
    let message: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((&message["version"], &message["kind"]), (&1.into(), &"learned".into()));
    assert_eq!(message["rules"][0]["rule"], "allow getppid");
}

#[test]
fn the_rules_are_written_into_the_policy_that_lacks_them() {
    const SOURCE: &str = "cargo-seccomp/tests/programs/traced.rs";
    let root = std::env::temp_dir().join(format!("learn-write-{}", std::process::id()));
    let copy = root.join(SOURCE);
    std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
    let before = include_str!("programs/traced.rs");
    std::fs::write(&copy, before).unwrap();
    // `learn` does not write into a source that is newer than its program.
    let file = std::fs::File::options().write(true).open(&copy).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let written = Command::new(TOOL)
        .args(["learn", "--write", "--"])
        .arg(program())
        .arg("two")
        .current_dir(&root)
        .output()
        .unwrap();
    assert!(written.status.success(), "{}", text(&written.stderr));
    let after = std::fs::read_to_string(&copy).unwrap();
    std::fs::remove_dir_all(&root).unwrap();
    let policy = |name: &str| {
        let at = after.find(&format!("const {name}: Policy")).unwrap();
        after[at..].split_once("};").unwrap().0.to_owned()
    };
    assert!(policy("KILLS").contains("allow getppid, getsid;"), "{after}");
    assert!(policy("SECOND").contains("    allow getppid;"), "{after}");
    assert!(policy("SECOND").contains("    allow getsid;"), "{after}");
    assert!(after.contains("fn main() {"), "{after}");
}

/// The program has no policy of its own and no note.
#[test]
fn a_program_that_the_tool_starts_under_a_policy_file_gets_its_rules_into_that_file() {
    let folder = std::env::temp_dir().join(format!("learn-policy-{}", std::process::id()));
    let elsewhere = folder.join("elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    std::fs::write(folder.join("own.policy"), "allow write(fd == $out);\ndefault kill;\n").unwrap();
    let started = |words: &[&str]| {
        let mut command = Command::new(TOOL);
        command.args(words).args(["--policy", "../own.policy", "--set", "out=1"]);
        command.args(["--", "sh", "-c", "echo $$; exec cat ../own.policy"]);
        command.current_dir(&elsewhere).output().unwrap()
    };
    let run = started(&["run"]);
    let said = text(&run.stderr);
    assert_eq!(status(&run), 159, "{said}");
    assert!(
        said.contains("seccomp: ../own.policy:1 denies ") && said.contains("by `default`"),
        "{said}"
    );
    // The policy has warnings. `run` shows them once, and `learn` writes the rules that they ask for.
    assert_eq!(said.matches("warning[no_exit]").count(), 1, "{said}");
    let json = started(&["run", "--message-format", "json"]);
    assert_eq!(text(&json.stderr), "");
    let lines =
        text(&json.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lines: Vec<serde_json::Value> = lines;
    assert!(lines.iter().any(|line| line["kind"] == "diagnostics"), "{lines:?}");
    let learn = started(&["learn", "--write"]);
    assert_eq!(text(&learn.stderr), "");
    let said = text(&learn.stdout);
    assert_eq!(status(&learn), 0, "{said}");
    let written = std::fs::read_to_string(folder.join("own.policy")).unwrap();
    assert!(written.starts_with("allow write(fd == $out);\n\n// Learned from a run"), "{written}");
    let alone = started(&["exec"]);
    assert_eq!(status(&alone), 0, "{}", text(&alone.stderr));
    assert!(text(&alone.stdout).ends_with(&written), "{}", text(&alone.stdout));
    assert_eq!(status(&started(&["learn", "--check"])), 0);
    std::fs::remove_dir_all(&folder).unwrap();
}
