//! `std::net`: TCP and UDP, over the loopback interface.
#![allow(unsafe_code)] // listen(2).

use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::process::ExitCode;
use std::time::Duration;

use crate::filter::{Filter, done};
use crate::stopped::stop_once_asleep;

/// Any port of this machine.
const ANY: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
const SHORT: Duration = Duration::from_millis(1);
/// Long enough for another process to see that this one sleeps.
const LONG: Duration = Duration::from_millis(200);

/// Makes a program of a function that may fail.
fn report(filter: &Filter, body: impl FnOnce() -> io::Result<bool>) -> ExitCode {
    filter.install();
    done(body().is_ok_and(|right| right))
}

/// Makes a connection, uses it in both directions, and closes it.
pub(crate) fn tcp(filter: &Filter) -> ExitCode {
    report(filter, || {
        let listener = TcpListener::bind(ANY)?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, peer) = listener.accept()?;
        client.write_all(b"hello")?;
        let mut bytes = [0; 5];
        server.read_exact(&mut bytes)?;
        let written = server.write_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b"c")])?;
        let (mut one, mut two) = ([0; 1], [0; 2]);
        let mut buffers = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        let whole = client.read_vectored(&mut buffers)? == written;
        server.shutdown(Shutdown::Both)?;
        let rest = client.read_to_end(&mut Vec::new())?;
        Ok(whole && bytes == *b"hello" && peer == client.local_addr()? && rest == 0)
    })
}

/// Sets the options of a connection, and reads them.
pub(crate) fn tcp_options(filter: &Filter) -> ExitCode {
    report(filter, || {
        let listener = TcpListener::bind(ANY)?;
        let address = listener.local_addr()?;
        let client = TcpStream::connect_timeout(&address, LONG)?;
        let (server, _) = listener.accept()?;
        client.set_nodelay(true)?;
        client.set_ttl(9)?;
        client.set_read_timeout(Some(SHORT))?;
        let late = client.peek(&mut [0; 1]).is_err();
        server.set_nonblocking(true)?;
        let empty = (&server).read(&mut [0; 1]).is_err();
        let again = server.try_clone()?;
        let right = client.nodelay()? && client.ttl()? == 9 && again.take_error()?.is_none();
        Ok(right && late && empty && client.peer_addr()? == address)
    })
}

/// Waits for a connection that is never made, and is stopped and continued meanwhile.
pub(crate) fn connect_stopped(filter: &Filter) -> ExitCode {
    let listener = TcpListener::bind(ANY).expect("a port");
    // SAFETY: listen(2) (Linux man-pages 6.03) takes two numbers.
    unsafe { libc::listen(listener.as_raw_fd(), 0) };
    let address = listener.local_addr().expect("an address");
    // The queue has room for one connection; the kernel does not answer the next ones.
    let queued = TcpStream::connect(address).expect("the queue has place");
    stop_once_asleep();
    report(filter, || {
        let late = TcpStream::connect_timeout(&address, LONG).is_err();
        std::mem::forget((listener, queued));
        Ok(late)
    })
}

/// A file that goes to a connection, and back.
pub(crate) fn copy(filter: &Filter) -> ExitCode {
    report(filter, || {
        let listener = TcpListener::bind(ANY)?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        client.write_all(b"hello")?;
        client.shutdown(Shutdown::Write)?;
        let mut back = server.try_clone()?;
        let there = io::copy(&mut server, &mut back)?;
        drop((server, back));
        let mut text = String::new();
        client.read_to_string(&mut text)?;
        Ok(there == 5 && text == "hello")
    })
}

/// Packets, with and without a fixed peer.
pub(crate) fn udp(filter: &Filter) -> ExitCode {
    report(filter, || {
        let (one, two) = (UdpSocket::bind(ANY)?, UdpSocket::bind(ANY)?);
        one.send_to(b"hello", two.local_addr()?)?;
        let mut bytes = [0; 9];
        two.peek_from(&mut bytes)?;
        let (length, from) = two.recv_from(&mut bytes)?;
        two.connect(from)?;
        one.connect(two.local_addr()?)?;
        two.send(&bytes[..length])?;
        one.set_broadcast(true)?;
        one.set_read_timeout(Some(LONG * 10))?;
        let back = one.recv(&mut bytes)?;
        Ok(length == back && one.peer_addr()? == two.local_addr()?)
    })
}

/// IPv6, if the machine has it.
pub(crate) fn tcp_of_ipv6(filter: &Filter) -> ExitCode {
    report(filter, || {
        let Ok(listener) = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, 0))) else {
            return Ok(true);
        };
        let client = TcpStream::connect(listener.local_addr()?)?;
        Ok(client.local_addr()?.is_ipv6())
    })
}
