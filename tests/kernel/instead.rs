//! Another answer in the place of `kill`.

use seccomp_runtime::{Errno, InstallError, InsteadOfKill, Policy, seccomp_policy};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, Notes, child};
use seccomp_tests::signal;

const POLICY: Policy = seccomp_policy! {
    errno(7) syscall(1000)(a0 == 1);
    kill_thread syscall(1000)(a0 == 2);
    kill syscall(1000), getppid;
    unknown kill;
    bad_arch kill;
    default allow
};

/// Calls that [`POLICY`] decides: one with an errno, two with kills, and one with an unknown
/// number.
fn probes(notes: &Notes) {
    for (index, argument) in [1, 2, 3].into_iter().enumerate() {
        notes.put(index, call::probe([argument, 0, 0, 0, 0, 0]));
    }
    notes.put(3, i64::from(call::getppid() > 0));
}

#[track_caller]
fn answers(install: impl Fn() -> Result<(), InstallError>, expected: [i64; 4]) {
    let outcome = child(|notes| {
        if install().is_err() {
            return 1;
        }
        probes(notes);
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), expected));
}

#[test]
fn kill_and_kill_thread_become_an_errno() {
    let errno = InsteadOfKill::Errno(Errno::EXDEV);
    let denied = -i64::from(Errno::EXDEV.raw_os_error());
    let expected = [-7, denied, denied, 0];
    answers(|| POLICY.installer().instead_of_kill(errno).install(), expected);
    answers(|| POLICY.installer().this_thread_only().instead_of_kill(errno).install(), expected);
    answers(|| POLICY.installer().instead_of_kill(errno).this_thread_only().install(), expected);
}

#[test]
fn each_call_that_is_killed_for_is_logged_and_made() {
    let log = || POLICY.installer().instead_of_kill(InsteadOfKill::Log);
    answers(|| log().install(), [-7, ENOSYS, ENOSYS, 1]);
    answers(|| log().this_thread_only().install(), [-7, ENOSYS, ENOSYS, 1]);
}

#[test]
fn each_kill_becomes_a_trap_with_the_number() {
    for number in [0, 77, u16::MAX] {
        let outcome = child(|notes| {
            signal::note_sigsys(notes);
            if POLICY.installer().instead_of_kill(InsteadOfKill::Trap(number)).install().is_err() {
                return 1;
            }
            call::probe([2, 0, 0, 0, 0, 0]);
            notes.put(0, call::probe([1, 0, 0, 0, 0, 0]));
            0
        });
        assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), -7));
        assert_eq!(outcome.notes.get(signal::ERRNO), i64::from(number));
        assert_eq!(outcome.notes.get(signal::CALL), i64::from(call::PROBE));
    }
}

#[test]
fn without_instead_of_kill_the_same_policy_kills() {
    let outcome = child(|notes| {
        if POLICY.installer().install().is_err() {
            return 1;
        }
        notes.put(0, call::probe([1, 0, 0, 0, 0, 0]));
        notes.put(1, call::probe([3, 0, 0, 0, 0, 0]));
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::SIGSYS, [-7, Notes::NOTHING]));
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_kill_for_another_abi_changes_too() {
    let outcome = child(|notes| {
        let errno = InsteadOfKill::Errno(Errno::EXDEV);
        if POLICY.installer().instead_of_kill(errno).install().is_err() {
            return 1;
        }
        // getppid of x86.
        notes.put(0, call::by_interrupt(64).into());
        0
    });
    let denied = -i64::from(Errno::EXDEV.raw_os_error());
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), denied));
}

#[test]
fn a_second_policy_can_be_installed_where_the_kill_would_have_ended_the_program() {
    const STRICT: Policy = seccomp_policy! { allow write, exit_group, rt_sigreturn; default kill };
    let outcome = child(|notes| {
        let errno = InsteadOfKill::Errno(Errno::EACCES);
        if STRICT.installer().instead_of_kill(errno).install().is_err() {
            return 1;
        }
        // The process makes the calls, and the policy that is in force refuses them.
        let second = POLICY.install();
        notes.put(0, i64::from(matches!(second, Err(error) if error != InstallError::Deadly)));
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 1));
}

#[test]
fn kills_of_a_policy_with_values_of_the_running_program_change_too() {
    let denied = -i64::from(Errno::EXDEV.raw_os_error());
    let (one, seven) = (1_u64, 7);
    let policy = seccomp_policy! {
        errno($seven) syscall(1000)(a0 == $one);
        kill syscall(1000)(a0 == $(one + 1));
        kill_thread syscall(1000), getppid;
        default allow
    };
    let errno = InsteadOfKill::Errno(Errno::EXDEV);
    answers(|| policy.installer().instead_of_kill(errno).install(), [-7, denied, denied, 0]);
    answers(
        || policy.installer().instead_of_kill(InsteadOfKill::Log).install(),
        [-7, ENOSYS, ENOSYS, 1],
    );
}

#[test]
fn a_function_runs_under_a_policy_with_instead_of_kill() {
    let outcome = child(|notes| {
        POLICY
            .installer()
            .instead_of_kill(InsteadOfKill::Errno(Errno::EXDEV))
            .install_or_exit("here");
        probes(notes);
        POLICY.installer().instead_of_kill(InsteadOfKill::Log).install_or_exit("again");
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(1)), (End::Exited(1), -18));
    assert_eq!(outcome.output, "seccomp: `again` is not run: it installed its policy before\n");
}
