//! The files of a running process.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::{ProgramPolicy, policies};

/// The files that a process has mapped, its program first: the name of each, and a path by which this process can open
/// it.
///
/// A file that was replaced since the start is opened through `/proc/PID/exe` or `/proc/PID/map_files`, which needs the rights
/// of a debugger. (proc_pid_exe(5), proc_pid_maps(5), proc_pid_map_files(5).)
///
/// # Errors
///
/// If there is no such process, or if this user may not see its files.
pub fn mapped_files(pid: u32) -> Result<Vec<(String, PathBuf)>> {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let program = fs::read_link(process.join("exe"))
        .with_context(|| format!("cannot see the program of process {pid}"))?;
    let mut files = vec![(program.display().to_string(), process.join("exe"))];
    let mut known = BTreeSet::from([files[0].0.clone()]);
    let maps = fs::read_to_string(process.join("maps"))
        .with_context(|| format!("cannot read the mappings of process {pid}"))?;
    for line in maps.lines() {
        // address, permissions, offset, device, inode, path
        let mut words = line.splitn(6, ' ');
        let (Some(range), Some(permissions), Some(path)) =
            (words.next(), words.next(), words.nth(3))
        else {
            continue;
        };
        let path = path.trim_start();
        if permissions.contains('x') && path.starts_with('/') && known.insert(path.to_owned()) {
            let file = match path.strip_suffix(" (deleted)") {
                Some(_) => process.join("map_files").join(range),
                None => process.join("root").join(path.trim_start_matches('/')),
            };
            files.push((path.to_owned(), file));
        }
    }
    Ok(files)
}

/// The policies of a process: those of its program, then those of the libraries that it has mapped. These are the
/// policies in the files, not those in force.
///
/// # Errors
///
/// If the program cannot be read, or a note is damaged. A library that cannot be read is skipped, with a message in the
/// second list.
pub fn policies_of_process(pid: u32) -> Result<(Vec<ProgramPolicy>, Vec<String>)> {
    let (mut all, mut passed_over) = (Vec::new(), Vec::new());
    for (index, (name, path)) in mapped_files(pid)?.into_iter().enumerate() {
        match policies(&path) {
            Ok(found) => all.extend(
                found.into_iter().map(|policy| ProgramPolicy { from: name.clone(), ..policy }),
            ),
            Err(error) if index == 0 => return Err(error),
            Err(error) => passed_over.push(format!("{name}: {error:#}")),
        }
    }
    for (index, policy) in all.iter_mut().enumerate() {
        policy.number = index + 1;
    }
    Ok((all, passed_over))
}
