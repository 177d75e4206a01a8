//! Signals that reach a supervisor or its target while they wait.
#![allow(unsafe_code)] // A signal for one thread.

use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use seccomp_runtime::{Policy, Response, seccomp_policy};
use seccomp_tests::call;
use seccomp_tests::child::{End, Notes};
use seccomp_tests::signal::{SIGNALS, count_sigusr1, interrupt_by};

use crate::older::without_wait_killable;
use seccomp_tests::target::supervised_after;

const ASK: Policy = seccomp_policy! { notify syscall(1000); default allow };

#[test]
fn a_signal_does_not_end_the_wait_of_a_supervisor() {
    static SEEN: AtomicU32 = AtomicU32::new(0);
    extern "C" fn count(_: i32) {
        SEEN.fetch_add(1, Ordering::SeqCst);
    }
    interrupt_by(libc::SIGUSR2, count);
    const GO: usize = 1;
    let (child, listener) = seccomp_tests::target::supervised(ASK.installer(), |notes| {
        notes.wait(GO);
        notes.put(0, call::bare_probe());
        0
    });
    let supervisor = thread::spawn(move || {
        listener.receive().unwrap().unwrap().respond(Response::Value(6)).unwrap();
    });
    for expected in 1..=5 {
        // SAFETY: the thread is joined below, so it exists.
        let error = unsafe { libc::pthread_kill(supervisor.as_pthread_t(), libc::SIGUSR2) };
        assert_eq!(error, 0);
        while SEEN.load(Ordering::SeqCst) < expected {
            thread::yield_now();
        }
    }
    child.notes.put(GO, 1);
    supervisor.join().unwrap();
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 6));
}

/// Whether a signal for the process waits to be delivered.
fn is_pending(pid: i32, signal: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a living child");
    let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:\t")).expect("signals");
    u64::from_str_radix(pending, 16).expect("a set of signals") & 1 << (signal - 1) != 0
}

const EINTR: i64 = -(libc::EINTR as i64);

#[test]
fn a_signal_does_not_interrupt_a_call_that_was_received() {
    let prepare = |notes: &'static Notes| {
        count_sigusr1(notes);
        true
    };
    let (child, listener) = supervised_after(prepare, ASK.installer(), |notes| {
        notes.put(0, call::bare_probe());
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    assert_eq!(call::kill(child.pid, libc::SIGUSR1), 0);
    // The answer may take any time. If a signal could interrupt the call, it would do so within a few
    // rounds.
    for _ in 0..500 {
        thread::yield_now();
        assert!(is_pending(child.pid, libc::SIGUSR1));
        assert!(notification.is_valid().unwrap());
    }
    notification.respond(Response::Value(7)).unwrap();
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 7));
    assert_eq!(outcome.notes.get(SIGNALS), 1, "the signal came after the answer");
}

#[test]
fn if_the_kernel_cannot_hold_off_signals_a_signal_interrupts_the_call() {
    let prepare = |notes: &'static Notes| {
        count_sigusr1(notes);
        without_wait_killable()
    };
    let (child, listener) = supervised_after(prepare, ASK.installer(), |notes| {
        notes.put(0, call::bare_probe());
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    assert_eq!(call::kill(child.pid, libc::SIGUSR1), 0);
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), EINTR));
    assert_eq!(outcome.notes.get(SIGNALS), 1);
    assert!(!notification.is_valid().unwrap());
}

#[test]
fn a_signal_interrupts_a_call_that_was_not_received() {
    const HERE: usize = 1;
    let prepare = |notes: &'static Notes| {
        count_sigusr1(notes);
        true
    };
    let (child, listener) = supervised_after(prepare, ASK.installer(), |notes| {
        notes.put(HERE, 1);
        notes.put(0, call::bare_probe());
        notes.put(2, call::bare_probe());
        0
    });
    child.notes.wait(HERE);
    // Sends signals until one arrives while the call waits.
    while child.notes.get(0) == Notes::NOTHING {
        assert_eq!(call::kill(child.pid, libc::SIGUSR1), 0);
        thread::yield_now();
    }
    assert_eq!(child.notes.get(0), EINTR);
    // The second call may have been interrupted too, and then the target has ended.
    if let Some(notification) = listener.receive().unwrap() {
        let _ = notification.respond(Response::Value(8));
    }
    let outcome = child.wait();
    assert_eq!(outcome.end, End::Exited(0));
    assert!([8, EINTR].contains(&outcome.notes.get(2)), "{}", outcome.notes.get(2));
}
