//! A client of a TLS server: finds the server's address, checks its certificate, and prints its
//! answer.
//!
//! ```sh
//! tls-client PORT CERTIFICATE
//! ```

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use seccomp_runtime::{Policy, sandboxed, seccomp_policy};

const CLIENT: Policy = seccomp_policy! { default kill };

fn main() -> Result<(), Box<dyn Error>> {
    if learn_programs::is_plain() { ask() } else { ask_sandboxed() }
}

#[sandboxed(CLIENT)]
fn ask_sandboxed() -> Result<(), Box<dyn Error>> {
    ask()
}

fn ask() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, port, certificate] = &arguments[..] else {
        return Err("usage: tls-client PORT CERTIFICATE".into());
    };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate)?)?;
    let config =
        Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    for path in ["/first", "/second"] {
        // The name goes through the resolver of the C library.
        let socket = TcpStream::connect(("localhost", port.parse()?))?;
        socket.set_read_timeout(Some(Duration::from_secs(10)))?;
        socket.set_nodelay(true)?;
        let connection =
            ClientConnection::new(Arc::clone(&config), ServerName::try_from("localhost")?)?;
        let mut stream = StreamOwned::new(connection, socket);
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let version = stream.conn.protocol_version().ok_or("no version was agreed on")?;
        println!("{version:?}: {}", answer.rsplit("\r\n").next().unwrap_or_default().trim_end());
    }
    let other = ClientConnection::new(config, ServerName::try_from("other.example")?)?;
    let socket = TcpStream::connect(("127.0.0.1", port.parse()?))?;
    let error = StreamOwned::new(other, socket).write_all(b"GET / HTTP/1.0\r\n\r\n").err();
    println!("with another name it is refused: {}", error.is_some());
    Ok(())
}
