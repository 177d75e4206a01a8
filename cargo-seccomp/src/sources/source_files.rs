//! The files that a command line names: policy files, Rust sources, and folders of both.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use walkdir::{DirEntry, WalkDir};

use crate::text_file::MOST_TEXT;

/// The most bytes of a file that is read. Rust sources that programs generate may have a few million.
const MOST_BYTES: u64 = 16 << 20;

/// The most files below one folder.
const MOST_FILES: usize = 100_000;

/// The content of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FileKind {
    /// Rust, with policies in macros.
    Rust,
    /// A policy.
    Policy,
}

/// A file to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SourceFile {
    /// Its path in messages.
    pub(crate) path: PathBuf,
    /// The kind of its content.
    pub(crate) kind: FileKind,
}

/// The content of a file with that name: Rust if the name ends with `.rs`, otherwise a policy.
pub(crate) fn kind_of(path: &Path) -> FileKind {
    if path.extension().is_some_and(|end| end == "rs") { FileKind::Rust } else { FileKind::Policy }
}

/// The files that the paths name, in order. A folder stands for all `*.rs` and `*.policy` in it and below. Without
/// paths, it takes the folder of the package around the current folder. It leaves out hidden folders, and folders in
/// which cargo builds.
///
/// # Errors
///
/// A path leads nowhere, a folder has too many files, or no package is around the current folder. If a folder below
/// cannot be read, that is no error: it calls `unreadable`, and goes on with the others.
pub(crate) fn collect(
    paths: &[PathBuf],
    unreadable: &mut dyn FnMut(anyhow::Error),
) -> Result<Vec<SourceFile>> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() {
        let current = std::env::current_dir().context("the current folder cannot be read")?;
        ensure!(
            package_root(&current).is_some(),
            "no Cargo.toml is in this folder or above it: name the files or folders"
        );
        let root = package_root(&current).unwrap_or(current.clone());
        if root == current { here.to_vec() } else { vec![root] }
    } else {
        paths.to_vec()
    };
    let mut files = Vec::new();
    for path in paths {
        let data = std::fs::metadata(&path).with_context(|| format!("{}", path.display()))?;
        if !data.is_dir() {
            files.push(SourceFile { kind: kind_of(&path), path });
            continue;
        }
        for entry in WalkDir::new(&path).sort_by_file_name().into_iter().filter_entry(is_looked_at)
        {
            let entry = match entry {
                Ok(entry) => entry,
                Err(why) if why.depth() > 0 => {
                    unreadable(cannot_read(why));
                    continue;
                }
                Err(why) => return Err(cannot_read(why)),
            };
            let ends = |end: &str| entry.path().extension().is_some_and(|is| is == end);
            if entry.file_type().is_file() && (ends("rs") || ends("policy")) {
                ensure!(
                    files.len() < MOST_FILES,
                    "{} has more than {MOST_FILES} files",
                    path.display()
                );
                let path = entry.path().strip_prefix("./").unwrap_or(entry.path()).to_owned();
                files.push(SourceFile { kind: kind_of(&path), path });
            }
        }
    }
    files.dedup();
    Ok(files)
}

/// The error of a walk through folders.
fn cannot_read(why: walkdir::Error) -> anyhow::Error {
    let path = why.path().unwrap_or(Path::new("")).display().to_string();
    match why.into_io_error() {
        Some(why) => anyhow::Error::new(why).context(format!("cannot read {path}")),
        None => anyhow::anyhow!("cannot read {path}: it contains itself"),
    }
}

/// Whether the walk takes an entry, and enters it. Cargo marks the folder in which it builds with `CACHEDIR.TAG`.
fn is_looked_at(entry: &DirEntry) -> bool {
    if entry.depth() == 0 {
        return true;
    }
    let hidden = entry.file_name().to_string_lossy().starts_with('.');
    let built = entry.file_type().is_dir() && entry.path().join("CACHEDIR.TAG").exists();
    !hidden && !built
}

/// The folder with the `Cargo.toml` of the package around a file or folder.
pub(crate) fn package_root(around: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(around).ok()?;
    let found = whole.ancestors().find(|folder| folder.join("Cargo.toml").is_file())?;
    Some(found.to_owned())
}

/// The text of a file.
///
/// # Errors
///
/// It cannot be read, is not a regular file (which may have no end), is longer than 16 MiB (a policy: 1 MiB), or is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    let shown = path.display();
    let data = std::fs::metadata(path).with_context(|| format!("{shown}"))?;
    if !data.is_file() {
        bail!("{shown} is not a regular file");
    }
    let most = match kind_of(path) {
        FileKind::Rust => MOST_BYTES,
        FileKind::Policy => MOST_TEXT,
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(|| format!("{shown}"))?;
    file.take(most + 1).read_to_end(&mut bytes).with_context(|| format!("{shown}"))?;
    ensure!(bytes.len() as u64 <= most, "{shown} has more than {most} bytes");
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            bail!("{shown} is not UTF-8: byte {} is wrong", error.utf8_error().valid_up_to())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_sources_and_policies_and_not_what_cargo_builds() {
        let folder =
            std::env::temp_dir().join(format!("cargo-seccomp-files-{}", std::process::id()));
        let put = |name: &str| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, "").expect("a file");
        };
        for name in [
            "a.rs",
            "b/c.policy",
            "b/d.txt",
            ".git/e.rs",
            "out/CACHEDIR.TAG",
            "out/f.rs",
            "Cargo.toml",
        ] {
            put(name);
        }
        let files =
            collect(std::slice::from_ref(&folder), &mut |why| panic!("{why}")).expect("a folder");
        let names: Vec<_> = files
            .iter()
            .map(|file| file.path.strip_prefix(&folder).expect("below").to_owned())
            .collect();
        assert_eq!(names, [PathBuf::from("a.rs"), PathBuf::from("b/c.policy")]);
        assert_eq!((files[0].kind, files[1].kind), (FileKind::Rust, FileKind::Policy));
        assert_eq!(package_root(&folder.join("b/c.policy")), Some(folder.clone()));
        std::fs::remove_dir_all(&folder).expect("it is there");
        assert!(collect(&[folder], &mut |_| {}).is_err());
    }

    #[test]
    fn a_file_without_an_end_or_without_text_is_refused() {
        assert!(read_text(Path::new("/dev/zero")).is_err());
        assert!(read_text(Path::new("/proc/self/exe")).is_err());
    }
}
