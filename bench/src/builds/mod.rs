//! What a policy costs a build: hello worlds of one and the same text, built by cargo as a user
//! builds them, in directories of their own.

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

/// Everything that is measured of builds.
#[derive(Debug)]
pub struct Builds {
    /// The hello worlds, first the plain one, then ours.
    pub hellos: Vec<Hello>,
    /// What expanding W1 and W2 adds to a debug build.
    pub expansions: Vec<Expansion>,
    /// The names of all packages that building our hello world needs, itself left out.
    pub packages: Vec<String>,
    /// The bytes of our hello world's program array.
    pub array: u64,
}

/// What repeated builds took, in seconds.
#[derive(Debug, Default)]
pub struct Cost {
    /// By the clock.
    pub elapsed: Series,
    /// Of all processors, which other work on the machine hardly changes.
    pub processor: Series,
}

/// Measures, in directories under `target`.
///
/// # Errors
///
/// That a program could not be built, or does not run.
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

/// Writes a file, with its directory.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(path, text)
}
