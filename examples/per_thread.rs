//! A policy for one thread: a worker that parses untrusted input cannot open files, while the rest
//! of the program can.
//!
//! Threads share memory, so an attacker who controls the worker can make another thread open files.
//! A separate process is a stronger boundary. This policy stops accidents, and attackers who can
//! only make system calls.
//!
//! ```text
//! cargo run --example per_thread
//! ```

use std::fs::File;
use std::thread;

use seccomp_runtime::{InstallError, Policy, seccomp_policy};

const NO_FILES: Policy = seccomp_policy! {
    errno(EACCES) openat, openat2, open_by_handle_at, io_uring_setup;
    #[cfg(not(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "loongarch64")))]
    errno(EACCES) open, creat;
    unknown errno(ENOSYS);
    #[allow(seccomp::default_allow)]
    default allow
};

fn main() -> Result<(), InstallError> {
    let worker = thread::spawn(|| {
        NO_FILES.install_on_thread()?;
        println!("the worker opens a file:           {}", open());
        // A thread that the worker starts inherits the policy.
        let helper = thread::spawn(|| println!("its own thread opens a file:       {}", open()));
        if helper.join().is_err() {
            println!("its own thread panicked");
        }
        Ok::<(), InstallError>(())
    });
    match worker.join() {
        Ok(result) => result?,
        Err(_) => println!("the worker panicked"),
    }
    println!("the rest of the program opens it:  {}", open());
    Ok(())
}

fn open() -> String {
    match File::open("/proc/self/status") {
        Ok(_) => "works".into(),
        Err(error) => error.to_string(),
    }
}
