//! tokio's runtime, with its timers, sockets, files, signals and processes.
#![allow(unsafe_code)] // tkill(2).

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::SignalKind;
use tokio::{fs, process, signal, task, time};

use crate::filter::{Filter, directory, done};

/// Runs a future in a runtime, and shuts the runtime down.
fn run(runtime: io::Result<Runtime>, future: impl Future<Output = io::Result<bool>>) -> ! {
    let right = runtime.and_then(|runtime| {
        let right = runtime.block_on(future)?;
        runtime.shutdown_timeout(Duration::from_secs(10));
        Ok(right)
    });
    done(right.is_ok_and(|right| right))
}

async fn tasks() -> io::Result<bool> {
    let mut all = task::JoinSet::new();
    for number in 0..100_u64 {
        all.spawn(async move {
            time::sleep(Duration::from_micros(number * 10)).await;
            task::yield_now().await;
            number
        });
    }
    let blocking = task::spawn_blocking(|| 7).await?;
    Ok(all.join_all().await.iter().sum::<u64>() == 4950 && blocking == 7)
}

/// Tasks and timers on several threads.
pub(crate) fn several_threads(filter: &Filter) -> ExitCode {
    filter.install();
    run(Builder::new_multi_thread().enable_all().build(), tasks())
}

/// The same on one thread.
pub(crate) fn one_thread(filter: &Filter) -> ExitCode {
    filter.install();
    run(Builder::new_current_thread().enable_all().build(), tasks())
}

/// TCP and UDP.
pub(crate) fn sockets(filter: &Filter) -> ExitCode {
    filter.install();
    run(Builder::new_multi_thread().worker_threads(2).enable_all().build(), async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let echo = task::spawn(async move {
            let (mut stream, _) = listener.accept().await?;
            let mut bytes = [0; 5];
            stream.read_exact(&mut bytes).await?;
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        });
        let mut client = TcpStream::connect(address).await?;
        client.set_nodelay(true)?;
        client.write_all(b"hello").await?;
        let mut text = String::new();
        client.read_to_string(&mut text).await?;
        echo.await??;
        let (one, two) =
            (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
        one.send_to(b"hello", two.local_addr()?).await?;
        let (length, _) = two.recv_from(&mut [0; 9]).await?;
        Ok(text == "hello" && length == 5)
    })
}

/// Files, for which tokio has threads.
pub(crate) fn files(filter: &Filter) -> ExitCode {
    let path = directory().join("file");
    filter.install();
    run(Builder::new_multi_thread().worker_threads(2).enable_all().build(), async move {
        fs::write(&path, "text").await?;
        Ok(fs::read_to_string(&path).await? == "text")
    })
}

/// A signal for the program.
pub(crate) fn signals(filter: &Filter) -> ExitCode {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let signal = runtime.block_on(async { signal::unix::signal(SignalKind::user_defined1()) });
    let mut signal = signal.expect("a handler");
    filter.install();
    raise();
    run(Ok(runtime), async move { Ok(signal.recv().await.is_some()) })
}

/// Sends the signal to this thread by a call that tokio does not make.
fn raise() {
    // SAFETY: gettid(2) (Linux man-pages 6.03) takes nothing.
    let thread = unsafe { libc::syscall(libc::SYS_gettid) };
    // SAFETY: tkill(2) takes two numbers. The handler is tokio's.
    unsafe { libc::syscall(libc::SYS_tkill, thread, libc::SIGUSR1) };
}

/// Starts a program, and waits for it.
pub(crate) fn processes(filter: &Filter) -> ExitCode {
    let path = crate::processes::program_that_exits();
    filter.install();
    run(Builder::new_multi_thread().worker_threads(2).enable_all().build(), async move {
        let output = process::Command::new(&path).output().await?;
        Ok(output.status.success() && output.stdout.is_empty())
    })
}
