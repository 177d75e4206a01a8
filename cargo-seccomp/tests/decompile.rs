//! `cargo seccomp decompile`: filters from files and of running processes.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// `if arch == x86_64 && nr == 0 allow; kill`
const LISTING: &str = "
    { 0x20, 0, 0, 4 },
    { 0x15, 0, 3, 0xc000003e },
    { 0x20, 0, 0, 0 },
    { 0x15, 0, 1, 0 },
    { 0x06, 0, 0, 0x7fff0000 },
    { 0x06, 0, 0, 0x80000000 },
";

const TOOL: &str = env!("CARGO_BIN_EXE_cargo-seccomp");

fn decompile(words: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(TOOL);
    command.args(["seccomp", "decompile"]).args(words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the tool starts");
    // The tool does not read its input if it refuses the command line.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("the tool ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_listing_comes_back_as_a_policy() {
    let output = decompile(&["-"], LISTING.as_bytes());
    assert_eq!(
        text(&output.stdout),
        "// -: 6 instructions. This policy is proven equal for every input.\n// Compiled again it has 6 instructions.\n\
         arch x86_64;\nallow read;\ndefault kill;\n",
        "{output:?}"
    );
    let json = decompile(&["--message-format", "json", "-"], LISTING.as_bytes());
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&json["kind"], &json["instructions"]), (&"decompiled".into(), &6.into()));
    assert_eq!(json["equal_for"], serde_json::Value::Null);
}

#[test]
fn a_file_that_is_no_filter_is_an_error_with_its_place() {
    let error = |input: &[u8]| {
        let output = decompile(&["-"], input);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        text(&output.stderr)
    };
    assert!(error(b"").contains("there are no instructions"));
    assert!(error(&[0x20, 0, 0]).contains("3 bytes are not a filter"));
    assert!(error(&[0xff; 16]).contains("instruction 0 (byte 0) has a code"));
    assert!(error(b"20 0 0 0\nhello").contains("line 2 is not an instruction"));
    assert!(error(b"20 0 0 0").contains("is the last instruction and not a return"));
    let no_arch = b"20 0 0 0\n15 0 1 0\n6 0 0 7fff0000\n6 0 0 0";
    assert!(error(no_arch).ends_with("to do that, name the kernel: --kernel x86_64\n"));
    let output = decompile(&["--kernel", "x86_64", "-"], no_arch);
    assert!(
        text(&output.stdout).contains("\n#[arch(x86)]\nallow restart_syscall;\n"),
        "{output:?}"
    );
}

/// A process that ends when this value is dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn status_line(pid: u32, key: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(key))?;
    Some(line[key.len()..].trim().to_owned())
}

/// Whether this process may read filters: with `CAP_SYS_ADMIN`, and under no filter itself.
fn may_read_filters() -> bool {
    let own = std::process::id();
    let effective =
        status_line(own, "CapEff:").and_then(|mask| u64::from_str_radix(&mask, 16).ok());
    let is_root = Path::new("/proc/self").metadata().is_ok_and(|metadata| metadata.uid() == 0);
    let is_free = status_line(own, "Seccomp:").as_deref() == Some("0");
    is_root && is_free && effective.is_some_and(|mask| mask >> 21 & 1 == 1)
}

#[test]
fn the_filters_of_a_process_come_back_as_the_policies_that_it_was_started_under() {
    if !may_read_filters() {
        println!("NOT RUN: only root, under no filter, may read the filters of a process");
        return;
    }
    let path = std::env::temp_dir().join(format!("decompile-{}.policy", std::process::id()));
    let policy = "errno(EPERM) socket(family == AF_VSOCK); errno(ENOSYS) @mount; default allow";
    fs::write(&path, policy).expect("the folder for temporary files is there");
    let mut command = Command::new(TOOL);
    command.args(["seccomp", "exec", "--policy"]).arg(&path).args(["--", "sleep", "60"]);
    let child = Ended(command.spawn().expect("the tool starts"));
    let pid = child.0.id();
    let start = Instant::now();
    while status_line(pid, "Name:").as_deref() != Some("sleep") {
        assert!(start.elapsed() < Duration::from_secs(20), "the command has not started");
        sleep(Duration::from_millis(5));
    }
    let output = decompile(&["--pid", &pid.to_string(), "--kernel", "x86_64"], b"");
    let _ = fs::remove_file(&path);
    let shown = text(&output.stdout);
    assert!(shown.contains("errno(EPERM) socket(family == AF_VSOCK);"), "{output:?}");
    assert!(shown.contains("fsconfig, fsmount, fsopen"), "{output:?}");
    assert_eq!(status_line(pid, "TracerPid:").as_deref(), Some("0"), "it is let go");
    for (call, answer) in [
        ("socket(family = AF_VSOCK)", "The call is denied:"),
        ("socket(family = AF_INET)", "The call is allowed:"),
    ] {
        let words = ["explain", call, "--pid", &pid.to_string()];
        let output = Command::new(TOOL).args(words).output().expect("the tool starts");
        let said = text(&output.stdout);
        assert!(said.starts_with(answer), "{call}: {output:?}");
        assert!(said.contains(&format!("policy filter 1 of process {pid}\n")), "{said}");
    }
    let output = decompile(&["--pid", &std::process::id().to_string()], b"");
    assert!(text(&output.stderr).contains("is under no filter"), "{output:?}");
}

#[test]
fn the_filters_that_the_page_shows_come_back_as_it_shows_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    for name in ["chromium-renderer", "chromium-storage", "crun"] {
        let mut command = Command::new(TOOL);
        command.args(["decompile", "--kernel", "x86_64"]).current_dir(root);
        let output = command.arg(format!("docs/decompiled/{name}.bpf")).output().expect("a tool");
        let shown = fs::read_to_string(root.join(format!("docs/decompiled/{name}.policy")));
        assert_eq!(
            text(&output.stdout),
            shown.expect("a policy"),
            "to write it anew: tests/decompile/run again"
        );
    }
}
