//! The results that a target gets when its supervisor answers.

use std::sync::mpsc;
use std::thread;

use seccomp_runtime::{
    Abi, Action, Call, Errno, ListenerError, Notification, Policy, Response, call, seccomp_policy,
};
use seccomp_tests::call::{self, ENOSYS, PROBE};
use seccomp_tests::child::{End, Notes};
use seccomp_tests::thread::spawn;

use seccomp_tests::target::supervised;

const ASK: Policy = seccomp_policy! { notify syscall(1000), getppid; default allow };

#[test]
fn a_value_and_an_errno_arrive_as_they_are() {
    let (child, listener) = supervised(ASK.installer(), |notes| {
        for index in 0..4 {
            notes.put(index, call::probe([index as u64; 6]));
        }
        0
    });
    for response in [
        Response::Value(0),
        Response::Value(i64::MAX),
        Response::Errno(Errno::EXDEV),
        Response::Errno(Errno::from_raw_os_error(4095).unwrap()),
    ] {
        listener.receive().unwrap().unwrap().respond(response).unwrap();
    }
    let outcome = child.wait();
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!(outcome.notes.first(), [0, i64::MAX, -18, -4095]);
}

#[test]
fn a_notification_shows_the_call_as_the_filter_saw_it() {
    const THREAD: usize = 1;
    const ARGUMENTS: [u64; 6] = [1, u64::MAX, 1 << 40, 0, 5, 6];
    let (child, listener) = supervised(ASK.installer(), |notes| {
        notes.put(THREAD, call::gettid());
        notes.put(0, call::probe(ARGUMENTS));
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    let seen = *notification.call();
    assert_eq!(Call { instruction_pointer: 0, ..seen }, Call::new(Abi::NATIVE, PROBE, ARGUMENTS));
    assert_ne!(seen.instruction_pointer, 0);
    assert_eq!(ASK.decide(&seen), Action::Notify);
    assert_eq!(i64::from(notification.thread()), child.notes.get(THREAD));
    assert!(notification.is_valid().unwrap());
    notification.respond(Response::Value(9)).unwrap();
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 9));
}

#[test]
fn a_call_that_goes_on_is_made_by_the_kernel() {
    let (child, listener) = supervised(ASK.installer(), |notes| {
        notes.put(0, call::getppid());
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    assert_eq!(notification.call().nr, call!(getppid()).nr);
    notification.continue_unchecked().unwrap();
    let outcome = child.wait();
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!(outcome.notes.get(0), i64::from(std::process::id()));
}

#[test]
fn a_notification_that_is_dropped_fails_the_call_with_enosys() {
    let (child, listener) = supervised(ASK.installer(), |notes| {
        notes.put(0, call::getppid());
        notes.put(1, call::getppid());
        0
    });
    drop(listener.receive().unwrap().unwrap());
    let panicked = thread::scope(|scope| {
        let handler = scope.spawn(|| {
            let _notification = listener.receive().unwrap().unwrap();
            std::panic::resume_unwind(Box::new("a bug in the supervisor"));
        });
        handler.join().is_err()
    });
    assert!(panicked);
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [ENOSYS, ENOSYS]));
}

#[test]
fn a_deferred_call_is_answered_after_others() {
    let (child, listener) = supervised(ASK.installer(), |notes| {
        let Some(thread) = spawn(notes, |notes| notes.put(0, call::probe([10; 6]))) else {
            return 1;
        };
        notes.put(1, call::probe([11; 6]));
        thread.join();
        0
    });
    let first = listener.receive().unwrap().unwrap().defer();
    let second = listener.receive().unwrap().unwrap();
    let answer = |call: &Call| Response::Value(call.args[0] as i64 + 100);
    let call = *second.call();
    second.respond(answer(&call)).unwrap();
    let first = listener.resume(first);
    assert!(first.is_valid().unwrap());
    let call = *first.call();
    first.respond(answer(&call)).unwrap();
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [110, 111]));
}

