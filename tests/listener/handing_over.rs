//! The process under the policy sends its listener to the supervisor.

use std::fs;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use seccomp_runtime::{
    Errno, InstallError, Listener, ListenerError, Policy, Response, seccomp_policy,
};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, Running, child, start};

/// A policy that asks about all calls that could send a listener, or with which threads wait for
/// each other.
const ASK_ABOUT_ALL: Policy = seccomp_policy! {
    notify @network-io, write, writev, close, futex, sched_yield, nanosleep, clock_nanosleep, mmap, munmap, madvise;
    notify syscall(1000);
    default allow
};

/// The listeners among the descriptors of a process.
fn listeners_of(pid: i32) -> usize {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("a living child");
    let links = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    links.filter(|link| link.to_str() == Some("anon_inode:seccomp notify")).count()
}

#[test]
fn a_filter_that_asks_about_everything_does_not_keep_the_listener_from_its_supervisor() {
    let (here, there) = UnixStream::pair().unwrap();
    const GO: usize = 2;
    let child = start(move |notes| {
        notes.wait(GO);
        if ASK_ABOUT_ALL.installer().install_and_send(&there).is_err() {
            return 1;
        }
        notes.put(0, call::bare_probe());
        notes.put(1, call::close_nothing());
        call::exit_group(0)
    });
    // The listeners of other tests of this process, because the child is a copy of it.
    let inherited = listeners_of(child.pid);
    child.notes.put(GO, 1);
    let listener = Listener::receive_from(&here).unwrap();
    let mut listeners_there = None;
    let mut asked = Vec::new();
    while let Some(notification) = listener.receive().unwrap() {
        let number = i64::from(notification.call().nr);
        asked.push(number);
        if number == 1000 {
            listeners_there = Some(listeners_of(child.pid));
        }
        notification.respond(Response::Value(20)).unwrap();
    }
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [20, 20]));
    assert_eq!(asked, [1000, libc::SYS_close], "the install itself asked about nothing");
    assert_eq!(listeners_there, Some(inherited), "the target keeps no copy");
}

#[test]
fn a_supervisor_that_is_gone_leaves_the_policy_without_a_listener() {
    let (here, there) = UnixStream::pair().unwrap();
    drop(here);
    let child = start(move |notes| {
        let expected = Err(InstallError::NotHandedOver { errno: Errno::EPIPE });
        notes.put(0, i64::from(ASK.installer().install_and_send(&there) == expected));
        notes.put(1, call::bare_probe());
        notes.put(2, call::seccomp_mode());
        0
    });
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, ENOSYS, 2]));
}

const ASK: Policy = seccomp_policy! { notify syscall(1000); default allow };

/// A process that installs the policy and sends its listener over the socket, and then makes a call.
fn target_of(there: UnixStream) -> Running {
    start(move |notes| {
        if ASK.installer().install_and_send(&there).is_err() {
            return 1;
        }
        notes.put(0, call::bare_probe());
        notes.put(1, call::bare_probe());
        0
    })
}

#[test]
fn a_supervisor_that_is_killed_leaves_no_call_waiting() {
    const RECEIVED: usize = 0;
    let (here, there) = UnixStream::pair().unwrap();
    let supervisor = start(|notes| {
        let Ok(listener) = Listener::receive_from(&here) else { return 1 };
        let Ok(Some(_notification)) = listener.receive() else { return 2 };
        notes.put(RECEIVED, 1);
        notes.wait(9) as i32
    });
    let target = target_of(there);
    drop(here);
    supervisor.notes.wait(RECEIVED);
    assert_eq!(call::kill(supervisor.pid, libc::SIGKILL), 0);
    assert_eq!(supervisor.wait().end, End::Killed(libc::SIGKILL));
    let outcome = target.wait();
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [ENOSYS, ENOSYS]));
}

