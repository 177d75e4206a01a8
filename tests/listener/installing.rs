//! Installs with a listener.

use seccomp_runtime::{
    InstallError, Installer, InsteadOfKill, Policy, in_child, sandboxed, seccomp_policy,
};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, Notes, child};
use seccomp_tests::thread::spawn;

const ASK: Policy = seccomp_policy! { notify syscall(1000); default allow };
const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };

/// The result of an install with a listener, as a note: 0, or the position of the error in `errors`.
fn note(result: Result<seccomp_runtime::Listener, InstallError>, errors: &[InstallError]) -> i64 {
    match result {
        Ok(_) => 0,
        Err(error) => {
            errors.iter().position(|&known| known == error).map_or(-1, |at| 1 + at as i64)
        }
    }
}

#[test]
fn the_structures_are_as_large_as_those_of_the_kernel() {
    assert_eq!(call::notification_sizes(), [80, 24, 64]);
}

#[test]
fn a_second_listener_is_an_error_of_its_own() {
    let outcome = child(|notes| {
        let first = ASK.installer().install_with_listener();
        let second = SEVEN.installer().install_with_listener();
        notes.put(0, note(second, &[InstallError::SecondListener]));
        // The second policy is not in force, and the first one still has its listener, because nothing else
        // can answer.
        let on_thread = SEVEN.installer().this_thread_only().install_with_listener();
        notes.put(1, note(on_thread, &[InstallError::SecondListener]));
        drop(first);
        notes.put(2, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, 1, ENOSYS]));
}

#[test]
fn a_policy_without_a_listener_goes_with_one_that_has_one() {
    let outcome = child(|notes| {
        let first = SEVEN.install();
        let second = ASK.installer().install_with_listener();
        notes.put(0, i64::from(first.is_ok() && second.is_ok()));
        notes.put(1, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, -7]));
}

#[test]
fn a_thread_that_cannot_follow_keeps_the_policy_from_all() {
    const READY: usize = 10;
    const GO: usize = 11;
    fn diverge(notes: &'static Notes) {
        if SEVEN.install_on_thread().is_ok() {
            notes.put(READY, 1);
            notes.wait(GO);
        }
    }
    let outcome = child(|notes| {
        let Some(thread) = spawn(notes, diverge) else { return 1 };
        notes.wait(READY);
        let result = ASK.installer().install_with_listener();
        notes.put(0, note(result, &[InstallError::SomeThreadCannotFollow]));
        notes.put(1, call::bare_probe());
        notes.put(GO, 1);
        thread.join();
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, ENOSYS]));
}

#[test]
fn a_process_without_room_for_a_descriptor_gets_no_listener() {
    let outcome = child(|notes| {
        if !call::limit_descriptors(3) {
            return 1;
        }
        let result = ASK.installer().install_with_listener();
        notes.put(0, note(result, &[InstallError::NoDescriptor]));
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 1));
}

#[test]
fn the_listener_may_be_descriptor_0() {
    let outcome = child(|notes| {
        call::close(0);
        let listener = ASK.installer().install_with_listener();
        notes.put(0, listener.as_ref().map_or(-1, |listener| listener.raw_fd().into()));
        drop(listener);
        notes.put(1, call::close(0));
        0
    });
    let closed = -i64::from(libc::EBADF);
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [0, closed]));
}

#[test]
fn a_policy_in_force_that_would_kill_for_the_install_is_not_asked() {
    const PLAIN_ONLY: Policy = seccomp_policy! {
        kill seccomp(op == SECCOMP_SET_MODE_FILTER, flags & SECCOMP_FILTER_FLAG_NEW_LISTENER != 0);
        default allow
    };
    let outcome = child(|notes| {
        if PLAIN_ONLY.install().is_err() {
            return 1;
        }
        notes.put(0, note(ASK.installer().install_with_listener(), &[InstallError::Deadly]));
        notes.put(1, i64::from(SEVEN.install().is_ok()));
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, 1]));
}

#[test]
fn a_listener_policy_that_kills_for_a_later_install_is_remembered() {
    const LAST: Policy = seccomp_policy! { kill seccomp; notify syscall(1000); default allow };
    let outcome = child(|notes| {
        let Ok(_listener) = LAST.installer().install_with_listener() else { return 1 };
        notes.put(0, i64::from(SEVEN.install() == Err(InstallError::Deadly)));
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 1));
}