#[test]
fn a_call_has_one_answer() {
    let (child, listener) = supervised(ASK.installer(), |notes| {
        notes.put(0, call::bare_probe());
        notes.put(1, call::bare_probe());
        0
    });
    let call = listener.receive().unwrap().unwrap().defer();
    listener.resume(call).respond(Response::Value(1)).unwrap();
    let error = listener.resume(call).respond(Response::Value(2)).unwrap_err();
    // The first answer may have arrived by now, and then the call no longer waits.
    assert!(matches!(error, ListenerError::Answered | ListenerError::Gone), "{error}");
    listener.receive().unwrap().unwrap().respond(Response::Value(3)).unwrap();
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, 3]));
}

/// The number of calls that each of the two threads of the target below makes.
const CALLS: usize = 500;

#[test]
fn two_threads_receive_each_call_once() {
    fn make_calls(notes: &'static Notes) {
        let mut wrong = 0;
        for number in 0..CALLS {
            let returned = call::probe([number as u64; 6]);
            wrong += i64::from(returned != number as i64 + 1);
        }
        notes.put(call::gettid() as usize % 2, wrong);
    }
    let (child, listener) = supervised(ASK.installer(), |notes| {
        let Some(thread) = spawn(notes, |notes| {
            make_calls(notes);
            notes.put(2, 1);
        }) else {
            return 1;
        };
        make_calls(notes);
        thread.join();
        0
    });
    let receive_all = || {
        let mut received = 0;
        while let Some(notification) = listener.receive().unwrap() {
            let value = notification.call().args[5] as i64 + 1;
            notification.respond(Response::Value(value)).unwrap();
            received += 1;
        }
        received
    };
    let received: usize = thread::scope(|scope| {
        let receivers = [scope.spawn(receive_all), scope.spawn(receive_all)];
        receivers.into_iter().map(|receiver| receiver.join().unwrap()).sum()
    });
    let outcome = child.wait();
    assert_eq!((outcome.end, received), (End::Exited(0), 2 * CALLS));
    assert_eq!(outcome.notes.get(2), 1);
    // The ids of both threads may be even, or both odd. Then one note has all calls, and the other was
    // not written.
    assert!((0..2).all(|index| [0, Notes::NOTHING].contains(&outcome.notes.get(index))));
}

/// Without the flag of the listener, one of two receivers could wait in the kernel for a call that the other has
/// taken. Here a second supervisor holds the ioctl(2) of the first receiver, which has seen the call.
#[test]
fn a_receiver_does_not_take_a_call_that_another_one_is_about_to_receive() {
    const SLOW: Policy =
        seccomp_policy! { notify ioctl(cmd == SECCOMP_IOCTL_NOTIF_RECV); default allow };
    let (child, listener) = supervised(ASK.installer(), |notes| {
        notes.put(0, call::bare_probe());
        0
    });
    let (to_test, from_receiver) = mpsc::channel();
    thread::scope(|scope| {
        let listener = &listener;
        let first = scope.spawn(move || {
            let own = SLOW.installer().this_thread_only().install_with_listener().unwrap();
            to_test.send(own).unwrap();
            listener.receive().unwrap().map(Notification::defer)
        });
        let slow = from_receiver.recv().unwrap();
        let reception = slow.receive().unwrap().unwrap();
        let second = scope.spawn(|| listener.try_receive().map(drop));
        for _ in 0..500 {
            thread::yield_now();
            assert!(!second.is_finished(), "it did not wait for the first one");
        }
        reception.continue_unchecked().unwrap();
        let received = first.join().unwrap().unwrap();
        assert_eq!(second.join().unwrap(), Err(ListenerError::WouldBlock));
        listener.resume(received).respond(Response::Value(12)).unwrap();
    });
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 12));
}

#[test]
fn nothing_is_received_where_nothing_waits() {
    const GO: usize = 1;
    let (child, listener) = supervised(ASK.installer(), |notes| {
        notes.wait(GO);
        0
    });
    assert_eq!(listener.try_receive().map(drop), Err(ListenerError::WouldBlock));
    child.notes.put(GO, 1);
    assert_eq!(child.wait().end, End::Exited(0));
    assert!(listener.try_receive().unwrap().is_none(), "the target has ended");
    assert!(listener.receive().unwrap().is_none());
}
