//! A supervisor that opens files for a process that cannot open any.
//!
//! The policy hands each `openat` of the process to its supervisor. The supervisor decides by path, which no filter can
//! see, opens the file itself, and gives the process the descriptor.
//!
//! It would be no protection to read the path and then let the call go on ([`Notification::continue_unchecked`]): the
//! path is in the memory of the process, and another thread can put a second path there before the kernel reads it. So
//! the supervisor copies the path once, compares the copy, and opens *the copy*. The argument `attack` starts such a
//! thread, which gains nothing:
//!
//! ```text
//! cargo run --example supervised_open
//! cargo run --example supervised_open attack
//! ```
#![allow(unsafe_code)] // openat(2) with a path that another thread changes.

use std::ffi::CStr;
use std::fs::File;
use std::hint;
use std::io::{self, Read};
use std::iter;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use seccomp_examples::start_target;
use seccomp_runtime::{
    AddFd, Call, Errno, Listener, ListenerError, Notification, Policy, Response, call,
    seccomp_policy,
};

const TARGET: Policy = seccomp_policy! {
    notify openat;
    // All other ways to open a file. If there is no openat2, the C library does without it.
    errno(ENOSYS) openat2;
    #[cfg(not(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "loongarch64")))]
    errno(EACCES) open, creat;
    errno(EACCES) open_by_handle_at, @mount, fanotify_init, io_uring_setup, execve, execveat;
    // All ways to reach the supervisor, whose descriptors and memory would serve an attacker as
    // well.
    errno(EPERM) ptrace, process_vm_readv, process_vm_writev, pidfd_getfd, process_madvise, kcmp;
    unknown errno(ENOSYS);
    #[allow(seccomp::default_allow)]
    default allow
};

/// The files that the process may read.
const READABLE: [&CStr; 2] = [c"/proc/version", c"/proc/uptime"];

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("target") => target(honest),
        Some("attacking-target") => target(attack),
        Some("attack") => supervise("attacking-target"),
        _ => supervise("target"),
    }
}

/// Starts a process, and answers its calls until it has ended.
fn supervise(role: &str) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let (mut target, socket) = start_target(role)?;
    let listener = Listener::receive_from(&socket)?;
    while let Some(notification) = listener.receive()? {
        match answer(notification) {
            // The process may end or get a signal while the supervisor works for it.
            Ok(()) | Err(ListenerError::Gone) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let status = target.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Opens the file, if the process may have it.
fn answer(notification: Notification<'_>) -> Result<(), ListenerError> {
    const OPENAT: Call = call!(openat());
    let [_, path, flags, ..] = notification.call().args;
    let call = notification.call();
    if (call.nr, call.arch) != (OPENAT.nr, OPENAT.arch) {
        return notification.respond(Response::Errno(Errno::ENOSYS));
    }
    // The only read of the memory of the process.
    let mut buffer = [0; 4096];
    let path = match notification.read_string(path, &mut buffer) {
        Ok(path) => path,
        Err(ListenerError::Unreadable) => {
            return notification.respond(Response::Errno(Errno::EFAULT));
        }
        Err(ListenerError::NoEnd) => {
            return notification.respond(Response::Errno(Errno::ENAMETOOLONG));
        }
        Err(error) => return Err(error),
    };
    // The registers cannot change, so these are the flags of the call.
    let only_reads = flags as i32 & !(libc::O_CLOEXEC | libc::O_LARGEFILE) == libc::O_RDONLY;
    let Some(readable) = READABLE.iter().find(|&&readable| only_reads && readable == path) else {
        return notification.respond(Response::Errno(Errno::EACCES));
    };
    match File::open(readable.to_str().expect("it is above")) {
        Ok(file) => {
            let close_on_exec = flags as i32 & libc::O_CLOEXEC != 0;
            notification.respond_with_fd(&file, AddFd { at: None, close_on_exec }).map(drop)
        }
        Err(error) => {
            let errno = error.raw_os_error().and_then(Errno::from_raw_os_error);
            notification.respond(Response::Errno(errno.unwrap_or(Errno::EIO)))
        }
    }
}

/// Puts this process under the policy, sends the listener to the supervisor, and runs `body`.
fn target(body: fn()) -> Result<ExitCode, Box<dyn std::error::Error>> {
    TARGET.installer().install_and_send(io::stdin())?;
    body();
    Ok(ExitCode::SUCCESS)
}

fn honest() {
    for path in ["/proc/version", "/etc/passwd"] {
        let what = match open(&bytes(path)) {
            Ok(file) => format!("begins with {:?}", beginning(file)),
            Err(error) => error.to_string(),
        };
        println!("{path:<15} {what}");
    }
}

/// Opens one path while another thread writes a second path in its place.
fn attack() {
    const CALLS: usize = 2000;
    static PATH: [AtomicU8; 16] = [const { AtomicU8::new(0) }; 16];
    let set = |path: &str| {
        for (byte, value) in PATH.iter().zip(bytes(path)) {
            byte.store(value.into_inner(), Ordering::Relaxed);
        }
    };
    thread::spawn(move || {
        for path in ["/proc/version", "/etc/passwd"].into_iter().cycle() {
            set(path);
            // Without a pause, the memory would almost never have a whole path.
            (0..200).for_each(|_| hint::spin_loop());
        }
    });
    // The other thread begins only when a processor is free.
    let first = loop {
        if let Ok(file) = open(&PATH) {
            break file;
        }
    };
    let others = (0..CALLS).filter_map(|_| open(&PATH).ok());
    let secrets =
        iter::once(first).chain(others).map(beginning).filter(|text| text != "Linux").count();
    println!("{CALLS} calls while a thread changes the path: {secrets} opened what is denied");
}

/// `path` and its zero byte, as memory that threads may share.
fn bytes(path: &str) -> [AtomicU8; 16] {
    std::array::from_fn(|at| AtomicU8::new(path.as_bytes().get(at).copied().unwrap_or(0)))
}

/// The first five bytes of a file.
fn beginning(mut file: File) -> String {
    let mut bytes = [0; 5];
    let length = file.read(&mut bytes).unwrap_or(0);
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

/// openat(2), with the path in memory that threads share.
fn open(path: &[AtomicU8; 16]) -> io::Result<File> {
    // SAFETY: openat(2) reads a string at its second argument. `path` has a zero byte at its end, which no path in
    // this program reaches, so it reads at most 16 bytes, all of them atomics.
    let fd = unsafe {
        libc::openat(libc::AT_FDCWD, path.as_ptr().cast(), libc::O_RDONLY | libc::O_CLOEXEC)
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, so nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) }.into())
}
