//! Texts that people write: policies, and those of other tools.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

/// The most bytes of such a text. No filter of 4096 instructions needs a policy of that size.
pub(crate) const MOST_TEXT: u64 = 1 << 20;

/// The text in a file, a pipe, or another file that can be read, of at most [`MOST_TEXT`] bytes. /dev/zero is none: it has no end.
///
/// # Errors
///
/// It cannot be read, is longer, or is not UTF-8.
pub(crate) fn read(path: &Path) -> Result<String> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
    if file.metadata().is_ok_and(|data| data.is_dir()) {
        bail!("cannot read {name}: it is a directory");
    }
    read_from(file).with_context(|| format!("cannot read {name}"))
}

/// The text that `reader` gives.
///
/// # Errors
///
/// As those of [`read`].
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
}
