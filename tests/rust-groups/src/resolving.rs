//! Looks up the addresses of names.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::process::ExitCode;

use crate::filter::{Filter, done};
use crate::own_network;

fn resolve(name: &str) -> io::Result<Vec<SocketAddr>> {
    Ok((name, 80).to_socket_addrs()?.collect())
}

/// A name that is in `/etc/hosts`.
pub(crate) fn localhost(filter: &Filter) -> ExitCode {
    filter.install();
    done(resolve("localhost").is_ok_and(|found| found.iter().all(|one| one.ip().is_loopback())))
}

/// A name that a server knows, with two addresses of each family.
pub(crate) fn server(filter: &Filter) -> ExitCode {
    own_network::enter();
    filter.install();
    done(resolve("short.measured.example").is_ok_and(|found| found.len() == 4))
}

/// A name with so many addresses that the server answers over TCP.
pub(crate) fn long(filter: &Filter) -> ExitCode {
    own_network::enter();
    filter.install();
    done(resolve("long.measured.example").is_ok_and(|found| found.len() > 40))
}

/// A name that no server knows.
pub(crate) fn unknown(filter: &Filter) -> ExitCode {
    own_network::enter();
    filter.install();
    done(resolve("unknown.measured.example").is_err())
}
