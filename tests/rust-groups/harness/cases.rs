//! The cases: programs (`src`), each under a policy of one group or of several, and how they end.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use seccomp_ir::abi::Abi;
use seccomp_ir::table;
use seccomp_tests::child::End;

/// A program under a policy, and its expected end.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) program: &'static str,
    /// The rules above the group. `OPENING` in them means the calls that open files.
    pub(crate) above: &'static str,
    /// The group, or several groups.
    pub(crate) group: &'static str,
    /// The calls that the program needs to report its result and that are in no group. An ABI may lack
    /// some.
    pub(crate) besides: &'static [&'static str],
    pub(crate) end: End,
    /// A text in its standard error.
    pub(crate) says: &'static str,
    /// The program resolves names in a network of its own, for which it needs namespaces.
    pub(crate) own_network: bool,
}

/// A program reports by `exit_group`, unless the case measures its end.
const REPORT: &[&str] = &["exit_group"];
const REPORT_AND_WATCH: &[&str] = &["exit_group", "pread64"];
/// The program handles a signal of its own and reads the clock of a thread.
const CHANNEL: &[&str] =
    &["exit_group", "rt_sigreturn", "sigreturn", "clock_gettime", "clock_gettime64"];
pub(crate) const FINE: End = End::Exited(0);
/// `LEFT_MAIN` of the programs.
pub(crate) const LEFT: End = End::Exited(7);
const ABORTED: End = End::Killed(libc::SIGABRT);
/// With musl, std knows no guard page of the first thread's stack, and does not handle the fault.
/// See [`Case::expected`].
const OVERFLOWED: End = ABORTED;

pub(crate) const ALL: &str = "@rust-exit, @rust-thread, @rust-panic";
pub(crate) const REFUSE_FILES: &str = "errno(ENOENT) @rust-files;";
const REFUSE_OPENING: &str = "errno(ENOENT) OPENING;";
const REFUSE_STATX: &str = "errno(ENOSYS) statx;";
const REFUSE_CLONE3: &str = "errno(ENOSYS) clone3;";

pub(crate) const fn case(program: &'static str, group: &'static str) -> Case {
    Case {
        name: program,
        program,
        above: "",
        group,
        besides: REPORT,
        end: FINE,
        says: "",
        own_network: false,
    }
}

