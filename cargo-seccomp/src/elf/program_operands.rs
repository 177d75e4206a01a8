//! The operands that rustc put into the filter of a policy, read from the data of the program.
//!
//! A note has 0 for each value that rustc evaluates. The program has the filter itself among its constants, with all
//! values: an array of `struct sock_filter`, which is found by the known instructions.

use std::fs::File;
use std::path::Path;

use object::read::archive::ArchiveFile;
use object::read::{ReadCache, ReadCacheOps, ReadRef};
use object::{Object as _, ObjectSection as _, SectionKind};
use seccomp_bpf::abi::Endian;
use seccomp_bpf::bpf::SockFilter;

use super::ProgramPolicy;

/// The most bytes of data that are searched in one file.
const MOST_DATA: u64 = 256 << 20;

/// The most different instances of a filter. Generic code has an instance for each type.
const MOST_INSTANCES: usize = 64;

/// The size and the alignment of `struct sock_filter` in bytes (`include/uapi/linux/filter.h`, Linux 6.12).
const INSTRUCTION: usize = 8;
const ALIGNMENT: usize = 4;

/// For each different instance of the policy's filter in its program, or in any member of its archive: the `k` of each
/// instruction in `relocations`, in their order. Empty if the filter is not there, because nothing uses it, if it has
/// more than `MOST_INSTANCES` instances, or if the file cannot be read.
#[must_use]
pub fn program_operands(policy: &ProgramPolicy) -> Vec<Vec<u32>> {
    if policy.relocations.is_empty() {
        return Vec::new();
    }
    // rustc may put the filter into another member than the note.
    let archive = policy.from.rsplit_once('(').map(|(archive, _)| archive);
    let mut files = [Some(policy.from.as_str()), archive].into_iter().flatten().map(Path::new);
    // Opening a pipe could wait for ever.
    match files.find(|path| path.is_file()).map(File::open) {
        Some(Ok(file)) => of_file(&ReadCache::new(file), policy),
        Some(Err(_)) | None => Vec::new(),
    }
}

fn of_file<R: ReadCacheOps>(data: &ReadCache<R>, policy: &ProgramPolicy) -> Vec<Vec<u32>> {
    let mut search = OperandSearch { policy, instances: Vec::new(), left: MOST_DATA };
    match ArchiveFile::parse(data) {
        Ok(archive) => {
            // The members of a thin archive are other files.
            for member in archive.members().map_while(Result::ok).filter(|_| !archive.is_thin()) {
                let (offset, size) = member.file_range();
                search.add(data.range(offset, size));
            }
        }
        Err(_) => search.add(data),
    }
    if search.instances.len() > MOST_INSTANCES { Vec::new() } else { search.instances }
}

/// The search for the instances of a policy.
struct OperandSearch<'a> {
    policy: &'a ProgramPolicy,
    instances: Vec<Vec<u32>>,
    /// How many bytes may still be searched.
    left: u64,
}

impl OperandSearch<'_> {
    /// Searches a program or an object file. In any other file it finds nothing.
    fn add<'data>(&mut self, data: impl ReadRef<'data>) {
        let Ok(file) = object::File::parse(data) else { return };
        for section in file.sections() {
            // rustc puts constants into these sections. A linker that merges strings may mark all of `.rodata` as
            // strings.
            let is_data = matches!(
                section.kind(),
                SectionKind::Data
                    | SectionKind::ReadOnlyData
                    | SectionKind::ReadOnlyDataWithRel
                    | SectionKind::ReadOnlyString
            );
            let Some(left) = self.left.checked_sub(section.size()).filter(|_| is_data) else {
                continue;
            };
            self.left = left;
            // The table of sections has the alignment of a section, and within it the filter keeps its own alignment.
            let bytes = section.data().unwrap_or_default();
            for at in (0..bytes.len()).step_by(ALIGNMENT) {
                let Some(operands) = operands_at(&bytes[at..], self.policy) else { continue };
                if !self.instances.contains(&operands) && self.instances.len() <= MOST_INSTANCES {
                    self.instances.push(operands);
                }
            }
        }
    }
}

/// The operands of the filter of `policy`, if `bytes` begin with it.
fn operands_at(bytes: &[u8], policy: &ProgramPolicy) -> Option<Vec<u32>> {
    let mut operands = Vec::new();
    let mut found = bytes.chunks_exact(INSTRUCTION);
    let mut open = policy.relocations.iter().peekable();
    for (index, wanted) in policy.filter.iter().enumerate() {
        let is = instruction(found.next()?, policy.endian);
        if open.next_if(|at| at.0 == index).is_some() {
            operands.push(is.k);
            if (SockFilter { k: wanted.k, ..is }) != *wanted {
                return None;
            }
        } else if is != *wanted {
            return None;
        }
    }
    Some(operands)
}

fn instruction(bytes: &[u8], endian: Endian) -> SockFilter {
    let (code, k) = ([bytes[0], bytes[1]], [bytes[4], bytes[5], bytes[6], bytes[7]]);
    let (code, k) = match endian {
        Endian::Little => (u16::from_le_bytes(code), u32::from_le_bytes(k)),
        Endian::Big => (u16::from_be_bytes(code), u32::from_be_bytes(k)),
    };
    SockFilter { code, jt: bytes[2], jf: bytes[3], k }
}
