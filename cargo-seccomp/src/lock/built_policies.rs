//! The built policies, by the names that a lock file gives them.

use std::path::Path;

use anyhow::{Result, bail};
use seccomp_bpf::abi::Abi;

use super::policy_name;
use crate::elf::{self, ProgramPolicy};
use crate::input_policy::InputPolicy;

/// The most policies of all files.
const MOST_POLICIES: usize = 2000;

/// A policy of a program.
#[derive(Clone, Debug)]
pub(crate) struct BuiltPolicy {
    /// The policy.
    pub(crate) given: InputPolicy,
    /// Its ABI.
    pub(crate) abi: Abi,
    /// Its source file, without the folders of this machine.
    pub(crate) file: String,
    /// Its place among the policies of that source file for that ABI, from 1.
    pub(crate) number: usize,
    /// Its place in the source: file and line.
    pub(crate) place: String,
}

impl BuiltPolicy {
    /// Its name in messages and in the lock file.
    pub(crate) fn name(&self) -> String {
        policy_name(&self.file, self.number, self.abi)
    }
}

/// The policies in `files`, each once, even if several files have it, and the ABIs of the files. `root` is the folder
/// of the project.
///
/// # Errors
///
/// The first file that cannot be read, or a policy for an ABI that this tool does not know.
pub(crate) fn built_policies(
    files: &[impl AsRef<Path>],
    root: &Path,
) -> Result<(Vec<BuiltPolicy>, Vec<Abi>)> {
    let (mut policies, mut abis) = (Vec::new(), Vec::new());
    for file in files {
        let file = file.as_ref();
        abis.extend(elf::abi(file)?);
        for note in elf::policies(file)? {
            if !policies.iter().any(|other| is_same_policy(other, &note)) {
                policies.push(note);
            }
        }
        if policies.len() > MOST_POLICIES {
            bail!("there are more than {MOST_POLICIES} policies");
        }
    }
    policies.sort_by(|a, b| {
        let key = |policy: &ProgramPolicy| (policy.file.clone(), policy.line, policy.column);
        (key(a), &a.text).cmp(&(key(b), &b.text))
    });
    let mut built: Vec<BuiltPolicy> = Vec::new();
    for note in policies {
        let (file, place) = (own_name(&note.file, root), note.line);
        let given = InputPolicy::of_note(note)?;
        let abi = given.abi;
        let before = built.iter().filter(|other| other.file == file && other.abi == abi).count();
        let place = format!("{file}:{place}");
        built.push(BuiltPolicy { given, abi, file, number: before + 1, place });
    }
    abis.extend(built.iter().map(|policy| policy.abi));
    abis.sort_unstable();
    abis.dedup();
    Ok((built, abis))
}

/// Whether two programs have the same policy.
fn is_same_policy(a: &ProgramPolicy, b: &ProgramPolicy) -> bool {
    let key = |policy: &ProgramPolicy| (policy.line, policy.column);
    key(a) == key(b)
        && (&a.file, &a.abi, &a.text, &a.filter) == (&b.file, &b.abi, &b.text, &b.filter)
}

/// A path without the parts that differ between machines: the folder of the project, and the folders in which cargo
/// keeps the sources of packages (`registry/src/INDEX` and `git/checkouts`, "Cargo Home" in the Cargo Book).
fn own_name(file: &str, root: &Path) -> String {
    if let Ok(inner) = Path::new(file).strip_prefix(root) {
        return inner.display().to_string();
    }
    if let Some((_, rest)) = file.split_once("/registry/src/") {
        return rest.split_once('/').map_or(rest, |(_, rest)| rest).to_owned();
    }
    match file.split_once("/git/checkouts/") {
        Some((_, rest)) => rest.to_owned(),
        None => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_is_the_same_on_every_machine() {
        let cases = [
            ("src/main.rs", "src/main.rs"),
            ("/home/u/project/a/src/lib.rs", "a/src/lib.rs"),
            (
                "/home/u/.cargo/registry/src/index.crates.io-1949cf8c/net-1.0.2/src/a.rs",
                "net-1.0.2/src/a.rs",
            ),
            ("/home/u/.cargo/git/checkouts/net-0f3a/5e1c/src/a.rs", "net-0f3a/5e1c/src/a.rs"),
            ("/elsewhere/a.rs", "/elsewhere/a.rs"),
        ];
        for (file, expected) in cases {
            assert_eq!(own_name(file, Path::new("/home/u/project")), expected);
        }
    }
}
