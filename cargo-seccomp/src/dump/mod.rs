//! Core files: which call of which thread the kernel did not make, with its arguments, and the memory around it.
//!
//! A core may be of another machine, and it may be cut off, because `ulimit -c` and collectors of cores cut it. Then
//! the answer lacks these parts.
//!
//! | module | what it knows |
//! |---|---|
//! | `notes` | the notes of a core: signal, threads, files |
//! | `dump_thread` | a thread, and the call in its registers |

mod dump_thread;
mod notes;

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use object::Endianness;
use object::elf::{ET_CORE, FileHeader32, FileHeader64, Machine, PT_LOAD, PT_NOTE};
use object::read::ReadCache;
use object::read::elf::{FileHeader, ProgramHeader as _};
use seccomp_bpf::abi::Abi;

pub use dump_thread::DumpThread;
pub use notes::{DumpMapping, Signal, SignalDetail};

pub use crate::register_layout::StackStart;

/// The most segments of a core. The kernel maps at most 65,530 parts for a process, unless somebody raises that limit.
const MOST_SEGMENTS: u32 = 1 << 20;

/// A core file.
#[derive(Debug)]
pub struct Dump {
    /// The ABI of the program. `None` for a machine whose registers this tool does not know.
    pub abi: Option<Abi>,
    /// The signal that ended the process. `None` if the core does not say it.
    pub signal: Option<Signal>,
    /// The threads in the core. The thread that received the signal comes first.
    pub threads: Vec<DumpThread>,
    /// The files that were mapped.
    pub files: Vec<DumpMapping>,
    /// The path of the program, if the core says it.
    pub program: Option<PathBuf>,
    /// The command line: the 80 bytes that the kernel keeps.
    pub command: String,
    /// Sentences about the parts that are missing because the file is cut off.
    pub cut_off: Vec<String>,
    memory: DumpMemory,
}

/// The layout of the numbers in a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DumpLayout {
    /// The bytes of `long` and of an address: 4 or 8.
    pub(crate) word: usize,
    pub(crate) endian: Endianness,
    pub(crate) machine: Machine,
}

impl DumpLayout {
    /// The number in `size` bytes (1 to 8) at `offset`. `None` if they are not there.
    pub(crate) fn number(self, bytes: &[u8], offset: usize, size: usize) -> Option<u64> {
        let bytes = bytes.get(offset..offset.checked_add(size)?)?;
        let fold = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        Some(match self.endian {
            Endianness::Big => bytes.iter().fold(0, fold),
            Endianness::Little => bytes.iter().rev().fold(0, fold),
        })
    }

    pub(crate) fn u32(self, bytes: &[u8], offset: usize) -> Option<u32> {
        self.number(bytes, offset, 4).and_then(|number| u32::try_from(number).ok())
    }

    pub(crate) fn word(self, bytes: &[u8], offset: usize) -> Option<u64> {
        self.number(bytes, offset, self.word)
    }
}

/// The memory of the process, as far as the core has it.
#[derive(Debug)]
struct DumpMemory {
    file: File,
    layout: DumpLayout,
    /// For each part of the memory its first address, the number of its bytes in the file, and their place there, by
    /// ascending address.
    parts: Vec<(u64, u64, u64)>,
}

impl Dump {
    /// Reads the core at `path`.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is not a core.
    pub fn read(path: &Path) -> Result<Self> {
        let open = || -> Result<File> {
            // Opening a pipe could wait for ever.
            if !path.metadata()?.is_file() {
                bail!("it is not a regular file");
            }
            Ok(File::open(path)?)
        };
        open()
            .and_then(Self::of_file)
            .with_context(|| format!("cannot read the core {}", path.display()))
    }

    /// Reads the core in an open file.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is not a core.
    pub fn of_file(file: File) -> Result<Self> {
        read(file)
    }

    /// Whether the file at `path` is a core, as far as its first bytes say.
    #[must_use]
    pub fn is_one(path: &Path) -> bool {
        let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
        let mut start = [0; 18];
        if !is_file || !File::open(path).is_ok_and(|file| file.read_exact_at(&mut start, 0).is_ok())
        {
            return false;
        }
        // e_type, 2 bytes at offset 16: man 5 elf.
        let kind = [start[16], start[17]];
        start.starts_with(b"\x7fELF") && (kind == [4, 0] || kind == [0, 4])
    }

