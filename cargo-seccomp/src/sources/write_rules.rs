//! Writes learned rules into the files of their policies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result, anyhow, ensure};

use super::rewrite::{policy_with_rules, with_rules};
use super::source_files::{FileKind, collect, kind_of, read_text};

/// Rules for a policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Addition {
    /// The file of the policy, as in a note: relative to the folder in which rustc ran.
    pub(crate) file: String,
    /// The line of its macro, from 1.
    pub(crate) line: u32,
    /// The column of its macro, from 1.
    pub(crate) column: u32,
    /// The program with the note. A newer source is not written.
    pub(crate) built: PathBuf,
    /// Items with comments, as `learn::rules` makes them.
    pub(crate) rules: String,
}

/// Writes the rules into their files, and returns the files that were written. It looks for the files above and below
/// `here`, the current folder, as far up as `root`, the folder of the workspace. A note may name any file of the
/// machine, for example one of a dependency, so only files in `root` are written.
///
/// # Errors
///
/// The reason, for each file that could not be written, and for each policy whose rules could not be inserted.
pub(crate) fn write_rules(
    additions: &[Addition],
    here: &Path,
    root: &Path,
) -> Vec<Result<PathBuf>> {
    let mut by_file: BTreeMap<&str, Vec<&Addition>> = BTreeMap::new();
    for addition in additions.iter().filter(|addition| !addition.rules.is_empty()) {
        by_file.entry(&addition.file).or_default().push(addition);
    }
    let mut results = Vec::new();
    for (file, additions) in by_file {
        match write_file(file, additions, here, root) {
            Ok((written, left_out)) => {
                results.extend(written.map(Ok));
                results.extend(left_out.into_iter().map(Err));
            }
            Err(error) => results.push(Err(error)),
        }
    }
    results
}

/// Returns the file, if rules were written into it, and the reason for each policy in it that could not be found or
/// read.
fn write_file(
    file: &str,
    mut additions: Vec<&Addition>,
    here: &Path,
    root: &Path,
) -> Result<(Option<PathBuf>, Vec<Error>)> {
    let path = located(file, here, root)?;
    let name = path.display().to_string();
    let canonical = |path: &Path| {
        path.canonicalize().with_context(|| format!("{} cannot be found", path.display()))
    };
    ensure!(
        canonical(&path)?.starts_with(canonical(root)?),
        "{name} is outside of {}, the folder of this workspace: add the rules by hand",
        root.display()
    );
    for Addition { built, .. } in &additions {
        refuse_if_newer(&path, built)?;
    }
    let mut text = read_text(&path)?;
    // The last policy first, so that the places of the others stay right.
    additions.sort_by_key(|addition| std::cmp::Reverse((addition.line, addition.column)));
    let (mut written, mut left_out) = (false, Vec::new());
    for Addition { line, column, rules, .. } in additions {
        let with_rules = match kind_of(&path) {
            FileKind::Rust => with_rules(&name, &text, *line as usize, *column as usize, rules),
            FileKind::Policy => policy_with_rules(&name, &text, rules),
        };
        match with_rules {
            Ok(new) => (text, written) = (new, true),
            Err(error) => left_out.push(error),
        }
    }
    if written {
        std::fs::write(&path, text).with_context(|| format!("{name} cannot be written"))?;
    }
    Ok((written.then_some(path), left_out))
}

/// Refuses a source that changed after its program was built: another policy may be at that place now. cargo compares
/// the same times to build a program again.
fn refuse_if_newer(source: &Path, program: &Path) -> Result<()> {
    let changed = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    if let (Some(source_changed), Some(built)) = (changed(source), changed(program)) {
        ensure!(
            source_changed <= built,
            "{} is newer than {}: build the program again, and learn from that one",
            source.display(),
            program.display()
        );
    }
    Ok(())
}

