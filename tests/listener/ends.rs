//! Targets that end, and listeners that close.

use seccomp_runtime::{AddFd, Errno, Listener, ListenerError, Policy, Response, seccomp_policy};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, Running};

use seccomp_tests::target::supervised;

const ASK: Policy = seccomp_policy! { notify syscall(1000); default allow };

const ADDRESS: usize = 1;
static TEXT: [u8; 8] = *b"in here\0";

/// A target that makes one call.
fn target() -> (Running, Listener) {
    supervised(ASK.installer(), |notes| {
        notes.put(ADDRESS, TEXT.as_ptr() as i64);
        notes.put(0, call::bare_probe());
        0
    })
}

/// Waits until a call waits to be received.
fn wait_for_call(listener: &Listener) {
    let mut poll = libc::pollfd { fd: listener.raw_fd(), events: libc::POLLIN, revents: 0 };
    #[allow(unsafe_code)]
    // SAFETY: poll(2) reads and writes one `struct pollfd`, which `poll` is.
    let ready = unsafe { libc::poll(&raw mut poll, 1, -1) };
    assert_eq!((ready, poll.revents), (1, libc::POLLIN));
}

#[test]
fn a_call_of_a_target_that_died_before_is_not_received() {
    let (child, listener) = target();
    wait_for_call(&listener);
    assert_eq!(call::kill(child.pid, libc::SIGKILL), 0);
    assert_eq!(child.wait().end, End::Killed(libc::SIGKILL));
    assert!(listener.receive().unwrap().is_none());
}

#[test]
fn the_call_of_another_thread_is_received_after_one_died() {
    let (dying, listener) = supervised(ASK.installer(), |notes| {
        // The second call is made in a process of its own, with the same filter.
        let other = call::fork();
        if other == 0 {
            call::bare_probe();
            call::exit_group(0);
        }
        notes.put(2, other);
        notes.wait(3);
        notes.put(0, call::bare_probe());
        0
    });
    wait_for_call(&listener);
    assert_eq!(call::kill(dying.notes.wait(2) as i32, libc::SIGKILL), 0);
    dying.notes.put(3, 1);
    let notification = listener.receive().unwrap().unwrap();
    // The killed process may have made its call before it died: then the call is received, and
    // gone.
    let notification = match i64::from(notification.thread()) == dying.notes.get(2) {
        true => listener.receive().unwrap().unwrap(),
        false => notification,
    };
    notification.respond(Response::Value(4)).unwrap();
    let outcome = dying.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 4));
}

#[test]
fn every_function_about_a_target_that_died_meanwhile_returns_that_error() {
    let (child, listener) = target();
    let notification = listener.receive().unwrap().unwrap();
    let address = child.notes.get(ADDRESS) as u64;
    let mut buffer = [0; 8];
    notification.read_memory(address, &mut buffer).unwrap();
    assert_eq!(buffer, TEXT);

    assert_eq!(call::kill(child.pid, libc::SIGKILL), 0);
    assert_eq!(child.wait().end, End::Killed(libc::SIGKILL));

    assert!(!notification.is_valid().unwrap());
    assert_eq!(notification.read_memory(address, &mut buffer), Err(ListenerError::Gone));
    assert_eq!(buffer, [0; 8]);
    let mut string = [1; 8];
    assert_eq!(notification.read_string(address, &mut string).map(drop), Err(ListenerError::Gone));
    assert_eq!(string, [0; 8]);
    assert_eq!(notification.add_fd(&listener, AddFd::default()), Err(ListenerError::Gone));
    let gone = notification.defer();
    let answers = [
        listener.resume(gone).respond(Response::Value(0)),
        listener.resume(gone).respond(Response::Errno(Errno::EPERM)),
        listener.resume(gone).continue_unchecked(),
        listener.resume(gone).respond_with_fd(&listener, AddFd::default()).map(drop),
    ];
    assert_eq!(answers, [Err(ListenerError::Gone); 4]);
    assert!(listener.receive().unwrap().is_none());
}

/// The id of a thread that does not wait may belong to another process, whose memory the kernel would read.
#[test]
fn memory_of_a_process_that_does_not_wait_is_not_passed_on() {
    let (child, listener) = target();
    let notification = listener.receive().unwrap().unwrap();
    let address = child.notes.get(ADDRESS) as u64;
    let call = notification.defer();
    listener.resume(call).respond(Response::Value(0)).unwrap();
    // The thread may still be alive, so that its memory can be read.
    let answered = listener.resume(call);
    let mut buffer = [1; 8];
    assert_eq!(answered.read_memory(address, &mut buffer), Err(ListenerError::Gone));
    assert_eq!(buffer, [0; 8]);
    assert_eq!(child.wait().end, End::Exited(0));
}

#[test]
fn a_target_that_dies_after_its_answer_ends_the_listener() {
    let (child, listener) = target();
    listener.receive().unwrap().unwrap().respond(Response::Value(5)).unwrap();
    assert!(listener.receive().unwrap().is_none());
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 5));
}

#[test]
fn closing_the_listener_fails_calls_that_wait_and_calls_that_follow() {
    for received in [false, true] {
        let (child, listener) = supervised(ASK.installer(), |notes| {
            notes.put(0, call::bare_probe());
            notes.put(1, call::bare_probe());
            0
        });
        if received {
            let _never_answered = listener.receive().unwrap().unwrap().defer();
        } else {
            wait_for_call(&listener);
        }
        drop(listener);
        let outcome = child.wait();
        assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [ENOSYS, ENOSYS]));
    }
}