pub(crate) const CASES: &[Case] = &[
    case("grow", "@rust-heap"),
    case("large", "@rust-heap"),
    case("realloc", "@rust-heap"),
    case("hash-map", "@rust-heap"),
    case("grow-in-thread", "@rust-heap"),
    Case { above: REFUSE_FILES, ..case("free-in-thread", "@rust-heap") },
    Case { besides: REPORT_AND_WATCH, ..case("join", "@rust-thread") },
    Case {
        name: "join-without-clone3",
        above: REFUSE_CLONE3,
        besides: REPORT_AND_WATCH,
        ..case("join", "@rust-thread")
    },
    case("name", "@rust-thread"),
    Case { above: REFUSE_FILES, ..case("crowd", "@rust-thread") },
    Case { besides: REPORT_AND_WATCH, ..case("scope", "@rust-thread") },
    case("thread-local", "@rust-thread"),
    case("detach", "@rust-thread"),
    Case { besides: CHANNEL, ..case("channel", "@rust-thread") },
    case("wait-stopped", "@rust-thread"),
    Case { says: "the message", ..case("catch", "@rust-unwind") },
    case("catch-quietly", "@rust-unwind"),
    case("catch-long", "@rust-unwind"),
    Case { end: ABORTED, ..case("abort", "@rust-unwind") },
    Case { end: OVERFLOWED, ..case("overflow", "@rust-unwind") },
    Case { end: End::Killed(libc::SIGSEGV), ..case("fault", "@rust-unwind") },
    Case {
        name: "panic-twice-without-files",
        above: REFUSE_FILES,
        end: ABORTED,
        says: "the message",
        ..case("panic-twice", "@rust-unwind")
    },
    Case { name: "backtrace", says: "function_that_panics", ..case("catch", "@rust-panic") },
    Case {
        name: "backtrace-without-maps",
        above: REFUSE_OPENING,
        says: "the message",
        ..case("catch", "@rust-panic")
    },
    Case {
        name: "backtrace-without-statx",
        above: REFUSE_STATX,
        says: "function_that_panics",
        ..case("catch", "@rust-panic")
    },
    Case { end: ABORTED, says: "function_that_panics", ..case("panic-twice", "@rust-panic") },
    Case { besides: &[], end: LEFT, ..case("return", "@rust-exit") },
    Case { besides: &[], end: LEFT, ..case("exit", "@rust-exit") },
    Case { besides: &["pread64"], end: LEFT, ..case("exit-twice", "@rust-exit") },
    case("sleep", "@rust-time"),
    case("sleep-stopped", "@rust-time"),
    case("clocks", "@rust-time"),
    case("write-and-read", "@rust-fs"),
    case("parts", "@rust-fs"),
    case("metadata", "@rust-fs"),
    Case { name: "metadata-without-statx", above: REFUSE_STATX, ..case("metadata", "@rust-fs") },
    case("change", "@rust-fs"),
    case("directories", "@rust-fs"),
    Case {
        name: "directories-without-statx",
        above: REFUSE_STATX,
        ..case("directories", "@rust-fs")
    },
    case("names", "@rust-fs"),
    case("copy", "@rust-fs"),
    Case {
        name: "copy-without-copy_file_range",
        above: "errno(ENOSYS) copy_file_range;",
        ..case("copy", "@rust-fs")
    },
    Case {
        name: "copy-in-parts",
        above: "errno(ENOSYS) copy_file_range, sendfile, splice;",
        ..case("copy", "@rust-fs")
    },
    case("tcp", "@rust-net"),
    case("tcp-options", "@rust-net"),
    case("tcp-of-ipv6", "@rust-net"),
    case("tcp-copy", "@rust-net"),
    case("connect-stopped", "@rust-net"),
    case("udp", "@rust-net"),
    case("resolve-localhost", "@rust-dns"),
    Case { own_network: true, ..case("resolve", "@rust-dns") },
    Case { own_network: true, ..case("resolve-long", "@rust-dns") },
    Case { own_network: true, ..case("resolve-unknown", "@rust-dns") },
    case("status", "@rust-process"),
    Case { name: "status-without-clone3", above: REFUSE_CLONE3, ..case("status", "@rust-process") },
    case("output", "@rust-process"),
    case("pipes", "@rust-process"),
    case("fork", "@rust-process"),
    case("missing", "@rust-process"),
    case("kill", "@rust-process"),
    case("exec", "@rust-process"),
    Case { above: REFUSE_OPENING, ..case("tokio", "@rust-tokio") },
    Case { above: REFUSE_OPENING, ..case("tokio-one-thread", "@rust-tokio") },
    Case { besides: &["exit_group", "gettid", "tkill"], ..case("tokio-signals", "@rust-tokio") },
];

/// Programs that need several groups.
pub(crate) const TOGETHER: &[Case] = &[
    Case { says: "the message", ..case("panic-in-thread", "@rust-thread, @rust-unwind") },
    Case {
        besides: &[],
        end: End::Exited(101),
        says: "the message",
        ..case("panic-in-main", "@rust-exit, @rust-unwind")
    },
    Case { besides: &[], end: LEFT, says: "the message", ..case("service", ALL) },
    Case { above: REFUSE_OPENING, ..case("tokio-sockets", "@rust-tokio, @rust-net") },
    case("tokio-files", "@rust-tokio, @rust-fs"),
    case("tokio-processes", "@rust-tokio, @rust-process"),
];

