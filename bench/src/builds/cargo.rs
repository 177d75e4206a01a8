//! Cargo, run as a user runs it but on two processors and with nothing in its environment that
//! changes what it builds.

use std::io;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use super::Cost;
use crate::kernel::children_time;

fn command(directory: &Path, arguments: &[&str]) -> Command {
    // Cargo sees how many processors it may use and starts as many jobs.
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0,1", "cargo"]).args(arguments).current_dir(directory);
    for variable in ["CARGO_BUILD_TARGET_DIR", "CARGO_TARGET_DIR", "RUSTC_WRAPPER", "RUSTFLAGS"] {
        command.env_remove(variable);
    }
    command
}

fn output(directory: &Path, arguments: &[&str]) -> io::Result<Output> {
    let output = command(directory, arguments).output()?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let directory = directory.display();
    Err(io::Error::other(format!("`cargo {}` in {directory}:\n{said}", arguments.join(" "))))
}

/// Downloads everything that the package needs. Without a network, the packages that cargo has must
/// suffice.
pub(super) fn fetch(directory: &Path) -> io::Result<()> {
    output(directory, &["fetch"]).or_else(|_| output(directory, &["fetch", "--offline"])).map(drop)
}

/// Runs cargo without a network, and adds the time to `cost`.
pub(super) fn timed(directory: &Path, arguments: &[&str], cost: &mut Cost) -> io::Result<()> {
    let arguments: Vec<_> = arguments.iter().copied().chain(["--offline", "--quiet"]).collect();
    let (start, processor) = (Instant::now(), children_time()?);
    output(directory, &arguments)?;
    cost.elapsed.push(start.elapsed().as_secs_f64());
    cost.processor.push((children_time()? - processor).as_secs_f64());
    Ok(())
}

/// The packages that a build of the package in `directory` needs, without the package itself.
pub(super) fn packages(directory: &Path) -> io::Result<Vec<String>> {
    let tree = ["tree", "--offline", "--prefix", "none", "--edges", "normal,build", "--no-dedupe"];
    let output = output(directory, &tree)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = text.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}
