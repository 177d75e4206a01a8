//! Descriptors that a supervisor gives to its target.

use std::fs::File;
use std::io::Write;
use std::os::fd::{FromRawFd, OwnedFd};

use seccomp_runtime::{AddFd, Errno, ListenerError, Policy, Response, seccomp_policy};
use seccomp_tests::call;
use seccomp_tests::child::End;

use seccomp_tests::target::supervised;

const ASK: Policy = seccomp_policy! { notify syscall(1000); default allow };

/// The end of a pipe from which a target reads this byte.
#[allow(unsafe_code)] // pipe2(2)
fn with_byte(byte: u8) -> OwnedFd {
    let mut ends = [0; 2];
    // SAFETY: pipe2(2) writes two descriptors, to `ends`.
    assert_eq!(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }, 0);
    // SAFETY: the kernel has just made these descriptors, which nothing else owns.
    let [out, into] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
    File::from(into).write_all(&[byte]).expect("a pipe has room");
    out
}

#[test]
fn a_descriptor_is_the_answer_in_one_step() {
    let (child, listener) = supervised(ASK.installer(), |notes| {
        let fd = call::bare_probe();
        notes.put(0, call::read_byte(fd));
        notes.put(1, call::descriptor_flags(fd as i32));
        let fd = call::bare_probe();
        notes.put(2, call::read_byte(fd));
        notes.put(3, call::descriptor_flags(fd as i32));
        notes.put(4, fd);
        0
    });
    let there = listener
        .receive()
        .unwrap()
        .unwrap()
        .respond_with_fd(with_byte(b'a'), AddFd { at: None, close_on_exec: true })
        .unwrap();
    assert!(there > 2, "{there}");
    let there = listener
        .receive()
        .unwrap()
        .unwrap()
        .respond_with_fd(with_byte(b'b'), AddFd { at: Some(77), close_on_exec: false })
        .unwrap();
    assert_eq!(there, 77);
    let outcome = child.wait();
    assert_eq!(outcome.end, End::Exited(0));
    let [a, b] = [b'a', b'b'].map(i64::from);
    assert_eq!(outcome.notes.first(), [a, libc::FD_CLOEXEC.into(), b, 0, 77]);
}

#[test]
fn descriptors_are_added_before_the_answer() {
    let (child, listener) = supervised(ASK.installer(), |notes| {
        notes.put(0, call::bare_probe());
        notes.put(1, call::read_byte(50));
        notes.put(2, call::read_byte(51));
        notes.put(3, call::descriptor_flags(51));
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    let at = |number| AddFd { at: Some(number), close_on_exec: number == 51 };
    assert_eq!(notification.add_fd(with_byte(b'x'), at(50)), Ok(50));
    assert_eq!(notification.add_fd(with_byte(b'y'), at(51)), Ok(51));
    assert!(notification.is_valid().unwrap());
    notification.respond(Response::Value(0)).unwrap();
    let outcome = child.wait();
    assert_eq!(outcome.end, End::Exited(0));
    let [x, y] = [b'x', b'y'].map(i64::from);
    assert_eq!(outcome.notes.first(), [0, x, y, libc::FD_CLOEXEC.into()]);
}

#[test]
fn a_target_that_can_have_no_more_descriptors_gets_the_errno_of_the_kernel() {
    const LOWERED: usize = 2;
    let (child, listener) = supervised(ASK.installer(), |notes| {
        // 0 to 2 are open, and the process can have no other descriptor.
        notes.put(LOWERED, i64::from(call::limit_descriptors(3)));
        notes.put(0, call::bare_probe());
        notes.put(1, call::bare_probe());
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    assert_eq!(child.notes.get(LOWERED), 1);
    let full = Err(ListenerError::Other { errno: Errno::EMFILE });
    assert_eq!(notification.add_fd(with_byte(0), AddFd::default()), full);
    assert_eq!(notification.respond_with_fd(with_byte(0), AddFd::default()), full);
    let notification = listener.receive().unwrap().unwrap();
    let above = AddFd { at: Some(3), close_on_exec: false };
    assert_eq!(
        notification.respond_with_fd(with_byte(0), above),
        Err(ListenerError::Other { errno: Errno::EBADF })
    );
    let outcome = child.wait();
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!(outcome.notes.first(), [-i64::from(libc::EMFILE), -i64::from(libc::EBADF)]);
}

#[test]
fn a_number_that_is_no_open_descriptor_of_the_supervisor_is_refused() {
    let (child, listener) = supervised(ASK.installer(), |notes| {
        notes.put(0, call::bare_probe());
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    let closed = Err(ListenerError::Other { errno: Errno::EBADF });
    assert_eq!(notification.add_raw_fd(-1, AddFd::default()), closed);
    assert_eq!(notification.respond_with_raw_fd(i32::MAX, AddFd::default()), closed);
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), -i64::from(libc::EBADF)));
}
