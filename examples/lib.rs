//! Shared by the examples: runs a program in a process of its own, so that another one can report its end.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};

/// An environment variable that is set in the process that runs the body of an example.
const CHILD: &str = "SECCOMP_EXAMPLE_CHILD";

/// Runs `body` in a child process, which executes this program again, and prints how it ended.
///
/// A policy cannot be removed, and a killed process cannot report anything, so another process
/// reports the result.
///
/// # Errors
///
/// The child cannot be started.
pub fn in_child(body: fn()) -> std::io::Result<()> {
    if std::env::var_os(CHILD).is_some() {
        body();
        return Ok(());
    }
    let status = Command::new(std::env::current_exe()?).env(CHILD, "1").status()?;
    println!("{}", in_words(status));
    Ok(())
}

/// Starts this program once more, as the process that a supervisor restricts: with the argument `role`, and with one
/// end of a socket as its standard input. Returns the process and the other end.
///
/// # Errors
///
/// The process cannot be started.
pub fn start_target(role: &str) -> std::io::Result<(Child, UnixStream)> {
    let (here, there) = UnixStream::pair()?;
    let mut command = Command::new(std::env::current_exe()?);
    let target = command.arg(role).stdin(OwnedFd::from(there)).spawn()?;
    Ok((target, here))
}

fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(0), _) => "=> The program came to its end by itself.".into(),
        (Some(code), _) => format!("=> The program gave up with exit status {code}."),
        (_, Some(libc::SIGSYS)) => {
            "=> The kernel ended the program (SIGSYS, \"bad system call\"): \
            what it called next is not in its policy."
                .into()
        }
        _ => format!("=> The program ended otherwise: {status}."),
    }
}

/// dup2(2): makes descriptor `to` a copy of descriptor `from`.
///
/// # Errors
///
/// The errno of dup2(2).
#[allow(unsafe_code)] // The standard library has no dup2.
pub fn dup2(from: i32, to: i32) -> std::io::Result<()> {
    // SAFETY: dup2(2) takes two numbers. The examples only let it replace standard error, which no
    // object owns, and a number that is not open.
    match unsafe { libc::dup2(from, to) } {
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}
