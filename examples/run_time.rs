//! Values of the running program in a policy: a descriptor that the program opened before, and the id of its own
//! process.
//!
//! The program evaluates `$log` and `$(…)` where the policy is written. The filter is proven for every value. A value that
//! its argument cannot hold is an error, and then nothing is installed.

use std::error::Error;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;

use seccomp_runtime::{PolicyWith, seccomp_policy};

/// The policy of a program that writes to standard output, to standard error and to one file.
fn policy(log: i32) -> PolicyWith<2> {
    seccomp_policy! {
        allow write(fd in {1, 2, $log});
        errno(EBADF) write;
        allow tgkill(tgid == $(std::process::id()));
        errno(EPERM) tgkill, tkill, kill;
        allow @rust-exit, @rust-panic;
        default kill
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut log = File::options().write(true).open("/dev/null")?;
    let mut other_file = log.try_clone()?;
    let policy = policy(log.as_raw_fd());
    policy.install()?;
    println!("the log:         {:?}", log.write(b"a line\n"));
    let refused =
        other_file.write(b"a line\n").map_or_else(|error| error.to_string(), |_| "works".into());
    println!("another file:    {refused}");
    Ok(())
}
