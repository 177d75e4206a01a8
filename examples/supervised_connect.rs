//! A supervisor that connects a process to some addresses and not to others.
//!
//! The policy hands each `connect` of the process to its supervisor. The supervisor decides by the address, which no filter
//! can see, makes the connection itself, and puts it in the place of the socket of the process.
//!
//! It would be no protection to read the address and then let the call go on ([`Notification::continue_unchecked`]): the
//! address is in the memory of the process, and another thread can put a second address there before the kernel reads it.
//! So the supervisor copies the address once, compares the copy, and connects to *the copy*. The argument `attack` starts
//! such a thread, which gains nothing:
//!
//! ```text
//! cargo run --example supervised_connect
//! cargo run --example supervised_connect attack
//! ```
#![allow(unsafe_code)] // connect(2) with an address that another thread changes.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use seccomp_examples::start_target;
use seccomp_runtime::{
    AddFd, Call, Errno, Listener, ListenerError, Notification, Policy, Response, call,
    seccomp_policy,
};

const TARGET: Policy = seccomp_policy! {
    notify connect;
    // All other ways to connect: sockets of other kinds, and data with an address.
    errno(EAFNOSUPPORT) socket(!(family == AF_INET && type & 0xf == SOCK_STREAM));
    errno(EOPNOTSUPP)
        sendto(flags & MSG_FASTOPEN != 0),
        sendmsg(flags & MSG_FASTOPEN != 0),
        sendmmsg(flags & MSG_FASTOPEN != 0);
    errno(EACCES) io_uring_setup, execve, execveat;
    // All ways to reach the supervisor, whose descriptors and memory would serve an attacker as
    // well.
    errno(EPERM) ptrace, process_vm_readv, process_vm_writev, pidfd_getfd, process_madvise, kcmp;
    unknown errno(ENOSYS);
    #[allow(seccomp::default_allow)]
    default allow
};

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["attack"] => supervise("attack"),
        [] => supervise("honest"),
        [role] => {
            let Some((role, ports)) = role.split_once(' ') else { return Ok(ExitCode::FAILURE) };
            let ports: Vec<u16> = ports.split(' ').map(str::parse).collect::<Result<_, _>>()?;
            TARGET.installer().install_and_send(io::stdin())?;
            if role == "attack" {
                attack(ports[0], ports[1])
            } else {
                honest(ports[0], ports[1])
            }
            Ok(ExitCode::SUCCESS)
        }
        _ => Ok(ExitCode::FAILURE),
    }
}

