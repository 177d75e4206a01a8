//! A list of denied calls: the policy allows all other calls, and the denied calls fail as if the
//! system refused them. The program gets an ordinary error and continues.
//!
//! A list of denied calls protects against accidents and against code that is not hostile. It is
//! weak against an attacker, who looks for calls that are not on the list. Against attackers, allow
//! only the calls that the program needs.
//!
//! ```text
//! cargo run --example deny_list
//! ```

use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::Command;

use seccomp_runtime::{InstallError, Policy, seccomp_policy};

/// Allows no network except local sockets, and no other programs.
const OFFLINE: Policy = seccomp_policy! {
    errno(EACCES) socket(family != AF_UNIX);
    // io_uring opens sockets without calling socket.
    errno(EPERM) execve, execveat, io_uring_setup;
    // On some architectures programs also make sockets through a call whose arguments a filter
    // cannot see.
    errno(ENOSYS) @multiplexers;
    unknown errno(ENOSYS);
    #[allow(seccomp::default_allow)]
    default allow
};

fn main() -> Result<(), InstallError> {
    OFFLINE.install()?;
    println!("a TCP socket:      {}", in_words(TcpListener::bind("127.0.0.1:0")));
    println!("a UNIX socket:     {}", in_words(UnixStream::pair()));
    println!("another program:   {}", in_words(Command::new("/bin/true").status()));
    println!("a file:            {}", in_words(std::fs::metadata("/")));
    Ok(())
}

fn in_words<T>(result: std::io::Result<T>) -> String {
    match result {
        Ok(_) => "works".into(),
        Err(error) => error.to_string(),
    }
}
