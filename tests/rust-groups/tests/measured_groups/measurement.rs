//! The measurement: the rows of `measured.tsv`.

use seccomp_ir::abi::Abi;
use seccomp_ir::table;

/// A call that was seen in the cases of a group.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The group, or groups with commas.
    pub(crate) group: &'static str,
    pub(crate) call: &'static str,
    /// The arguments that show what the call does; `None` if the emulator does not print them.
    pub(crate) arguments: Option<Vec<(&'static str, u64)>>,
    /// All cases that make it, those that make it in every round first.
    pub(crate) cases: Vec<&'static str>,
    pub(crate) seen: Vec<Seen>,
}

/// A setup in which a call was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// ABI, C library and its version.
    pub(crate) setup: &'static str,
    /// `debug` or `release`, if only programs of that build make the call.
    pub(crate) build: Option<&'static str>,
    /// Whether the call was seen in a third of the rounds or more. Otherwise it depends on chance: a race, or the
    /// place of memory.
    pub(crate) often: bool,
}

impl Seen {
    pub(crate) fn abi(&self) -> Abi {
        let (abi, _) = self.setup.split_once('-').expect("an ABI and a C library");
        Abi::from_name(abi).expect(abi)
    }
}

impl Row {
    /// The group of the row: of several groups, the one that has the call, if only one has it.
    pub(crate) fn owner(&self) -> Option<&'static str> {
        if !self.group.contains(',') {
            return Some(self.group);
        }
        let has = |name: &&str| table::group(name).expect(name).members.contains(&self.call);
        let mut having = self.group.split(", ").filter(has);
        having.next().filter(|_| having.next().is_none())
    }
}

/// The rows of the file.
pub(crate) fn rows() -> Vec<Row> {
    let text = include_str!("../../measured.tsv");
    let rounds = text.lines().find_map(|line| line.strip_prefix("# Rounds: "));
    let rounds: u32 = rounds.and_then(|rounds| rounds.parse().ok()).expect("the number of rounds");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| row(line, rounds)).collect()
}

fn row(line: &'static str, rounds: u32) -> Row {
    let cells: Vec<&str> = line.split('\t').collect();
    let [group, call, arguments, cases, seen] = cells[..] else { panic!("{line}") };
    let argument = |text: &'static str| {
        let (name, value) = text.split_once("=0x").expect(text);
        (name, u64::from_str_radix(value, 16).expect(text))
    };
    // "NAME", or "NAME=ROUNDS" if only some rounds show it.
    let counted = |text: &'static str| match text.split_once('=') {
        Some((name, seen)) => (name, seen.parse().expect(text)),
        None => (text, rounds),
    };
    let of_setup = |text: &'static str| {
        let (place, seen) = counted(text);
        let (setup, build) = match place.split_once(':') {
            Some((setup, build)) => (setup, Some(build)),
            None => (place, None),
        };
        Seen { setup, build, often: seen >= rounds.div_ceil(3) }
    };
    let told = if arguments == "-" { "" } else { arguments };
    let told = || told.split_ascii_whitespace().map(argument).collect();
    Row {
        group,
        call,
        arguments: (arguments != "?").then(told),
        cases: cases.split(' ').map(|case| counted(case).0).collect(),
        seen: seen.split(' ').map(of_setup).collect(),
    }
}

/// The names of all setups, in the order of the file.
pub(crate) fn setups(rows: &[Row]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for seen in rows.iter().flat_map(|row| &row.seen) {
        if !names.contains(&seen.setup) {
            names.push(seen.setup);
        }
    }
    names
}
