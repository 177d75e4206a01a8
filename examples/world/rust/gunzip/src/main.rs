//! Decompresses standard input in the format of gzip(1) to standard output: a program without std and without an allocator,
//! linked statically with musl. Its input comes from strangers, and its policy allows it two descriptors and its end.
//!
//! ```text
//! gunzip < FILE.gz > FILE
//! gunzip --attacked < FILE.gz     as if the input ran code: it makes a socket
//! ```
//!
//! The exit status is 1 if the input is not gzip, is damaged, or is cut off.
#![no_std]
#![no_main]

mod descriptors;
mod gzip;
mod input;

use core::ffi::{c_char, c_int};
use core::panic::PanicInfo;

use rustix::fd::BorrowedFd;
use rustix::net::{AddressFamily, SocketType, socket};
use rustix::process::{Signal, getpid, kill_process};
use seccomp_runtime::{Policy, seccomp_policy};

use crate::input::Input;

/// Three calls. All memory is on the stack and in the file of the program.
const POLICY: Policy = seccomp_policy! {
    report numbers;
    allow read(fd == 0);
    allow write(fd in {1, 2});
    // The calls with which musl ends a program after `main`.
    allow exit_group, exit;
    // The report of a denied call.
    allow rt_sigreturn;
    default kill
};

/// The C library calls this function, with the number of words on the command line.
#[allow(unsafe_code)] // The name is that of the C library. No other function of this program has it.
#[unsafe(no_mangle)]
extern "C" fn main(words: c_int, _: *const *const c_char) -> c_int {
    POLICY.install_or_exit("gunzip");
    if words > 1 {
        return c_int::from(socket(AddressFamily::INET, SocketType::STREAM, None).is_err());
    }
    let mut input = Input::new();
    match gzip::decompress(&mut input, |bytes| write_all(descriptors::output(), bytes)) {
        Ok(()) => 0,
        Err(why) => {
            // If this cannot be written either, there is nothing to do.
            let _ = write_all(descriptors::errors(), b"gunzip: ")
                .and_then(|()| write_all(descriptors::errors(), why.as_bytes()))
                .and_then(|()| write_all(descriptors::errors(), b"\n"));
            1
        }
    }
}

fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), &'static str> {
    while !bytes.is_empty() {
        match rustix::io::write(to, bytes) {
            Ok(0) => return Err("the output takes nothing"),
            Ok(count) => bytes = &bytes[count.min(bytes.len())..],
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err("the output cannot be written"),
        }
    }
    Ok(())
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    let _ = write_all(descriptors::errors(), b"gunzip: a panic\n");
    loop {
        // A call that the policy does not allow ends the program.
        let _ = kill_process(getpid(), Signal::ABORT);
    }
}