/// The file that a note names. rustc names files of its own workspace relative to the workspace, which is the current
/// folder or a folder above. For a policy file that a build script compiled, the note names the Rust file that it
/// became: `NAME.policy.rs` in the folder that cargo gives to build scripts.
fn located(file: &str, here: &Path, root: &Path) -> Result<PathBuf> {
    let not_found = || {
        anyhow!(
            "{file} is not there: run this in the workspace of the program, or add the rules by hand"
        )
    };
    let built = Path::new(file).file_name().and_then(|name| name.to_str()?.strip_suffix(".rs"));
    if let Some(policy) = built.filter(|name| name.ends_with(".policy")) {
        let found = collect(&[here.to_owned()], &mut |_| {})?;
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
    let in_root = here.ancestors().take_while(|folder| folder.starts_with(root));
    in_root.map(|folder| folder.join(file)).find(|path| path.is_file()).ok_or_else(not_found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addition(file: &str, line: u32, column: u32) -> Addition {
        Addition {
            file: file.to_owned(),
            line,
            column,
            // A program that does not exist any more is not compared.
            built: PathBuf::new(),
            rules: format!("allow syscall({line});\n"),
        }
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
            "const A: P = seccomp_policy! { default kill };\nconst B: P = seccomp_policy! { default log };\nconst C: P = mine!();\n",
        );
        put("a/worker.policy", "default kill;\n");
        put("b/src/main.rs", "fn main() {}\n");
        let additions = [
            addition("a/src/main.rs", 1, 14),
            addition("target/debug/build/a-1/out/worker.policy.rs", 1, 3),
            addition("a/src/main.rs", 2, 14),
            // This policy is in a macro of the program.
            addition("a/src/main.rs", 3, 14),
            addition("b/src/main.rs", 7, 1),
            addition("c/src/main.rs", 1, 1),
            Addition { rules: String::new(), ..addition("d.rs", 1, 1) },
        ];
        let written = write_rules(&additions, &root.join("a"), &root);
        let right: Vec<_> = written.iter().filter_map(|one| one.as_ref().ok()).collect();
        assert_eq!(right, [&root.join("a/src/main.rs"), &root.join("a/worker.policy")]);
        let wrong: Vec<_> =
            written.iter().filter_map(|one| one.as_ref().err()).map(ToString::to_string).collect();
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(wrong[0].contains("a/src/main.rs:3:14: the source has changed"), "{wrong:?}");
        assert!(wrong[1].contains("there is no `seccomp_policy!` at"), "{wrong:?}");
        assert!(wrong[2].contains("c/src/main.rs is not there"), "{wrong:?}");
        assert_eq!(
            read("a/src/main.rs"),
            "const A: P = seccomp_policy! {\n    allow syscall(1);\n\n    default kill;\n};\nconst B: P = seccomp_policy! {\n    allow syscall(2);\n\n    default log;\n};\nconst C: P = mine!();\n"
        );
        assert_eq!(read("a/worker.policy"), "allow syscall(1);\n\ndefault kill;\n");
        assert_eq!(read("b/src/main.rs"), "fn main() {}\n");
        std::fs::remove_dir_all(&root).expect("it is there");
    }

    /// A program from elsewhere, or a policy of a dependency, names files that the user must not change.
    #[test]
    fn a_file_outside_of_the_workspace_and_one_newer_than_its_program_stay_as_they_are() {
        let root =
            std::env::temp_dir().join(format!("cargo-seccomp-outside-{}", std::process::id()));
        let source = "const A: P = seccomp_policy! { default kill };\n";
        let put = |name: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(&path, source).expect("a file");
            path
        };
        let (outside, above) = (put("other/src/lib.rs"), put("src/lib.rs"));
        let inside = put("own/src/main.rs");
        let own = root.join("own");
        std::os::unix::fs::symlink(&outside, own.join("link.rs")).expect("a link");
        let old = put("own/target/old");
        let day_before = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
        let times = std::fs::FileTimes::new().set_modified(day_before);
        let file = std::fs::File::options().write(true).open(&old).expect("a file");
        file.set_times(times).expect("times of an own file");
        for (file, built, why) in [
            (outside.to_str().expect("UTF-8"), None, "is outside of"),
            ("../other/src/lib.rs", None, "is outside of"),
            ("link.rs", None, "is outside of"),
            ("src/lib.rs", None, "is not there"),
            ("src/main.rs", Some(&old), "is newer than"),
        ] {
            let mut addition = addition(file, 1, 14);
            // Written after the sources.
            addition.built = built.cloned().unwrap_or_else(|| put("own/target/new"));
            let written = write_rules(&[addition], &own, &own);
            let error = written[0].as_ref().expect_err(file).to_string();
            assert!(error.contains(why), "{file}: {error}");
        }
        for path in [&outside, &above, &inside] {
            assert_eq!(std::fs::read_to_string(path).expect("a file"), source);
        }
        std::fs::remove_dir_all(&root).expect("it is there");
    }
}
