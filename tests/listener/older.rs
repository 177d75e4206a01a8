//! Kernels with fewer functions for listeners than this one.
//!
//! An outer policy imitates each of them. If the flags are in memory, which no filter sees, a second supervisor does
//! it, which answers the first one's ioctl(2) as such a kernel would.

use std::sync::mpsc;
use std::thread;

use seccomp_runtime::{
    AddFd, Call, Errno, Feature, InstallError, ListenerError, ListenerFeature, Notification,
    Policy, Response, call, seccomp_policy,
};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, child};

use seccomp_tests::target::supervised;

const ASK: Policy = seccomp_policy! { notify syscall(1000); default allow };

/// Puts this thread on a kernel before Linux 5.19.
pub(crate) fn without_wait_killable() -> bool {
    const KERNEL: Policy = seccomp_policy! {
        errno(EINVAL) seccomp(
            op == SECCOMP_SET_MODE_FILTER,
            flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV != 0
        );
        default allow
    };
    KERNEL.install_on_thread().is_ok()
}

/// The error of an install with a listener on a kernel; nothing may be in force after it.
#[track_caller]
fn refused_under(kernel: Policy, this_thread_only: bool, expected: InstallError) {
    let outcome = child(|notes| {
        if kernel.install().is_err() {
            return 1;
        }
        let installer =
            if this_thread_only { ASK.installer().this_thread_only() } else { ASK.installer() };
        notes.put(0, i64::from(installer.install_with_listener().err() == Some(expected)));
        notes.put(1, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, ENOSYS]));
}

#[test]
fn a_kernel_without_listeners_is_named() {
    const KERNEL: Policy = seccomp_policy! {
        errno(EINVAL) seccomp(op == SECCOMP_SET_MODE_FILTER, flags >= SECCOMP_FILTER_FLAG_NEW_LISTENER);
        default allow
    };
    let expected = InstallError::NotSupported { feature: Feature::Listener };
    refused_under(KERNEL, true, expected);
    refused_under(KERNEL, false, expected);
}

#[test]
fn a_kernel_without_listeners_for_all_threads_is_named() {
    const KERNEL: Policy = seccomp_policy! {
        errno(EINVAL) seccomp(op == SECCOMP_SET_MODE_FILTER, flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH != 0);
        default allow
    };
    let expected = InstallError::NotSupported { feature: Feature::ListenerForAllThreads };
    refused_under(KERNEL, false, expected);
}

#[test]
fn a_kernel_without_listeners_for_all_threads_has_one_for_a_thread() {
    let outcome = child(|_| {
        const KERNEL: Policy = seccomp_policy! {
            errno(EINVAL) seccomp(op == SECCOMP_SET_MODE_FILTER, flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH != 0);
            default allow
        };
        let installed = KERNEL.install().is_ok();
        let listener = ASK.installer().this_thread_only().install_with_listener();
        i32::from(!installed || listener.is_err())
    });
    assert_eq!(outcome.end, End::Exited(0));
}

