//! Writes the calls of every case in one setup: `measure ROUNDS SETUP BUILD PROGRAMS [EMULATOR ROOT]`. Each round runs
//! each case once.
//!
//! An emulator (qemu-user) has no filters. It prints calls with -strace. So under an emulator only cases run that
//! refuse no call and start no other program, and arguments are unknown (`?`).
//!
//! A line has: case; group; call; the arguments that show what the call does; the rounds in which the case made
//! the call. `tests/rust-groups/run` gathers the lines of all setups.

#[allow(dead_code)] // The tests use more of it.
#[path = "../../harness/cases.rs"]
mod cases;
mod tracer;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use cases::{CASES, Case, Setup, TOGETHER};
use seccomp_ir::table::{self, ArgumentPlace};

/// The arguments that show what a call does.
const TELLING: [(&str, &str); 19] = [
    ("clone", "flags"),
    ("fcntl", "cmd"),
    ("fcntl64", "cmd"),
    ("ioctl", "cmd"),
    ("kill", "sig"),
    ("mmap", "prot"),
    ("mmap2", "prot"),
    ("mprotect", "prot"),
    ("open", "flags"),
    ("openat", "flags"),
    ("prctl", "option"),
    ("prlimit64", "new_rlim"),
    ("socket", "family"),
    ("socket", "protocol"),
    ("socketcall", "call"),
    ("socketpair", "family"),
    ("tgkill", "sig"),
    ("tkill", "sig"),
    ("write", "fd"),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (rounds, setup, emulator) = match &arguments[..] {
        [rounds, setup, build, program] => (rounds, Setup::new(setup, build, program), None),
        [rounds, setup, build, program, emulator, root] => {
            (rounds, Setup::new(setup, build, program), Some((&**emulator, &**root)))
        }
        _ => panic!("measure ROUNDS SETUP BUILD PROGRAMS [EMULATOR ROOT]"),
    };
    let rounds: u32 = rounds.parse().expect("a number of rounds");
    for case in CASES.iter().chain(TOGETHER) {
        let mut lines: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for round in 0..rounds {
            let made = match emulator {
                Some((emulator, root)) => emulated(case, &setup, emulator, root),
                None => traced(case, &setup),
            };
            for line in made {
                lines.entry(line).or_default().insert(round);
            }
        }
        for (line, rounds) in lines {
            let rounds: Vec<String> = rounds.iter().map(u32::to_string).collect();
            println!("{}\t{}\t{line}\t{}", case.name, case.group, rounds.join(" "));
        }
    }
}

/// The calls of a case: names and the arguments that show what each does.
fn traced(case: &Case, setup: &Setup) -> Vec<String> {
    let policy = format!("{} default trace(1)", case.above(setup.abi));
    let filter = cases::compiled(&policy, setup.abi);
    let (made, end) = case.run_with(&setup.program, &filter, |command| {
        tracer::calls_of(command.stdout(Stdio::null()).stderr(Stdio::null()))
    });
    if end != case.expected(setup) {
        eprintln!("{} {}: {}: {end:?}", setup.name, setup.build, case.name);
        std::process::exit(1);
    }
    let mut lines = Vec::new();
    for call in made {
        assert_eq!(call.arch, setup.abi.audit_arch());
        let name = table::name(setup.abi, call.number).expect("a known call");
        if !case.besides.contains(&name) {
            lines.push(format!("{name}\t{}", telling(setup, name, &call.arguments)));
        }
    }
    lines
}

/// The same under an emulator, without arguments.
fn emulated(case: &Case, setup: &Setup, emulator: &str, root: &str) -> Vec<String> {
    let others = case.own_network || case.name.ends_with("-stopped") || !case.above.is_empty();
    if others || case.group.contains("@rust-process") {
        return Vec::new();
    }
    let log = std::env::temp_dir().join(format!("measured-{}.log", std::process::id()));
    let output = case.run_with(Path::new(emulator), "none", |command| {
        let mut emulated = Command::new(emulator);
        emulated.args(["-L", root, "-strace", "-D"]).arg(&log).arg(&setup.program);
        emulated.args(command.get_args());
        emulated.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        emulated.output().unwrap_or_else(|error| panic!("{emulated:?}: {error}"))
    });
    if cases::end(&output) != case.expected(setup) {
        eprintln!("{}: {}: {:?}", setup.name, case.name, cases::end(&output));
        return Vec::new();
    }
    let text = std::fs::read_to_string(&log).expect("the emulator has written it");
    std::fs::remove_file(&log).expect("it is there");
    let (_, text) = text.split_once("close(-1)").expect("the place of the filter");
    let mut lines = Vec::new();
    // "PID name(arguments) = result", in which other threads may have cut in.
    for (at, _) in text.match_indices('(') {
        let before = &text[..at];
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(0);
        let name = before[start..].trim();
        let after_number = before[..start].ends_with(|c: char| c.is_ascii_digit());
        if after_number && table::number(setup.abi, name).is_some() && !case.besides.contains(&name)
        {
            lines.push(format!("{name}\t?"));
        }
    }
    lines
}

/// The arguments that show what the call does: `cmd=0x1`.
fn telling(setup: &Setup, name: &str, arguments: &[u64; 6]) -> String {
    let mut text = String::new();
    for (_, argument) in TELLING.iter().filter(|(call, _)| *call == name) {
        let signature = table::signature(setup.abi, name).expect("it has a number");
        if let Some(ArgumentPlace::At(at)) = signature.position(argument) {
            let value = arguments[at as usize] as u32;
            let space = if text.is_empty() { "" } else { " " };
            write!(text, "{space}{argument}={value:#x}").expect("strings can be written");
        }
    }
    if text.is_empty() { "-".to_owned() } else { text }
}
