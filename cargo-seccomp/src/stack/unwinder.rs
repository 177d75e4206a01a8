//! From registers and memory to return addresses.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;

use framehop::aarch64::{CacheAarch64, PtrAuthMask, UnwindRegsAarch64, UnwinderAarch64};
use framehop::x86_64::{CacheX86_64, UnwindRegsX86_64, UnwinderX86_64};
use framehop::{Module, Unwinder as _};
use seccomp_bpf::abi::Abi;

use super::mappings::Mapping;
use super::sections::{Bytes, FileSections};
use crate::register_layout::StackStart;

/// The most frames of a stack: an endless recursion is cut.
const MOST_FRAMES: usize = 256;

/// Unwinds stacks of one process while the same files are mapped.
pub(crate) struct Unwinder {
    machine: Machine,
    /// The mapped files, with the difference between addresses in memory and in the file.
    files: Vec<MappedFile>,
}

struct MappedFile {
    name: String,
    path: PathBuf,
    addresses: Range<u64>,
    bias: u64,
}

enum Machine {
    X86_64(UnwinderX86_64<Bytes>, Box<CacheX86_64>),
    Aarch64(UnwinderAarch64<Bytes>, Box<CacheAarch64>),
    /// Here only the first frame can be found.
    Other,
}

/// An address in a mapped file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FileAddress {
    /// The name of the file.
    pub(crate) name: String,
    /// The path by which it can be opened.
    pub(crate) path: PathBuf,
    /// The address within the file.
    pub(crate) address: u64,
}

impl Unwinder {
    /// An unwinder for a program of `abi` with these mappings. `read` has the files that were read before.
    pub(crate) fn new(abi: Abi, mappings: &[Mapping], read: &mut FileSections) -> Self {
        let mut machine = match abi {
            Abi::X86_64 => Machine::X86_64(UnwinderX86_64::new(), Box::new(CacheX86_64::new())),
            Abi::Aarch64 => Machine::Aarch64(UnwinderAarch64::new(), Box::new(CacheAarch64::new())),
            // Whatever else is added: framehop has no other architectures.
            _ => Machine::Other,
        };
        let mut order = Vec::new();
        let mut by_name: HashMap<&str, Vec<&Mapping>> = HashMap::new();
        for mapping in mappings {
            let parts = by_name.entry(&mapping.name).or_default();
            if parts.is_empty() {
                order.push(mapping.name.as_str());
            }
            parts.push(mapping);
        }
        let mut files = Vec::new();
        for name in order {
            let parts = &by_name[name];
            if let Some((file, module)) = mapped_file(parts, read) {
                match &mut machine {
                    Machine::X86_64(unwinder, _) => unwinder.add_module(module),
                    Machine::Aarch64(unwinder, _) => unwinder.add_module(module),
                    Machine::Other => {}
                }
                files.push(file);
            }
        }
        Self { machine, files }
    }

    /// The addresses of the frames of a stack, the innermost first: the next instruction, and then for each caller an address
    /// within its call. `read` gives eight bytes of memory.
    pub(crate) fn addresses(
        &mut self,
        start: StackStart,
        mut read: impl FnMut(u64) -> Option<u64>,
    ) -> Vec<u64> {
        let mut read = |address| read(address).ok_or(());
        let mut addresses = Vec::new();
        let first = start.instruction;
        match &mut self.machine {
            Machine::X86_64(unwinder, cache) => {
                let registers = UnwindRegsX86_64::new(first, start.stack, start.frame);
                let mut frames = unwinder.iter_frames(first, registers, cache, &mut read);
                while let Ok(Some(frame)) = frames.next() {
                    addresses.push(frame.address_for_lookup());
                    if addresses.len() >= MOST_FRAMES {
                        break;
                    }
                }
            }
            Machine::Aarch64(unwinder, cache) => {
                let mask = PtrAuthMask::from_max_known_address(unwinder.max_known_code_address());
                let registers = UnwindRegsAarch64::new_with_ptr_auth_mask(
                    mask,
                    start.link,
                    start.stack,
                    start.frame,
                );
                let mut frames = unwinder.iter_frames(first, registers, cache, &mut read);
                while let Ok(Some(frame)) = frames.next() {
                    addresses.push(frame.address_for_lookup());
                    if addresses.len() >= MOST_FRAMES {
                        break;
                    }
                }
            }
            Machine::Other => addresses.push(first),
        }
        addresses
    }

    /// The file that an address belongs to; `None` if no file is mapped there.
    pub(crate) fn place(&self, address: u64) -> Option<FileAddress> {
        let file = self.files.iter().find(|file| file.addresses.contains(&address))?;
        Some(FileAddress {
            name: file.name.clone(),
            path: file.path.clone(),
            address: address.wrapping_sub(file.bias),
        })
    }
}

/// A file in the form for unwinding. `None` if it is not an ELF file, or not mapped as one.
fn mapped_file(parts: &[&Mapping], read: &mut FileSections) -> Option<(MappedFile, Module<Bytes>)> {
    let first = parts.first()?;
    let sections = read.of(&first.path)?;
    let bias = sections.segments.iter().find_map(|&(offset, address)| {
        // A mapping begins at a page, but a segment can begin anywhere.
        let part = parts
            .iter()
            .find(|part| part.offset <= offset && offset < part.offset + (part.end - part.start))?;
        Some(part.start.wrapping_add(offset - part.offset).wrapping_sub(address))
    })?;
    let addresses = first.start..parts.iter().map(|part| part.end).max()?;
    let module = Module::new(first.name.clone(), addresses.clone(), bias, sections.info());
    let (name, path) = (first.name.clone(), first.path.clone());
    Some((MappedFile { name, path, addresses, bias }, module))
}
