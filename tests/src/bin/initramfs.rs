//! Writes the files with which a kernel runs the conformance corpus: an initial file system with
//! the program as `/init`, the corpus beside it, and a console.
//!
//! `initramfs ABI PROGRAM ARCHIVE CORPUS` writes the last two files and prints what the corpus has
//! for that ABI. The last line is the number of checks that the program must report for it. `initramfs ABI PROGRAM ARCHIVE`
//! leaves the corpus out: then the program makes only its own checks.

use std::error::Error;

use seccomp_ir::abi::Abi;
use seccomp_tests::corpus::Topic;
use seccomp_tests::corpus::image::Image;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [_, program, archive] = &arguments[..] {
        std::fs::write(archive, file_system(&std::fs::read(program)?, None)?)?;
        return Ok(());
    }
    let [abi, program, archive, corpus] = &arguments[..] else {
        return Err("initramfs ABI PROGRAM ARCHIVE [CORPUS]".into());
    };
    let abi = Abi::from_name(abi).ok_or_else(|| format!("`{abi}` is not an ABI"))?;
    let image = Image::new(&Topic::load_all(), abi);
    std::fs::write(archive, file_system(&std::fs::read(program)?, Some(&image.bytes))?)?;
    std::fs::write(corpus, &image.bytes)?;
    println!("{}\n{}", image.summary(abi), image.calls + image.harmless);
    Ok(())
}

fn file_system(program: &[u8], corpus: Option<&[u8]>) -> Result<Vec<u8>, Box<dyn Error>> {
    const DIRECTORY: u32 = 0o040_755;
    const EXECUTABLE: u32 = 0o100_755;
    const FILE: u32 = 0o100_644;
    const CHARACTER_DEVICE: u32 = 0o020_600;
    let mut archive = Vec::new();
    entry(&mut archive, "dev", DIRECTORY, [0, 0], &[])?;
    entry(&mut archive, "dev/console", CHARACTER_DEVICE, [5, 1], &[])?;
    entry(&mut archive, "init", EXECUTABLE, [0, 0], program)?;
    if let Some(corpus) = corpus {
        entry(&mut archive, "corpus", FILE, [0, 0], corpus)?;
    }
    entry(&mut archive, "TRAILER!!!", 0, [0, 0], &[])?;
    Ok(archive)
}

/// Adds a file as `Documentation/driver-api/early-userspace/buffer-format.rst`, Linux 6.12, has it:
/// "070701", thirteen numbers of eight hexadecimal digits, name and content, each to a multiple of 4.
fn entry(
    archive: &mut Vec<u8>,
    name: &str,
    mode: u32,
    device: [u32; 2],
    content: &[u8],
) -> Result<(), Box<dyn Error>> {
    let inode = u32::try_from(archive.len())?;
    let size = u32::try_from(content.len())?;
    let name_size = u32::try_from(name.len())? + 1;
    let [major, minor] = device;
    archive.extend(b"070701");
    for number in [inode, mode, 0, 0, 1, 0, size, 0, 0, major, minor, name_size, 0] {
        archive.extend(format!("{number:08x}").bytes());
    }
    archive.extend(name.bytes().chain([0]));
    archive.resize(archive.len().next_multiple_of(4), 0);
    archive.extend(content);
    archive.resize(archive.len().next_multiple_of(4), 0);
    Ok(())
}
