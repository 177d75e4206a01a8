//! A program for several systems that is under a policy on Linux, as in `docs/language.md`.
//! `tests/not-linux/run` compiles it for other systems.

use std::net::UdpSocket;

#[cfg(target_os = "linux")]
use seccomp_runtime::{Policy, sandboxed, seccomp_policy};

#[cfg(target_os = "linux")]
const NO_SOCKETS: Policy = seccomp_policy! {
    errno(EACCES) socket, io_uring_setup;
    unknown errno(ENOSYS);
    #[allow(seccomp::default_allow)]
    default allow
};

#[cfg_attr(target_os = "linux", sandboxed(NO_SOCKETS))]
fn main() {
    match UdpSocket::bind("127.0.0.1:0") {
        Ok(_) => println!("not restricted"),
        Err(error) => println!("{error}"),
    }
}
