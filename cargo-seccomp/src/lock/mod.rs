//! The file seccomp.lock: the policies that were accepted, as text for a review.
//!
//! ```text
//! version 1
//!
//! policy 1 of src/main.rs for x86_64
//! meaning 0f3a…
//!     allow read(fd == 0);
//!     allow @rust-exit;
//!     default kill;
//!
//! group @rust-exit for x86_64
//!     exit_group
//! ```
//!
//! There is one part for each policy and ABI, in an order that does not depend on the build. There are no line numbers,
//! so code above a policy does not change the file. `meaning` is a digest of what the policy does with every call. It
//! shows that the same text means something else now, because a newer version of the tables has other members in a
//! group. The groups are listed for the same reason: a reviewer sees the new member. The line `value self::LOG = 3` has
//! the number that rustc gave a value of the policy.

mod accepted_policy;
mod built_policies;
mod group_members;

use std::fmt;

use anyhow::{Context as _, Result, anyhow, bail};
use seccomp_bpf::abi::Abi;

use crate::rustc_values::{RustcValues, read_line};

pub(crate) use accepted_policy::accepted_policy;
pub(crate) use built_policies::{BuiltPolicy, built_policies};
pub(crate) use group_members::groups_of;

/// The version of the format.
const VERSION: u32 = 1;

/// The beginning of the lines of a part.
const INDENTATION: &str = "    ";

/// A line for people at the head of the file.
const HEAD: &str = "\
# The system-call policies of this project, for review. `cargo seccomp check` compares them with what is built, over all calls, and
# `cargo seccomp check --accept` writes this file.
";

/// The content of a lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lock {
    /// The policies.
    pub(crate) policies: Vec<LockedPolicy>,
    /// The groups that they name.
    pub(crate) groups: Vec<LockedGroup>,
}

/// A policy that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockedPolicy {
    /// The ABI of the program.
    pub(crate) abi: Abi,
    /// The source file.
    pub(crate) file: String,
    /// Its place among the policies of that file for that ABI, from 1.
    pub(crate) number: usize,
    /// The digest of its meaning; `None` if it was too large.
    pub(crate) meaning: Option<String>,
    /// The known numbers of its values.
    pub(crate) values: RustcValues,
    /// The rules.
    pub(crate) text: String,
}

/// The members of a group when the policies were accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockedGroup {
    /// The name, with its `@`.
    pub(crate) name: String,
    /// The ABI on which it has these members.
    pub(crate) abi: Abi,
    /// The calls, with a condition if they are members only under one.
    pub(crate) members: Vec<String>,
}

/// `src/main.rs, policy 1 for x86_64`
pub(crate) fn policy_name(file: &str, number: usize, abi: Abi) -> String {
    format!("{file}, policy {number} for {abi}")
}

impl LockedPolicy {
    /// Its name in messages.
    pub(crate) fn name(&self) -> String {
        policy_name(&self.file, self.number, self.abi)
    }
}

/// The start of a line, for a message: the line may come from any file.
fn start(line: &str) -> String {
    const MOST: usize = 60;
    let mut start: String = line.chars().take(MOST).collect();
    if start.len() < line.len() {
        start.push('…');
    }
    start
}

impl Lock {
    /// Reads the content of a lock file.
    ///
    /// # Errors
    ///
    /// The first line that this version of the tool would not write.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut lines = Lines { rest: text.lines().enumerate().peekable() };
        let Some((line, first)) = lines.next_head() else {
            bail!("it is empty; `cargo seccomp check --accept` writes it anew");
        };
        let version = first.strip_prefix("version ").and_then(|version| version.parse().ok());
        match version {
            Some(VERSION) => {}
            Some(other) => {
                bail!("line {line}: it has version {other}, and this tool knows version {VERSION}")
            }
            None => bail!(
                "line {line}: it begins with `version {VERSION}`, not with {:?}",
                start(first)
            ),
        }
        let mut lock = Self::default();
        while let Some((line, head)) = lines.next_head() {
            let at = || format!("line {line}");
            if let Some(rest) = head.strip_prefix("policy ") {
                lock.policies.push(policy(rest, &mut lines).with_context(at)?);
            } else if let Some(rest) = head.strip_prefix("group ") {
                let (name, abi) = name_and_abi(rest).with_context(at)?;
                let members = lines.part().into_iter().map(str::to_owned).collect();
                lock.groups.push(LockedGroup { name: name.to_owned(), abi, members });
            } else {
                bail!(
                    "line {line}: a part begins with `policy` or `group`, not with {:?}",
                    start(head)
                );
            }
        }
        Ok(lock)
    }

    /// Puts policies and groups in the order of the file, each once.
    pub(crate) fn sort(&mut self) {
        self.policies.sort_by(|a, b| (&a.file, a.abi, a.number).cmp(&(&b.file, b.abi, b.number)));
        self.groups.sort_by(|a, b| (&a.name, a.abi).cmp(&(&b.name, b.abi)));
        self.groups.dedup();
    }
}

