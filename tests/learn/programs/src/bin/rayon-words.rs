//! A tool that counts the words of all files in a folder, on all processors.
//!
//! ```sh
//! rayon-words FOLDER
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use seccomp_runtime::{Policy, sandboxed, seccomp_policy};

const TOOL: Policy = seccomp_policy! { default kill };

fn main() -> Result<(), Box<dyn Error>> {
    if learn_programs::is_plain() { count() } else { count_sandboxed() }
}

#[sandboxed(TOOL)]
fn count_sandboxed() -> Result<(), Box<dyn Error>> {
    count()
}

fn count() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: rayon-words FOLDER")?;
    let mut files = Vec::new();
    files_of(Path::new(&folder), &mut files)?;
    let words = files
        .par_iter()
        .map(|file| words_of(&fs::read_to_string(file).unwrap_or_default()))
        .reduce(BTreeMap::new, |mut all, some| {
            for (word, count) in some {
                *all.entry(word).or_default() += count;
            }
            all
        });
    let mut most: Vec<(String, u64)> = words.into_iter().collect();
    most.par_sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
    for (word, count) in most.iter().take(10) {
        println!("{count:6} {word}");
    }
    println!("{} files", files.len());
    Ok(())
}

fn files_of(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files_of(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn words_of(text: &str) -> BTreeMap<String, u64> {
    let mut words = BTreeMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *words.entry(word.to_lowercase()).or_default() += 1;
    }
    words
}
