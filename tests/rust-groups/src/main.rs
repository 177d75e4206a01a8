//! The programs that the groups `@rust-…` are measured with: `measured PROGRAM FILTER`.
//!
//! Each program puts itself under the filter and then does one thing for which Rust's std, or the C
//! library below it, makes system calls by itself. It does everything that makes other calls
//! before.
//!
//! `FILTER` has the instructions of the filter in hexadecimal digits, 16 for each. With `none`
//! there is no filter, and a `close(-1)` marks the place of the install: so `strace -f measured
//! PROGRAM none` shows the calls with a C library or an ABI on which the tests do not run.

mod allocating;
mod channel;
mod connections;
mod exiting;
mod files;
mod filter;
mod own_network;
mod panicking;
mod processes;
mod resolving;
mod sleeping;
mod stopped;
mod threading;
#[cfg(feature = "tokio")]
mod tokio_runtime;
mod watched;

use std::process::ExitCode;

use filter::Filter;

/// The exit status of a program that has done its one thing and leaves `main`.
const LEFT_MAIN: u8 = 7;

/// A function that does one thing and returns the exit status of `main`.
type Program = fn(&Filter) -> ExitCode;

const PROGRAMS: &[(&str, Program)] = &[
    ("grow", allocating::grow),
    ("large", allocating::large),
    ("realloc", allocating::realloc),
    ("hash-map", allocating::hash_map),
    ("grow-in-thread", allocating::grow_in_thread),
    ("free-in-thread", allocating::free_in_thread),
    ("join", threading::join),
    ("name", threading::name),
    ("crowd", threading::crowd),
    ("scope", threading::scope),
    ("thread-local", threading::thread_local),
    ("detach", threading::detach),
    ("channel", channel::channel),
    ("catch", panicking::catch),
    ("catch-quietly", panicking::catch_quietly),
    ("catch-long", panicking::catch_long),
    ("panic-in-thread", panicking::panic_in_thread),
    ("panic-twice", panicking::panic_twice),
    ("panic-in-main", panicking::panic_in_main),
    ("abort", panicking::abort),
    ("overflow", panicking::overflow),
    ("fault", panicking::fault),
    ("return", exiting::leave_main),
    ("exit", exiting::exit),
    ("exit-twice", exiting::exit_twice),
    ("unflushed", exiting::unflushed),
    ("service", exiting::service),
    ("wait-stopped", sleeping::wait_stopped),
    ("sleep", sleeping::sleep),
    ("sleep-stopped", sleeping::sleep_stopped),
    ("clocks", sleeping::clocks),
    ("write-and-read", files::write_and_read),
    ("parts", files::parts),
    ("metadata", files::metadata),
    ("change", files::change),
    ("directories", files::directories),
    ("names", files::names),
    ("copy", files::copy),
    ("tcp", connections::tcp),
    ("tcp-options", connections::tcp_options),
    ("tcp-of-ipv6", connections::tcp_of_ipv6),
    ("tcp-copy", connections::copy),
    ("connect-stopped", connections::connect_stopped),
    ("udp", connections::udp),
    ("resolve-localhost", resolving::localhost),
    ("resolve", resolving::server),
    ("resolve-long", resolving::long),
    ("resolve-unknown", resolving::unknown),
    ("status", processes::status),
    ("output", processes::output),
    ("pipes", processes::pipes),
    ("fork", processes::fork),
    ("missing", processes::missing),
    ("kill", processes::kill),
    ("exec", processes::exec),
    #[cfg(feature = "tokio")]
    ("tokio", tokio_runtime::several_threads),
    #[cfg(feature = "tokio")]
    ("tokio-one-thread", tokio_runtime::one_thread),
    #[cfg(feature = "tokio")]
    ("tokio-sockets", tokio_runtime::sockets),
    #[cfg(feature = "tokio")]
    ("tokio-files", tokio_runtime::files),
    #[cfg(feature = "tokio")]
    ("tokio-signals", tokio_runtime::signals),
    #[cfg(feature = "tokio")]
    ("tokio-processes", tokio_runtime::processes),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().expect("the name of a program");
    let filter = Filter::new(&arguments.next().expect("a filter"));
    let (_, program) = PROGRAMS.iter().find(|(known, _)| *known == name).expect("a known program");
    program(&filter)
}
