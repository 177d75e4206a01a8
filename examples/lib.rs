//! What the examples share: a program in a process of its own, so that its end can be told.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

/// Set in the environment of the process that runs the body of an example.
const CHILD: &str = "SECCOMP_EXAMPLE_CHILD";

/// Runs `body` in a child process, this program once more, and says in plain words how it ended.
///
/// A policy cannot be taken back, and a process that is killed can tell nobody: so the one that
/// speaks about it is another one.
///
/// # Errors
///
/// If the child cannot be started.
pub fn in_child(body: fn()) -> std::io::Result<()> {
    if std::env::var_os(CHILD).is_some() {
        body();
        return Ok(());
    }
    let status = Command::new(std::env::current_exe()?).env(CHILD, "1").status()?;
    println!("{}", in_words(status));
    Ok(())
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

/// dup2(2): lets descriptor `to` be what descriptor `from` is.
///
/// # Errors
///
/// The errno of dup2(2).
#[allow(unsafe_code)] // The standard library has no dup2.
pub fn dup2(from: i32, to: i32) -> std::io::Result<()> {
    // SAFETY: dup2(2) takes two numbers. The examples let it replace standard error only, which
    // is nobody's to own, and a number that is not open.
    match unsafe { libc::dup2(from, to) } {
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}
