//! Learned rules go into the files that have the policies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};

use super::files::{FileKind, collect, kind_of, read_text};
use super::rewrite::{policy_with_rules, with_rules};

/// Rules for a policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Addition {
    /// The file of the policy, as a note has it: relative to the folder in which rustc ran.
    pub(crate) file: String,
    /// The line and the column of its macro, from 1.
    pub(crate) line: u32,
    /// The same.
    pub(crate) column: u32,
    /// Items with comments, as `learn::rules` makes them.
    pub(crate) rules: String,
}

/// Writes the rules into their files, and returns the files that were written. Files above and below `here`, the current folder, are
/// looked for.
///
/// # Errors
///
/// For each file that could not be written, why. Such a file is as it was.
pub(crate) fn write_rules(additions: &[Addition], here: &Path) -> Vec<Result<PathBuf>> {
    let mut by_file: BTreeMap<&str, Vec<&Addition>> = BTreeMap::new();
    for addition in additions.iter().filter(|addition| !addition.rules.is_empty()) {
        by_file.entry(&addition.file).or_default().push(addition);
    }
    by_file.into_iter().map(|(file, additions)| write_file(file, additions, here)).collect()
}

fn write_file(file: &str, mut additions: Vec<&Addition>, here: &Path) -> Result<PathBuf> {
    let path = located(file, here)?;
    let name = path.display().to_string();
    let mut text = read_text(&path)?;
    // From the last to the first, so that places stay right.
    additions.sort_by_key(|addition| std::cmp::Reverse((addition.line, addition.column)));
    for Addition { line, column, rules, .. } in additions {
        text = match kind_of(&path) {
            FileKind::Rust => with_rules(&name, &text, *line as usize, *column as usize, rules)?,
            FileKind::Policy => policy_with_rules(&name, &text, rules)?,
        };
    }
    std::fs::write(&path, text).with_context(|| format!("{name} cannot be written"))?;
    Ok(path)
}

/// The file that a note names. rustc names files of its own workspace relative to the workspace, which is the current folder or one
/// above. A policy file that a build script compiled is named by the Rust file that it became, `NAME.policy.rs` in the folder that cargo
/// gives to build scripts.
fn located(file: &str, here: &Path) -> Result<PathBuf> {
    let not_found = || {
        anyhow!(
            "{file} is not there: run this in the workspace of the program, or add the rules by hand"
        )
    };
    let built = Path::new(file).file_name().and_then(|name| name.to_str()?.strip_suffix(".rs"));
    if let Some(policy) = built.filter(|name| name.ends_with(".policy")) {
        let found = collect(&[here.to_owned()])?;
        let mut of_name =
            found.into_iter().filter(|one| one.path.file_name().is_some_and(|is| is == policy));
        let (first, second) = (of_name.next(), of_name.next());
        return match (first, second) {
            (Some(one), None) => Ok(one.path),
            (Some(one), Some(other)) => Err(anyhow!(
                "{} and {} are both named {policy}: add the rules by hand",
                one.path.display(),
                other.path.display()
            )),
            (None, _) => Err(not_found()),
        };
    }
    here.ancestors()
        .map(|folder| folder.join(file))
        .find(|path| path.is_file())
        .ok_or_else(not_found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addition(file: &str, line: u32, column: u32) -> Addition {
        Addition { file: file.to_owned(), line, column, rules: format!("allow syscall({line});\n") }
    }

    #[test]
    fn rules_reach_each_policy_of_a_file_and_a_policy_file_of_a_build_script() {
        let root = std::env::temp_dir().join(format!("cargo-seccomp-write-{}", std::process::id()));
        let put = |name: &str, text: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        let read = |name: &str| std::fs::read_to_string(root.join(name)).expect("a file");
        put(
            "a/src/main.rs",
            "const A: P = seccomp_policy! { default kill };\nconst B: P = seccomp_policy! { default log };\n",
        );
        put("a/worker.policy", "default kill;\n");
        put("b/src/main.rs", "fn main() {}\n");
        let additions = [
            addition("a/src/main.rs", 1, 14),
            addition("target/debug/build/a-1/out/worker.policy.rs", 1, 3),
            addition("a/src/main.rs", 2, 14),
            addition("b/src/main.rs", 7, 1),
            addition("c/src/main.rs", 1, 1),
            Addition { rules: String::new(), ..addition("d.rs", 1, 1) },
        ];
        let written = write_rules(&additions, &root.join("a"));
        let right: Vec<_> = written.iter().filter_map(|one| one.as_ref().ok()).collect();
        assert_eq!(right, [&root.join("a/src/main.rs"), &root.join("a/worker.policy")]);
        let wrong: Vec<_> =
            written.iter().filter_map(|one| one.as_ref().err()).map(ToString::to_string).collect();
        assert!(wrong[0].contains("there is no `seccomp_policy!` at"), "{wrong:?}");
        assert!(wrong[1].contains("c/src/main.rs is not there"), "{wrong:?}");
        assert_eq!(
            read("a/src/main.rs"),
            "const A: P = seccomp_policy! {\n    allow syscall(1);\n\n    default kill;\n};\nconst B: P = seccomp_policy! {\n    allow syscall(2);\n\n    default log;\n};\n"
        );
        assert_eq!(read("a/worker.policy"), "allow syscall(1);\n\ndefault kill;\n");
        assert_eq!(read("b/src/main.rs"), "fn main() {}\n");
        std::fs::remove_dir_all(&root).expect("it is there");
    }
}
