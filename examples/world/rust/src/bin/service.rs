//! A web service with two policies: one to start, and a narrower one to serve. Once it serves, it cannot open a file, make
//! a socket, connect, or start a thread or a program. So an attacker who takes it over has its connections, and nothing
//! else.
//!
//! ```text
//! service PORT [--no-policy]
//! ```

use std::net::SocketAddr;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::{Router, routing::get};
use seccomp_runtime::{Installer, Policy, call, seccomp_policy};

/// The policy of the start: threads, a socket, and the install of the next policy.
const START: Policy = seccomp_policy! {
    errno(ENOSYS) clone3;
    allow @install, @rust-exit, @rust-tokio, @rust-net, @rust-panic;
    // A file for writing, and a socket of another family.
    errno(EACCES) socket, openat, open?;
    default kill
};

/// The policy of the service: what existing threads do with connections.
const SERVE: Policy = seccomp_policy! {
    // Incoming connections, and no others.
    allow accept4(flags & !(SOCK_CLOEXEC | SOCK_NONBLOCK) == 0);
    allow read, recvfrom, write, writev, sendto, shutdown, close;
    allow setsockopt(level == SOL_TCP, optname == TCP_NODELAY), getsockopt(level == SOL_SOCKET, optname == SO_ERROR);
    // The reactor of tokio, and its threads, which wait for each other.
    allow epoll_wait?, epoll_pwait, epoll_ctl, futex, sched_yield;
    allow @rust-exit, @rust-heap, @rust-unwind;
    // For these calls of an attacker, or of a bug, there is an error, and the service goes on. musl
    // opens files with `open`, if the ABI has it.
    errno(EACCES) socket, connect, openat, open?;
    default kill
};

// The second policy can be installed under the first one, on all threads.
const INSTALLER: Installer = SERVE.installer();
const _: () = assert!(START.permits_install(&INSTALLER));
const _: () = assert!(START.denies(&call!(execve())) && SERVE.denies(&call!(execve())));
const _: () =
    assert!(SERVE.denies(&call!(bind())) && SERVE.denies(&call!(mprotect(prot = PROT_EXEC))));

/// The number of threads that serve.
const THREADS: usize = 2;

static REQUESTS: AtomicU64 = AtomicU64::new(0);

async fn page() -> String {
    format!("a page, the {}th\n", REQUESTS.fetch_add(1, Ordering::Relaxed) + 1)
}

/// The sum of the numbers up to `limit`, so that a request takes some work.
async fn sum(Path(limit): Path<u32>) -> String {
    format!("{}\n", (1..=u64::from(limit.min(1_000_000))).sum::<u64>())
}

/// What code of an attacker in the service tries.
async fn attack(Path(what): Path<String>) -> (StatusCode, String) {
    let result = match what.as_str() {
        "file" => std::fs::read_to_string("/etc/hostname").map(|_| ()),
        "network" => {
            let address = SocketAddr::from(([127, 0, 0, 1], 9));
            std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1)).map(|_| ())
        }
        "program" => Command::new("/bin/true").status().map(|_| ()),
        "thread" => std::thread::Builder::new().spawn(|| ()).map(|_| ()),
        _ => return (StatusCode::NOT_FOUND, "no such attack\n".to_owned()),
    };
    match result {
        Ok(()) => (StatusCode::OK, "done\n".to_owned()),
        Err(error) => (StatusCode::FORBIDDEN, format!("{error}\n")),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(Ok(port)) = arguments.get(1).map(|port| port.parse::<u16>()) else {
        eprintln!("service PORT [--no-policy]");
        return ExitCode::FAILURE;
    };
    let with_policy = arguments.get(2).is_none_or(|option| option != "--no-policy");
    match serve(port, with_policy) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Waits until each thread of the runtime works. A new thread first makes a few calls for its name and its stack, which the
/// second policy does not allow.
fn wait_for_threads(runtime: &tokio::runtime::Runtime) {
    let all = Arc::new(Barrier::new(THREADS + 1));
    for _ in 0..THREADS {
        let all = Arc::clone(&all);
        // Each task blocks its thread, so each is on a thread of its own.
        runtime.spawn(async move { all.wait() });
    }
    all.wait();
}

fn serve(port: u16, with_policy: bool) -> Result<(), Box<dyn std::error::Error>> {
    if with_policy {
        START.install()?;
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_io().build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", port)))?;
    let router = Router::new()
        .route("/", get(page))
        .route("/sum/{limit}", get(sum))
        .route("/attack/{what}", get(attack));
    if with_policy {
        wait_for_threads(&runtime);
        // Installs the policy for the threads of tokio too.
        INSTALLER.install()?;
    }
    println!("serves");
    runtime.block_on(async { axum::serve(listener, router).await })?;
    Ok(())
}