#[test]
fn a_filter_that_reports_a_listener_in_the_place_of_the_kernel_is_noticed() {
    const FAKED: Policy = seccomp_policy! { errno(0) seccomp; default allow };
    let outcome = child(|notes| {
        if FAKED.install().is_err() {
            return 1;
        }
        let operation = seccomp_runtime::Operation::SetFilter;
        let result = ASK.installer().install_with_listener();
        notes.put(0, note(result, &[InstallError::Faked { operation }]));
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 1));
}

#[test]
fn an_install_without_a_listener_is_explained_in_words() {
    use seccomp_runtime::{Errno, Feature};
    let (errno, listener) = (Errno::EPIPE, Feature::Listener);
    let for_all = Feature::ListenerForAllThreads;
    for (error, words) in [
        (InstallError::SomeThreadCannotFollow, "install before that thread does"),
        (InstallError::NoDescriptor, "RLIMIT_NOFILE"),
        (InstallError::NoSender { errno }, "errno 32, so the policy was not installed"),
        (InstallError::NotHandedOver { errno }, "the policy is in force"),
        (InstallError::NotHandedOver { errno }, "errno 32; the calls"),
        (InstallError::NotSupported { feature: listener }, "Linux 5.0 or newer"),
        (InstallError::NotSupported { feature: for_all }, "Linux 5.7 or newer"),
    ] {
        let text = error.to_string();
        assert!(text.contains(words) && !text.ends_with(['.', '\n']), "{text}");
        assert_eq!(std::io::Error::from(error).to_string(), text);
    }
}

#[test]
fn every_error_of_a_listener_is_explained_in_words() {
    use seccomp_runtime::{Errno, ListenerError, ListenerFeature};
    for (error, words) in [
        (ListenerError::Gone, "does not wait for an answer any more"),
        (ListenerError::Answered, "has an answer already"),
        (ListenerError::WouldBlock, "wait until the listener is readable"),
        (ListenerError::NotSupported { feature: ListenerFeature::Continue }, "Linux 5.5"),
        (ListenerError::NotSupported { feature: ListenerFeature::AddFd }, "Linux 5.9"),
        (ListenerError::Unreadable, "EFAULT"),
        (ListenerError::NoEnd, "ENAMETOOLONG"),
        (ListenerError::NotPermitted, "CAP_SYS_PTRACE"),
        (ListenerError::NoListener, "install_with_listener()"),
        (ListenerError::Other { errno: Errno::ENOMEM }, "errno 12"),
    ] {
        let text = error.to_string();
        assert!(text.contains(words) && !text.ends_with(['.', '\n']), "{text}");
        assert_eq!(std::io::Error::from(error).to_string(), text);
    }
    let blocks = std::io::Error::from(ListenerError::WouldBlock);
    assert_eq!(blocks.kind(), std::io::ErrorKind::WouldBlock);
}

#[sandboxed(ASK)]
fn under_a_policy() {
    print!("ran");
}

#[sandboxed(ASK.installer().this_thread_only())]
fn under_an_installer() {
    print!("ran");
}

#[sandboxed(ASK.installer().instead_of_kill(InsteadOfKill::Log))]
fn under_a_renamed_filter() {
    print!("ran");
}

#[sandboxed(seccomp_policy! {
    notify syscall(1000)(a0 == $value);
    #[allow(seccomp::default_allow)]
    default allow
})]
fn under_a_policy_with(value: u64) {
    print!("ran");
}

#[test]
fn nothing_runs_under_a_policy_that_asks_if_there_is_no_listener_to_answer() {
    let functions: [(&str, fn()); 4] = [
        ("under_a_policy", under_a_policy),
        ("under_an_installer", under_an_installer),
        ("under_a_renamed_filter", under_a_renamed_filter),
        ("under_a_policy_with", || under_a_policy_with(1)),
    ];
    for (name, function) in functions {
        let report = in_child(function).unwrap();
        assert_eq!(report.status.code(), Some(Installer::EXIT_STATUS.into()), "{report:?}");
        assert_eq!(report.stdout, "");
        let said = format!(
            "seccomp: `{name}` is not run: its policy has `notify`, which needs Installer::install_with_listener\n"
        );
        assert_eq!(report.stderr, said);
    }
}
