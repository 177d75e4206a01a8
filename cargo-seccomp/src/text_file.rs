//! Texts that people write: policies of this language and of other tools.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use anyhow::{Context as _, Result, bail, ensure};

/// The most bytes of such a text. No filter of 4096 instructions needs a policy of that size.
pub(crate) const MOST_TEXT: u64 = 1 << 20;

/// Reads a text of at most [`MOST_TEXT`] bytes from a file, a pipe, or anything else that can be read. (/dev/zero has
/// no end, so it is an error.)
///
/// # Errors
///
/// The file cannot be read, is longer, or is not UTF-8.
pub(crate) fn read(path: &Path) -> Result<String> {
    let name = path.display();
    let file = open(path).with_context(|| format!("cannot read {name}"))?;
    read_from(file).with_context(|| format!("cannot read {name}"))
}

/// Opens a file of any kind for reading. Opening a FIFO usually waits for a process that writes to it, perhaps for
/// ever; this function waits only some seconds. `<(command)` of a shell is a pipe with such a process.
///
/// # Errors
///
/// It cannot be opened, is a directory, or is a FIFO to which nobody writes.
pub(crate) fn open(path: &Path) -> Result<File> {
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        bail!("it is a directory");
    }
    if kind.is_fifo() {
        ensure!(has_writer(&file)?, "it is a FIFO, and no process writes to it");
    }
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

/// Whether a process writes to a FIFO that was opened with `O_NONBLOCK`, now or soon.
fn has_writer(mut fifo: &File) -> Result<bool> {
    let soon = Timespec { tv_sec: 3, tv_nsec: 0 };
    if poll(&mut [PollFd::new(&fifo, PollFlags::IN)], Some(&soon))? > 0 {
        return Ok(true);
    }
    // If there is nothing to read, the result is `EAGAIN` with a writer, and the end of the file without one (read(2),
    // fifo(7), Linux man-pages 6.03).
    match fifo.read(&mut [0]) {
        Ok(0) => Ok(false),
        Ok(_) => bail!("a process began to write to it just now; try again"),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// The text that `reader` gives.
///
/// # Errors
///
/// See [`read`].
pub(crate) fn read_from(reader: impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    reader.take(MOST_TEXT + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 <= MOST_TEXT, "it has more than {MOST_TEXT} bytes");
    String::from_utf8(bytes).map_err(|error| {
        anyhow::anyhow!("it is not UTF-8: byte {} is wrong", error.utf8_error().valid_up_to())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_an_end_is_an_error_and_so_is_one_that_is_no_text() {
        let error = |path: &str| format!("{:#}", read(Path::new(path)).expect_err(path));
        assert_eq!(error("/dev/zero"), "cannot read /dev/zero: it has more than 1048576 bytes");
        assert_eq!(error("/"), "cannot read /: it is a directory");
        assert!(error("/proc/self/exe").starts_with("cannot read /proc/self/exe: it "));
        assert_eq!(read(Path::new("/dev/null")).expect("it can be read"), "");
    }

    #[test]
    fn a_fifo_is_read_if_somebody_writes_to_it_and_is_an_error_otherwise() {
        let path = std::env::temp_dir().join(format!("text-file-{}", std::process::id()));
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from(0o600))
            .expect("a FIFO");
        let error = format!("{:#}", read(&path).expect_err("nobody writes"));
        assert!(error.ends_with("it is a FIFO, and no process writes to it"), "{error}");
        let writes = path.clone();
        let writer = std::thread::spawn(move || std::fs::write(writes, "default kill;"));
        assert_eq!(read(&path).expect("a text"), "default kill;");
        writer.join().expect("no panic").expect("it is written");
        std::fs::remove_file(path).expect("it is there");
    }
}