/// A setup in which programs run: an ABI, a C library, and a build of the programs.
pub(crate) struct Setup {
    /// The name as in `measured.tsv`: `x86_64-gnu-2.36`.
    pub(crate) name: String,
    pub(crate) abi: Abi,
    /// `debug` or `release`.
    pub(crate) build: String,
    pub(crate) program: PathBuf,
}

impl Setup {
    /// The setup whose name and build are given, with the path of the programs.
    pub(crate) fn new(name: &str, build: &str, program: impl Into<PathBuf>) -> Self {
        let (abi, _) = name.split_once('-').expect("an ABI and a C library");
        let abi = Abi::from_name(abi).expect(abi);
        Self { name: name.to_owned(), abi, build: build.to_owned(), program: program.into() }
    }

    fn is_musl(&self) -> bool {
        self.name.contains("-musl")
    }
}

/// The policy as instructions in hexadecimal digits.
pub(crate) fn compiled(policy: &str, abi: Abi) -> String {
    let tokens = policy.parse().unwrap_or_else(|error| panic!("{policy}: {error}"));
    let span = proc_macro2::Span::call_site();
    let compiled = seccomp_syntax::compile(tokens, span, abi)
        .unwrap_or_else(|errors| panic!("{policy}: {errors:?}"));
    let mut text = String::new();
    for instruction in &compiled.filter.instructions {
        let seccomp_ir::bpf::SockFilter { code, jt, jf, k } = *instruction;
        write!(text, "{code:04x}{jt:02x}{jf:02x}{k:08x}").expect("strings can be written");
    }
    text
}

/// A directory for the files of one run of a program.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!("measured-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

impl Case {
    /// The rules above the group, on an ABI.
    pub(crate) fn above(&self, abi: Abi) -> String {
        let opening = if table::number(abi, "open").is_some() { "open, openat" } else { "openat" };
        self.above.replace("OPENING", opening)
    }

    /// The calls besides the group that the ABI has.
    pub(crate) fn besides(&self, abi: Abi) -> Vec<&'static str> {
        let has = |call: &&&str| table::number(abi, call).is_some();
        self.besides.iter().filter(has).copied().collect()
    }

    pub(crate) fn policy(&self, abi: Abi, first: &str) -> String {
        let mut rules = format!("{first} {} allow {}; ", self.above(abi), self.group);
        for call in self.besides(abi) {
            write!(rules, "allow {call}; ").expect("strings can be written");
        }
        rules + "default kill"
    }

    /// The expected end in a setup.
    pub(crate) fn expected(&self, setup: &Setup) -> End {
        if self.program == "overflow" && setup.is_musl() {
            End::Killed(libc::SIGSEGV)
        } else {
            self.end
        }
    }

    /// Runs the programs at a path under a filter.
    pub(crate) fn run_with<T>(
        &self,
        programs: &Path,
        filter: &str,
        run: impl FnOnce(&mut Command) -> T,
    ) -> T {
        let scratch = Scratch::new();
        let mut command = Command::new(programs);
        command.args([self.program, filter]);
        // A backtrace costs time, so only cases about backtraces ask for one.
        let backtrace = if self.group.contains("@rust-panic") { "1" } else { "0" };
        command.env("RUST_BACKTRACE", backtrace).env("MEASURED_DIRECTORY", &scratch.0);
        run(&mut command)
    }

    /// Runs the program under its policy, with `first` above all other rules.
    pub(crate) fn run(&self, setup: &Setup, first: &str) -> Output {
        let filter = compiled(&self.policy(setup.abi, first), setup.abi);
        self.run_with(&setup.program, &filter, |command| {
            command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
        })
    }
}

pub(crate) fn end(output: &Output) -> End {
    match (output.status.code(), output.status.signal()) {
        (Some(status), _) => End::Exited(status),
        (None, signal) => End::Killed(signal.unwrap_or_default()),
    }
}
