//! The errors of installs that fail, on kernels that are older or stricter than this one.
//!
//! An outer policy imitates such a kernel: it answers seccomp(2) or prctl(2) as that kernel would,
//! for the operations, flags and options that it lacks.

use std::time::Duration;

use seccomp_runtime::{
    Errno, Feature, InstallError, Installer, Operation, Policy, enter_strict_mode, seccomp_policy,
};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, Notes, child, start};

const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };

/// Installs as `installer` says, under `kernel`. Returns the error, or that there was none. After
/// an error nothing may be in force.
#[track_caller]
fn install_under(kernel: Policy, installer: Installer, expected: Option<InstallError>) {
    let outcome = child(|notes| {
        if kernel.install().is_err() {
            return 1;
        }
        let result = installer.install();
        notes.put(0, i64::from(result.err() == expected));
        notes.put(1, call::bare_probe());
        0
    });
    let result = if expected.is_some() { ENOSYS } else { -7 };
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, result]));
}

#[test]
fn a_kernel_without_seccomp_is_named() {
    const KERNEL: Policy = seccomp_policy! { errno(ENOSYS) seccomp; default allow };
    install_under(KERNEL, SEVEN.installer(), Some(InstallError::NoSystemCall));
    let outcome = child(|notes| {
        if KERNEL.install().is_err() {
            return 1;
        }
        notes.put(0, i64::from(enter_strict_mode() == Err(InstallError::NoSystemCall)));
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 1));
}

#[test]
fn a_kernel_without_filters_is_named() {
    const KERNEL: Policy = seccomp_policy! { errno(EINVAL) seccomp(op == 1); default allow };
    install_under(KERNEL, SEVEN.installer(), Some(InstallError::NoFilters));
}

#[test]
fn a_kernel_without_a_feature_is_named_with_it_and_does_without_where_it_can() {
    const NO_TSYNC: Policy =
        seccomp_policy! { errno(EINVAL) seccomp(op == 1, flags & 1 != 0); default allow };
    const NO_LOG: Policy =
        seccomp_policy! { errno(EINVAL) seccomp(op == 1, flags & 2 != 0); default allow };
    const NO_SPECULATION: Policy =
        seccomp_policy! { errno(EINVAL) seccomp(op == 1, flags & 4 != 0); default allow };
    let all = SEVEN.installer().log().allow_speculation();
    for (kernel, feature, without) in [
        (NO_TSYNC, Feature::AllThreads, all.this_thread_only()),
        (NO_LOG, Feature::Log, SEVEN.installer().allow_speculation()),
        (NO_SPECULATION, Feature::Speculation, SEVEN.installer().log()),
    ] {
        install_under(kernel, all, Some(InstallError::NotSupported { feature }));
        install_under(kernel, without, None);
    }
}

#[test]
fn a_second_listener_is_named() {
    const KERNEL: Policy = seccomp_policy! { errno(EBUSY) seccomp(op == 1); default allow };
    install_under(KERNEL, SEVEN.installer(), Some(InstallError::SecondListener));
}

#[test]
fn a_sandbox_around_the_program_that_denies_either_step_is_named() {
    const NO_FILTER: Policy = seccomp_policy! { errno(EPERM) seccomp; default allow };
    const NO_PRCTL: Policy = seccomp_policy! { errno(EPERM) prctl(option == 38); default allow };
    for (kernel, operation) in
        [(NO_FILTER, Operation::SetFilter), (NO_PRCTL, Operation::SetNoNewPrivs)]
    {
        install_under(kernel, SEVEN.installer(), Some(InstallError::NotPermitted { operation }));
    }
}

#[test]
fn any_other_errno_comes_with_the_step_that_got_it() {
    const ODD: Policy = seccomp_policy! { errno(99) seccomp(op == 1); default allow };
    let outcome = child(|notes| {
        if ODD.install().is_err() {
            return 1;
        }
        if let Err(InstallError::Other { operation: Operation::SetFilter, errno }) = SEVEN.install()
        {
            notes.put(0, Errno::raw_os_error(errno).into());
        }
        SEVEN.install_or_exit("worker");
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(1), 99));
    assert_eq!(outcome.output, "seccomp: `worker` is not run: errno 99\n");
}

#[test]
fn a_program_that_must_not_run_does_not_even_where_it_cannot_exit() {
    const BEGUN: usize = 0;
    const RAN: usize = 1;
    const NO_GROUP_EXIT: Policy =
        seccomp_policy! { errno(EPERM) exit_group; errno(99) seccomp(op == 1); default allow };
    const NO_EXIT: Policy = seccomp_policy! {
        errno(EPERM) exit_group, exit;
        errno(99) seccomp(op == 1);
        default allow
    };
    let run = |around: Policy| {
        start(move |notes| {
            if around.install().is_err() {
                return 100;
            }
            notes.put(BEGUN, 1);
            SEVEN.install_or_exit("main");
            notes.put(RAN, 1);
            101
        })
    };
    // If only exit(2) works, the only thread ends, and the process with it.
    let outcome = run(NO_GROUP_EXIT).wait();
    assert_eq!((outcome.end, outcome.notes.get(RAN)), (End::Exited(1), Notes::NOTHING));
    // If neither works, the program stays where it is.
    let child = run(NO_EXIT);
    child.notes.wait(BEGUN);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(call::kill(child.pid, libc::SIGKILL), 0);
    let outcome = child.wait();
    assert_eq!(outcome.end, End::Killed(libc::SIGKILL), "it was still there");
    assert_eq!(outcome.notes.get(RAN), Notes::NOTHING);
}

#[test]
fn every_error_says_what_and_why_and_its_number_once() {
    for (error, words) in [
        (InstallError::Unprivileged, "do not ask to keep_privileges()"),
        (InstallError::ThreadCannotFollow { thread: 4711 }, "thread 4711 has a filter"),
        (InstallError::NoSystemCall, "older than Linux 3.17"),
        (InstallError::NoFilters, "CONFIG_SECCOMP_FILTER"),
        (InstallError::NotSupported { feature: Feature::AllThreads }, "SECCOMP_FILTER_FLAG_TSYNC"),
        (InstallError::NotSupported { feature: Feature::Log }, "without log()"),
        (
            InstallError::NotSupported { feature: Feature::Speculation },
            "without allow_speculation()",
        ),
        (InstallError::Length { instructions: 5000 }, "has 5000 instructions"),
        (InstallError::Instruction, "refuses an instruction"),
        (InstallError::NoRoom, "the kernel allows 32768 instructions of its own kind"),
        (InstallError::ModeIsFixed, "strict mode"),
        (InstallError::SecondListener, "a listener already"),
        (
            InstallError::NotPermitted { operation: Operation::SetNoNewPrivs },
            "prctl(PR_SET_NO_NEW_PRIVS) is not permitted",
        ),
        (
            InstallError::NotPermitted { operation: Operation::SetStrict },
            "seccomp(SECCOMP_SET_MODE_STRICT) is not permitted",
        ),
    ] {
        let text = error.to_string();
        assert!(text.contains(words), "{text}");
        assert!(!text.ends_with(['.', '\n']), "{text}");
    }
}
