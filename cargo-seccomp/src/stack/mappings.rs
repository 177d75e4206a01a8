//! The files that a process has mapped, and their addresses.

use std::fs;
use std::path::PathBuf;

/// A part of a file that is mapped into the memory of a program.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Mapping {
    /// The first address.
    pub(crate) start: u64,
    /// The first address after it.
    pub(crate) end: u64,
    /// The place of the first byte in the file.
    pub(crate) offset: u64,
    /// The name of the file for people.
    pub(crate) name: String,
    /// The path under which this process can open the file.
    pub(crate) path: PathBuf,
}

impl Mapping {
    /// Whether the same part of a file is at the same place.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let part = |one: &Self| (one.start, one.end, one.offset);
        part(self) == part(other) && self.name == other.name
    }
}

/// The files that the process of a thread has mapped, in the order of their addresses; empty if it is gone. A killed
/// process ends thread by thread, and its first thread may be gone while another one is still stopped, so this reads
/// the files of that thread. (proc_pid_maps(5), Linux man-pages 6.9.1.)
pub(crate) fn of_thread(thread: u32) -> Vec<Mapping> {
    let maps = fs::read_to_string(format!("/proc/{thread}/maps")).unwrap_or_default();
    let mut program = fs::read_link(format!("/proc/{thread}/exe")).unwrap_or_default();
    if let Some(replaced) = program.to_str().and_then(|name| name.strip_suffix(" (deleted)")) {
        program = PathBuf::from(replaced);
    }
    maps.lines().filter_map(|line| mapping(line, thread, &program)).collect()
}

fn mapping(line: &str, thread: u32, program: &std::path::Path) -> Option<Mapping> {
    // address, permissions, offset, device, inode, path
    let mut words = line.splitn(6, ' ');
    let (start, end) = words.next()?.split_once('-')?;
    let offset = words.nth(1)?;
    let name = words.nth(2)?.trim_start();
    if !name.starts_with('/') {
        return None;
    }
    let number = |text| u64::from_str_radix(text, 16).ok();
    let name = name.strip_suffix(" (deleted)").unwrap_or(name).to_owned();
    let path = if *program == *name {
        // This is right even if the file was replaced since.
        PathBuf::from(format!("/proc/{thread}/exe"))
    } else {
        PathBuf::from(format!("/proc/{thread}/root{name}"))
    };
    Some(Mapping { start: number(start)?, end: number(end)?, offset: number(offset)?, name, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_of_this_process_is_mapped() {
        let own = std::env::current_exe().unwrap().display().to_string();
        let here = the_program_of_this_process_is_mapped as fn() as usize as u64;
        let mappings = of_thread(std::process::id());
        let found = mappings.iter().find(|one| (one.start..one.end).contains(&here)).unwrap();
        assert_eq!(found.name, own);
        assert!(found.path.exists());
    }

    #[test]
    fn only_files_are_taken_from_a_line() {
        let read = |line: &str| mapping(line, 7, std::path::Path::new("/bin/x y"));
        let found = read("55a0-55b0 r-xp 00001000 fe:01 123        /bin/x y").unwrap();
        assert_eq!((found.start, found.end, found.offset), (0x55a0, 0x55b0, 0x1000));
        assert_eq!(found.path.to_str(), Some("/proc/7/exe"));
        assert_eq!(read("7ffc-7ffd rw-p 00000000 00:00 0    [stack]"), None);
        assert_eq!(read("7ffc-7ffd rw-p 00000000 00:00 0 "), None);
        assert_eq!(read("nonsense"), None);
    }
}
