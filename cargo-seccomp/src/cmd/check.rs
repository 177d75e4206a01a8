//! `check`: compares the built policies with those in the lock file.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use seccomp_bpf::abi::Abi;
use serde::Serialize;

use crate::cargo_build;
use crate::comparison::{
    ChangedLine, Comparable, PolicyReport, Verdict, changed_lines, new_rules, policy_text,
    vanished_rules,
};
use crate::exit::Exit;
use crate::lock::{
    BuiltPolicy, Lock, LockedGroup, LockedPolicy, accepted_policy, built_policies, groups_of,
};
use crate::output::Output;
use crate::policy_pairing::{LeftIndex, Pairing, PairingKey, RightIndex, pair};

/// Compare the built policies with the accepted ones in seccomp.lock.
///
/// The policies come from the notes in the programs and shared libraries that are named, or otherwise in those of the
/// workspace, which are built first. Each policy is compared with the accepted one over all possible calls. The answer
/// is the same, wider, narrower or both, with a call that shows it. A policy that is new or has vanished differs too.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo seccomp check --accept               build, and write seccomp.lock
  cargo seccomp check                        build, and compare
  cargo seccomp check -- --release           the same for `cargo build --release`
  cargo seccomp check target/release/server  compare a program that is built already

Exit codes: 0 all policies are the same, 1 some policy differs, 2 it could not be checked.")]
pub(crate) struct CheckArgs {
    /// Programs, shared libraries, archives. Without any, those that `cargo build` names.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Write the built policies to the lock file.
    #[arg(long)]
    accept: bool,

    /// The lock file [default: seccomp.lock in the folder of the workspace]
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,

    /// Arguments for `cargo build`, such as --release or --target.
    #[arg(last = true, value_name = "CARGO ARGUMENTS", conflicts_with = "files")]
    build: Vec<String>,
}

/// The largest lock file that is read. A policy has a few kilobytes.
const MOST_BYTES: u64 = 64 << 20;

pub(crate) fn run(args: CheckArgs, output: &Output) -> Result<Exit> {
    let root = match cargo_build::workspace_root() {
        Ok(Some(root)) => root,
        Ok(None) if args.files.is_empty() => bail!(
            "the current folder is in no cargo project; name the programs to check, or go to the project"
        ),
        Err(error) if args.files.is_empty() => return Err(error),
        Ok(None) | Err(_) => std::env::current_dir().context("cannot find the current folder")?,
    };
    let files = match &args.files[..] {
        [] => cargo_build::programs(&args.build)?,
        files => files.to_vec(),
    };
    if files.is_empty() {
        bail!("`cargo build` names no program and no shared library; name the files to check");
    }
    let (policies, abis) = built_policies(&files, &root)?;
    let path = args.lock.unwrap_or_else(|| root.join("seccomp.lock"));
    let lock = read(&path, args.accept)?;
    let check = Check { lock, built: policies, abis };
    let mut reports = Vec::new();
    match check.reports(&mut reports) {
        // A user who accepts the built policies need not know how they differ.
        Err(error) if args.accept => output.warn(format!("{error:#}")),
        other => other?,
    }
    let mut summary = CheckSummary::of(&reports, &files);
    summary.not_checked = check.not_checked();
    for report in &reports {
        output.result(policy_text(report), "policy-comparison", report);
    }
    if args.accept {
        let accepted = check.accepted_policy()?;
        fs::write(&path, accepted.to_string())
            .with_context(|| format!("cannot write {}", path.display()))?;
        summary.written = Some(shown(&path));
    }
    output.result(summary.text(), "comparison-summary", &summary);
    let differs = summary.differing > 0 && !args.accept;
    Ok(if differs { Exit::Found } else { Exit::Fine })
}

fn read(path: &Path, accept: bool) -> Result<Lock> {
    let name = path.display();
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if accept {
                return Ok(Lock::default());
            }
            bail!(
                "there is no {name}: `cargo seccomp check --accept` writes it from the built policies; review it, and commit it"
            );
        }
        Ok(metadata) if metadata.len() > MOST_BYTES || !metadata.is_file() => {
            bail!(
                "{name} is not a lock file: it is not a regular file, or has more than {MOST_BYTES} bytes"
            )
        }
        Ok(_) | Err(_) => {}
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    Lock::parse(&text).with_context(|| format!("cannot read {name}"))
}

/// The two sides of the comparison.
struct Check {
    lock: Lock,
    built: Vec<BuiltPolicy>,
    /// The ABIs of the files that are checked.
    abis: Vec<Abi>,
}

impl Check {
    /// The accepted policies for ABIs of the files.
    fn locked(&self) -> Vec<&LockedPolicy> {
        self.lock.policies.iter().filter(|policy| self.abis.contains(&policy.abi)).collect()
    }

