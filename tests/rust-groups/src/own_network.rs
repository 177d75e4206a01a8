//! A network, an `/etc` and a name server of the program's own, so that every machine resolves names alike.
#![allow(unsafe_code)] // unshare(2), mount(2), ioctl(2), fork(2), prctl(2).

use std::ffi::CStr;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};
use std::ptr::null;

/// The exit status of a program that the system gives no namespaces.
pub(crate) const NO_NAMESPACES: i32 = 77;

/// The number of addresses of each family that the name `long` has: too many for a packet.
const MANY: u8 = 40;

/// Moves the program to a network of its own, with a name server. Ends the program if the system does not
/// permit that. Call this in a process with one thread.
pub(crate) fn enter() {
    if let Err(error) = try_enter() {
        eprintln!("no network of its own: {error}");
        std::process::exit(NO_NAMESPACES);
    }
}

fn try_enter() -> io::Result<()> {
    // SAFETY: getuid(2) (Linux man-pages 6.03) takes nothing.
    let uid = unsafe { libc::getuid() };
    // SAFETY: getgid(2) takes nothing.
    let gid = unsafe { libc::getgid() };
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::CLONE_NEWNS;
    // SAFETY: unshare(2) takes a number. The process has one thread, and nothing of Rust depends on the
    // namespaces.
    check(unsafe { libc::unshare(flags) })?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    mount(c"none", c"/", None, libc::MS_REC | libc::MS_PRIVATE)?;
    mount(c"none", c"/etc", Some(c"tmpfs"), 0)?;
    fs::write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")?;
    fs::write("/etc/resolv.conf", "nameserver 127.0.0.1\n")?;
    fs::write("/etc/nsswitch.conf", "hosts: files dns\n")?;
    fs::write("/etc/host.conf", "multi on\n")?;
    fs::write("/etc/services", "http 80/tcp\n")?;
    bring_up_loopback()?;
    let (packets, connections) = (
        UdpSocket::bind((Ipv4Addr::LOCALHOST, 53))?,
        TcpListener::bind((Ipv4Addr::LOCALHOST, 53))?,
    );
    in_child(|| {
        let mut query = [0; 512];
        while let Ok((length, from)) = packets.recv_from(&mut query) {
            packets.send_to(&response(&query[..length], 512), from).ok();
        }
    });
    in_child(|| {
        while let Ok((mut connection, _)) = connections.accept() {
            let mut length = [0; 2];
            while connection.read_exact(&mut length).is_ok() {
                let mut query = vec![0; u16::from_be_bytes(length).into()];
                let Ok(()) = connection.read_exact(&mut query) else { break };
                let response = response(&query, usize::from(u16::MAX));
                let mut message = (response.len() as u16).to_be_bytes().to_vec();
                message.extend(response);
                connection.write_all(&message).ok();
            }
        }
    });
    Ok(())
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn mount(what: &CStr, place: &CStr, kind: Option<&CStr>, flags: libc::c_ulong) -> io::Result<()> {
    let kind = kind.map_or(null(), CStr::as_ptr);
    // SAFETY: mount(2) reads strings with their ends, and takes no data for these kinds.
    check(unsafe { libc::mount(what.as_ptr(), place.as_ptr(), kind, flags, null()) })
}

fn bring_up_loopback() -> io::Result<()> {
    // SAFETY: socket(2) takes numbers.
    let socket = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    check(socket)?;
    // SAFETY: `struct ifreq` is numbers and bytes: zero is a value of each.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_name[..2].copy_from_slice(&[b'l' as libc::c_char, b'o' as libc::c_char]);
    request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
    // SAFETY: SIOCSIFFLAGS (netdevice(7)) reads one `struct ifreq`.
    check(unsafe { libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &raw mut request) })?;
    // SAFETY: nothing else has this descriptor.
    check(unsafe { libc::close(socket) })
}

/// Runs a function in a process that ends with this one.
fn in_child(body: impl FnOnce()) {
    let parent = std::process::id();
    // SAFETY: fork(2) takes nothing. The process has one thread, so the child may do what it likes.
    if unsafe { libc::fork() } == 0 {
        // SAFETY: PR_SET_PDEATHSIG takes a number.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) };
        // The parent may have ended before.
        if std::os::unix::process::parent_id() != parent {
            std::process::exit(0);
        }
        // SAFETY: setpgid(2) takes numbers; in a group of its own the child gets no signals for the parent.
        unsafe { libc::setpgid(0, 0) };
        // The pipes of the parent must not stay open because of the child.
        for descriptor in 0..3 {
            // SAFETY: the child uses none of the three.
            unsafe { libc::close(descriptor) };
        }
        body();
        std::process::exit(0);
    }
}

/// The answer to a query (RFC 1035): the addresses of `short` or `long`, or that there is no such name.
fn response(query: &[u8], most_bytes: usize) -> Vec<u8> {
    let Some(name_end) = query.iter().skip(12).position(|byte| *byte == 0).map(|at| at + 13) else {
        return Vec::new();
    };
    let question = &query[12..name_end + 4];
    let kind = u16::from_be_bytes([query[name_end], query[name_end + 1]]);
    let addresses = match &question[1..5] {
        b"shor" => 2,
        b"long" => MANY,
        _ => 0,
    };
    let mut answers = Vec::new();
    let mut count = 0_u16;
    for number in 1..=addresses {
        let data = match kind {
            1 => Ipv4Addr::new(10, 0, 0, number).octets().to_vec(),
            28 => Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, number.into()).octets().to_vec(),
            _ => continue,
        };
        // The name of the question, class IN, a minute.
        answers.extend([0xc0, 12]);
        answers.extend(kind.to_be_bytes());
        answers.extend([0, 1, 0, 0, 0, 60]);
        answers.extend((data.len() as u16).to_be_bytes());
        answers.extend(data);
        count += 1;
    }
    let too_long = 12 + question.len() + answers.len() > most_bytes;
    if too_long {
        (answers, count) = (Vec::new(), 0);
    }
    // A response with recursion, perhaps truncated; the code for a name that does not exist is 3.
    let status = if addresses == 0 { 3 } else { 0 };
    let mut message = query[..2].to_vec();
    message.extend([0x81 | u8::from(too_long) << 1, 0x80 | status, 0, 1]);
    message.extend(count.to_be_bytes());
    message.extend([0; 4]);
    message.extend(question);
    message.extend(answers);
    message
}
