//! A deny list: all is allowed but a few things, and those fail as if the system refused them.
//! The program sees an ordinary error and goes on.
//!
//! A deny list keeps a program from accidents and from code that plays by the rules. It is weak
//! against an attacker, who looks for what is not on the list; for that, allow what is needed.
//!
//! ```text
//! cargo run --example deny_list
//! ```

use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::Command;

use seccomp_runtime::{InstallError, Policy, seccomp_policy};

/// No network beyond this machine's own sockets, and no other programs.
const OFFLINE: Policy = seccomp_policy! {
    errno(EACCES) socket(family != AF_UNIX);
    // io_uring opens sockets without calling socket.
    errno(EPERM) execve, execveat, io_uring_setup;
    // Where sockets are also made through a call whose arguments no filter can see.
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
