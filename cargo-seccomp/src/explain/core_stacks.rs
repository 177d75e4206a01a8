//! The stacks of the threads in a core.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::dump::Dump;
use crate::elf::{build_id, build_id_in_memory};
use crate::stack::{FileSections, Mapping, Symbols, Unwinder};

use super::Stack;

/// The most threads whose stacks are shown.
const MOST_THREADS: usize = 256;

/// The bytes at the start of a mapped file that the kernel puts into a core, by default: one page
/// (core(5), `coredump_filter` bit 4).
const HEAD: usize = 4096;

/// The files of a core that have not changed since, and remarks about the others.
pub(super) struct CoreFiles {
    mappings: Vec<Mapping>,
    /// The program of the core, if it can be opened and was not built again.
    pub(super) program: Option<PathBuf>,
    pub(super) remarks: Vec<String>,
}

impl CoreFiles {
    /// The files of `dump`. `exe` replaces the path of its program.
    pub(super) fn of(dump: &Dump, exe: Option<&Path>) -> Self {
        let mut files =
            Self { mappings: Vec::new(), program: exe.map(Path::to_path_buf), remarks: Vec::new() };
        let mut usable: BTreeMap<&str, bool> = BTreeMap::new();
        for file in &dump.files {
            let is_program = dump.program.as_deref() == Some(Path::new(&file.path));
            let path = match exe {
                Some(exe) if is_program => exe.to_path_buf(),
                _ => PathBuf::from(&file.path),
            };
            let known = usable.get(file.path.as_str()).copied();
            let is_usable = known.unwrap_or_else(|| files.is_same(dump, file.start, &path));
            usable.insert(&file.path, is_usable);
            if !is_usable {
                continue;
            }
            if is_program {
                files.program = Some(path.clone());
            }
            let (start, end, offset) = (file.start, file.end, file.offset);
            files.mappings.push(Mapping { start, end, offset, name: file.path.clone(), path });
        }
        files
    }

    /// The files besides the program.
    pub(super) fn others(&self) -> BTreeSet<&Path> {
        let paths = self.mappings.iter().map(|mapping| mapping.path.as_path());
        paths.filter(|path| Some(*path) != self.program.as_deref()).collect()
    }

    /// Whether the file at `path` was mapped at `start`, as far as build ids show.
    fn is_same(&mut self, dump: &Dump, start: u64, path: &Path) -> bool {
        if !path.is_file() {
            return false;
        }
        let then = dump.memory(start, HEAD).and_then(|head| build_id_in_memory(&head));
        let Some(then) = then else { return true };
        let now = build_id(path);
        let same = now.as_ref() == Some(&then);
        if !same {
            let now = now.unwrap_or_else(|| "none".to_owned());
            self.remarks.push(format!(
                "{} is not the file that the process had: its build id is {now}, and was {then}",
                path.display()
            ));
        }
        same
    }

    /// The stacks of the first `count` threads.
    pub(super) fn stacks(&self, dump: &Dump, count: usize) -> Vec<Stack> {
        let Some(abi) = dump.abi else { return Vec::new() };
        let mut unwinder = Unwinder::new(abi, &self.mappings, &mut FileSections::default());
        let mut symbols = Symbols::default();
        let mut stacks = Vec::new();
        for thread in dump.threads.iter().take(count.min(MOST_THREADS)) {
            let Some(start) = thread.stack_start(abi) else { continue };
            let addresses = unwinder.addresses(start, |address| dump.word_at(address));
            let mut frames = Vec::new();
            for address in addresses {
                match unwinder.place(address) {
                    Some(place) => {
                        frames.extend(symbols.frames(&place).iter().map(ToString::to_string));
                    }
                    None => frames.push(format!("{address:#x}")),
                }
            }
            stacks.push(Stack { thread: thread.id, frames });
        }
        stacks
    }
}
