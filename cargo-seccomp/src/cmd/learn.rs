//! `learn`: runs a command, and writes the rules that its policies lack.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::cargo_build;
use crate::elf::ProgramPolicy;
use crate::exit::Exit;
use crate::learn::{Learned, ObservedCall, rules};
use crate::output::Output;
use crate::policy_file::TracedCommand;
use crate::recording::{self, RecordedPolicy, describe};
use crate::sources::{Addition, write_rules};

/// Run a command and write the rules that its policies lack.
///
/// All policies that the command and its processes install are in force, but each call that they deny is made
/// nevertheless, and recorded. So one run finds every call that the command makes. Calls that a policy fails on
/// purpose, such as `errno(ENOSYS) clone3`, still fail. A policy of `default kill` alone is a good start.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo seccomp learn -- cargo test\n  \
    cargo seccomp learn -- target/debug/server --port 8080\n  \
    cargo seccomp learn --write -- target/debug/server --port 8080   put the rules into the sources\n  \
    cargo seccomp learn --check -- cargo test                        exit with 1 if a rule is missing\n  \
    cargo seccomp learn --write --policy nginx.policy -- nginx       a program that has no policy of its own\n\n\
The rules go to standard output. Exit codes: 0 done, 1 with --check if a rule is missing, 2 it could not be done.")]
pub(crate) struct LearnArgs {
    /// Exit with 1 if a policy lacks a rule.
    #[arg(long, conflicts_with = "write")]
    check: bool,

    /// Write the rules into the sources: into the `seccomp_policy!` or the policy file that lacks them.
    #[arg(long)]
    write: bool,

    #[command(flatten)]
    traced: TracedCommand,
}

/// A policy, and the rules that it lacks.
#[derive(Serialize)]
struct Lacking<'a> {
    policy: &'a str,
    abi: &'a str,
    denied: u64,
    calls: Vec<Denial>,
    #[serde(flatten)]
    learned: &'a Learned,
}

/// A filter without a note, and the calls that it denied.
#[derive(Serialize)]
struct Foreign<'a> {
    filter: &'a str,
    denied: Vec<Denial>,
}

/// A call that was denied, and made nevertheless.
#[derive(Serialize)]
struct Denial {
    call: String,
    count: u64,
    allow: String,
    seen: crate::learn::Caller,
}

impl Denial {
    fn of(observed: &ObservedCall) -> Self {
        let (call, allow) = describe(&observed.call);
        Self { call, count: observed.count, allow, seen: observed.seen.clone() }
    }
}

/// The calls for which a policy had no simple `allow`.
#[derive(Default)]
struct Observed {
    /// The calls that were made nevertheless.
    denied: Vec<ObservedCall>,
    /// The calls that the policy failed on purpose.
    answered: Vec<ObservedCall>,
}

/// The most denied calls of a policy that are shown to people.
const MOST_CALLS: usize = 40;

pub(crate) fn run(args: LearnArgs, output: &Output) -> Result<Exit> {
    let file = args.traced.policy.clone();
    let Some((command, policy)) = args.traced.prepare(false, output)? else {
        return Ok(Exit::Failed);
    };
    let recording = recording::record(&command, policy, *output)?;
    if !recording.started {
        return Ok(Exit::Failed);
    }
    if recording.ended.status() != 0 {
        output.warn(format!(
            "the command ended with status {}: calls that it did not reach are not in the rules",
            recording.ended.status()
        ));
    }
    if recording.policies.is_empty() {
        output.warn(
            "no program installed a filter: a policy is in force from its `install`, or from a function with `#[sandboxed]`",
        );
    }
    let (known, foreign) = sorted(recording.policies);
    let (mut missing, mut additions) = (false, Vec::new());
    for (note, observed) in known {
        let abi = note.known_abi()?;
        let all: Vec<ObservedCall> =
            observed.denied.iter().chain(&observed.answered).cloned().collect();
        let learned = rules(&note.text, abi, &all)?;
        missing |= !learned.rules.is_empty();
        say(&note, &observed, &learned, *output);
        let ProgramPolicy { from, file, line, column, .. } = note;
        additions.push(Addition { file, line, column, built: from.into(), rules: learned.text });
    }
    for policy in foreign {
        missing |= !policy.denied.is_empty();
        say_foreign(&policy, *output);
    }
    if args.write && !write(additions, file.as_deref(), *output)? {
        return Ok(Exit::Failed);
    }
    Ok(if args.check && missing { Exit::Found } else { Exit::Fine })
}

/// A file with policies, for JSON.
#[derive(Serialize)]
struct WrittenRules {
    file: String,
}

