//! The program's own handler for SIGSYS, and installs that cannot set the handler of the report.
#![allow(unsafe_code)] // Handlers, and system calls that a filter denies.

use seccomp_runtime::{
    Action, Errno, InstallError, InsteadOfKill, Operation, Policy, call, seccomp_policy,
};
use seccomp_tests::call;
use seccomp_tests::child::{End, child};
use seccomp_tests::signal::{self, CALL, ERRNO};

use super::policies::{P, Part};

/// Makes the call with `trap(1)` in the policy.
fn make_trapped_call() {
    // SAFETY: the filter denies the call.
    unsafe { libc::getpgid(0) };
}

#[test]
fn a_handler_that_the_program_had_gets_the_traps_of_the_policy_and_the_report_the_rest() {
    let outcome = child(|notes| {
        signal::note_sigsys(notes);
        if P.install().is_err() {
            return 1;
        }
        make_trapped_call();
        notes.put(0, notes.get(ERRNO));
        notes.put(1, notes.get(CALL));
        notes.put(ERRNO, -5);
        call::getppid();
        2
    });
    assert_eq!(outcome.end, End::SIGSYS);
    assert_eq!(outcome.notes.first(), [1, libc::SYS_getpgid]);
    assert_eq!(outcome.notes.get(ERRNO), -5, "the program's handler saw a denial");
    let expected = format!("seccomp: {} denies getppid()", Part::Default.place());
    assert!(outcome.output.starts_with(&expected), "{}", outcome.output);
}

#[test]
fn a_handler_without_information_gets_the_traps_of_the_policy_too() {
    extern "C" fn write_down(signal: i32) {
        // SAFETY: exit_group(2) takes a number.
        unsafe { libc::syscall(libc::SYS_exit_group, signal) };
    }
    let outcome = child(|_| {
        // SAFETY: signal(2) takes a function of one number.
        unsafe { libc::signal(libc::SIGSYS, write_down as *const () as libc::sighandler_t) };
        if P.install().is_err() {
            return 1;
        }
        make_trapped_call();
        2
    });
    assert_eq!((outcome.end, &*outcome.output), (End::Exited(libc::SIGSYS), ""));
}

#[test]
fn without_a_handler_of_the_program_a_trap_of_the_policy_ends_it() {
    for before in [|| (), signal::ignore_sigsys] {
        let outcome = child(|_| {
            before();
            if P.install().is_err() {
                return 1;
            }
            make_trapped_call();
            2
        });
        assert_eq!((outcome.end, &*outcome.output), (End::SIGSYS, ""));
    }
}

#[test]
fn a_sigsys_that_a_process_sends_is_handled_as_before() {
    const P: Policy = seccomp_policy! { report; kill getppid; default allow };
    let send = |before: fn()| {
        child(move |_| {
            before();
            if P.install().is_err() {
                return 1;
            }
            // SAFETY: raise(3) sends a signal to this thread.
            unsafe { libc::raise(libc::SIGSYS) };
            7
        })
    };
    let by_default = send(|| ());
    assert_eq!((by_default.end, &*by_default.output), (End::SIGSYS, ""));
    let ignored = send(signal::ignore_sigsys);
    assert_eq!((ignored.end, &*ignored.output), (End::Exited(7), ""));
}

#[test]
fn a_handler_that_the_program_sets_later_replaces_the_report() {
    let outcome = child(|notes| {
        if P.install().is_err() {
            return 1;
        }
        signal::note_sigsys(notes);
        call::getppid();
        notes.put(0, notes.get(CALL));
        7
    });
    assert_eq!((outcome.end, &*outcome.output), (End::Exited(7), ""));
    assert_eq!(outcome.notes.get(0), libc::SYS_getppid);
}

/// Installs `P` under another policy, and returns the error.
#[track_caller]
fn fails(around: Policy, expected: InstallError) {
    let outcome = child(|notes| {
        if around.install().is_err() {
            return 1;
        }
        match P.install() {
            Err(error) if error == expected => {}
            _ => return 2,
        }
        // Nothing was installed.
        notes.put(0, call::getppid());
        P.install_or_exit("worker");
        3
    });
    assert_eq!(outcome.end, End::Exited(1), "{}", outcome.output);
    assert!(outcome.notes.get(0) > 0);
    let expected = "seccomp: `worker` is not run: no handler for `report`: ";
    assert!(outcome.output.starts_with(expected), "{}", outcome.output);
}

#[test]
fn if_the_handler_cannot_be_set_nothing_is_installed_and_the_error_says_why() {
    const DENIED: Policy =
        seccomp_policy! { errno(EPERM) rt_sigaction(sig == SIGSYS); default allow };
    const ODD: Policy = seccomp_policy! { errno(99) rt_sigaction(sig == SIGSYS); default allow };
    const FAKED: Policy = seccomp_policy! { errno(0) rt_sigaction(sig == SIGSYS); default allow };
    const ONLY_SETTING_IS_FAKED: Policy =
        seccomp_policy! { errno(0) rt_sigaction(sig == SIGSYS, act != 0); default allow };
    let operation = Operation::SetHandler;
    fails(DENIED, InstallError::NotPermitted { operation });
    fails(ODD, InstallError::Other { operation, errno: Errno::from_raw_os_error(99).unwrap() });
    fails(FAKED, InstallError::Faked { operation });
    fails(ONLY_SETTING_IS_FAKED, InstallError::Faked { operation });
}

#[test]
fn instead_of_kill_takes_the_place_of_the_report() {
    const REPORTING: Policy =
        seccomp_policy! { report; kill getppid; trap(1) getpgid; default allow };
    let installer = REPORTING.installer().instead_of_kill(InsteadOfKill::Errno(Errno::EACCES));
    assert_eq!(installer.decide(&call!(getppid())), Action::Errno(13));
    assert_eq!(installer.decide(&call!(getpgid())), Action::Trap(1));
    let outcome = child(|notes| {
        if installer.install().is_err() {
            return 1;
        }
        notes.put(0, call::getppid());
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), -13));
    assert_eq!(outcome.output, "");
}

#[test]
fn a_second_policy_with_report_needs_no_call_that_the_first_kills_for() {
    const FIRST: Policy = seccomp_policy! { report; kill rt_sigaction; default allow };
    const SECOND: Policy = seccomp_policy! { report; kill getppid; default allow };
    let outcome = child(|_| {
        if FIRST.install().is_err() {
            return 1;
        }
        if SECOND.install().is_err() {
            return 2;
        }
        call::getppid();
        3
    });
    assert_eq!(outcome.end, End::SIGSYS);
    assert!(outcome.output.contains(" denies getppid() at 0x"), "{}", outcome.output);
}

#[test]
fn the_seventeenth_policy_with_report_is_refused() {
    macro_rules! policies {
        ($($number:literal)*) => {
            [$(const { seccomp_policy! { report; errno($number) getppid; default allow } }),*]
        };
    }
    let policies = policies!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17);
    let outcome = child(|notes| {
        for (index, policy) in policies.iter().enumerate() {
            match policy.install() {
                Ok(()) => notes.put(0, index as i64),
                Err(InstallError::TooManyReports) => notes.put(1, index as i64),
                Err(_) => return 1,
            }
        }
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [15, 16]));
}