/// `NUMBER of FILE for ABI`, and the lines that follow.
fn policy(head: &str, lines: &mut Lines<'_>) -> Result<LockedPolicy> {
    let wanted = || anyhow!("a policy is `policy NUMBER of FILE for ABI`, not `policy {head}`");
    let (number, rest) = head.split_once(" of ").ok_or_else(wanted)?;
    let number = number.parse().map_err(|_| wanted())?;
    let (file, abi) = name_and_abi(rest)?;
    let meaning = match lines.next_head() {
        Some((_, line)) if line.starts_with("meaning ") => &line["meaning ".len()..],
        _ => bail!("the line `meaning …` is missing after it"),
    };
    let mut values = RustcValues::default();
    while let Some((index, line)) = lines.rest.next_if(|(_, line)| line.starts_with(VALUE)) {
        let wanted =
            || anyhow!("line {}: a value is `value TEXT = NUMBER`, not `{line}`", index + 1);
        let (text, numbers) = read_line(&line[VALUE.len()..]).ok_or_else(wanted)?;
        for number in numbers {
            values.add(&text, number);
        }
    }
    let mut text = lines.part().join("\n");
    if text.trim().is_empty() {
        bail!("the policy has no rules; they follow in lines that begin with {INDENTATION:?}");
    }
    text.push('\n');
    let meaning = (meaning != UNKNOWN_MEANING).then(|| meaning.to_owned());
    Ok(LockedPolicy { abi, file: file.to_owned(), number, meaning, values, text })
}

/// The beginning of the line of a value.
const VALUE: &str = "value ";

/// The meaning of a policy that was too large to compute it.
const UNKNOWN_MEANING: &str = "unknown";

/// `NAME for ABI`.
fn name_and_abi(text: &str) -> Result<(&str, Abi)> {
    let (name, abi) = text
        .rsplit_once(" for ")
        .ok_or_else(|| anyhow!("{:?} lacks ` for ABI` at its end", start(text)))?;
    Ok((name, abi.parse().with_context(|| format!("{:?} is not an ABI", start(abi)))?))
}

/// The lines of a file, with their numbers from 0.
struct Lines<'a> {
    rest: std::iter::Peekable<std::iter::Enumerate<std::str::Lines<'a>>>,
}

impl<'a> Lines<'a> {
    /// The next line that is neither empty nor a comment, and its number from 1.
    fn next_head(&mut self) -> Option<(usize, &'a str)> {
        let (index, line) =
            self.rest.find(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))?;
        Some((index + 1, line))
    }

    /// The indented lines that follow, without their indentation. Empty lines between them belong to them.
    fn part(&mut self) -> Vec<&'a str> {
        let mut part = Vec::new();
        while let Some((_, line)) =
            self.rest.next_if(|(_, line)| line.is_empty() || line.starts_with(INDENTATION))
        {
            part.push(line.strip_prefix(INDENTATION).unwrap_or_default());
        }
        while part.last().is_some_and(|line| line.is_empty()) {
            part.pop();
        }
        part
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}version {VERSION}")?;
        for LockedPolicy { abi, file, number, meaning, values, text } in &self.policies {
            let meaning = meaning.as_deref().unwrap_or(UNKNOWN_MEANING);
            writeln!(f, "\npolicy {number} of {file} for {abi}\nmeaning {meaning}")?;
            for line in values.to_string().lines() {
                writeln!(f, "{VALUE}{line}")?;
            }
            write_part(f, text.lines())?;
        }
        for LockedGroup { name, abi, members } in &self.groups {
            writeln!(f, "\ngroup {name} for {abi}")?;
            write_part(f, members.iter().map(String::as_str))?;
        }
        Ok(())
    }
}