/// Writes rules into the sources, and returns whether all could be written. `named` is the policy file that the command line names,
/// which may be anywhere.
fn write(additions: Vec<Addition>, named: Option<&Path>, output: Output) -> Result<bool> {
    let here = std::env::current_dir().context("cannot find the current folder")?;
    // Without cargo, or outside of a project, only what is below the current folder certainly belongs to the user.
    let root = cargo_build::workspace_root().ok().flatten().unwrap_or_else(|| here.clone());
    let is_named = |one: &Addition| named.is_some_and(|path| Path::new(&one.file) == path);
    let (mut of_named, others): (Vec<_>, Vec<_>) = additions.into_iter().partition(is_named);
    let mut results = write_rules(&others, &here, &root);
    if let Some(path) = named.map(|path| here.join(path)) {
        for one in &mut of_named {
            one.file = path.to_string_lossy().into_owned();
        }
        let folder = path.parent().unwrap_or(&here);
        results.extend(write_rules(&of_named, folder, folder));
    }
    let mut all = true;
    for written in results {
        match written {
            Ok(path) => {
                let file = path.strip_prefix(&here).unwrap_or(&path).display().to_string();
                output.result(
                    format!("wrote the rules into {file}\n"),
                    "written",
                    WrittenRules { file },
                );
            }
            Err(error) => {
                output.failed(&error);
                all = false;
            }
        }
    }
    Ok(all)
}

/// The policies with notes, each once with all of its denied calls, and the filters without notes.
fn sorted(recorded: Vec<RecordedPolicy>) -> (Vec<(ProgramPolicy, Observed)>, Vec<RecordedPolicy>) {
    let (mut known, mut foreign) = (Vec::<(ProgramPolicy, Observed)>::new(), Vec::new());
    let mut index: BTreeMap<(String, u32, u32, String, String), usize> = BTreeMap::new();
    for policy in recorded {
        let Some(note) = policy.note.clone() else {
            foreign.push(policy);
            continue;
        };
        // Several programs may have the policy of a library.
        let key = (note.file.clone(), note.line, note.column, note.abi.clone(), note.text.clone());
        let at = *index.entry(key).or_insert_with(|| {
            known.push((note, Observed::default()));
            known.len() - 1
        });
        let calls = &mut known[at].1;
        calls.denied.extend(policy.denied);
        calls.answered.extend(policy.answered.into_iter().map(|(call, _)| call));
    }
    (known, foreign)
}

/// Reports the rules that a policy lacks.
fn say(note: &ProgramPolicy, observed: &Observed, learned: &Learned, output: Output) {
    let place = note.place();
    let denied_calls = &observed.denied;
    let denied: u64 = learned.rules.iter().map(|rule| rule.count).sum();
    let mut text = String::new();
    let rules = if learned.rules.len() == 1 { "rule" } else { "rules" };
    let calls = if denied == 1 { "call" } else { "calls" };
    let _ = match learned.rules.len() {
        0 => writeln!(text, "{place} lacks nothing for this run"),
        count => writeln!(text, "{place} lacks {count} {rules} for {denied} denied {calls}:\n"),
    };
    for line in learned.text.lines() {
        let _ = if line.is_empty() { writeln!(text) } else { writeln!(text, "    {line}") };
    }
    if !learned.rules.is_empty() {
        let _ = writeln!(text, "\n  denied, and made nevertheless:");
    }
    for call in denied_calls.iter().take(MOST_CALLS) {
        let times = if call.count == 1 { String::new() } else { format!(" {} times", call.count) };
        let _ = writeln!(text, "  {}{times}\n    {}", describe(&call.call).0, place_of(&call.seen));
    }
    if denied_calls.len() > MOST_CALLS {
        let more = denied_calls.len() - MOST_CALLS;
        let _ = writeln!(text, "  … and {more} more: `--message-format json` has all");
    }
    for kept in &learned.kept {
        let _ = writeln!(text, "  {} stays denied: {}", kept.call, kept.reason);
    }
    for warning in &learned.warnings {
        let _ = writeln!(text, "  with these rules: {warning}");
    }
    let calls = denied_calls.iter().map(Denial::of).collect();
    let content = Lacking { policy: &place, abi: &note.abi, denied, calls, learned };
    output.result(text, "learned", content);
}

/// `in test a::b, thread `x`, at src/main.rs:12`
fn place_of(seen: &crate::learn::Caller) -> String {
    let mut parts = Vec::new();
    if !seen.place.is_empty() {
        parts.push(format!("at {}", seen.place));
    }
    if !seen.test.is_empty() {
        parts.push(format!("in test {}", seen.test));
    }
    parts.push(format!("in thread `{}` of {}", seen.thread, seen.program));
    parts.join(", ")
}

/// Reports the calls that a filter without a note denied.
fn say_foreign(policy: &RecordedPolicy, output: Output) {
    let denied: Vec<Denial> = policy.denied.iter().map(Denial::of).collect();
    let mut text = String::new();
    let what = if denied.is_empty() { "denied nothing by default" } else { "denied" };
    let _ = writeln!(
        text,
        "{} ({} instructions, without a note) {what}",
        policy.name,
        policy.filter.instructions.len()
    );
    for Denial { call, count, seen, .. } in denied.iter().take(MOST_CALLS) {
        let times = if *count == 1 { String::new() } else { format!("{count} times ") };
        let _ = writeln!(text, "  {times}{call}\n    {}", place_of(seen));
    }
    if denied.len() > MOST_CALLS {
        let more = denied.len() - MOST_CALLS;
        let _ = writeln!(text, "  … and {more} more: `--message-format json` has all");
    }
    output.result(text, "foreign_filter", Foreign { filter: &policy.name, denied });
}