/// Starts a process, and answers its calls until it has ended.
fn supervise(role: &str) -> Result<ExitCode, Box<dyn std::error::Error>> {
    // Two servers. The process may connect to one of them.
    let open = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    closed.set_nonblocking(true)?;
    let ports = [open.local_addr()?.port(), closed.local_addr()?.port()];
    thread::spawn(move || open.incoming().for_each(drop));

    let (mut target, socket) = start_target(&format!("{role} {} {}", ports[0], ports[1]))?;
    let listener = Listener::receive_from(&socket)?;
    let permitted = SocketAddrV4::new(Ipv4Addr::LOCALHOST, ports[0]);
    while let Some(notification) = listener.receive()? {
        match answer(notification, permitted) {
            // The process may end or get a signal while the supervisor works for it.
            Ok(()) | Err(ListenerError::Gone) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let status = target.wait()?;
    let waits = closed.accept().map(drop).map_err(|error| error.kind());
    let reached = waits != Err(ErrorKind::WouldBlock);
    println!("the denied server {} a connection", if reached { "has" } else { "does not have" });
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Connects the process, if it may have this connection.
fn answer(notification: Notification<'_>, permitted: SocketAddrV4) -> Result<(), ListenerError> {
    const CONNECT: Call = call!(connect());
    let call = notification.call();
    if (call.nr, call.arch) != (CONNECT.nr, CONNECT.arch) {
        return notification.respond(Response::Errno(Errno::ENOSYS));
    }
    let [socket, address, length, ..] = call.args;
    // The kernel uses 32 bits of these two arguments.
    let (socket, length) = (socket as u32, length as u32);
    if length != 16 {
        return notification.respond(Response::Errno(Errno::EACCES));
    }
    // The only read of the memory of the process: a `struct sockaddr_in` (ip(7)).
    let mut bytes = [0; 16];
    match notification.read_memory(address, &mut bytes) {
        Ok(()) => {}
        Err(ListenerError::Unreadable) => {
            return notification.respond(Response::Errno(Errno::EFAULT));
        }
        Err(error) => return Err(error),
    }
    if address_of(bytes) != Some(permitted) {
        return notification.respond(Response::Errno(Errno::EACCES));
    }
    match TcpStream::connect(permitted) {
        Ok(stream) => {
            // The new socket takes the place of the one that the process has. The options that the
            // process set on its socket are lost.
            notification.add_fd(&stream, AddFd { at: Some(socket), close_on_exec: true })?;
            notification.respond(Response::Value(0))
        }
        Err(error) => {
            let errno = error.raw_os_error().and_then(Errno::from_raw_os_error);
            notification.respond(Response::Errno(errno.unwrap_or(Errno::EIO)))
        }
    }
}

/// The address in a `struct sockaddr_in`, if it is one.
fn address_of(bytes: [u8; 16]) -> Option<SocketAddrV4> {
    let [f0, f1, p0, p1, a, b, c, d, ..] = bytes;
    let family = u16::from_ne_bytes([f0, f1]);
    (i32::from(family) == libc::AF_INET)
        .then(|| SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([p0, p1])))
}

/// The `struct sockaddr_in` of a port of this machine.
fn bytes_of(port: u16) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
    bytes[2..4].copy_from_slice(&port.to_be_bytes());
    bytes[4..8].copy_from_slice(&Ipv4Addr::LOCALHOST.octets());
    bytes
}

fn honest(permitted: u16, denied: u16) {
    for (server, port) in [("permitted", permitted), ("denied", denied)] {
        let what = match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(stream) => match stream.peer_addr() {
                Ok(peer) if peer.port() == port => "connected".into(),
                other => format!("connected to {other:?}"),
            },
            Err(error) => error.to_string(),
        };
        println!("the {server} server: {what}");
    }
}

/// Connects to one port while another thread writes a second port in its place.
fn attack(permitted: u16, denied: u16) {
    const CALLS: usize = 2000;
    static ADDRESS: [AtomicU8; 16] = [const { AtomicU8::new(0) }; 16];
    let set = |port: u16| {
        for (byte, value) in ADDRESS.iter().zip(bytes_of(port)) {
            byte.store(value, Ordering::Relaxed);
        }
    };
    set(permitted);
    thread::spawn(move || {
        loop {
            set(denied);
            set(permitted);
        }
    });
    let peers = (0..CALLS).filter_map(|_| connect(&ADDRESS).ok()?.peer_addr().ok());
    let peers: Vec<_> = peers.collect();
    assert!(!peers.is_empty(), "the permitted address is there half of the time");
    let wrong = peers.iter().filter(|peer| peer.port() != permitted).count();
    println!("{CALLS} calls while a thread changes the address: {wrong} reached what is denied");
}

/// socket(2) and connect(2), with the address in memory that threads share.
fn connect(address: &[AtomicU8; 16]) -> io::Result<TcpStream> {
    // SAFETY: socket(2) takes three numbers.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, so nothing else owns it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: connect(2) reads as many bytes at its second argument as the third says: the 16 of `address`, all of
    // them atomics.
    match unsafe { libc::connect(socket.as_raw_fd(), address.as_ptr().cast(), 16) } {
        0 => Ok(socket.into()),
        _ => Err(io::Error::last_os_error()),
    }
}
