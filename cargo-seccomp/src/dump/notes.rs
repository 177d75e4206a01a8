//! The notes of a core. Sources: `include/uapi/linux/elf.h` (types), `include/linux/elfcore.h` (`elf_prstatus_common`,
//! `elf_prpsinfo`), `fs/binfmt_elf.c` (`fill_files_note`), `include/uapi/asm-generic/siginfo.h`, Linux 6.12.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use object::elf::{EM_MIPS, NT_AUXV, NT_FILE, NT_PRPSINFO, NT_PRSTATUS, NT_SIGINFO, NoteType};

use super::DumpLayout;
use super::dump_thread::DumpThread;

/// The most notes of a core. Each thread has about five.
const MOST_NOTES: usize = 1 << 20;

/// The most bytes of the list of mapped files.
const MOST_FILES: u32 = 64 << 20;

/// The most bytes of any other note that is read.
const MOST_BYTES: u32 = 64 << 10;

/// `AT_PHDR`, `include/uapi/linux/auxvec.h`: the address of the program's table of segments.
const AT_PHDR: u64 = 3;

/// `SYS_SECCOMP`, `include/uapi/asm-generic/siginfo.h`.
const SYS_SECCOMP: i32 = 1;

/// The signal that ended a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// `si_signo`
    pub number: i32,
    /// `si_code`
    pub code: i32,
    /// Facts about the call that a filter denied. `None` for every other signal.
    pub denied: Option<SignalDetail>,
}

/// The facts in `siginfo_t` about a call that a filter denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalDetail {
    /// `si_syscall`: the number of the call, as in `seccomp_data.nr`.
    pub nr: u32,
    /// `si_arch`
    pub arch: u32,
    /// `si_call_addr`: the address after the instruction that made the call.
    pub address: u64,
    /// `si_errno`: the 16 bits of data of the action.
    pub data: u16,
}

/// A part of a file that was mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpMapping {
    /// The first address.
    pub start: u64,
    /// The first address after it.
    pub end: u64,
    /// The place in the file, in bytes.
    pub offset: u64,
    /// The path when the core was written.
    pub path: String,
}

/// The notes that were read.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) signal: Option<Signal>,
    pub(super) threads: Vec<DumpThread>,
    pub(super) files: Vec<DumpMapping>,
    pub(super) command: String,
    pub(super) cut_off: bool,
    segments_at: Option<u64>,
    count: usize,
}

impl Notes {
    /// Adds the notes in `size` bytes at `offset` of `file`.
    pub(super) fn read(
        &mut self,
        file: &File,
        layout: DumpLayout,
        offset: u64,
        size: u64,
    ) -> Result<()> {
        let end = offset.saturating_add(size);
        let mut at = offset;
        while at.saturating_add(12) <= end {
            self.count += 1;
            if self.count > MOST_NOTES {
                bail!("it has more than {MOST_NOTES} notes");
            }
            let mut head = [0; 12];
            file.read_exact_at(&mut head, at)?;
            let field = |nth: usize| layout.u32(&head, 4 * nth).unwrap_or_default();
            let (owner, length, kind) = (field(0), field(1), field(2));
            let content = at + 12 + u64::from(owner).next_multiple_of(4);
            at = content + u64::from(length).next_multiple_of(4);
            if content + u64::from(length) > end {
                self.cut_off = true;
                break;
            }
            let kind = NoteType(kind);
            let wanted = [NT_PRSTATUS, NT_PRPSINFO, NT_AUXV, NT_FILE, NT_SIGINFO].contains(&kind);
            let most = if kind == NT_FILE { MOST_FILES } else { MOST_BYTES };
            let mut name = [0; 5];
            // The owner of every wanted note is "CORE". Other owners use the same numbers.
            let is_core = owner == 5 && file.read_exact_at(&mut name, content - 8).is_ok();
            if !wanted || !is_core || name != *b"CORE\0" || length > most {
                continue;
            }
            let mut bytes = vec![0; length as usize];
            file.read_exact_at(&mut bytes, content)?;
            self.note(kind, &bytes, layout);
        }
        Ok(())
    }

