//! Filters as files: the bytes of `struct sock_filter`, or a listing of numbers.

use std::fmt;

use seccomp_ir::abi::Endian;
use seccomp_ir::bpf::{InstructionIndex, MAX_INSTRUCTIONS, SockFilter};

/// The size of an instruction in bytes (`struct sock_filter`, `include/uapi/linux/filter.h`, Linux 6.12).
const SIZE: usize = 8;

/// The reason why bytes are not a filter.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum BytesError {
    /// There are no instructions.
    Empty,
    /// The number of bytes is not a multiple of 8.
    Rest {
        /// How many there are.
        bytes: usize,
    },
    /// There are more instructions than the kernel loads.
    TooLong {
        /// How many there are.
        instructions: usize,
    },
    /// In neither byte order are all codes allowed by seccomp.
    Code {
        /// The first instruction with another code, in the byte order in which it comes later.
        index: InstructionIndex,
    },
    /// The text is not a listing.
    Line {
        /// The number of the line, from 1.
        line: usize,
    },
}

impl fmt::Display for BytesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there are no instructions"),
            Self::Rest { bytes } => write!(
                f,
                "{bytes} bytes are not a filter: an instruction has 8 (a code of 2, two distances of 1, and a number of 4)"
            ),
            Self::TooLong { instructions } => write!(
                f,
                "{instructions} instructions are more than the {MAX_INSTRUCTIONS} that the kernel loads"
            ),
            Self::Code { index } => write!(
                f,
                "instruction {index} (byte {}) has a code that seccomp does not allow, in either byte order",
                index.0 * SIZE
            ),
            Self::Line { line } => write!(
                f,
                "line {line} is not an instruction: write code, jt, jf and k, such as `{{ 0x15, 0, 1, 0xc000003e }}` or `15 0 1 c000003e`"
            ),
        }
    }
}

impl std::error::Error for BytesError {}

/// The instructions in the bytes of a file: as `seccomp_export_bpf`, `bwrap --seccomp` and the kernel have them, in either
/// byte order, or a text with one instruction a line. Returns the byte order of the bytes, if they are not text.
///
/// # Errors
///
/// If the bytes are neither.
pub fn from_bytes(bytes: &[u8]) -> Result<(Vec<SockFilter>, Option<Endian>), BytesError> {
    if bytes.is_empty() {
        return Err(BytesError::Empty);
    }
    if let Some(text) = text(bytes) {
        return listing(text).map(|filter| (filter, None));
    }
    if bytes.len() % SIZE != 0 {
        return Err(BytesError::Rest { bytes: bytes.len() });
    }
    if bytes.len() / SIZE > MAX_INSTRUCTIONS {
        return Err(BytesError::TooLong { instructions: bytes.len() / SIZE });
    }
    let mut furthest = 0;
    for endian in [Endian::Little, Endian::Big] {
        let filter: Vec<SockFilter> =
            bytes.chunks_exact(SIZE).map(|chunk| instruction(chunk, endian)).collect();
        match filter.iter().position(|instruction| instruction.operation().is_none()) {
            None => return Ok((filter, Some(endian))),
            Some(index) => furthest = furthest.max(index),
        }
    }
    Err(BytesError::Code { index: InstructionIndex(furthest) })
}

/// The bytes of a filter for a kernel of this byte order.
#[must_use]
pub fn to_bytes(filter: &[SockFilter], endian: Endian) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(filter.len() * SIZE);
    for &SockFilter { code, jt, jf, k } in filter {
        match endian {
            Endian::Little => bytes.extend(code.to_le_bytes()),
            Endian::Big => bytes.extend(code.to_be_bytes()),
        }
        bytes.extend([jt, jf]);
        match endian {
            Endian::Little => bytes.extend(k.to_le_bytes()),
            Endian::Big => bytes.extend(k.to_be_bytes()),
        }
    }
    bytes
}

fn instruction(chunk: &[u8], endian: Endian) -> SockFilter {
    let (code, k) = ([chunk[0], chunk[1]], [chunk[4], chunk[5], chunk[6], chunk[7]]);
    let (code, k) = match endian {
        Endian::Little => (u16::from_le_bytes(code), u32::from_le_bytes(k)),
        Endian::Big => (u16::from_be_bytes(code), u32::from_be_bytes(k)),
    };
    SockFilter { code, jt: chunk[2], jf: chunk[3], k }
}

/// The bytes as a text, if they are one. No instruction has only printable bytes: one byte of its code is 0.
fn text(bytes: &[u8]) -> Option<&str> {
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    bytes.iter().all(is_text).then(|| std::str::from_utf8(bytes).ok()).flatten()
}

/// Reads one instruction a line: four numbers, with anything but letters and digits between them. Numbers may begin
/// with `0x`; if none does, all are hexadecimal. `//` and `#` begin comments.
fn listing(text: &str) -> Result<Vec<SockFilter>, BytesError> {
    let mut filter = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let code = code.split('#').next().unwrap_or_default();
        let words: Vec<&str> = code
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        if words.is_empty() {
            continue;
        }
        let wrong = BytesError::Line { line: index + 1 };
        let [code, jt, jf, k] = words[..] else { return Err(wrong) };
        let has_base = words.iter().any(|word| word.starts_with("0x"));
        let number = |word: &str| match word.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None if has_base => word.parse().ok(),
            None => u32::from_str_radix(word, 16).ok(),
        };
        let narrow = |word| number(word).and_then(|number| u8::try_from(number).ok());
        let code = number(code).and_then(|number| u16::try_from(number).ok());
        let (Some(code), Some(jt), Some(jf), Some(k)) = (code, narrow(jt), narrow(jf), number(k))
        else {
            return Err(wrong);
        };
        if filter.len() == MAX_INSTRUCTIONS {
            return Err(BytesError::TooLong { instructions: filter.len() + 1 });
        }
        filter.push(SockFilter { code, jt, jf, k });
    }
    if filter.is_empty() { Err(BytesError::Empty) } else { Ok(filter) }
}
