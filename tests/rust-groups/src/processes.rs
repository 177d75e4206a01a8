//! `std::process::Command`. The started program makes only the call `exit_group`.
#![allow(unsafe_code)] // `pre_exec`.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::filter::{Filter, directory, done};

/// The instructions of `exit_group(0)`.
#[cfg(target_arch = "x86_64")]
const EXIT: &[u8] = &[0x31, 0xff, 0xb8, 231, 0, 0, 0, 0x0f, 0x05];
#[cfg(target_arch = "x86")]
const EXIT: &[u8] = &[0x31, 0xdb, 0xb8, 252, 0, 0, 0, 0xcd, 0x80];
#[cfg(target_arch = "aarch64")]
const EXIT: &[u8] = &[0, 0, 0x80, 0xd2, 0xc8, 0x0b, 0x80, 0xd2, 1, 0, 0, 0xd4];

/// The instructions that count to 2^32, which takes a second or two, so that a program that nobody kills ends
/// too.
#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
const COUNT: &[u8] = &[0x31, 0xc9, 0xff, 0xc9, 0x75, 0xfc];
#[cfg(target_arch = "aarch64")]
const COUNT: &[u8] = &[0x21, 0, 0xc0, 0xd2, 0x21, 4, 0, 0xf1, 0xe1, 0xff, 0xff, 0x54];
/// On other ABIs an emulator traces the programs, and starts no other program.
#[cfg(not(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")))]
const EXIT: &[u8] = &[];
#[cfg(not(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")))]
const COUNT: &[u8] = &[];
#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = 62;
#[cfg(target_arch = "x86")]
const MACHINE: u16 = 3;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = 183;
#[cfg(not(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")))]
const MACHINE: u16 = 0;

/// The address of the program in memory.
const BASE: usize = 0x40_0000;

/// Writes a program that makes the fewest possible calls (elf(5), Linux man-pages 6.03), and returns
/// its path.
fn program(name: &str, code: &[u8]) -> PathBuf {
    let wide = size_of::<usize>() == 8;
    let (header_bytes, entry_bytes): (u16, u16) = if wide { (64, 56) } else { (52, 32) };
    let start = usize::from(header_bytes) + usize::from(entry_bytes);
    let mut bytes = vec![0x7f, b'E', b'L', b'F', if wide { 2 } else { 1 }, 1, 1];
    bytes.resize(16, 0);
    let word = |bytes: &mut Vec<u8>, value: usize| bytes.extend(value.to_le_bytes());
    let four = |bytes: &mut Vec<u8>, value: u32| bytes.extend(value.to_le_bytes());
    // ET_EXEC, the machine, EV_CURRENT, the entry, the program headers, no section headers, no flags.
    bytes.extend(2_u16.to_le_bytes());
    bytes.extend(MACHINE.to_le_bytes());
    four(&mut bytes, 1);
    word(&mut bytes, BASE + start);
    word(&mut bytes, header_bytes.into());
    word(&mut bytes, 0);
    four(&mut bytes, 0);
    for number in [header_bytes, entry_bytes, 1, 0, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    // PT_LOAD of the whole file, readable and executable. In 32 bits the flags come later.
    let length = start + code.len();
    four(&mut bytes, 1);
    if wide {
        four(&mut bytes, 5);
    }
    for value in [0, BASE, BASE, length, length] {
        word(&mut bytes, value);
    }
    if !wide {
        four(&mut bytes, 5);
    }
    word(&mut bytes, 0x1000);
    bytes.extend(code);
    let path = directory().join(name);
    fs::write(&path, bytes).expect("the directory can be written");
    let executable = fs::Permissions::from_mode(0o700);
    fs::set_permissions(&path, executable).expect("the file is this program's own");
    path
}

/// A program that succeeds.
#[cfg(feature = "tokio")]
pub(crate) fn program_that_exits() -> PathBuf {
    program("exits", EXIT)
}

/// Makes a program of a function that may fail.
fn report(filter: &Filter, body: impl FnOnce() -> io::Result<bool>) -> ExitCode {
    filter.install();
    done(body().is_ok_and(|right| right))
}

/// Starts a program, and waits for it.
pub(crate) fn status(filter: &Filter) -> ExitCode {
    let path = program("exits", EXIT);
    report(filter, || Ok(Command::new(&path).arg("argument").env("A", "b").status()?.success()))
}

/// The same, and reads its output.
pub(crate) fn output(filter: &Filter) -> ExitCode {
    let path = program("exits", EXIT);
    report(filter, || {
        let output = Command::new(&path).output()?;
        Ok(output.status.success() && output.stdout.is_empty())
    })
}

/// The same with pipes, one of which is read, in another directory, and with a search in `PATH`.
pub(crate) fn pipes(filter: &Filter) -> ExitCode {
    let path = program("exits", EXIT);
    let within = path.parent().expect("a directory");
    let places = format!("/nowhere:{}", within.display());
    report(filter, || {
        let mut command = Command::new("exits");
        command.env("PATH", places).current_dir(within);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        drop(child.stdin.take());
        let mut text = String::new();
        let mut from = child.stdout.take().expect("it is a pipe");
        from.read_to_string(&mut text)?;
        Ok(child.wait()?.success() && text.is_empty())
    })
}

/// A function runs in the new process, so std cannot use `posix_spawn`.
pub(crate) fn fork(filter: &Filter) -> ExitCode {
    let path = program("exits", EXIT);
    report(filter, || {
        let mut command = Command::new(&path);
        // SAFETY: the function does nothing.
        unsafe { command.pre_exec(|| Ok(())) };
        Ok(command.status()?.success())
    })
}

/// A program that does not exist.
pub(crate) fn missing(filter: &Filter) -> ExitCode {
    let path = directory().join("missing");
    report(filter, || {
        let error = Command::new(&path).status().err();
        Ok(error.is_some_and(|error| error.kind() == io::ErrorKind::NotFound))
    })
}

/// A program that runs longer than it takes to kill it.
pub(crate) fn kill(filter: &Filter) -> ExitCode {
    let path = program("counts", &[COUNT, EXIT].concat());
    report(filter, || {
        let mut child = Command::new(&path).spawn()?;
        let running = child.try_wait()?.is_none();
        child.kill()?;
        Ok(running && child.wait()?.signal() == Some(libc::SIGKILL))
    })
}

/// The program takes the place of the caller.
pub(crate) fn exec(filter: &Filter) -> ExitCode {
    let path = program("exits", EXIT);
    report(filter, || Err(Command::new(&path).exec()))
}