    fn note(&mut self, kind: NoteType, bytes: &[u8], layout: DumpLayout) {
        match kind {
            NT_PRSTATUS => self.threads.extend(DumpThread::of_status(bytes, layout)),
            NT_PRPSINFO => self.command = command(bytes),
            NT_AUXV => self.segments_at = auxiliary(bytes, layout, AT_PHDR),
            NT_FILE => self.files = files(bytes, layout),
            NT_SIGINFO => self.signal = self.signal.take().or(signal(bytes, layout)),
            _ => {}
        }
    }

    /// The program is the file in which its own table of segments is.
    pub(super) fn program(&self) -> Option<PathBuf> {
        let at = self.segments_at?;
        let file = self.files.iter().find(|file| (file.start..file.end).contains(&at))?;
        Some(PathBuf::from(&file.path))
    }
}

/// `pr_psargs`, 80 bytes at the end of `elf_prpsinfo`.
fn command(bytes: &[u8]) -> String {
    let arguments = &bytes[bytes.len().saturating_sub(80)..];
    let end = arguments.iter().position(|byte| *byte == 0).unwrap_or(arguments.len());
    String::from_utf8_lossy(&arguments[..end]).trim_end().to_owned()
}

/// The value of an entry of the auxiliary vector: pairs of words.
fn auxiliary(bytes: &[u8], layout: DumpLayout, wanted: u64) -> Option<u64> {
    let pairs = bytes.chunks_exact(2 * layout.word);
    pairs.into_iter().find_map(|pair| {
        (layout.word(pair, 0)? == wanted).then(|| layout.word(pair, layout.word))?
    })
}

/// The number of files and the size of a page, then start, end and page of each, then their names.
fn files(bytes: &[u8], layout: DumpLayout) -> Vec<DumpMapping> {
    let word = |nth: usize| layout.word(bytes, nth.checked_mul(layout.word)?);
    let (Some(count), Some(page)) = (word(0), word(1)) else { return Vec::new() };
    let most = bytes.len() / (3 * layout.word);
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(most);
    let mut names =
        bytes.get((2 + 3 * count) * layout.word..).unwrap_or_default().split(|byte| *byte == 0);
    let mut files = Vec::new();
    for index in 0..count {
        let at = 2 + 3 * index;
        let (Some(start), Some(end), Some(offset)) = (word(at), word(at + 1), word(at + 2)) else {
            break;
        };
        let Some(path) = names.next() else { break };
        let path = String::from_utf8_lossy(path).into_owned();
        files.push(DumpMapping { start, end, offset: offset.wrapping_mul(page), path });
    }
    files
}

/// `siginfo_t`: three ints, then a union that is aligned like an address. On MIPS the second and the third change places.
fn signal(bytes: &[u8], layout: DumpLayout) -> Option<Signal> {
    let int = |offset| layout.u32(bytes, offset).map(u32::cast_signed);
    let (number, second, third) = (int(0)?, int(4)?, int(8)?);
    let swapped = layout.machine == EM_MIPS;
    let (errno, code) = if swapped { (third, second) } else { (second, third) };
    let union = if layout.word == 8 { 16 } else { 12 };
    let detail = || {
        Some(SignalDetail {
            address: layout.word(bytes, union)?,
            nr: layout.u32(bytes, union + layout.word)?,
            arch: layout.u32(bytes, union + layout.word + 4)?,
            data: u16::try_from(errno & 0xffff).ok()?,
        })
    };
    // SIGSYS is 31, on MIPS and PA-RISC 12 and 31: `arch/*/include/uapi/asm/signal.h`.
    let is_denial = code == SYS_SECCOMP && (number == 31 || number == 12 && swapped);
    Some(Signal { number, code, denied: if is_denial { detail() } else { None } })
}
