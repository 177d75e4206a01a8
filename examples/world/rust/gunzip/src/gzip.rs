//! The format of gzip: members, each with a header, a stream of DEFLATE, a checksum and a length (RFC 1952, sections 2.2
//! and 2.3).

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_HAS_MORE_INPUT;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress as inflate};

use crate::input::Input;

/// The greatest distance at which DEFLATE repeats earlier bytes (RFC 1951, section 2).
const WINDOW: usize = 1 << 15;

/// Decompresses all members of the input, and passes the bytes to `write`.
///
/// # Errors
///
/// What is wrong with the input, or why `write` failed. The bytes before the error are written.
pub(crate) fn decompress(
    input: &mut Input,
    mut write: impl FnMut(&[u8]) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    loop {
        header(input)?;
        let (checksum, length) = body(input, &mut write)?;
        if (input.number()?, input.number()?) != (checksum, length) {
            return Err("the input is damaged: its checksum is another one");
        }
        if input.bytes()?.is_empty() {
            return Ok(());
        }
    }
}

/// Reads a header.
fn header(input: &mut Input) -> Result<(), &'static str> {
    const CHECKSUM: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    if (input.byte()?, input.byte()?, input.byte()?) != (0x1f, 0x8b, 8) {
        return Err("the input is no gzip");
    }
    let flags = input.byte()?;
    if flags & 0xe0 != 0 {
        return Err("the header has flags that RFC 1952 does not know");
    }
    // Skips the time, and two bytes about the compressor.
    input.number()?;
    (input.byte()?, input.byte()?);
    if flags & EXTRA != 0 {
        let length = u16::from_le_bytes([input.byte()?, input.byte()?]);
        for _ in 0..length {
            input.byte()?;
        }
    }
    for text in [NAME, COMMENT] {
        while flags & text != 0 && input.byte()? != 0 {}
    }
    if flags & CHECKSUM != 0 {
        (input.byte()?, input.byte()?);
    }
    Ok(())
}

/// Decompresses one stream. Returns the checksum of the written bytes, and their number modulo 2^32.
fn body(
    input: &mut Input,
    write: &mut impl FnMut(&[u8]) -> Result<(), &'static str>,
) -> Result<(u32, u32), &'static str> {
    let (mut state, mut window) = (DecompressorOxide::new(), [0; WINDOW]);
    let (mut at, mut checksum, mut length) = (0, crc32fast::Hasher::new(), 0_u32);
    loop {
        let bytes = input.bytes()?;
        let (ends, flags) = (bytes.is_empty(), TINFL_FLAG_HAS_MORE_INPUT);
        let flags = if ends { 0 } else { flags };
        let (status, used, made) = inflate(&mut state, bytes, &mut window, at, flags);
        input.used(used);
        let new = &window[at..at + made];
        checksum.update(new);
        write(new)?;
        length = length.wrapping_add(made as u32);
        at = (at + made) % WINDOW;
        match status {
            TINFLStatus::Done => return Ok((checksum.finalize(), length)),
            TINFLStatus::NeedsMoreInput if !ends => {}
            TINFLStatus::HasMoreOutput => {}
            TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => {
                return Err("the input ends too early");
            }
            TINFLStatus::BadParam | TINFLStatus::Adler32Mismatch | TINFLStatus::Failed => {
                return Err("the input is damaged");
            }
            _ => return Err("the input cannot be decompressed"),
        }
    }
}