#[test]
fn a_supervisor_without_room_for_the_listener_gets_none_and_the_target_goes_on() {
    let (here, there) = UnixStream::pair().unwrap();
    let supervisor = start(|notes| {
        if !call::limit_descriptors(3) {
            return 1;
        }
        let received = Listener::receive_from(&here).map(drop);
        notes.put(0, i64::from(received == Err(ListenerError::NoListener)));
        0
    });
    let target = target_of(there);
    drop(here);
    let outcome = supervisor.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 1));
    let outcome = target.wait();
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [ENOSYS, ENOSYS]));
}

#[test]
fn a_listener_that_somebody_closed_says_so_and_does_not_wait() {
    let outcome = child(|notes| {
        let Ok(listener) = ASK.installer().install_with_listener() else { return 1 };
        call::close(listener.raw_fd() as u64);
        let closed = ListenerError::Other { errno: Errno::EBADF };
        notes.put(0, i64::from(listener.receive().map(drop) == Err(closed)));
        notes.put(1, i64::from(listener.try_receive().map(drop) == Err(closed)));
        notes.put(2, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, 1, ENOSYS]));
}

#[test]
fn an_install_that_fails_sends_nothing() {
    const KERNEL: Policy = seccomp_policy! { errno(ENOSYS) seccomp; default allow };
    let (here, there) = UnixStream::pair().unwrap();
    let child = start(|notes| {
        let installed = KERNEL.install_on_thread().is_ok();
        let result = ASK.installer().install_and_send(&there);
        notes.put(0, i64::from(installed && result == Err(InstallError::NoSystemCall)));
        0
    });
    drop(there);
    assert_eq!(
        Listener::receive_from(&here).map(drop),
        Err(ListenerError::Other { errno: Errno::ECONNRESET })
    );
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 1));
}

#[test]
fn a_message_without_a_listener_is_no_listener() {
    let (here, mut there) = UnixStream::pair().unwrap();
    there.write_all(b"x").unwrap();
    assert_eq!(Listener::receive_from(&here).map(drop), Err(ListenerError::NoListener));
    for other in [OwnedFd::from(there), fs::File::open("/dev/null").unwrap().into()] {
        assert_eq!(Listener::try_from(other).map(drop), Err(ListenerError::NoListener));
    }
}

#[test]
fn messages_with_other_descriptors_are_refused_and_the_descriptors_closed() {
    for count in 1..=3 {
        let (here, there) = UnixStream::pair().unwrap();
        send_null_devices(&there, count);
        let before = fs::read_dir("/proc/self/fd").unwrap().count();
        assert_eq!(Listener::receive_from(&here).map(drop), Err(ListenerError::NoListener));
        // Other tests open and close descriptors, so it takes a few tries to see that none is left
        // here.
        let none_left = (0..1000).any(|_| fs::read_dir("/proc/self/fd").unwrap().count() <= before);
        assert!(none_left);
    }
}

/// Sends `count` descriptors of /dev/null in one message.
#[allow(unsafe_code)] // sendmsg(2)
fn send_null_devices(socket: &UnixStream, count: usize) {
    use std::os::fd::AsRawFd;

    let null = fs::File::open("/dev/null").unwrap();
    let mut control = [0_u64; 8];
    let mut byte = 0_u8;
    let mut piece = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    // SAFETY: `struct msghdr` is numbers and pointers: zero is a value of each.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut piece;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of::<libc::cmsghdr>() + count * size_of::<i32>();
    let header = libc::cmsghdr {
        cmsg_len: message.msg_controllen as _,
        cmsg_level: libc::SOL_SOCKET,
        cmsg_type: libc::SCM_RIGHTS,
    };
    let at = control.as_mut_ptr().cast::<libc::cmsghdr>();
    // SAFETY: `control` has 64 bytes and the alignment of a header.
    unsafe { at.write(header) };
    for index in 0..count {
        let place = at.wrapping_add(1).cast::<i32>().wrapping_add(index);
        // SAFETY: after the header, `control` has room for more descriptors than are sent.
        unsafe { place.write(null.as_raw_fd()) };
    }
    // SAFETY: sendmsg(2) reads the message, its piece and its control data, which all live here.
    assert_eq!(unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, 0) }, 1);
}