    /// The ABIs of accepted policies for which there is no file.
    fn not_checked(&self) -> Vec<&'static str> {
        let others = self.lock.policies.iter().filter(|policy| !self.abis.contains(&policy.abi));
        let mut abis: Vec<_> = others.map(|policy| policy.abi.name()).collect();
        abis.sort_unstable();
        abis.dedup();
        abis
    }

    /// Adds a report for each policy.
    fn reports(&self, reports: &mut Vec<PolicyReport>) -> Result<()> {
        let locked = self.locked();
        let of_locked: Vec<_> = locked
            .iter()
            .map(|policy| PairingKey {
                abi: policy.abi.name(),
                file: &policy.file,
                text: &policy.text,
            })
            .collect();
        let of_built: Vec<_> = self
            .built
            .iter()
            .map(|policy| PairingKey {
                abi: policy.abi.name(),
                file: &policy.file,
                text: &policy.given.text,
            })
            .collect();
        for pairing in pair(&of_locked, &of_built) {
            reports.push(match pairing {
                Pairing::Both(LeftIndex(before), RightIndex(after)) => self
                    .compared(locked[before], &self.built[after])
                    .with_context(|| format!("cannot compare {}", self.built[after].name()))?,
                Pairing::Left(LeftIndex(gone)) => PolicyReport::alone(
                    locked[gone].name(),
                    Verdict::Vanished,
                    vanished_rules(&locked[gone].text),
                ),
                Pairing::Right(RightIndex(new)) => {
                    let new = &self.built[new];
                    let rules = new_rules(&new.given.text);
                    let mut report = PolicyReport::alone(new.name(), Verdict::New, rules);
                    report.place = Some(new.place.clone());
                    report
                }
            });
        }
        Ok(())
    }

    fn compared(&self, before: &LockedPolicy, after: &BuiltPolicy) -> Result<PolicyReport> {
        let right = Comparable::of(&after.given)?;
        let left = accepted_policy(before, &self.lock.groups)?;
        let mut report = match &left {
            Some(left) => PolicyReport::of(after.name(), &left.compare(&right)?),
            None => {
                let mut report = PolicyReport::alone(after.name(), Verdict::Unknown, Vec::new());
                report.remarks.push(
                    "the text in the lock file, with its groups, does not mean what its line `meaning` says. Somebody has edited it, or \
                     its calls are different in the tables of this tool. What was accepted is not known"
                        .to_owned(),
                );
                report
            }
        };
        report.place = Some(after.place.clone());
        report.rules = changed_lines(&before.text, &after.given.text);
        report.rules.extend(self.changed_groups(after)?);
        if let Some(left) = &left {
            report.rules.extend(left.changed_values(&right));
            report.open_values = left.open_values(&right);
        }
        if (&before.file, before.number) != (&after.file, after.number) {
            report.compared_with = Some(before.name());
        }
        if report.verdict == Verdict::Same && !report.rules.is_empty() {
            report.remarks.push("the rules are written in another way, but do the same".to_owned());
        }
        let left = left.into_iter().flat_map(|left| left.remarks);
        report.remarks.extend(left.chain(right.remarks));
        Ok(report)
    }

    /// The groups of a policy that have other members than when they were accepted, as lines.
    fn changed_groups(&self, policy: &BuiltPolicy) -> Result<Vec<ChangedLine>> {
        let mut lines = Vec::new();
        for group in groups_of(&policy.given.tree()?, policy.abi) {
            let same = |other: &&LockedGroup| (&other.name, other.abi) == (&group.name, group.abi);
            if let Some(before) = self.lock.groups.iter().find(same) {
                let list = |members: &[String]| members.join("\n") + "\n";
                let changed = changed_lines(&list(&before.members), &list(&group.members));
                if !changed.is_empty() {
                    let title = format!("group {} for {}:", group.name, group.abi);
                    lines.push(ChangedLine::Same(title));
                    lines.extend(changed);
                }
            }
        }
        Ok(lines)
    }

    /// The lock file for the built policies. Entries for other ABIs stay.
    fn accepted_policy(&self) -> Result<Lock> {
        let others = |abi: &Abi| !self.abis.contains(abi);
        let mut lock = Lock::default();
        for policy in &self.built {
            // A policy that is too large has no meaning here, so later only its text is compared.
            let comparable = Comparable::of(&policy.given)?;
            let meaning = comparable.meaning().ok();
            lock.policies.push(LockedPolicy {
                abi: policy.abi,
                file: policy.file.clone(),
                number: policy.number,
                meaning,
                values: comparable.values,
                text: policy.given.text.clone(),
            });
            lock.groups.extend(groups_of(&policy.given.tree()?, policy.abi));
        }
        for policy in self.lock.policies.iter().filter(|policy| others(&policy.abi)) {
            lock.policies.push(policy.clone());
            let named = |group: &&LockedGroup| policy.text.contains(&group.name);
            for group in self.lock.groups.iter().filter(named) {
                let known = lock
                    .groups
                    .iter()
                    .any(|other| (&other.name, other.abi) == (&group.name, group.abi));
                if !known {
                    lock.groups.push(group.clone());
                }
            }
        }
        lock.sort();
        Ok(lock)
    }
}

/// The form in which a path is shown: relative, if it is below the current folder.
fn shown(path: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(current).unwrap_or(path).display().to_string()
}

/// The summary after all policies.
#[derive(Serialize)]
struct CheckSummary {
    /// The files that were checked.
    files: Vec<String>,
    policies: usize,
    /// How many policies are not the same.
    differing: usize,
    /// The ABIs of accepted policies for which no file was checked.
    not_checked: Vec<&'static str>,
    /// The lock file, if it was written.
    written: Option<String>,
}

impl CheckSummary {
    fn of(reports: &[PolicyReport], files: &[PathBuf]) -> Self {
        Self {
            files: files.iter().map(|file| shown(file)).collect(),
            policies: reports.len(),
            differing: reports.iter().filter(|report| report.verdict != Verdict::Same).count(),
            not_checked: Vec::new(),
            written: None,
        }
    }

    fn text(&self) -> String {
        let Self { files, policies, differing, not_checked, written } = self;
        let noun = if *policies == 1 { "policy" } else { "policies" };
        let verb = if *differing == 1 { "differs" } else { "differ" };
        let mut text = format!("{policies} {noun} in {}: {differing} {verb}\n", files.join(", "));
        if !not_checked.is_empty() {
            text += &format!(
                "not checked, because no file is for it: the accepted policies for {}\n",
                not_checked.join(", ")
            );
        }
        match written {
            Some(path) => text += &format!("written: {path}\n"),
            None if *differing > 0 => {
                text += "`cargo seccomp check --accept` accepts them\n";
            }
            None => {}
        }
        text
    }
}
