//! What a policy costs a build: hello worlds with the same text, which cargo builds as for a user,
//! in directories of their own.

mod cargo;
mod expansion;
mod hello;
mod size;

pub use expansion::Expansion;
pub use hello::Hello;
pub use size::Size;

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::stats::Series;

/// All measurements of builds.
#[derive(Debug)]
pub struct Builds {
    /// The hello worlds, first the plain one, then ours.
    pub hellos: Vec<Hello>,
    /// What the expansion of W1 and W2 adds to a debug build.
    pub expansions: Vec<Expansion>,
    /// The names of all packages that a build of our hello world needs, without itself.
    pub packages: Vec<String>,
    /// The bytes of the instructions of our hello world's filter.
    pub array: u64,
}

/// The times of repeated builds, in seconds.
#[derive(Debug, Default)]
pub struct Cost {
    /// Elapsed time.
    pub elapsed: Series,
    /// The time of all processors, which other work on the machine hardly changes.
    pub processor: Series,
}

/// Measures builds, in directories under `target`.
///
/// # Errors
///
/// If a program cannot be built, or does not run.
pub fn run(target: &Path) -> io::Result<Builds> {
    let directory = target.join("builds");
    let mut hellos = hello::hellos(&directory)?;
    hello::measure(&mut hellos)?;
    let packages = cargo::packages(hello::directory_of_ours(&hellos))?;
    let expansions = expansion::measure(&directory)?;
    let array = hello::array_bytes().map_err(io::Error::other)?;
    Ok(Builds { hellos, expansions, packages, array })
}

/// The root of the project, whose crates the hello worlds name by path.
fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Writes a file, and makes its directory.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(path, text)
}
