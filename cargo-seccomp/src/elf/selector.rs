//! `FILE[:POLICY]` on the command line.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Result, bail};

use super::{ProgramPolicy, policies, policies_of_process};

/// Where policies are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A running process.
    Process(u32),
}

/// Policies that a user names: a file or the number of a process, and perhaps one of the policies in it.
///
/// `target/release/server`, `target/release/server:2` (by number), `target/release/server:src/net.rs:12` (by place, where
/// the line and the first directories may be left out), `4711` (a process).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The file or the process.
    pub source: Source,
    /// The text after the colon, which names a policy.
    pub policy: Option<String>,
}

impl FromStr for Selector {
    type Err = std::convert::Infallible;

    /// A path that exists is that file, whatever is in its name. Otherwise the longest path that exists before a colon is the file,
    /// and otherwise the text before the first colon.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if Path::new(text).exists() {
            return Ok(Self { source: Source::File(text.into()), policy: None });
        }
        let mut splits = text.rmatch_indices(':').map(|(at, _)| (&text[..at], &text[at + 1..]));
        let existing = splits.clone().find(|(path, _)| Path::new(path).exists());
        let (source, policy) = match existing.or(splits.next_back()) {
            Some((source, policy)) => (source, Some(policy.to_owned())),
            None => (text, None),
        };
        let source = match source.parse() {
            Ok(pid) if !Path::new(source).exists() => Source::Process(pid),
            _ => Source::File(source.into()),
        };
        Ok(Self { source, policy })
    }
}

impl Selector {
    /// All policies of the file or the process, whether or not one is named; then messages about what could not be read
    /// of a process.
    ///
    /// # Errors
    ///
    /// If the file or the process cannot be read.
    pub fn all(&self) -> Result<(Vec<ProgramPolicy>, Vec<String>)> {
        match &self.source {
            Source::File(path) => Ok((policies(path)?, Vec::new())),
            Source::Process(pid) => policies_of_process(*pid),
        }
    }

    /// The policies that the selector names, or all if it names none.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or if it does not have the named policy. The message lists the policies that it has.
    pub fn policies(&self) -> Result<Vec<ProgramPolicy>> {
        let (all, _) = self.all()?;
        let Some(wanted) = &self.policy else { return Ok(all) };
        let chosen: Vec<_> =
            all.iter().filter(|policy| is_called(policy, wanted)).cloned().collect();
        if chosen.is_empty() {
            bail!("{} has no policy {wanted:?}; {}", self.source_name(), listed(&all));
        }
        Ok(chosen)
    }

    /// The one policy that the selector names.
    ///
    /// # Errors
    ///
    /// If there is none, or if there are several. The message lists them.
    pub fn policy(&self) -> Result<ProgramPolicy> {
        let mut chosen = self.policies()?;
        match chosen.len() {
            1 => Ok(chosen.remove(0)),
            0 => bail!("{} has no note of a policy", self.source_name()),
            _ => bail!(
                "{} has several policies; write one of them after a colon: {}",
                self.source_name(),
                listed(&chosen)
            ),
        }
    }

    /// The file or the process, for messages.
    #[must_use]
    pub fn source_name(&self) -> String {
        match &self.source {
            Source::File(path) => path.display().to_string(),
            Source::Process(pid) => format!("process {pid}"),
        }
    }
}

/// Whether `wanted` names the policy: by its number, or by its path, perhaps without the first directories or the line.
fn is_called(policy: &ProgramPolicy, wanted: &str) -> bool {
    let ends = |whole: &str| {
        whole.strip_suffix(wanted).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    wanted.parse() == Ok(policy.number)
        || !wanted.is_empty() && (ends(&policy.place()) || ends(&policy.file))
}

fn listed(policies: &[ProgramPolicy]) -> String {
    const SHOWN: usize = 20;
    let mut list: Vec<_> = policies
        .iter()
        .take(SHOWN)
        .map(|policy| format!("{} ({})", policy.number, policy.place()))
        .collect();
    if policies.len() > SHOWN {
        list.push(format!("and {} more", policies.len() - SHOWN));
    }
    if list.is_empty() { "it has none".to_owned() } else { format!("it has {}", list.join(", ")) }
}
