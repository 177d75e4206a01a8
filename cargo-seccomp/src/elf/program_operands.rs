//! The operands that rustc put into the filter of a policy, read from the data of the program.
//!
//! A note has 0 in the place of each value that rustc evaluates. The program has the filter itself among its constants, with all
//! values: an array of `struct sock_filter`, which is found by the instructions that are known.

use std::fs::File;
use std::path::Path;

use object::read::{ReadCache, ReadCacheOps};
use object::{Object as _, ObjectSection as _, SectionKind};
use seccomp_bpf::abi::Endian;
use seccomp_bpf::bpf::SockFilter;

use super::ProgramPolicy;

/// The most bytes of data that are searched in one file.
const MOST_DATA: u64 = 256 << 20;

/// The most different instances of a filter. Generic code has one for each type.
const MOST_INSTANCES: usize = 64;

/// The size and the alignment of `struct sock_filter` in bytes (`include/uapi/linux/filter.h`, Linux 6.12).
const INSTRUCTION: usize = 8;
const ALIGNMENT: usize = 4;

/// For each different instance of the policy's filter in its program: the `k` of each instruction in `relocations`, in their order. Empty
/// if the program does not have the filter, because nothing uses it, and if the file is an archive or cannot be read.
#[must_use]
pub fn program_operands(policy: &ProgramPolicy) -> Vec<Vec<u32>> {
    let path = Path::new(&policy.from);
    // Opening a pipe could wait for ever.
    if policy.relocations.is_empty() || !path.is_file() {
        return Vec::new();
    }
    match File::open(path) {
        Ok(file) => search(&ReadCache::new(file), policy),
        Err(_) => Vec::new(),
    }
}

fn search<R: ReadCacheOps>(data: &ReadCache<R>, policy: &ProgramPolicy) -> Vec<Vec<u32>> {
    let Ok(file) = object::File::parse(data) else { return Vec::new() };
    let (mut instances, mut left) = (Vec::new(), MOST_DATA);
    for section in file.sections() {
        // Where rustc puts constants. A linker that merges strings may mark all of `.rodata` as such.
        let is_data = matches!(
            section.kind(),
            SectionKind::Data
                | SectionKind::ReadOnlyData
                | SectionKind::ReadOnlyDataWithRel
                | SectionKind::ReadOnlyString
        );
        let Some(rest) = left.checked_sub(section.size()).filter(|_| is_data) else { continue };
        left = rest;
        let Ok(bytes) = section.data() else { continue };
        // The table of sections says the alignment of a section, and the filter keeps its own in it.
        for at in (0..bytes.len()).step_by(ALIGNMENT) {
            let Some(operands) = operands_at(&bytes[at..], policy) else { continue };
            if !instances.contains(&operands) {
                instances.push(operands);
            }
            if instances.len() > MOST_INSTANCES {
                return Vec::new();
            }
        }
    }
    instances
}

/// The operands of the filter of `policy`, if `bytes` begin with it.
fn operands_at(bytes: &[u8], policy: &ProgramPolicy) -> Option<Vec<u32>> {
    let mut operands = Vec::new();
    let mut found = bytes.chunks_exact(INSTRUCTION);
    let mut open = policy.relocations.iter().peekable();
    for (index, wanted) in policy.filter.iter().enumerate() {
        let is = instruction(found.next()?, policy.endian);
        if open.next_if(|at| **at as usize == index).is_some() {
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
