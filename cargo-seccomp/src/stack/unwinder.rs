//! From registers and memory to return addresses.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use framehop::aarch64::{CacheAarch64, PtrAuthMask, UnwindRegsAarch64, UnwinderAarch64};
use framehop::x86_64::{CacheX86_64, UnwindRegsX86_64, UnwinderX86_64};
use framehop::{ExplicitModuleSectionInfo, Module, Unwinder as _};
use object::read::{ReadCache, ReadRef};
use object::{Object as _, ObjectSection as _, ObjectSegment as _};
use seccomp_bpf::abi::Abi;

use super::mappings::Mapping;
use crate::register_layout::StackStart;

/// The frames of a stack at most: a recursion without end is cut.
const MOST_FRAMES: usize = 256;

/// The bytes of a section at most.
const MOST_BYTES: u64 = 256 << 20;

type Bytes = Arc<[u8]>;

/// Unwinds stacks of one process, as long as the same files are mapped.
pub(crate) struct Unwinder {
    machine: Machine,
    /// The mapped files, and by how much their addresses differ from those in the file.
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
    /// Only the first frame is known.
    Other,
}

/// A place in a mapped file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Place {
    /// The name of the file.
    pub(crate) name: String,
    /// The path under which it can be opened.
    pub(crate) path: PathBuf,
    /// The address as the file has it.
    pub(crate) address: u64,
}

impl Unwinder {
    /// For a program of `abi` with these mappings.
    pub(crate) fn new(abi: Abi, mappings: &[Mapping]) -> Self {
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
            if let Some((file, module)) = mapped_file(parts) {
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
    pub(crate) fn place(&self, address: u64) -> Option<Place> {
        let file = self.files.iter().find(|file| file.addresses.contains(&address))?;
        Some(Place {
            name: file.name.clone(),
            path: file.path.clone(),
            address: address.wrapping_sub(file.bias),
        })
    }
}

/// Reads what unwinding needs of a file. `None` if it is no ELF file, or not mapped as one.
fn mapped_file(parts: &[&Mapping]) -> Option<(MappedFile, Module<Bytes>)> {
    let first = parts.first()?;
    let cache = ReadCache::new(File::open(&first.path).ok()?);
    let file = object::File::parse(&cache).ok()?;
    let bias = file.segments().find_map(|segment| {
        let (offset, _) = segment.file_range();
        // A mapping begins at a page, a segment where it likes.
        let part = parts
            .iter()
            .find(|part| part.offset <= offset && offset < part.offset + (part.end - part.start))?;
        Some(part.start.wrapping_add(offset - part.offset).wrapping_sub(segment.address()))
    })?;
    let addresses = first.start..parts.iter().map(|part| part.end).max()?;
    let section = |name: &str| {
        let section = file.section_by_name(name)?;
        let range = section.address()..section.address().checked_add(section.size())?;
        Some((range, data(&cache, section.file_range()?)))
    };
    let (text, eh_frame) = (section(".text"), section(".eh_frame"));
    let eh_frame_hdr = section(".eh_frame_hdr");
    let info = ExplicitModuleSectionInfo {
        base_svma: 0,
        text_svma: text.as_ref().map(|(range, _)| range.clone()),
        text: text.and_then(|(_, data)| data),
        eh_frame_svma: eh_frame.as_ref().map(|(range, _)| range.clone()),
        eh_frame: eh_frame.and_then(|(_, data)| data),
        eh_frame_hdr_svma: eh_frame_hdr.as_ref().map(|(range, _)| range.clone()),
        eh_frame_hdr: eh_frame_hdr.and_then(|(_, data)| data),
        ..ExplicitModuleSectionInfo::default()
    };
    let module = Module::new(first.name.clone(), addresses.clone(), bias, info);
    let (name, path) = (first.name.clone(), first.path.clone());
    Some((MappedFile { name, path, addresses, bias }, module))
}

fn data<'a>(file: impl ReadRef<'a>, (offset, size): (u64, u64)) -> Option<Bytes> {
    (size <= MOST_BYTES).then(|| file.read_bytes_at(offset, size).ok()).flatten().map(Bytes::from)
}