fn write_part<'a>(f: &mut fmt::Formatter<'_>, lines: impl Iterator<Item = &'a str>) -> fmt::Result {
    for line in lines {
        match line {
            "" => writeln!(f)?,
            line => writeln!(f, "{INDENTATION}{line}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of the policy `number`.
    fn values(number: usize) -> RustcValues {
        let mut values = RustcValues::default();
        if number == 2 {
            values.add("self::LOG", 3);
            values.add("{ A = 1 }", u64::MAX);
            values.add("{ A = 1 }", 7);
        }
        values
    }

    fn lock() -> Lock {
        let policy = |number, meaning: Option<&str>, text: &str| LockedPolicy {
            abi: Abi::X86_64,
            file: "a b/for.rs".to_owned(),
            number,
            meaning: meaning.map(str::to_owned),
            values: values(number),
            text: text.to_owned(),
        };
        Lock {
            policies: vec![
                policy(1, Some("0f"), "allow read;\n\ndefault kill;\n"),
                policy(2, None, "allow @g;\ndefault kill;\n"),
            ],
            groups: vec![LockedGroup {
                name: "@g".to_owned(),
                abi: Abi::Aarch64,
                members: vec!["read".to_owned(), "write(fd == 2)".to_owned()],
            }],
        }
    }

    #[test]
    fn a_written_lock_is_read_back() {
        let text = lock().to_string();
        assert_eq!(Lock::parse(&text).unwrap(), lock(), "{text}");
        let empty = Lock::default().to_string();
        assert_eq!(Lock::parse(&empty).unwrap(), Lock::default());
    }

    #[test]
    fn a_line_that_does_not_belong_there_is_an_error_with_its_number() {
        let cases = [
            ("", "it is empty; `cargo seccomp check --accept` writes it anew"),
            ("version 2\n", "line 1: it has version 2, and this tool knows version 1"),
            ("# a\npolicy\n", "line 2: it begins with `version 1`, not with \"policy\""),
            (
                "version 1\n\nrule\n",
                "line 3: a part begins with `policy` or `group`, not with \"rule\"",
            ),
            (
                "version 1\npolicy 1 x\n",
                "line 2: a policy is `policy NUMBER of FILE for ABI`, not `policy 1 x`",
            ),
            (
                "version 1\npolicy 1 of a for x86_65\n",
                "line 2: \"x86_65\" is not an ABI: no ABI of Linux has this name",
            ),
            (
                "version 1\npolicy 1 of a for x86\n",
                "line 2: the line `meaning …` is missing after it",
            ),
            (
                "version 1\npolicy 1 of a for x86\nmeaning 0\nvalue A is 3\n",
                "line 2: line 4: a value is `value TEXT = NUMBER`, not `value A is 3`",
            ),
            ("version 1\npolicy 1 of a for x86\nmeaning 0\n", "line 2: the policy has no rules"),
        ];
        for (text, expected) in cases {
            let error = format!("{:#}", Lock::parse(text).unwrap_err());
            assert!(error.starts_with(expected), "{text:?}: {error}");
        }
    }

    #[test]
    fn any_lines_are_a_lock_file_or_an_error() {
        let whole = lock().to_string();
        let mut rng = crate::seeds::Seeded::new_in_each_run();
        for _ in 0..2000 {
            let mut bytes = whole.clone().into_bytes();
            for _ in 0..rng.usize(1..8) {
                if bytes.is_empty() {
                    break;
                }
                let at = rng.usize(..bytes.len());
                match rng.u8(..3) {
                    0 => drop(bytes.remove(at)),
                    1 => bytes[at] = rng.u8(..128),
                    _ => bytes.truncate(at),
                }
            }
            let text = String::from_utf8_lossy(&bytes);
            if let Ok(lock) = Lock::parse(&text) {
                assert_eq!(Lock::parse(&lock.to_string()).unwrap(), lock, "{text}");
            }
        }
    }
}