    /// The bytes of the memory at an address; `None` if the core does not have all of them.
    #[must_use]
    pub fn memory(&self, address: u64, length: usize) -> Option<Vec<u8>> {
        let parts = &self.memory.parts;
        let (start, size, offset) =
            parts[..parts.partition_point(|(start, ..)| *start <= address)].last()?;
        let within = address - start;
        let end = within.checked_add(length as u64)?;
        if end > *size {
            return None;
        }
        let mut bytes = vec![0; length];
        self.memory.file.read_exact_at(&mut bytes, offset.checked_add(within)?).ok()?;
        Some(bytes)
    }

    /// The address that is in memory at an address.
    #[must_use]
    pub fn word_at(&self, address: u64) -> Option<u64> {
        let layout = self.memory.layout;
        layout.word(&self.memory(address, layout.word)?, 0)
    }
}

fn read(file: File) -> Result<Dump> {
    let mut start = [0; 6];
    if file.read_exact_at(&mut start, 0).is_err() {
        bail!("it has less than 6 bytes");
    }
    match start {
        // EI_CLASS, man 5 elf.
        [0x7f, b'E', b'L', b'F', 1, _] => read_class::<FileHeader32<Endianness>>(file, 4),
        [0x7f, b'E', b'L', b'F', 2, _] => read_class::<FileHeader64<Endianness>>(file, 8),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            bail!("it is compressed: `zstd -d` unpacks it, and so does `coredumpctl dump`")
        }
        [0x04, 0x22, 0x4d, 0x18, ..] => {
            bail!("it is compressed: `lz4 -d` unpacks it, and so does `coredumpctl dump`")
        }
        [0x1f, 0x8b, ..] => bail!("it is compressed: `gunzip` unpacks it"),
        _ => bail!("it is not an ELF file"),
    }
}

fn read_class<Elf: FileHeader<Endian = Endianness>>(file: File, word: usize) -> Result<Dump> {
    let length = file.metadata()?.len();
    let data = ReadCache::new(file.try_clone()?);
    let header = Elf::parse(&data).context("the ELF header")?;
    let endian = header.endian().context("the ELF header")?;
    if header.e_type(endian) != ET_CORE {
        bail!("it is an ELF file, but not a core");
    }
    let layout = DumpLayout { word, endian, machine: header.e_machine(endian) };
    if header.phnum(endian, &data).context("the table of segments")? > MOST_SEGMENTS {
        bail!("it has more than {MOST_SEGMENTS} segments");
    }
    let segments = header.program_headers(endian, &data).context("the table of segments")?;
    let mut found = notes::Notes::default();
    let (mut parts, mut missing) = (Vec::new(), 0_u64);
    for segment in segments {
        let (offset, size) = segment.file_range(endian);
        let there = length.saturating_sub(offset).min(size);
        if segment.p_type(endian) == PT_NOTE {
            found.read(&file, layout, offset, there)?;
            if there < size {
                found.cut_off = true;
            }
        } else if segment.p_type(endian) == PT_LOAD && size > 0 {
            missing = missing.saturating_add(size - there);
            if there > 0 {
                parts.push((segment.p_vaddr(endian).into(), there, offset));
            }
        }
    }
    parts.sort_unstable();
    let mut cut_off = Vec::new();
    if found.cut_off {
        cut_off
            .push("the file ends within its notes, so threads and files may be missing".to_owned());
    }
    if missing > 0 {
        cut_off.push(format!("the file is cut off: {missing} bytes of the memory are missing"));
    }
    let program = found.program();
    Ok(Dump {
        abi: dump_thread::abi(layout),
        signal: found.signal,
        threads: found.threads,
        files: found.files,
        program,
        command: found.command,
        cut_off,
        memory: DumpMemory { file, layout, parts },
    })
}

#[cfg(test)]
mod tests;
