//! A folder with the files and processes that examples name, and a shell in it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::{env, fs};

use object::Architecture;
use seccomp_bpf::note::SECTION;

use crate::written_program::{note, write_program};

const TOOL: &str = env!("CARGO_BIN_EXE_cargo-seccomp");

/// A folder for the examples of one subcommand, and the processes that they name.
pub(crate) struct Prepared {
    pub(crate) folder: PathBuf,
    /// A process with policies in its files.
    pub(crate) with_notes: Child,
    /// A process with a filter in force.
    pub(crate) with_filter: Child,
}

impl Drop for Prepared {
    fn drop(&mut self) {
        for process in [&mut self.with_notes, &mut self.with_filter] {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

pub(crate) fn example_program(name: &str) -> PathBuf {
    let deps = env::current_exe().expect("Linux knows it");
    let program = deps.ancestors().nth(2).expect("two folders above").join("examples").join(name);
    assert!(program.exists(), "cargo builds {} for the tests", program.display());
    program
}

const CLIENT: &str = "allow socket(family == AF_INET), connect, read, write;\n\
                      allow exit_group, rt_sigreturn;\ndefault kill;\n";
const NET: &str =
    "allow read, write, close;\nallow exit_group, rt_sigreturn;\ndefault errno(EPERM);\n";
/// Without conditions, so that every format can express it.
const LIST: &str =
    "allow socket, connect, read, write;\nallow exit_group, rt_sigreturn;\ndefault errno(EPERM);\n";
/// A policy for a program that was not written for one.
const WORKER: &str =
    "kill reboot;\nerrno(EPERM) acct;\n#[allow(seccomp::default_allow)]\ndefault allow;\n";
const LOGGER: &str = "errno(EBADF) fsync(fd == $log);\nerrno(EPERM) getpgid(pid == $self);\n\
                      #[allow(seccomp::default_allow)]\ndefault allow;\n";
const OCI: &str = r#"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":[]}],
"syscalls":[{"names":["read","write","exit_group"],"action":"SCMP_ACT_ALLOW"},
{"names":["mount"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}}]}"#;
const AUDIT: &str = "audit: type=1326 audit(1.2:3): auid=0 uid=0 gid=0 ses=1 pid=4 comm=\"x\" exe=\"/usr/bin/x\" sig=31 arch=c000003e syscall=41 compat=0 ip=0x7f0000000000 code=0x80000000";
const UNIT: &str = "[Service]\nExecStart=/bin/true\nSystemCallFilter=@system-service\nSystemCallArchitectures=native\n";

pub(crate) fn prepared(subcommand: &str) -> Prepared {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("help-examples").join(subcommand);
    let _ = fs::remove_dir_all(&folder);
    let write = |name: &str, text: &[u8]| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let script = |name: &str, text: &str| {
        write(name, format!("#!/bin/sh\n{text}\n").as_bytes());
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.join(name), executable).expect("a file of this user");
    };
    let client_of_minijail =
        CLIENT.replace("default kill;", "bad_arch kill_thread;\ndefault kill_thread;");
    // A package whose program has a policy, and that is built in a second because it depends on nothing.
    write(
        "Cargo.toml",
        b"[package]\nname = \"app\"\nedition = \"2024\"\n[features]\nnet = []\n[workspace]\n",
    );
    let own = note("src/main.rs", 1, CLIENT, None);
    write("src/policy.note", &own);
    let note_of_program = format!(
        "#[used]\n#[unsafe(link_section = \"{SECTION}\")]\nstatic NOTE: Note = Note(*include_bytes!(\"policy.note\"));\n\
         #[repr(C, align(4))]\nstruct Note([u8; {}]);\n\nfn main() {{}}\n\n#[test]\nfn nothing() {{}}\n",
        own.len()
    );
    write("src/main.rs", note_of_program.as_bytes());
    for (name, text) in [
        // The options of minijail0 decide what calls without a rule get. Without options it kills the thread.
        ("server.policy", if subcommand == "export" { &client_of_minijail } else { CLIENT }),
        ("a.policy", NET),
        ("net.policy", "allow read , write, exit_group, rt_sigreturn, openat;\ndefault kill"),
        ("worker.policy", WORKER),
        ("logger.policy", LOGGER),
        ("nginx.policy", if subcommand == "learn" { "default kill;\n" } else { WORKER }),
        ("profile.json", OCI),
        ("default.json", OCI),
        ("lib/systemd/system/systemd-logind.service", UNIT),
        ("etc/systemd/system/server.service.d/other.conf", ""),
    ] {
        write(name, text.as_bytes());
    }
    if subcommand == "import" {
        write("cat.policy", b"read: 1\nwrite: arg0 == 1\nexit_group: 1\nrt_sigreturn: 1\n");
    }
    for program in ["worker", "logger", "bin/nginx"] {
        script(program, "exit 0");
    }
    script("bin/dmesg", &format!("echo '{AUDIT}'"));
    script("bin/bwrap_filter", "cat filter.bpf");
    // Programs.
    let release = [("src/main.rs", 3, LIST), ("src/net.rs", 8, NET)];
    for (program, policies) in
        [("target/release/server", &release[..]), ("old/server", &release[..1])]
    {
        let notes: Vec<u8> =
            policies.iter().flat_map(|(file, line, text)| note(file, *line, text, None)).collect();
        write(program, b"");
        write_program(&folder.join(program), Architecture::X86_64, &notes);
    }
    write("cargo-seccomp/examples/greeter.rs", include_bytes!("../../examples/greeter.rs"));
    for copy in ["target/debug/server", "server"] {
        write(copy, b"");
        fs::copy(example_program("greeter"), folder.join(copy)).expect("a file");
    }
    write("target/debug/deps/empty.rlib", b"!<arch>\n");
    for (filter, policy) in [
        ("filter.bpf", "worker.policy"),
        ("before.bpf", "worker.policy"),
        ("after.bpf", "a.policy"),
    ] {
        let words = format!("exec --policy {policy} --write-bpf {filter}");
        let written = shell(&folder, &format!("cargo seccomp {words}"));
        assert!(written.status.success(), "{words}: {}", said(&written));
    }
    if subcommand == "explain" || subcommand == "README.md" {
        cores(&folder);
    }
    let with_notes =
        Command::new(example_program("traced")).arg("wait").stdout(Stdio::null()).spawn();
    let with_filter = Command::new(TOOL)
        .args(["exec", "--policy", "worker.policy", "--", "sleep", "1000"])
        .current_dir(&folder)
        .spawn();
    Prepared {
        with_notes: with_notes.expect("starts"),
        with_filter: with_filter.expect("starts"),
        folder,
    }
}

/// Writes the cores of a program that its policy killed.
fn cores(folder: &Path) {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").expect("every Linux has it");
    assert!(
        !pattern.starts_with('|') && !pattern.contains('/'),
        "NOT RUN: /proc/sys/kernel/core_pattern is {pattern:?}, and this test needs one that names a file, such as `core`"
    );
    let dumped = shell(
        folder,
        "mkdir dump && cd dump && ulimit -c unlimited && exec ../target/debug/server",
    );
    let mut files = fs::read_dir(folder.join("dump")).expect("a folder");
    let core =
        files.next().unwrap_or_else(|| panic!("NOT RUN: no core is written: {}", said(&dumped)));
    for name in ["core", "core.4711"] {
        fs::copy(core.as_ref().expect("a file").path(), folder.join(name)).expect("a file");
    }
}

pub(crate) fn shell(folder: &Path, line: &str) -> Output {
    let tool = Path::new(TOOL).parent().expect("a folder");
    let path = env::var("PATH").unwrap_or_default();
    Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", format!("{}/bin:{}:{path}", folder.display(), tool.display()))
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env_remove("RUSTFLAGS")
        .stdin(Stdio::null())
        .output()
        .expect("sh runs")
}

pub(crate) fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}