/// Runs a supervisor of one call on a thread of its own, under `kernel`, and returns what the call of the target
/// returned.
fn supervisor_on(kernel: Policy, supervise: impl FnOnce(Notification<'_>) + Send + 'static) -> i64 {
    let (child, listener) = supervised(ASK.installer(), |notes| {
        notes.put(0, call::bare_probe());
        0
    });
    let supervisor = thread::spawn(move || {
        kernel.install_on_thread().unwrap();
        supervise(listener.receive().unwrap().unwrap());
    });
    supervisor.join().unwrap();
    let outcome = child.wait();
    assert_eq!(outcome.end, End::Exited(0));
    outcome.notes.get(0)
}

#[test]
fn the_first_kernels_know_another_number_for_the_question_whether_a_call_waits() {
    const KERNEL: Policy = seccomp_policy! {
        errno(EINVAL) ioctl(cmd == SECCOMP_IOCTL_NOTIF_ID_VALID);
        default allow
    };
    let returned = supervisor_on(KERNEL, |notification| {
        assert!(notification.is_valid().unwrap());
        let mut nothing = [];
        notification.read_memory(0, &mut nothing).unwrap();
        notification.respond(Response::Value(11)).unwrap();
    });
    assert_eq!(returned, 11);
}

#[test]
fn a_kernel_that_gives_no_descriptors_is_named() {
    const KERNEL: Policy =
        seccomp_policy! { errno(EINVAL) ioctl(cmd == SECCOMP_IOCTL_NOTIF_ADDFD); default allow };
    let expected = Err(ListenerError::NotSupported { feature: ListenerFeature::AddFd });
    let returned = supervisor_on(KERNEL, move |notification| {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert_eq!(notification.add_fd(&file, AddFd::default()), expected);
        assert_eq!(notification.respond_with_fd(&file, AddFd::default()), expected);
    });
    assert_eq!(returned, ENOSYS);
}

/// Runs a supervisor of one call under a supervisor of its own, which answers `EINVAL` to this request if it has this
/// flag at `offset` of its structure. Returns what the call of the target returned, and the number of ioctls.
fn supervisor_on_kernel_without(
    refused: Call,
    flag: u32,
    offset: u64,
    supervise: impl FnOnce(Notification<'_>) + Send + 'static,
) -> (i64, u32) {
    const KERNEL: Policy = seccomp_policy! {
        notify ioctl(cmd in {SECCOMP_IOCTL_NOTIF_ADDFD, SECCOMP_IOCTL_NOTIF_SEND});
        default allow
    };
    let (child, listener) = supervised(ASK.installer(), |notes| {
        notes.put(0, call::bare_probe());
        0
    });
    let (to_kernel, from_supervisor) = mpsc::channel();
    let supervisor = thread::spawn(move || {
        let own = KERNEL.installer().this_thread_only().install_with_listener().unwrap();
        to_kernel.send(own).unwrap();
        supervise(listener.receive().unwrap().unwrap());
    });
    let kernel = from_supervisor.recv().unwrap();
    let mut requests = 0;
    while let Some(request) = kernel.receive().unwrap() {
        requests += 1;
        let mut flags = [0; 4];
        request.read_memory(request.call().args[2] + offset, &mut flags).unwrap();
        let is_refused = request.call().args[1] == refused.args[1];
        if is_refused && u32::from_ne_bytes(flags) & flag != 0 {
            request.respond(Response::Errno(Errno::EINVAL)).unwrap();
        } else {
            request.continue_unchecked().unwrap();
        }
    }
    supervisor.join().unwrap();
    let outcome = child.wait();
    assert_eq!(outcome.end, End::Exited(0));
    (outcome.notes.get(0), requests)
}

#[test]
fn a_kernel_that_cannot_answer_with_a_descriptor_at_once_does_it_in_two_steps() {
    const SEND: u32 = 2;
    const ADD_FD: Call = call!(ioctl(cmd = SECCOMP_IOCTL_NOTIF_ADDFD));
    let (returned, requests) = supervisor_on_kernel_without(ADD_FD, SEND, 8, |notification| {
        let file = std::fs::File::open("/dev/null").unwrap();
        let how = AddFd { at: Some(70), close_on_exec: true };
        assert_eq!(notification.respond_with_fd(&file, how), Ok(70));
    });
    assert_eq!((returned, requests), (70, 3), "one that is refused, one for each step");
}

/// A second supervisor holds the first one's ioctl(2) until the target is dead.
#[test]
fn a_target_that_dies_between_its_announcement_and_the_reception_is_skipped() {
    const KERNEL: Policy =
        seccomp_policy! { notify ioctl(cmd == SECCOMP_IOCTL_NOTIF_RECV); default allow };
    let (child, listener) = supervised(ASK.installer(), |_| {
        call::bare_probe();
        0
    });
    let (to_kernel, from_supervisor) = mpsc::channel();
    let supervisor = thread::spawn(move || {
        let own = KERNEL.installer().this_thread_only().install_with_listener().unwrap();
        to_kernel.send(own).unwrap();
        listener.receive().map(|received| received.is_none())
    });
    let kernel = from_supervisor.recv().unwrap();
    let request = kernel.receive().unwrap().unwrap();
    assert_eq!(call::kill(child.pid, libc::SIGKILL), 0);
    assert_eq!(child.wait().end, End::Killed(libc::SIGKILL));
    request.continue_unchecked().unwrap();
    assert_eq!(supervisor.join().unwrap(), Ok(true));
}

#[test]
fn a_kernel_that_lets_no_call_go_on_is_named() {
    const CONTINUE: u32 = 1;
    const ANSWER: Call = call!(ioctl(cmd = SECCOMP_IOCTL_NOTIF_SEND));
    let expected = Err(ListenerError::NotSupported { feature: ListenerFeature::Continue });
    let (returned, requests) =
        supervisor_on_kernel_without(ANSWER, CONTINUE, 20, move |notification| {
            assert_eq!(notification.continue_unchecked(), expected);
        });
    assert_eq!((returned, requests), (ENOSYS, 2));
}
