//! A supervisor in an asynchronous runtime.

use std::io;

use seccomp_runtime::{Listener, Policy, Response, seccomp_policy};
use seccomp_tests::call;
use seccomp_tests::child::End;
use seccomp_tests::thread::spawn;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use seccomp_tests::target::supervised;

const ASK: Policy = seccomp_policy! { notify syscall(1000); default allow };

/// Answers every call until the last target has ended, and returns the number of calls.
async fn supervise(listener: &AsyncFd<Listener>) -> io::Result<usize> {
    let mut answered = 0;
    loop {
        let mut ready = listener.readable().await?;
        // Receives until no call waits, because epoll(7) reports only once that the listener is
        // readable.
        let next = ready.try_io(|listener| Ok(listener.get_ref().try_receive()?));
        match next {
            Ok(Ok(Some(notification))) => {
                let value = notification.call().args[0] as i64 * 2;
                notification.respond(Response::Value(value))?;
                answered += 1;
            }
            Ok(Ok(None)) => return Ok(answered),
            Ok(Err(error)) => return Err(error),
            Err(_would_block) => {}
        }
    }
}

#[test]
fn a_reactor_answers_every_call_and_notices_the_end() {
    const CALLS: u64 = 200;
    let (child, listener) = supervised(ASK.installer(), |notes| {
        let Some(thread) = spawn(notes, |notes| {
            let wrong = (0..CALLS).filter(|&n| call::probe([n; 6]) != n as i64 * 2).count();
            notes.put(1, wrong as i64);
        }) else {
            return 1;
        };
        let wrong = (0..CALLS).filter(|&n| call::probe([n; 6]) != n as i64 * 2).count();
        notes.put(0, wrong as i64);
        thread.join();
        0
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let answered = runtime.block_on(async {
        let listener = AsyncFd::with_interest(listener, Interest::READABLE).unwrap();
        supervise(&listener).await.unwrap()
    });
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [0, 0]));
    assert_eq!(answered, 2 * CALLS as usize);
}
