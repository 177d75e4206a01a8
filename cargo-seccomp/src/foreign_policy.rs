//! Policies in the formats of other tools, translated to texts of this language.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use seccomp_bpf::abi::Abi;
use seccomp_load::formats::{self, Format, Imported, Options};

use crate::text_file;

/// Reads a policy of another tool for programs of the ABI `abi`, with the defaults of `cargo seccomp import`: no
/// capabilities, and this machine's kernel.
///
/// # Errors
///
/// All errors of the file, and all that the language cannot say.
pub(crate) fn read_foreign(format: Format, name: &str, text: &str, abi: Abi) -> Result<Imported> {
    let options = Options { kernel: running_kernel(), files: &read_beside, ..Options::new(abi) };
    formats::import(format, name, text, &options).map_err(|problems| {
        anyhow!(
            "{name} is read as a policy of the format {format}, with the default options of `cargo seccomp import`. If these are wrong, \
             import it with other options, and name the result here\n{problems}"
        )
    })
}

/// Reads a file that a policy includes. A relative name is searched beside the including file, and then in the working
/// directory.
pub(crate) fn read_beside(name: &str, from: &str) -> Result<(String, String), String> {
    let beside = Path::new(from).parent().unwrap_or(Path::new("")).join(name);
    let path = if beside.exists() { beside } else { PathBuf::from(name) };
    let text = text_file::read(&path).map_err(|error| format!("{error:#}"))?;
    Ok((path.display().to_string(), text))
}

/// The version of this machine's kernel, major and minor.
pub(crate) fn running_kernel() -> Option<(u64, u64)> {
    kernel_version(fs::read_to_string("/proc/sys/kernel/osrelease").ok()?.trim()).ok()
}

/// A version of the kernel: "6.1", "6.1.0-26-amd64".
pub(crate) fn kernel_version(text: &str) -> Result<(u64, u64), String> {
    let mut numbers = text.split(|it: char| !it.is_ascii_digit()).map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err("a version of the kernel is two numbers, such as 6.1".to_owned()),
    }
}
